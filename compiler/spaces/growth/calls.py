"""The arguments of a call, by the names of what it calls."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ....grammar import ast
from ....grammar.span import NOWHERE
from ...expand.naming import last_part


def called(node: Any) -> str:
    """What a stage is a use of: `conv`."""
    return last_part(node.function if isinstance(node, ast.Call) else node)


def _place(node: Any, signature: Sequence[str], key: str) -> int | None:
    """The position of the argument for a hyperparameter, None where it is left out."""
    if not isinstance(node, ast.Call):
        return None
    for place, item in enumerate(node.arguments):
        given = item.name or (signature[place] if place < len(signature) else None)
        if given == key:
            return place
    return None


def argument(node: Any, signature: Sequence[str], key: str) -> Any:
    """What is given for a hyperparameter, None where it is left out."""
    place = _place(node, signature, key)
    return None if place is None else node.arguments[place].value


def with_argument(node: Any, signature: Sequence[str], key: str, value: Any) -> Any:
    """The call with another argument. It keeps its place in the text, and so its name."""
    place = _place(node, signature, key)
    if place is None:
        added = ast.Argument(key, value, span=NOWHERE)
        if isinstance(node, ast.Call):
            return replace(node, arguments=(*node.arguments, added))
        return ast.Call(node, (added,), span=node.span)
    new = replace(node.arguments[place], value=value)
    arguments = (*node.arguments[:place], new, *node.arguments[place + 1 :])
    return replace(node, arguments=arguments)
