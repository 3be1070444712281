"""Operators on compile-time values: exact integers, floats, axes, and questions about axes with
three answers.
"""

import operator as operators
from collections.abc import Callable
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from ..dims import Axis, AxisTooLarge, Dim
from ..facts import Facts, Truth
from ..hyperparameter import Symbol, spell
from .values import Condition, OpenReal, describe

MOST_BITS = 4096

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operators.add,
    "-": operators.sub,
    "*": operators.mul,
    "/": operators.truediv,
    "//": operators.floordiv,
    "%": operators.mod,
    "**": operators.pow,
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def is_number(value: object) -> bool:
    return isinstance(value, (int, float, Axis)) and not isinstance(value, bool)


def binary(node: ast.Binary, left: Any, right: Any, facts: Facts) -> Any:
    """The value of `left operator right` for compile-time operands. Raises a Fault that shows
    both.
    """
    if node.operator in _COMPARISONS:
        return compare(node, left, right, facts)
    if node.operator == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        return left + right
    if node.operator == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    if not is_number(left) or not is_number(right):
        raise Fault(
            errors.values.BadOperands(node.span, node.operator, describe(left), describe(right))
        )
    if node.operator in ("//", "%") and (isinstance(left, float) or isinstance(right, float)):
        raise Fault(
            errors.values.NeedsIntegers(node.span, node.operator, spell(left), spell(right))
        )
    if isinstance(left, Axis) or isinstance(right, Axis):
        return _axis_arithmetic(node, left, right, facts)
    return _number_arithmetic(node, left, right)


def of_integers(node: ast.Binary, left: int, right: int) -> Any:
    """The same for two integers, as most operands are."""
    compared = _COMPARISONS.get(node.operator)
    return _number_arithmetic(node, left, right) if compared is None else compared(left, right)


def _number_arithmetic(node: ast.Binary, left: Any, right: Any) -> Any:
    if right == 0 and node.operator in ("/", "//", "%"):
        raise Fault(errors.values.DivisionByZero(node.span, spell(left), spell(right)))
    if node.operator == "**" and _too_large(left, right):
        raise Fault(errors.values.NumberTooLarge(node.span))
    try:
        result = _ARITHMETIC[node.operator](left, right)
    except (OverflowError, ZeroDivisionError):
        raise Fault(errors.values.NumberTooLarge(node.span)) from None
    if isinstance(result, complex) or (isinstance(result, int) and result.bit_length() > MOST_BITS):
        raise Fault(errors.values.NumberTooLarge(node.span))
    return OpenReal(result) if is_open(left, right) else result


def is_open(*values: Any) -> bool:
    """Whether a number was drawn from a real range, or worked out from one that was."""
    return OpenReal in map(type, values)


def _too_large(base: Any, exponent: Any) -> bool:
    if isinstance(base, int) and isinstance(exponent, int):
        return exponent > 0 and base.bit_length() * exponent > MOST_BITS
    return False


def _axis_arithmetic(node: ast.Binary, left: Any, right: Any, facts: Facts) -> Dim:
    if isinstance(left, float) or isinstance(right, float) or node.operator in ("/", "**"):
        raise Fault(
            errors.values.SymbolicOperand(node.span, node.operator, spell(left), spell(right))
        )
    if node.operator in ("//", "%") and facts.decide("!=", right, 0) is not Truth.PROVED:
        raise Fault(errors.values.DivisionByZero(node.span, spell(left), spell(right)))
    try:
        result: Dim = _ARITHMETIC[node.operator](left, right)
    except AxisTooLarge:
        raise Fault(errors.limits.AxisTooComplex(node.span)) from None
    return result


def negative(node: ast.Unary, value: Any) -> Any:
    if not is_number(value):
        raise Fault(errors.values.BadOperand(node.span, "-", describe(value)))
    return OpenReal(-value) if is_open(value) else -value


# --- questions ------------------------------------------------------------------------------------


def compare(node: ast.Binary, left: Any, right: Any, facts: Facts) -> "bool | Condition":
    """A comparison: true, false, or a Condition when axes leave it open."""
    if is_number(left) and is_number(right):
        return _compare_numbers(node, left, right, facts)
    left, right = _plain(left), _plain(right)
    comparable = isinstance(left, type(right)) or isinstance(right, type(left))
    if node.operator not in ("==", "!=") or not comparable:
        raise Fault(
            errors.values.BadOperands(node.span, node.operator, describe(left), describe(right))
        )
    return (left == right) is (node.operator == "==")


def _plain(value: Any) -> Any:
    """A bare word compares with the text of the same letters: `padding == "same"`."""
    return value.name if isinstance(value, Symbol) else value


def _compare_numbers(node: ast.Binary, left: Any, right: Any, facts: Facts) -> "bool | Condition":
    symbolic = isinstance(left, Axis) or isinstance(right, Axis)
    if is_open(left, right):
        raise Fault(errors.spaces.RealDecides(node.span))
    if not symbolic:
        return _COMPARISONS[node.operator](left, right)
    if isinstance(left, float) or isinstance(right, float):
        raise Fault(
            errors.values.SymbolicOperand(node.span, node.operator, spell(left), spell(right))
        )
    answer = facts.decide(node.operator, left, right)
    if answer is Truth.UNKNOWN:
        return Condition(((node.operator, left, right),), f"{left} {node.operator} {right}")
    return answer is Truth.PROVED


def negate(condition: "bool | Condition") -> "bool | Condition":
    if isinstance(condition, bool):
        return not condition
    if condition.comparisons is not None and len(condition.comparisons) == 1:
        operator, left, right = condition.comparisons[0]
        opposite = _OPPOSITE[operator]
        return Condition(((opposite, left, right),), f"{left} {opposite} {right}")
    return Condition(None, f"not ({condition.text})")


def both(left: "bool | Condition", right: "bool | Condition") -> "bool | Condition":
    if isinstance(left, bool):
        return right if left else False
    if isinstance(right, bool):
        return left if right else False
    text = f"{left.text} and {right.text}"
    if left.comparisons is None or right.comparisons is None:
        return Condition(None, text)
    return Condition(left.comparisons + right.comparisons, text)


def either(left: "bool | Condition", right: "bool | Condition") -> "bool | Condition":
    if isinstance(left, bool):
        return True if left else right
    if isinstance(right, bool):
        return True if right else left
    return Condition(None, f"{left.text} or {right.text}")
