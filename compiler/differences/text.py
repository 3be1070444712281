"""A difference for people.

Comes in: a `Difference`, and what the two sides are called. Goes out: lines of text.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from .difference import Change, Difference, LayerPair, Side, WeightsFit

MOST_WEIGHTS = 20
_AXIS = re.compile(r"[A-Za-z_]\w*")
_OPEN = "(open)"
"""What stands for a cost that depends on axes without a size."""
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def as_text(found: Difference, names: tuple[str, str] = ("before", "after")) -> str:
    """The whole difference, lines ending with a newline."""
    return "".join(f"{line}".rstrip() + "\n" for line in _lines(found, names))


def _lines(found: Difference, names: tuple[str, str]) -> Iterator[str]:
    yield f"--- {names[0]}: {found.names[0]}"
    yield f"+++ {names[1]}: {found.names[1]}"
    if found.is_same:
        yield "no difference"
        return
    yield ""
    yield from (_changed(item, "") for item in found.signature)
    yield from _layers(found.layers)
    yield ""
    yield from _costs(found)
    yield ""
    yield from _weights(found.weights, found.costs[0].params)
    if found.settings:
        yield ""
        yield from (_changed(item, "train ") for item in found.settings)
    if found.computes_the_same:
        yield ""
        yield "both compute the same: their canonical hashes are equal"


# --- layers ---------------------------------------------------------------------------------------


def _layers(pairs: Sequence[LayerPair]) -> Iterator[str]:
    changed = [side for pair in pairs if pair.kind != "same" for side in _sides(pair)]
    widths = [
        max((len(getattr(side, column)) for side in changed), default=0)
        for column in ("name", "layer")
    ]
    for is_same, group in groupby(pairs, key=lambda pair: pair.kind == "same"):
        if is_same:
            yield f"  … {_count(sum(1 for _ in group), 'layer')} as before"
            continue
        for pair in group:
            yield from _pair(pair, widths)


def _sides(pair: LayerPair) -> list[Side]:
    return [side for side in (pair.after or pair.before,) if side is not None]


def _pair(pair: LayerPair, widths: Sequence[int]) -> Iterator[str]:
    (side,) = _sides(pair)
    name, layer = side.name.ljust(widths[0]), side.layer.ljust(widths[1])
    params = f"  {side.params:,} parameters" if side.params and pair.kind != "changed" else ""
    yield f"{_SIGNS[pair.kind]} {name}  {layer}  {side.types}{params}"
    yield from (_changed(item, "    ") for item in pair.changes)


def _changed(item: Change, indent: str) -> str:
    return f"{indent}{item.what}: {_value(item.before)} -> {_value(item.after)}"


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- costs and weights ----------------------------------------------------------------------------


def _costs(found: Difference) -> Iterator[str]:
    rows = [("", "before", "after", "change")]
    labels = {"layers": "layers", "params": "parameters", "flops": "FLOPs"}
    for name, label in labels.items():
        before, after = (getattr(side, name) for side in found.costs)
        rows.append((label, _number(before), _number(after), _change(before, after)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield f"{row[0].ljust(widths[0])}  {'  '.join(cells)}"
    texts = [side.flops for side in found.costs if isinstance(side.flops, str)]
    axes = sorted(set(_AXIS.findall(" ".join(texts))))
    if axes:
        given = " ".join(f"--set {axis}=128" for axis in axes)
        yield f"{_OPEN} depends on {', '.join(axes)}: give sizes, as by {given}"


def _number(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else _OPEN


def _change(before: int | str, after: int | str) -> str:
    if not isinstance(before, int) or not isinstance(after, int):
        return "" if before == after else "changed"
    if before == after:
        return "="
    share = f" ({(after - before) / before:+.1%})" if before else ""
    return f"{after - before:+,}{share}"


def _weights(found: WeightsFit, params: int) -> Iterator[str]:
    fitting = len(found.kept)
    total = fitting + len(found.reshaped) + len(found.moved) + len(found.lost)
    numbers = f"{found.kept_params:,} of {params:,} parameters"
    yield f"weights: {fitting} of {total} fit by name and shape, {numbers}"
    yield from _listed(
        "  other shape",
        {name: f"{list(old)} -> {list(new)}" for name, (old, new) in found.reshaped.items()},
    )
    yield from _listed("  other name", {name: f"-> {new}" for name, new in found.moved.items()})
    yield from _listed(
        "  by chance", dict.fromkeys(found.misplaced, "is another layer's of the same name")
    )
    yield from _listed("  lost", {name: str(list(shape)) for name, shape in found.lost.items()})
    yield from _listed("  new", {name: str(list(shape)) for name, shape in found.new.items()})


def _listed(what: str, items: dict[str, str]) -> Iterator[str]:
    for name, value in list(items.items())[:MOST_WEIGHTS]:
        yield f"{what.ljust(14)} {name}  {value}"
    if len(items) > MOST_WEIGHTS:
        yield f"{what.ljust(14)} … and {len(items) - MOST_WEIGHTS} more"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
