"""Values of Python that are given to a program: its hyperparameters, and settings of its blocks.

Comes in: names and values, as a call has them. Goes out: values as the checker takes them, or text
of the language. Raises TypeError for what no program can be given.
"""

from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from ..grammar import ast
from .hyperparameter import spell
from .program import Program


def given_text(name: str, value: Any) -> str:
    """A setting as `.arch`; a text is that already."""
    return value if isinstance(value, str) else spell(_plain(name, value))


def given_values(
    program: Program, network: str | None, hyperparameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The values as the checker takes them; a text for a `str` is quoted, others are `.arch`."""
    texts = _text_hyperparameters(program.tree.declarations, network)
    return {
        name: spell(value) if isinstance(value, str) and name in texts else _plain(name, value)
        for name, value in hyperparameters.items()
    }


def _text_hyperparameters(declarations: Iterable[ast.Declaration], network: str | None) -> set[str]:
    return {
        item.name
        for function in declarations
        if isinstance(function, ast.Function)
        and function.kind == "network"
        and network in (None, function.name)
        for item in function.hyperparameters
        if isinstance(item.type, ast.Name) and item.type.id == "str"
    }


def _plain(name: str, value: Any) -> Any:
    """A value of Python as one of the language: numbers of NumPy are numbers, lists are tuples."""
    match value:
        case bool() | str():
            return value
        case Integral():
            return int(value)
        case Real():
            return float(value)
        case list() | tuple():
            return tuple(_plain(name, item) for item in value)
        case _:
            raise TypeError(f"{name} is a {type(value).__name__}; give a number, a text or a list")
