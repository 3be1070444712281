"""The functions that work on numbers and lists while a program is compiled: `range zip len least
most ceil_div round_to`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from ..dims import Axis
from .arithmetic import is_number, is_open
from .sizes import LONGEST_LIST
from .values import describe


def call(name: str, node: ast.Call, arguments: Sequence[Any]) -> Any:
    """The value of `name(arguments)`. Raises a Fault that shows how the function is called."""
    function, usage = FUNCTIONS[name]
    if is_open(*arguments):
        raise Fault(errors.spaces.RealDecides(node.span))
    try:
        return function(*arguments)
    except (TypeError, ValueError, OverflowError) as error:
        found = " and ".join(map(describe, arguments[:4])) + (", …" if len(arguments) > 4 else "")
        reason = str(error) if isinstance(error, ValueError) else ""
        raise Fault(errors.calls.BadFunctionCall(node.span, name, usage, found, reason)) from None


def _integers(*values: Any) -> None:
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        raise TypeError


def _range(*bounds: int) -> tuple[int, ...]:
    _integers(*bounds)
    found = range(*bounds)
    if len(found) > LONGEST_LIST:
        raise ValueError(f"that is a list of {len(found)} numbers; the longest is {LONGEST_LIST}")
    return tuple(found)


def _zip(*lists: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    if not lists or not all(isinstance(item, tuple) for item in lists):
        raise TypeError
    lengths = [len(item) for item in lists]
    if sum(lengths) > LONGEST_LIST:
        raise ValueError(f"the lists have {sum(lengths)} items; the most is {LONGEST_LIST}")
    if len(set(lengths)) > 1:
        raise ValueError(f"the lists have {' and '.join(map(str, lengths))} items")
    return tuple(zip(*lists, strict=True))


def _len(items: tuple[Any, ...]) -> int:
    if not isinstance(items, (tuple, str)):
        raise TypeError
    return len(items)


def _extreme(pick: Callable[..., Any]) -> Callable[..., Any]:
    def choose(*values: Any) -> Any:
        items = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
        if not items or not all(is_number(item) and not isinstance(item, Axis) for item in items):
            raise TypeError
        return pick(items)

    return choose


def _ceil_div(size: Any, divisor: Any) -> Any:
    if not is_number(size) or isinstance(size, float):
        raise TypeError
    _integers(divisor)
    if divisor < 1:
        raise ValueError("the divisor must be at least 1")
    return (size + divisor - 1) // divisor


def _round_to(value: Any, multiple: int) -> int:
    """The nearest multiple, never below 90 % of the value: as MobileNet rounds channels (Sandler et
    al. 2018).
    """
    _integers(multiple)
    if isinstance(value, Axis) or not is_number(value):
        raise TypeError
    if multiple < 1:
        raise ValueError("the multiple must be at least 1")
    rounded = max(multiple, int(value + multiple / 2) // multiple * multiple)
    return rounded + multiple if rounded < 0.9 * value else rounded


FUNCTIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "range": (_range, "range(stop), range(start, stop) or range(start, stop, step)"),
    "zip": (_zip, "zip([…], […]) with lists of one length"),
    "len": (_len, "len([…])"),
    "least": (_extreme(min), "least(a, b, …) or least([…])"),
    "most": (_extreme(max), "most(a, b, …) or most([…])"),
    "ceil_div": (_ceil_div, "ceil_div(size, divisor)"),
    "round_to": (_round_to, "round_to(value, multiple)"),
}
