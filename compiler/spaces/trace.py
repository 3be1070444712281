"""Traces: the decisions of a program in order, with the names of the choices they settle.

A trace and its program are interchangeable. Values are what JSON can hold: numbers, texts, and for
a stage the text of the option.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from numbers import Integral, Real
from typing import Any

from ...grammar import ast
from ...grammar.print import print_expression
from ...grammar.record import record
from ..expand.decisions import Alternatives, Domain, Integers, Reals
from ..hyperparameter import spell


@record
class Decision:
    """One settled choice: its stable name and the value taken."""

    name: str
    value: Any

    def __hash__(self) -> int:
        value = tuple(self.value) if isinstance(self.value, list) else self.value  # of `some`
        return hash((self.name, value))


Trace = tuple[Decision, ...]


def value_of(domain: Domain, decision: Any) -> Any:
    """What a trace shows for a decision."""
    if not isinstance(domain, Alternatives):
        return decision
    return option_value(_Option(domain.options[decision]))


class _Option:
    """An option as a key: by identity, since options are parts of one program."""

    __slots__ = ("option",)

    def __init__(self, option: Any) -> None:
        self.option = option

    def __hash__(self) -> int:
        return id(self.option)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Option) and other.option is self.option


@lru_cache(maxsize=65536)
def option_value(key: _Option) -> Any:
    number = ast.number_of(key.option)
    if number is not None:
        return number
    match key.option:
        case ast.String() | ast.Bool():
            return key.option.value
        case ast.Fragment(body=ast.Body(statements=())):
            return "identity"
        case option if isinstance(option, ast.Expression):
            return print_expression(option)
        case bool() | int() | float() | str():
            return key.option
        case tuple():
            return list(key.option)
        case _:
            return spell(key.option)


def decision_of(domain: Domain, value: Any) -> Any:
    """The decision that a trace's value stands for, None where the domain does not hold it."""
    match domain:
        case Alternatives(options, weights):
            kept = [place for place, _ in enumerate(options) if weights is None or weights[place]]
            same = (place for place in kept if _same(options[place], value))
            stood_for = (place for place in kept if _stands_for(value, options[place]))
            return next(chain(same, stood_for), None)
        case Integers(low=low, high=high, step=step):
            whole = isinstance(value, int) and not isinstance(value, bool)
            return value if whole and low <= value <= high and (value - low) % step == 0 else None
        case Reals(low=low, high=high):
            real = isinstance(value, (int, float)) and not isinstance(value, bool)
            return float(value) if real and low <= value <= high else None


def _same(option: Any, value: Any) -> bool:
    shown = option_value(_Option(option))
    if type(shown) is type(value):
        return bool(shown == value)
    # studies made before options below zero were numbers hold their text
    return isinstance(option, ast.Unary) and bool(value == print_expression(option))


def _stands_for(value: Any, option: Any) -> bool:
    """Whether a whole number is given for a real one, as the language lets it be."""
    shown = option_value(_Option(option))
    return type(value) is int and isinstance(shown, float) and shown == value


def as_trace(trace: Any) -> Trace:
    """A trace as it is, or from a mapping, or from pairs as JSON holds them. Raises TypeError for
    anything else, ValueError where a choice is decided twice.
    """
    pairs = trace.items() if isinstance(trace, Mapping) else trace
    if isinstance(pairs, str) or not isinstance(pairs, Iterable):
        raise _no_trace(trace)
    found = tuple([_decision(item) for item in pairs])
    names = set[str]()
    for item in found:
        if item.name in names:
            raise ValueError(f"the trace decides {item.name} twice")
        names.add(item.name)
    return found


def _decision(item: Any) -> Decision:
    match item:
        case Decision():
            return item
        case (str() as name, value):
            return Decision(name, plain(value))
    raise _no_trace(item)


def _no_trace(found: Any) -> TypeError:
    return TypeError(f"a trace is pairs (name, value), or values by name, not {found!r:.80}")


def plain(value: Any) -> Any:
    """A value from outside as traces hold it: numbers of NumPy are numbers."""
    match value:
        case bool() | None:
            return value
        case Integral():
            return int(value)
        case Real():
            return float(value)
        case list() | tuple():
            return [plain(item) for item in value]
    return value


def decisions_by_name(trace: Trace) -> dict[str, Any]:
    return {item.name: item.value for item in trace}


def pairs(trace: Trace) -> Iterator[tuple[str, Any]]:
    """The trace as (name, value), as JSON shows it."""
    return ((item.name, item.value) for item in trace)
