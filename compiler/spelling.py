"""Python text of what layers lower to: literals, calls, names, and sizes of axes.

Comes in: the data of `lowering.py`. Goes out: text for the back ends `torch` and `python`. Nothing
from a program becomes code: names are checked identifiers, texts go through `repr`.
"""

import keyword
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from ..grammar.diagnostic import InternalError
from .dims import Axis, Dim, Symbol, names, python, substitute, terms_of
from .graph import Graph
from .lowering import Call, Function, TorchCode
from .types import DType, Shape

PREAMBLE = frozenset(
    {"self", "torch", "nn", "F", "math", "expect", "_", "sys"}
    | {"ValueError", "bool", "float", "getattr", "int", "len", "range", "slice", "super", "tuple"}
)
"""What generated functions refer to; no variable takes these names."""

_PLACEHOLDER = re.compile(r"\{(\*|\w+)\}")
_OPENING = ("(", "[", ",", "=", "")
_CLOSING = (")", "]", ",", "")
_ATOM = re.compile(r"[A-Za-z_0-9.]+|[\[(].*[\])]|'[^']*'|\"[^\"]*\"")


def literal(value: Any, sizes: Mapping[str, str] | None = None) -> str:
    """A value as a Python expression; `sizes` spells the names of symbolic axes."""
    match value:
        case DType():
            return value.torch
        case Axis():
            return python(value, sizes if sizes is not None else {})
        case float() if not math.isfinite(value):
            return f'float("{value}")'
        case bool() | int() | float() | None:
            return repr(value)
        case str():
            return quoted(value)
        case tuple():
            inner = [literal(item, sizes) for item in value]
            return f"({inner[0]},)" if len(inner) == 1 else f"({', '.join(inner)})"
        case list():
            return "[" + ", ".join(literal(item, sizes) for item in value) + "]"
        case _:
            raise InternalError(f"{value!r} has no spelling in Python")


def quoted(text: str) -> str:
    """A text as an ASCII literal, in double quotes where that needs no more escapes."""
    plain = ascii(text)
    return plain if '"' in text or "\\" in plain or "'" in text else f'"{text}"'


def arguments(args: Iterable[str], kwargs: Mapping[str, str]) -> str:
    """What stands between the parentheses of a call."""
    return ", ".join([*args, *(f"{name}={text}" for name, text in kwargs.items())])


def call(
    code: Call,
    inputs: Sequence[str],
    value: Callable[[str, Any, bool], str],
    function: Callable[[Function], str],
) -> str:
    """The expression of a `Call` over variables.

    `value` spells one of its values, given its name, itself and whether it stands beside an
    operator; for `device` it names the device of a tensor at hand. `function` names a function of
    our own.
    """

    def fill(match: re.Match[str]) -> str:
        key = match.group(1)
        if key == "*":
            return ", ".join(inputs)
        if key.isdigit():
            return inputs[int(key)]
        found = code.values[key] if key != "device" else None
        if isinstance(found, Function):
            return function(found)
        before = match.string[: match.start()].rstrip()[-1:]
        after = match.string[match.end() :].lstrip()[:1]
        return value(key, found, before not in _OPENING or after not in _CLOSING)

    # A comma after several inputs is not needed to make a tuple.
    template = code.template.replace("{*},)", "{*})") if len(inputs) > 1 else code.template
    return _PLACEHOLDER.sub(fill, template)


def closed(text: str, beside_operator: bool = True) -> str:
    """The text, in parentheses where an operator beside it would tear it apart."""
    return f"({text})" if beside_operator and not _ATOM.fullmatch(text) else text


def symbols_in(value: Any) -> frozenset[str]:
    """The names of the symbolic axes in a value of a `Call`."""
    match value:
        case Axis():
            return names(value)
        case tuple() | list():
            return frozenset().union(*map(symbols_in, value))
        case _:
            return frozenset()


def symbols_of(code: Call) -> frozenset[str]:
    return frozenset().union(*map(symbols_in, code.values.values()))


def identifier(name: str, taken: Collection[str] = ()) -> str:
    """A Python name as near to `name` as may be: ASCII, not reserved, not taken."""
    found = re.sub(r"\W", "_", name, flags=re.ASCII) or "_"
    if found[0].isdigit():
        found = f"_{found}"
    if keyword.iskeyword(found) or found in PREAMBLE or found == "__debug__":
        found = f"{found}_"
    base, count = found, 2
    while found in taken:
        found, count = f"{base}_{count}", count + 1
    return found


def function_names(codes: Iterable[TorchCode]) -> set[str]:
    """The names of our own functions that calls refer to."""
    return {
        value.target.partition(":")[2]
        for code in codes
        if isinstance(code, Call)
        for value in code.values.values()
        if isinstance(value, Function)
    }


def parameter_names(graph: Graph, taken: Collection[str] = ()) -> list[str]:
    """The parameters of `forward`: the names of the graph's inputs wherever they are free."""
    result: list[str] = []
    for port in graph.inputs:
        result.append(identifier(port.name, {*taken, *result}))
    return result


# --- Sizes of axes -------------------------------------------------------------------------------

Tensors = Sequence[tuple[str, Shape]]
"""Variables at hand and the shapes of what they hold."""


def symbol_names(symbols: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """A variable for each symbolic axis: its own name wherever that is free."""
    result: dict[str, str] = {}
    for symbol in symbols:
        result[symbol] = identifier(symbol, {*taken, *result.values()})
    return result


def solve(wanted: Collection[str], tensors: Tensors, spelling: Mapping[str, str]) -> dict[str, str]:
    """An expression over the tensors' sizes for each symbol, in the order to bind them.

    Symbols that it takes to find others come along. One is read off an axis that is its bare name,
    or solved from an axis that is linear in it. Raises KeyError with a symbol that nothing tells.
    """
    found: dict[str, str] = {}
    for name in sorted(wanted):
        _solve(name, tensors, spelling, found, ())
    return found


def _solve(
    name: str,
    tensors: Tensors,
    spelling: Mapping[str, str],
    found: dict[str, str],
    pending: tuple[str, ...],
) -> None:
    if name in found:
        return
    for text, size in _axes_with(name, tensors):
        solution = _linear(name, size)
        if solution is None or names(solution[1]) & {name, *pending}:
            continue
        factor, rest = solution
        try:
            for other in sorted(names(rest)):
                _solve(other, tensors, spelling, found, (*pending, name))
        except KeyError:
            continue
        found[name] = _quotient(text, factor, rest, spelling)
        return
    raise KeyError(name)


def _axes_with(name: str, tensors: Tensors) -> list[tuple[str, Axis]]:
    """The axes that mention a symbol, the plainest first, and how to read their sizes."""
    found = [
        (f"{variable}.shape[{position}]", size)
        for variable, shape in tensors
        for position, size in enumerate(shape)
        if isinstance(size, Axis) and name in names(size)
    ]
    return sorted(found, key=lambda item: (str(item[1]) != name, len(names(item[1]))))


def _linear(name: str, size: Axis) -> tuple[int, Dim] | None:
    """`size` as `factor * name + rest`, if it is that."""
    rest = substitute(size, {name: 0})
    terms = terms_of(size - rest)
    if len(terms) != 1:
        return None
    (monomial, factor), *_ = terms.items()
    if len(monomial) != 1 or not isinstance(monomial[0], Symbol):
        return None
    return factor, rest


def _quotient(text: str, factor: int, rest: Dim, spelling: Mapping[str, str]) -> str:
    """`(text - rest) // factor`, without what changes nothing."""
    if rest == 0:
        return text if factor == 1 else f"{text} // {factor}"
    spelled = python(rest, spelling)
    difference = f"{text} - ({spelled})" if isinstance(rest, Axis) else f"{text} - {spelled}"
    return difference if factor == 1 else f"({difference}) // {factor}"
