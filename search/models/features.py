"""Programs as points between which a kernel can tell distances: their choices, and their graph.

Comes in: programs of one space. Goes out: for each what it chose, by the name of the choice, and
how often each pattern of layers stands in its graph; and squared distances, one matrix for each
choice of the text and each size of pattern. May be assumed: features depend on the program alone.

A choice among numbers is a scalar, the place of the number among its options or in its range, which
makes 16 | 32 | 64 and 1e-4 | 1e-3 | 1e-2 even steps; any other is a kind, equal or not. A choice
that a program does not have is half a range from both ends of the range and one range aside, so
being absent is a value of its own. Choices that stand in one place of the text, as the turns of a
repeat have them, add up in one matrix: they are alike, and a space of any depth has as many scales
as its text has choices.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ...compiler.expand.decisions import Alternatives
from ...compiler.graph import Graph
from ...compiler.spaces.drawn import DrawnProgram
from ...compiler.spaces.encoding import fraction_of
from ...compiler.spaces.space import Space
from ...compiler.spaces.states import Place, edge
from ...compiler.spaces.trace import value_of
from ...lazy import lazy_module

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
else:
    np = lazy_module("numpy")
    Array = Any

ROUNDS = 2
"""Patterns reach so many layers up: 0 is the layer alone."""
MOST_KEPT = 20_000
Key = tuple[int, str]
ABSENT = (0.0, 0.5)


@dataclass(frozen=True, slots=True)
class Features:
    """`scalars` are the numbers a program chose, each from 0 to 1, `kinds` what else it chose.
    Both are keyed by the choice's place in the text and its name. `patterns` are for each round
    how often each pattern stands in the graph.
    """

    scalars: Mapping[Key, float]
    kinds: Mapping[Key, str]
    patterns: tuple[Mapping[bytes, int], ...]


Patterns = tuple[Mapping[bytes, int], ...]
_kept: WeakKeyDictionary[Space, dict[tuple[Any, ...], Patterns]] = WeakKeyDictionary()


def features_of(program: DrawnProgram) -> Features:
    """The features of a program. Its graph is worked out once for all real numbers in it, which
    decide no structure.
    """
    scalars: dict[Key, float] = {}
    kinds: dict[Key, str] = {}
    for place, decision in program.steps:
        site = place.state.site
        assert site is not None
        for part, value in _chosen(place, decision):
            key = id(site.node), f"{site.name}{part}"
            if isinstance(value, float):
                scalars[key] = value
            else:
                kinds[key] = value
    kept = _kept.setdefault(program.space, {})
    structure = tuple(edge(place.state, decision) for place, decision in program.steps)
    if structure not in kept:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[structure] = patterns(program.graph)
    return Features(scalars, kinds, kept[structure])


def _chosen(place: Place, decision: Any) -> Iterator[tuple[str, float | str]]:
    """What a decision says: a place in a range, a kind, or for a subset whether it has each of
    its items.
    """
    domain = place.state.domain
    if not isinstance(domain, Alternatives):
        yield "", fraction_of(domain, decision)
        return
    yield from _options(domain)[decision]


Said = tuple[tuple[str, float | str], ...]
_said: dict[int, tuple[Alternatives, list[Said]]] = {}


def _options(domain: Alternatives) -> list[Said]:
    """What each option says. The domain is kept beside it, so that its address stays its own."""
    if id(domain) not in _said:
        if len(_said) >= MOST_KEPT:
            _said.clear()
        values = [value_of(domain, place) for place in range(len(domain.options))]
        _said[id(domain)] = domain, _each(values)
    return _said[id(domain)][1]


def _each(values: list[Any]) -> list[Said]:
    if all(isinstance(value, list) for value in values):
        items = sorted({item for value in values for item in value})
        return [tuple((f"[{item}]", float(item in value)) for item in items) for value in values]
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        places = {value: place for place, value in enumerate(sorted(set(values)))}
        return [(("", places[value] / max(1, len(places) - 1)),) for value in values]
    return [(("", f"{type(value).__name__} {value}"),) for value in values]


def patterns(graph: Graph, rounds: int = ROUNDS) -> Patterns:
    """The labels of Weisfeiler and Lehman: a layer's name at first, and in each round a layer's
    label with those of its inputs, in any order. So the labels of round r count the ways in which
    a layer is reached over r others (Ru et al. 2021, section 3.1, on the graph of layers).
    """
    labels = {node.name: node.layer.name.encode() for node in graph.nodes}
    makers = {value: node.name for node in graph.nodes for value in node.outputs}
    found = [Counter(labels.values())]
    for _ in range(rounds):
        labels = {
            node.name: _label(
                labels[node.name],
                sorted(labels[makers[value]] if value in makers else b"" for value in node.inputs),
            )
            for node in graph.nodes
        }
        found.append(Counter(labels.values()))
    return tuple(found)


def _label(own: bytes, above: Sequence[bytes]) -> bytes:
    return blake2b(b"\x1f".join((own, *above)), digest_size=8).digest()


# --- distances ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Points:
    """Programs in a layout: for each of its blocks a row for each program, and the square of each
    row's whole length, columns counted in that the layout does not have.
    """

    rows: tuple[Array, ...]
    lengths: tuple[Array, ...]


class Layout:
    """The blocks in which programs differ, as they are found in some: one for each choice of the
    text (`choices` is how many), then one for each round of patterns. What none of these programs
    has is not told apart in others.
    """

    def __init__(self, programs: Sequence[Features]) -> None:
        self._scalars: dict[int, dict[Key, None]] = {}
        self._kinds: dict[int, dict[Key, dict[str | None, None]]] = {}
        self._patterns = [
            {pattern: column for column, pattern in enumerate(_all(programs, round_))}
            for round_ in range(len(programs[0].patterns))
        ]
        for program in programs:
            self._add(program)
        self.nodes = list(self._scalars)
        self.choices = len(self.nodes)

    def _add(self, program: Features) -> None:
        for key in (*program.scalars, *program.kinds):
            self._scalars.setdefault(key[0], {})
            self._kinds.setdefault(key[0], {})
        for key in program.scalars:
            self._scalars[key[0]].setdefault(key)
        for key, kind in program.kinds.items():
            self._kinds[key[0]].setdefault(key, {None: None}).setdefault(kind)

    def points(self, programs: Sequence[Features]) -> Points:
        """These or other programs."""
        blocks = [self._choice(node, programs) for node in self.nodes]
        blocks += [self._counts(round_, programs) for round_ in range(len(self._patterns))]
        rows, lengths = zip(*blocks, strict=True)
        return Points(rows, lengths)

    def _choice(self, node: int, programs: Sequence[Features]) -> tuple[Array, Array]:
        """Two columns for a scalar, one for each kind: two kinds are as far apart as two ends."""
        scalars = list(self._scalars[node])
        numbers = np.array(
            [
                [part for key in scalars for part in _scalar(program.scalars.get(key))]
                for program in programs
            ]
        ).reshape(len(programs), 2 * len(scalars))
        kinds = self._kinds[node]
        marks = np.array(
            [
                [program.kinds.get(key) == kind for key, known in kinds.items() for kind in known]
                for program in programs
            ],
            dtype=float,
        ).reshape(len(programs), -1)
        length = (numbers**2).sum(axis=1) + 0.5 * len(kinds)
        return np.hstack((numbers, marks * np.sqrt(0.5))), length

    def _counts(self, round_: int, programs: Sequence[Features]) -> tuple[Array, Array]:
        """Square roots of the counts, so that the second of a pattern tells more than the ninth."""
        columns = self._patterns[round_]
        rows = np.zeros((len(programs), len(columns)))
        for row, program in zip(rows, programs, strict=True):
            for pattern, count in program.patterns[round_].items():
                if pattern in columns:
                    row[columns[pattern]] = count
        lengths = [sum(program.patterns[round_].values()) for program in programs]
        return np.sqrt(rows), np.array(lengths, dtype=float)


def _all(programs: Sequence[Features], round_: int) -> dict[bytes, None]:
    return {pattern: None for program in programs for pattern in program.patterns[round_]}


def _scalar(value: float | None) -> tuple[float, float]:
    return ABSENT if value is None else (1.0, value)


def squares(first: Points, second: Points) -> Array:
    """Squared distances, [blocks, programs of `first`, programs of `second`]."""
    return np.stack([
        np.maximum(0.0, a[:, None] + b[None, :] - 2.0 * left @ right.T)
        for left, right, a, b in zip(
            first.rows, second.rows, first.lengths, second.lengths, strict=True
        )
    ])  # fmt: skip
