"""What `train` blocks leave open, as far as the text alone tells.

Comes in: blocks, and the names of their file. Goes out: whether anything is to be decided in them,
and the open `let`s that they read. Nothing here needs a space, so that a file in which all is
decided is checked without one.
"""

from collections.abc import Iterable, Iterator

from ..grammar import ast
from .expand import alike
from .expand.environment import Environment
from .expand.meanings import meaning
from .expand.values import OpenLet


def is_open(blocks: Iterable[ast.Settings], env: Environment) -> bool:
    """Whether anything is to be decided in the blocks."""
    return any(alike.is_open(block) or any(open_lets(block, env)) for block in blocks)


def open_lets(node: ast.Node, env: Environment) -> Iterator[OpenLet]:
    """The open `let`s of files that a piece of text names, and those that they name."""
    waiting, seen = [(node, env)], set[int]()
    while waiting:
        part, home = waiting.pop()
        meant = meaning(part, home) if isinstance(part, ast.Name | ast.Attribute) else None
        if not isinstance(meant, OpenLet):
            waiting += [(child, home) for child in ast.children(part)]
        elif id(meant.declaration) not in seen:
            seen.add(id(meant.declaration))
            waiting.append((meant.declaration.value, meant.home))
            yield meant
