"""Programs of a space as numbers: vectors of fixed length, and distances.

Comes in: a walk, steps. Goes out: for each choice of the space, in the order of its discovery,
either one indicator for each option, or whether the choice is there and where in its range the
number lies. A choice of one name that has options in some programs and a real range in others has
both.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import inf, log
from typing import Any, SupportsFloat

from ...grammar import ast
from ...grammar.record import record
from ..expand.decisions import Alternatives, Domain, Integers, Reals
from .edits import name_of
from .limit import SpaceLimit
from .process import Process
from .random import scaled
from .replay import is_live
from .site_list import sites
from .states import DONE, Place, State, decisions_of
from .trace import value_of
from .walk import Step, Walk


def distance(first: Sequence[Step], second: Sequence[Step]) -> float:
    """The sum over all choices of how far the decisions are apart, each from 0 to 1."""
    left = {name_of(place): (place.state.domain, decision) for place, decision in first}
    right = {name_of(place): (place.state.domain, decision) for place, decision in second}
    shared = left.keys() & right.keys()
    alone = len(left.keys() ^ right.keys())
    return alone + sum(_apart(*left[name], *right[name]) for name in left if name in shared)


def _apart(domain: Domain, decision: Any, other_domain: Domain, other: Any) -> float:
    if isinstance(domain, Alternatives) or domain != other_domain:
        return float(value_of(domain, decision) != value_of(other_domain, other))
    return abs(fraction_of(domain, decision) - fraction_of(domain, other))


def fraction_of(domain: Integers | Reals, value: float) -> float:
    """Where in its range a number lies, from 0 to 1; a logarithmic range by its logarithm."""
    if domain.low == domain.high:
        return 0.0
    if domain.log:
        return (log(value) - log(domain.low)) / (log(domain.high) - log(domain.low))
    return (value - domain.low) / (domain.high - domain.low)


def number_at(domain: Integers | Reals, fraction: float) -> float:
    """The number at a part of a range, as a draw computes it."""
    return scaled(min(1.0, max(0.0, fraction)), domain.low, domain.high, logarithmic=domain.log)


def choices_known(process: Process) -> dict[str, list[Any]]:
    """The choices of the states found so far, by name, with all their options."""
    found: dict[str, list[Any]] = {}
    for state in process.states.values():
        options = found.setdefault(name_of_state(state), [])
        options += [value for value in options_at(state) if value not in options]
    return found


def name_of_state(state: State) -> str:
    """The name of the choice at a state."""
    return state.name


def options_at(state: State) -> list[Any]:
    """The options of a choice as they are shown: a range as one, with or without steps."""
    domain, node = state.domain, state.node
    if not (isinstance(domain, Alternatives) and isinstance(node, ast.Range)):
        return options_of(domain)
    values, spacing = domain.options, " log" if domain.weights else ""
    if len(values) == 1:
        return list(values)
    return [f"{values[0]}..{values[-1]} step {values[1] - values[0]:.12g}{spacing}"]


def options_of(domain: Domain) -> list[Any]:
    """The options as they are shown: a range as one."""
    match domain:
        case Reals(low, high):
            return [f"{low}..{high}{_spacing(domain)}"]
        case Integers(low, high, step):
            by = f" step {step}" if step != 1 else ""
            return [f"{low}..{high}{by}{_spacing(domain)}"]
        case _:
            return [value_of(domain, decision) for decision in decisions_of(domain)]


def _spacing(domain: Integers | Reals) -> str:
    return " log" if domain.log else ""


@record
class Columns:
    """Where the numbers of one choice stand in a vector: the indicators of its options from `start`
    on, and of each range the first of its two.
    """

    start: int
    values: tuple[Any, ...]
    ranges: Mapping[Integers | Reals, int]

    def indicator(self, value: Any) -> int | None:
        """The column of an option, None where it has none."""
        place = _position(value, self.values)
        return None if place is None else self.start + place

    def first_of(self, domain: Domain) -> int | None:
        """The first column of a range; None for what has indicators."""
        return None if isinstance(domain, Alternatives) else self.ranges.get(domain)


class Encoder:
    """The layout of a space's vectors. `columns` names each number of one. Where not `complete`,
    some programs may make choices that it has no columns for.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.sites: dict[str, Columns] = {}
        self.columns: list[str] = []
        found, self.complete = sites(walk)
        for name, domains in found.items():
            self._lay_out(name, domains)

    def _lay_out(self, name: str, domains: Sequence[Domain]) -> None:
        """A column for each option, or two for a number. Whole numbers beside other domains of the
        same name are options like theirs; a real range always is a range.
        """
        alone = len(domains) == 1
        ranges = [
            item
            for item in domains
            if isinstance(item, Reals) or (alone and isinstance(item, Integers))
        ]
        start = len(self.columns)
        values = _values(item for item in domains if item not in ranges)
        self.columns += [f"{name}={value}" for value in values]
        found = {}
        for item in ranges:
            found[item] = len(self.columns)
            shown = name if alone else f"{name} [{options_of(item)[0]}]"
            self.columns += [f"{shown}?", shown]
        self.sites[name] = Columns(start, values, found)

    def encode(self, steps: Sequence[Step]) -> list[float]:
        """The vector of a program. Raises SpaceLimit where it makes a choice without columns."""
        vector = [0.0] * len(self.columns)
        for place, decision in steps:
            domain = place.state.domain
            columns = self.sites.get(name_of(place), _NO_COLUMNS)
            first = columns.first_of(domain)
            if first is None:
                vector[self._indicator(place, value_of(domain, decision))] = 1.0
                continue
            vector[first] = 1.0
            vector[first + 1] = fraction_of(domain, decision)  # type: ignore[arg-type]
        return vector

    def _indicator(self, place: Place, value: Any) -> int:
        name = name_of(place)
        found = self.sites.get(name, _NO_COLUMNS).indicator(value)
        if found is None:
            raise SpaceLimit(
                f"the program decides {name}={value}, for which vectors of this space have no "
                "number: it has too many states to look through, and no program that was drawn for "
                "the layout decides so. `tokens` has every decision"
            )
        return found

    def decode(self, vector: Sequence[float]) -> list[Step]:
        """At each choice the legal decision that the vector favours. Raises ValueError for a vector
        of another length or with numbers that are not finite, TypeError for one that is not of
        numbers.
        """
        if len(vector) != len(self.columns):
            raise ValueError(f"the vector has {len(self.columns)} numbers, not {len(vector)}")
        strange = next((item for item in vector if not isinstance(item, SupportsFloat)), None)
        if strange is not None:
            raise TypeError(f"a vector is of numbers, not {strange!r}")
        self._expect_finite(vector)
        place, steps = self.walk.start(), []
        while place.state is not DONE:
            decision = self._favoured(place, vector)
            steps.append((place, decision))
            place = self.walk.step(place, decision)
        return steps

    def _expect_finite(self, vector: Sequence[float]) -> None:
        """Nothing is less or more than a `nan`, so it would favour by chance."""
        for column, number in zip(self.columns, vector, strict=True):
            if not abs(number) < inf:
                raise ValueError(f"a vector is of finite numbers, not {number} for {column}")

    def _favoured(self, place: Place, vector: Sequence[float]) -> Any:
        domain = place.state.domain
        first = self.sites.get(name_of(place), _NO_COLUMNS).first_of(domain)
        if isinstance(domain, Reals):
            return number_at(domain, 0.5 if first is None else vector[first + 1])
        if first is None:
            options = [(-self._favour(place, item, vector), item) for item in decisions_of(domain)]
        else:
            assert isinstance(domain, Integers)
            wanted = vector[first + 1]
            options = [
                (abs(fraction_of(domain, item) - wanted), item) for item in decisions_of(domain)
            ]
        ordered = sorted(options)
        return next(item for _, item in ordered if is_live(self.walk, place, item))

    def _favour(self, place: Place, decision: Any, vector: Sequence[float]) -> float:
        """How much a vector favours an option; what has no number is not favoured."""
        columns = self.sites.get(name_of(place), _NO_COLUMNS)
        found = columns.indicator(value_of(place.state.domain, decision))
        return 0.0 if found is None else vector[found]


def _values(domains: Iterable[Domain]) -> tuple[Any, ...]:
    """What the options of some domains show, each once."""
    values: list[Any] = []
    for domain in domains:
        found = (value_of(domain, decision) for decision in decisions_of(domain))
        values += [value for value in found if not _among(value, values)]
    return tuple(values)


def _among(value: Any, values: Sequence[Any]) -> bool:
    return any(type(item) is type(value) and item == value for item in values)


def _position(value: Any, values: Sequence[Any]) -> int | None:
    return next(
        (n for n, item in enumerate(values) if type(item) is type(value) and item == value), None
    )


_NO_COLUMNS = Columns(0, (), {})
