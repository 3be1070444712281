"""How a class holds and reaches its modules, whatever their names.

Comes in: the paths of modules below a class. Goes out: the text that reaches each, and the
containers between: a list where turns are numbered, a dict elsewhere. Names that PyTorch or Python
reserve stand in `_modules` all the same, so that the keys of the `state_dict` are the graph's.
"""

import keyword
from collections.abc import Iterable

from torch import nn

from ...spelling import quoted
from .model import Path

_RESERVED = frozenset(dir(nn.Module())) | {"forward"}
_RESERVED_IN_DICT = frozenset(dir(nn.ModuleDict()))


Tree = dict[str, "Tree"]
"""Modules by name, and what they hold."""


class Access:
    """The tree of a class's modules. A leaf is an empty dict."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.tree: Tree = {}
        for path in paths:
            at = self.tree
            for name in path:
                at = at.setdefault(name, {})
        self.ends = set(paths)

    def text(self, path: Path, base: str = "self") -> str:
        """The expression that reaches a module or a container of `base`."""
        text = top(path[0], base)
        for depth in range(1, len(path)):
            text = self._below(text, path[:depth], path[depth])
        return text

    def at(self, path: Path) -> Tree:
        found = self.tree
        for name in path:
            found = found[name]
        return found

    def kind(self, path: Path) -> str:
        """What stands at a path: `leaf`, `list`, `dict`, or `bag`, a bare module."""
        if path in self.ends:
            return "leaf"
        names = list(self.at(path))
        if sorted(names, key=_number) == [str(index) for index in range(len(names))]:
            return "list"
        return "dict" if _RESERVED_IN_DICT.isdisjoint(names) else "bag"

    def _below(self, text: str, path: Path, name: str) -> str:
        match self.kind(path):
            case "list":
                return f"{text}[{name}]"
            case "dict":
                return f"{text}[{quoted(name)}]"
            case _:
                return f"{text}._modules[{quoted(name)}]"


def top(name: str, base: str = "self") -> str:
    """How code reads a module that a class holds directly."""
    if is_reserved(name):
        return f"{base}._modules[{quoted(name)}]"
    if keyword.iskeyword(name) or not name.isidentifier():
        return f"getattr({base}, {quoted(name)})"
    return f"{base}.{name}"


def set_top(name: str, value: str) -> str:
    """The statement that puts a module there."""
    if is_reserved(name):
        return f"self._modules[{quoted(name)}] = {value}"
    if keyword.iskeyword(name) or not name.isidentifier():
        return f"self.add_module({quoted(name)}, {value})"
    return f"self.{name} = {value}"


def is_reserved(name: str) -> bool:
    """Whether an attribute of this name is not the class's own, or is another within a class."""
    return name in _RESERVED or name.startswith("__")


def _number(name: str) -> int:
    return int(name) if name.isdecimal() else -1
