"""Modules and functions of our own, as source to paste into what we write.

Comes in: targets in `compiler/support/` or in another package, `package.module:Name`. Goes out:
their text with what it needs of its own file, and the imports that it needs of torch and the
standard library. Files know nothing of one another: where two define the same name, the second
gets a number.
"""

import ast
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeGuard

from ....grammar.diagnostic import InternalError
from ...spelling import PREAMBLE


@dataclass(slots=True)
class Support:
    """Collects what a source pastes, in order of first use."""

    pasted: dict[str, str] = field(default_factory=dict)
    """Text by name."""
    imports: dict[str, str] = field(default_factory=dict)
    """Import statements by the name that they bind."""
    chosen: dict[tuple[str, str], str] = field(default_factory=dict)
    """What a file's name is called here."""

    def use(self, target: str) -> str:
        """Pastes a class or function, once, and returns its name."""
        module, _, name = target.partition(":")
        return self._paste(module, name)

    def names(self) -> set[str]:
        return {*self.pasted, *self.imports}

    def _paste(self, module: str, name: str) -> str:
        if (module, name) in self.chosen:
            return self.chosen[module, name]
        own = self.chosen[module, name] = self._free(name)
        self.pasted[own] = ""
        file = _File(module)
        needed = file.names_in(name)
        names = {name: own}
        for other in needed:
            if other != name and other in file.definitions:
                names[other] = self._paste(module, other)
        for other in needed:
            names |= self._import(file, other)
        del self.pasted[own]  # what it needs stands before it
        self.pasted[own] = file.text(name, names)
        return own

    def _free(self, name: str) -> str:
        taken, number, free = {*self.names(), *PREAMBLE}, 1, name
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        return free

    def _import(self, file: "_File", name: str) -> dict[str, str]:
        """Sees to it that a name of an import is there; gives what it is called here."""
        statement = file.imports.get(name)
        if statement is None or name in PREAMBLE:
            return {}
        if isinstance(statement, ast.ImportFrom) and statement.level:
            return {name: self._paste(_absolute(file.module, statement), name)}
        self.imports[name] = _single(statement, name)
        return {}


class _File:
    """The definitions and imports of a file of support."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.source = inspect.getsource(import_module(module))
        self.lines = self.source.splitlines()
        self.definitions: dict[str, ast.stmt] = {}
        self.imports: dict[str, ast.Import | ast.ImportFrom] = {}
        for statement in ast.parse(self.source).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self.imports |= {alias.asname or alias.name: statement for alias in statement.names}
            for name in _defined(statement):
                self.definitions[name] = statement

    def names_in(self, name: str) -> list[str]:
        """Every name that a definition mentions."""
        found = [node for node in ast.walk(self._find(name)) if isinstance(node, ast.Name)]
        return list(dict.fromkeys(node.id for node in found))

    def text(self, name: str, names: Mapping[str, str]) -> str:
        """The text of a definition, with `names` for the names of this file."""
        statement = self._find(name)
        decorators = getattr(statement, "decorator_list", [])
        start = min([statement.lineno, *(item.lineno for item in decorators)])
        changed = {old: new for old, new in names.items() if old != new}
        lines = self._renamed(statement, changed) if changed else self.lines
        return "\n".join(lines[start - 1 : statement.end_lineno])

    def _renamed(self, statement: ast.stmt, names: Mapping[str, str]) -> list[str]:
        """All lines, those of the statement with other names; parameters keep theirs."""
        nodes = list(ast.walk(statement))
        parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
        places = [(node.lineno, node.col_offset, node.id) for node in nodes if _is_name(node)]
        if isinstance(statement, _DEFINITIONS):
            head = self.lines[statement.lineno - 1].index(statement.name, statement.col_offset + 3)
            places.append((statement.lineno, head, statement.name))
        lines = list(self.lines)
        for line, column, name in sorted(places, reverse=True):
            if name in names and name not in parameters:
                raw = lines[line - 1].encode()
                rest = raw[column + len(name) :]
                lines[line - 1] = (raw[:column] + names[name].encode() + rest).decode()
        return lines

    def _find(self, name: str) -> ast.stmt:
        if name not in self.definitions:
            raise InternalError(f"{self.module} defines no {name}")
        return self.definitions[name]


_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


def _is_name(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name)


def _defined(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


def _single(statement: ast.Import | ast.ImportFrom, name: str) -> str:
    """The import of one name alone."""
    alias: Any = next(item for item in statement.names if (item.asname or item.name) == name)
    if isinstance(statement, ast.Import):
        return ast.unparse(ast.Import([alias]))
    return ast.unparse(ast.ImportFrom(statement.module, [alias], 0))


def _absolute(module: str, statement: ast.ImportFrom) -> str:
    base = module.split(".")[: -statement.level]
    return ".".join([*base, statement.module or ""])
