"""The numbers in the names of choices: fixed by the text alone, before any choice is made.

Comes in: a choice that is to be decided, and the text that it stands in: a body, a recipe, a file's
own `let`, the `train` blocks. Goes out: its number among the choices of that text that are called
the same (`choice`, `choice_2`), those counted too that are never met since another option was
taken. Nothing is evaluated: the text is gone through once, in the order in which it is expanded.

A choice that the text does not tell of, as in what a name of an unknown kind stands for, has no
number here; should its name be taken when it is met, it gets the next that is free.
"""

from typing import Any

from ...grammar import ast
from .alike import options_of
from .context import Context
from .counting import Counting, Numbers
from .environment import Environment
from .naming import Names
from .sites import Sites


def number_of(node: ast.Expression, context: Context) -> int:
    """The number of a choice in its text, from 1; 1 too where the text does not tell of it."""
    text = context.text or context.names.root
    known = context.session.numbers.get(id(text))
    if known is None:
        numbers = number_choices(text, context.names.by_stage, context.home)
        known = context.session.numbers[id(text)] = text, numbers  # kept, as its id is
    numbers = known[1]
    if not numbers:
        return 1
    key = (*context.uses, id(node)) if context.uses else id(node)
    return numbers.get(key, 1)


def number_choices(text: Any, names: Names, home: Environment | None) -> Numbers:
    """The numbers above 1, by `id` of the choice's node; for one in a default by those of the uses
    that leave the argument out, and then its own. `home` has the names of the file.
    """
    found = Counting()
    sites = Sites(names, home, found)
    match text:
        case tuple():
            for block in text:
                for setting in block.settings:
                    _count_setting(setting.value, setting.name, found)
        case ast.Let():
            sites.named(text.name, text.value)
        case ast.Body():
            sites.body(text)
        case ast.Node():
            sites.stage(text)
    return found.numbers()


def _count_setting(node: Any, hint: str, found: Counting) -> None:
    """The choices of a setting of a `train` block."""
    match node:
        case ast.Choice() | ast.Optional():
            found.add(id(node), hint)
            found.either(options_of(node), lambda item: _count_setting(item, hint, found))
        case ast.Range():
            found.add(id(node), hint)
        case ast.Call():
            for place, argument in enumerate(node.arguments):
                _count_setting(argument.value, f"{hint}.{argument.name or place}", found)
        case ast.Node():
            for child in ast.children(node):
                _count_setting(child, hint, found)
