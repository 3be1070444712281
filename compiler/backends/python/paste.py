"""Modules and functions of our own, as source to paste into what we write.

Comes in: targets in `compiler/support/`, `package.module:Name`. Goes out: their text with what it
needs of its own file, and the imports that it needs of torch and the standard library.
"""

import ast
import inspect
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from ....grammar.diagnostic import InternalError
from ...spelling import PREAMBLE


@dataclass(slots=True)
class Support:
    """Collects what a source pastes, in order of first use."""

    pasted: dict[str, str] = field(default_factory=dict)
    """Text by name."""
    imports: dict[str, str] = field(default_factory=dict)
    """Import statements by the name that they bind."""
    origin: dict[str, str] = field(default_factory=dict)

    def use(self, target: str) -> str:
        """Pastes a class or function, once, and returns its name."""
        module, _, name = target.partition(":")
        self._paste(module, name)
        return name

    def names(self) -> set[str]:
        return {*self.pasted, *self.imports}

    def _paste(self, module: str, name: str) -> None:
        if self.origin.setdefault(name, module) != module:
            raise InternalError(f"two files of support define {name}")
        if name in self.pasted:
            return
        self.pasted[name] = ""
        file = _File(module)
        needed = file.names_in(name)
        for other in needed:
            if other != name and other in file.definitions:
                self._paste(module, other)
        for other in needed:
            self._import(file, other)
        del self.pasted[name]  # what it needs stands before it
        self.pasted[name] = file.text(name)

    def _import(self, file: "_File", name: str) -> None:
        statement = file.imports.get(name)
        if statement is None or name in PREAMBLE:
            return
        if isinstance(statement, ast.ImportFrom) and statement.level:
            self._paste(_absolute(file.module, statement), name)
            return
        self.imports[name] = _single(statement, name)


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

    def text(self, name: str) -> str:
        statement = self._find(name)
        decorators = getattr(statement, "decorator_list", [])
        start = min([statement.lineno, *(item.lineno for item in decorators)])
        return "\n".join(self.lines[start - 1 : statement.end_lineno])

    def _find(self, name: str) -> ast.stmt:
        if name not in self.definitions:
            raise InternalError(f"{self.module} defines no {name}")
        return self.definitions[name]


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
