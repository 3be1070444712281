"""Sizes and inputs to try a network with.

Comes in: a graph. Goes out: a size for each symbolic axis such that every stated fact holds, and
the range in which its integer inputs make sense.
"""

import operator
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from .dims import Axis, Dim, evaluate
from .graph import Graph, RuntimeCheck

Sizes = Mapping[str, int]

_OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SMALL = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 18, 20, 24, 25, 28, 30, 32, 33, 35, 36)
_LARGE = (40, 48, 49, 56, 60, 64, 72, 80, 96, 100, 112, 128, 144, 160, 192, 224, 256, 384, 512)
_EVERY = range(1, 1025)
_TRIES = 20_000
_INDEXING = frozenset({"gather", "take_along"})
"""Layers whose second input indexes an axis of the first."""
DEFAULT_BOUND = 8


def sizes_for(graph: Graph, count: int, seed: int = 0, least: int = 1) -> list[dict[str, int]]:
    """Up to `count` different choices of sizes, small ones first; fewer where few are possible.

    Every symbolic size inside the network is at least `least`.
    """
    symbols = graph.symbols()
    expressions = {size for value in graph.values for size in value.shape if isinstance(size, Axis)}
    found: list[dict[str, int]] = []

    def take(candidates: Iterator[tuple[int, ...]], most: int) -> None:
        for values in candidates:
            sizes = dict(zip(symbols, values, strict=True))
            if len(found) >= most:
                return
            if sizes not in found and _possible(graph, expressions, sizes, least):
                found.append(sizes)

    # One choice with all sizes alike, then uneven ones, then whatever is left.
    take(_even(len(symbols)), min(count, 1))
    take(_uneven(len(symbols), Random(seed)), count if symbols else len(found))
    take(_even(len(symbols)), count if symbols else len(found))
    take(_even(len(symbols), _EVERY), count if symbols else len(found))
    return found


def _even(count: int, pool: Sequence[int] = _SMALL + _LARGE) -> Iterator[tuple[int, ...]]:
    """A batch of 2 where there are other symbols, and every size of the pool for those."""
    for size in pool:
        yield (2, *[size] * (count - 1)) if count > 1 else (size,) * count


def _uneven(count: int, random: Random) -> Iterator[tuple[int, ...]]:
    for attempt in range(_TRIES):
        pool = _SMALL if attempt < _TRIES // 10 else _SMALL + _LARGE
        yield tuple(random.choice(pool) for _ in range(count))


def _possible(graph: Graph, expressions: set[Axis], sizes: Sizes, least: int) -> bool:
    return all(holds(check, sizes) for check in graph.checks) and all(
        evaluate(size, sizes) >= least for size in expressions
    )


def holds(check: RuntimeCheck, sizes: Sizes) -> bool:
    """Whether a stated fact is true of these sizes."""
    left, right = evaluate(check.left, sizes), evaluate(check.right, sizes)
    return bool(_OPERATORS[check.operator](left, right))


def shape_of(shape: tuple[Dim, ...], sizes: Sizes) -> tuple[int, ...]:
    return tuple(evaluate(size, sizes) for size in shape)


def integer_bound(graph: Graph, value: int, sizes: Sizes) -> int:
    """Integers from 0 up to this, exclusive, suit what reads the value: an embedding's count."""
    return min(_bounds(graph, value, sizes), default=DEFAULT_BOUND)


def _bounds(graph: Graph, value: int, sizes: Sizes) -> Iterator[int]:
    """The bounds of all readers, and of theirs where they hand integers on."""
    for node in graph.nodes:
        if value not in node.inputs:
            continue
        count = getattr(node.layer, "count", None)
        if isinstance(count, int):
            yield count
        elif node.layer.name in _INDEXING and node.inputs[1] == value:
            table = graph.values[node.inputs[0]].shape
            yield evaluate(table[getattr(node.layer, "axis", 0)], sizes)
        else:
            for output in node.outputs:
                if graph.values[output].dtype.is_int:
                    yield from _bounds(graph, output, sizes)
