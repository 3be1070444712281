"""One class for all units that differ in literals alone.

Comes in: a tree of units. Goes out: the classes in the order in which they must stand. Where a
literal differs between the units of a class it becomes a parameter, named after the block's
hyperparameter that has the same values everywhere, else after the layer and its argument.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ...spelling import closed, identifier, literal
from .access import is_reserved
from .model import Construct, Made, Parameter, Slot, Unit, constructs_of

_SHORT = {"in_channels": "channels", "in_features": "features", "num_features": "features"}
_NONE = object()
_PLAIN = (bool, int, float, str, tuple)


def classes_of(root: Unit, taken: set[str]) -> list[Made]:
    """Every class, those that others use first; the root's is the last."""
    by_height: dict[int, list[Unit]] = {}
    for unit in _all_units(root):
        by_height.setdefault(unit.height(), []).append(unit)
    made: list[Made] = []
    names = {*taken}
    root_name = _class_name(root.name, names)
    names.add(root_name)
    for _, units in sorted(by_height.items()):
        groups: dict[object, list[Unit]] = {}
        for unit in units:
            _place_children(unit)
            groups.setdefault(_skeleton(unit), []).append(unit)
        for members in groups.values():
            is_root = members[0] is root
            name = root_name if is_root else _class_name(members[0].name, names)
            names.add(name)
            made.append(_make(name, members))
    return made


def _all_units(unit: Unit) -> Iterator[Unit]:
    """In program order; a second use of an instance has no class of its own."""
    if unit.of is None:
        for inner in (*unit.children, *unit.bodies):
            yield from _all_units(inner)
        yield unit


def _class_name(wanted: str, taken: set[str]) -> str:
    name, count = identifier(wanted), 2
    while name in taken:
        name, count = f"{identifier(wanted)}{count}", count + 1
    return name


def _place_children(unit: Unit) -> None:
    """Gives the constructs of units below their classes and arguments."""
    for construct in constructs_of(unit):
        child = construct.target
        if isinstance(child, Unit) and child.made is not None:
            at = child.made.units.index(child)
            construct.kwargs = {
                parameter.name: Slot(construct.layer, parameter.name, parameter.values[at])
                for parameter in child.made.parameters
            }


# --- What units have in common


def _skeleton(unit: Unit) -> object:
    """All of a unit but its literals: equal for units that can share a class."""
    entries = tuple((path, _shape(construct)) for path, construct in unit.entries.items())
    lines = tuple(
        tuple(piece if isinstance(piece, str) else type(piece.value) for piece in line)
        for line in unit.lines
    )
    return unit.name, (*unit.parameters,), entries, (*unit.statements,), lines


def _shape(construct: Construct) -> object:
    target = construct.target
    required = tuple(name for name in construct.kwargs if name not in construct.defaults)
    return (
        target if isinstance(target, str) else id(target.made),
        tuple(_shape(item) if isinstance(item, Construct) else None for item in construct.args),
        required,
        tuple(
            _shape(item) if isinstance(item, Construct) else None
            for name, item in construct.kwargs.items()
            if name in required
        ),
    )


def _make(name: str, units: list[Unit]) -> Made:
    made = Made(name, units, [])
    for unit in units:
        unit.made = made
    namer = _Namer(units, made)
    for aligned in zip(*map(constructs_of, units), strict=True):
        _fill_construct(aligned, namer)
    for number, line in enumerate(units[0].lines):
        for at, piece in enumerate(line):
            if isinstance(piece, Slot):
                slots = [unit.lines[number][at] for unit in units]
                line[at] = namer.text(slots, in_forward=True)
    return made


def _fill_construct(aligned: Sequence[Construct], namer: "_Namer") -> None:
    """Turns the slots of the first of corresponding constructs into text."""
    first = aligned[0]
    for at, argument in enumerate(first.args):
        if isinstance(argument, Slot):
            first.args[at] = namer.text([construct.args[at] for construct in aligned])
    names = dict.fromkeys(name for construct in aligned for name in construct.kwargs)
    kwargs: dict[str, Slot | Construct | str] = {}
    for name in names:
        found = [_keyword(construct, name) for construct in aligned]
        slots = [item for item in found if isinstance(item, Slot)]
        if slots and all(slot.value == first.defaults.get(name, _NONE) for slot in slots):
            continue  # says what would be so anyway
        kwargs[name] = namer.text(slots) if slots else found[0]
    order = [*first.defaults]
    places = {name: order.index(name) if name in order else -1 for name in kwargs}
    first.kwargs = dict(sorted(kwargs.items(), key=lambda item: places[item[0]]))


def _keyword(construct: Construct, name: str) -> Slot | Construct | str:
    if name in construct.kwargs:
        return construct.kwargs[name]
    return Slot(construct.layer, name, construct.defaults[name])


# --- Parameters


class _Namer:
    """Spells slots: as a literal where all units agree, else as a parameter."""

    def __init__(self, units: Sequence[Unit], made: Made) -> None:
        self.units = units
        self.made = made
        self.by_values: dict[object, Parameter] = {}
        self.settings = self._common_settings()
        self.taken = {path[0] for path in units[0].entries} | {*units[0].parameters}

    def text(self, slots: Sequence[Any], *, in_forward: bool = False) -> str:
        first: Slot = slots[0]
        values = tuple(slot.value for slot in slots)
        if len(set(map(_key, values))) == 1:
            return closed(literal(values[0]), first.tight)
        prefix = "self." if in_forward else ""
        parameter, factor = self._parameter(first, values)
        parameter.kept |= in_forward
        if factor == 1:
            return prefix + parameter.name
        return closed(f"{factor} * {prefix}{parameter.name}", first.tight)

    def _parameter(self, slot: Slot, values: tuple[Any, ...]) -> tuple[Parameter, int]:
        for name, found in self.settings.items():
            factor = factor_of(found, values)
            if factor:
                return self._named(name, found), factor
        known = self.by_values.get(_keys(values))
        if known is not None:
            return known, 1
        short = _SHORT.get(slot.argument, "")
        wanted = f"{slot.layer}_{slot.argument}"
        if short and short not in self._names():
            wanted = short
        return self._named(wanted, values), 1

    def _named(self, wanted: str, values: tuple[Any, ...]) -> Parameter:
        known = self.by_values.get(_keys(values))
        if known is not None:
            return known
        name = identifier(wanted, self._names())
        name = f"{name}_" if is_reserved(name) else name
        parameter = Parameter(identifier(name, self._names()), values)
        self.by_values[_keys(values)] = parameter
        self.made.parameters.append(parameter)
        return parameter

    def _names(self) -> set[str]:
        return self.taken | {parameter.name for parameter in self.made.parameters}

    def _common_settings(self) -> dict[str, tuple[Any, ...]]:
        """The hyperparameters that all units have, as values in each."""
        first = self.units[0].hyperparameters
        return {
            name: tuple(unit.hyperparameters[name] for unit in self.units)
            for name in first
            if all(isinstance(unit.hyperparameters.get(name), _PLAIN) for unit in self.units)
        }


def _key(value: Any) -> tuple[str, str]:
    return type(value).__name__, repr(value)


def _keys(values: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    return tuple(map(_key, values))


def factor_of(setting: Sequence[Any], values: Sequence[Any]) -> int:
    """k where every value is k times the hyperparameter, 0 where there is none."""
    if _keys(setting) == _keys(values):
        return 1
    if not all(type(item) is int and item > 0 for item in (*setting, *values)):
        return 0
    factor = int(values[0]) // int(setting[0])
    fits = all(value == factor * item for value, item in zip(values, setting, strict=True))
    return factor if 1 < factor <= 8 and fits else 0
