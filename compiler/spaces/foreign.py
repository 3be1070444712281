"""Blocks of other files that came out differently from how they are written there: they stand in
the drawn program itself, and read the names of their own file through `use`.

Comes in: such a block as it was written out, and the environment of its file. Goes out: the block
with the names of its file behind that file's name, and the `use` declarations for those files.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields
from typing import Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.environment import Environment
from ..expand.signatures import is_size
from ..expand.values import Namespace, OpenLet
from .syntax import bare


class Imports:
    """The names by which a drawn program knows other files. `taken` are names that mean something
    else there.
    """

    def __init__(self, program: ast.Program, taken: Collection[str]) -> None:
        uses = [item for item in program.declarations if isinstance(item, ast.Use)]
        self._aliases = {
            ".".join(use.path): use.alias or use.path[-1] for use in uses if not use.names
        }
        self._taken = {*taken, *self._aliases.values()}
        self.added: list[ast.Use] = []
        self.program = program
        self._own: dict[tuple[str, int], str] = {}
        self.bound: set[str] = set()  # what other files bind, where their text is written here

    def alias(self, module: str) -> str:
        """The name of a file, which is read by `use` from now on."""
        if module not in self._aliases:
            path = tuple(module.split("."))
            name = self._fresh(path[-1])
            alias = None if name == path[-1] else name
            self._aliases[module] = name
            self.added.append(ast.Use(path, alias, span=NOWHERE))
        return self._aliases[module]

    def _fresh(self, base: str) -> str:
        name, count = base, 2
        while name in self._taken:
            name, count = f"{base}_{count}", count + 1
        self._taken.add(name)
        return name

    def own_name(self, name: str, key: int) -> str:
        """A name for what a piece of text binds, which nothing else has."""
        if (name, key) not in self._own:
            if not self._own:
                self._taken |= binders(self.program) | self.bound
            count = 2
            while f"{name}{count}" in self._taken:
                count += 1
            self._taken.add(f"{name}{count}")
            self._own[name, key] = f"{name}{count}"
        return self._own[name, key]

    def qualified(self, node: ast.Node, home: Environment, written: Collection[str]) -> Any:
        """A block or stage of the file `home` with that file's names behind its own; `written` are
        blocks that stand in the drawn program.
        """
        own = {*written, *(own_names(node, home) if isinstance(node, ast.Function) else ())}

        def visit(value: Any) -> Any:
            if isinstance(value, ast.Name) and value.id not in own:
                return self.of_file(value, home)
            if isinstance(value, ast.Hyperparameter):  # its type is no name of the file
                return bare(value, default=visit(value.default))
            if isinstance(value, ast.Node):
                items = ((item.name, getattr(value, item.name)) for item in fields(value))
                return bare(value, **{name: visit(item) for name, item in items if _inside(item)})
            return tuple(map(visit, value)) if type(value) is tuple else value

        return visit(node)

    def of_file(self, node: ast.Name, home: Environment) -> ast.Expression:
        """A name of the file `home` as the drawn program knows it."""
        bound = home.here(node.id)
        if bound is None:
            return node
        if isinstance(bound.value, Namespace):
            return ast.Name(self.alias(bound.value.name), span=NOWHERE)
        return ast.Attribute(ast.Name(self.alias(home.module), span=NOWHERE), node.id, span=NOWHERE)


def binders(node: ast.Node) -> set[str]:
    """The names of a program that are bound or read somewhere."""
    found = {getattr(node, "name", None), getattr(node, "id", None), *getattr(node, "targets", ())}
    return found.union(*map(binders, ast.children(node))) - {None}


def _inside(value: Any) -> bool:
    return isinstance(value, ast.Node) or type(value) is tuple


def own_names(function: ast.Function, home: Environment) -> Iterator[str]:
    """The names that a signature in the file `home` binds; an axis is one where no number of the
    file is called so, though a block be.
    """
    ports: Sequence[Any] = (*function.hyperparameters, *function.inputs, *function.states)
    for item in ports:
        if item.name is not None:
            yield item.name
    for port in function.inputs:
        for axis in () if port.type is None else port.type.axes:
            if isinstance(axis, ast.Name) and _binds(axis.id, home):
                yield axis.id


def _binds(name: str, home: Environment) -> bool:
    bound = home.here(name)
    return bound is None or not (isinstance(bound.value, OpenLet) or is_size(bound.value))
