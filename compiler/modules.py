"""Files and what they offer to one another: `use blocks`, `use std.attention as att`, `use blocks:
Residual`.

Comes in: a parsed file and where it lies. Goes out: the environment of its names. A path stays
under the folder of the file that was asked for, or under the standard library; there is no absolute
path, no `..`, no cycle.
"""

import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ..grammar import ast
from ..grammar.diagnostic import Fault
from ..grammar.limits import MAX_FILE
from ..grammar.parse import Parsed, parse_bytes
from ..grammar.span import Span
from . import errors
from .expand import alike, entries, evaluate
from .expand.builder import GraphBuilder
from .expand.context import Context
from .expand.environment import Environment
from .expand.session import Poisoned, Session
from .expand.values import (
    FunctionReference,
    Instance,
    Namespace,
    OpenLet,
    Poison,
    Results,
    Tensor,
    VocabularyValue,
    describe,
)
from .facts import Facts

STANDARD_LIBRARY = Path(__file__).with_name("std")
MOST_FILES = 1000


@dataclass(slots=True)
class Loader:
    """Reads each file once. `root` is the folder that `use` may read from, None for a text without
    a file; `folder` is the same as the user wrote it.
    """

    session: Session
    root: Path | None
    folder: str = ""
    loaded: dict[Path, Environment] = field(default_factory=dict)
    files: list[tuple[ast.Program, Environment]] = field(default_factory=list)
    sought: dict[Path, None] = field(default_factory=dict)
    _open: list[Path] = field(default_factory=list)

    def environment(self, parsed: Parsed) -> Environment:
        """The names of a file. What is wrong with them is reported, and the broken ones are
        poisoned.
        """
        env = Environment()
        self.files.append((parsed.program, env))
        for report in parsed.reports:
            self.session.report(report.diagnostic, report.trail)
        self._bind_all(parsed.program, env)
        for declaration in parsed.program.declarations:
            match declaration:
                case ast.Use():
                    self._guard(declaration, env)
                case ast.Let():
                    self._guard(declaration, env)
        return env

    def _bind_all(self, program: ast.Program, env: Environment) -> None:
        """What may be read before it is declared."""
        for declaration in program.declarations:
            if isinstance(declaration, ast.Function):
                self._bind(declaration.name, FunctionReference(declaration, env), declaration, env)
            elif isinstance(declaration, ast.Vocabulary):
                choice = ast.Choice(declaration.entries, span=declaration.span)
                value = VocabularyValue(declaration.name, choice, env)
                self._bind(declaration.name, value, declaration, env)
            elif isinstance(declaration, ast.Broken):
                for name in declaration.names:
                    env.replace(name, Poison(), declaration.span)
        for vocabulary, wrong in entries.unusable(program):
            if wrong is not None:
                self.session.report(wrong)
            env.replace(vocabulary.name, Poison(), vocabulary.span)

    def _guard(self, declaration: ast.Use | ast.Let, env: Environment) -> None:
        names: tuple[str, ...]
        try:
            if isinstance(declaration, ast.Use):
                names = declaration.names or (declaration.alias or declaration.path[-1],)
                self._use(declaration, env)
            else:
                names = (declaration.name,)
                self._let(declaration, env)
        except Fault as fault:
            self.session.report(fault.diagnostic)
            _poison(names, declaration, env)
        except Poisoned:
            _poison(names, declaration, env)

    def _bind(
        self,
        name: str,
        value: object,
        node: ast.Function | ast.Use | ast.Vocabulary,
        env: Environment,
    ) -> None:
        earlier = env.here(name)
        if earlier is None:
            env.replace(name, value, node.span)
            return
        place = node.name_span if isinstance(node, ast.Function) else node.span
        self.session.report(errors.names.DeclaredTwice(name, place, earlier.span))

    def _let(self, declaration: ast.Let, env: Environment) -> None:
        builder = GraphBuilder(self.session.limits, Facts())
        context = Context(self.session, builder, self.session.names_in(declaration.value))
        if alike.is_open(declaration.value):
            env.bind(declaration.name, OpenLet(declaration, env), declaration.span)
            return
        try:
            value = evaluate.evaluate(declaration.value, env, context)
        except Fault as fault:
            if not isinstance(fault.diagnostic, errors.calls.OpenChoice):
                raise
            value = OpenLet(declaration, env)  # what reads an open one is open
        if isinstance(value, (Tensor, Results, Instance)):
            raise Fault(
                errors.flow.LetOfTensor(declaration.span, declaration.name, describe(value))
            )
        env.bind(declaration.name, value, declaration.span)

    def _use(self, use: ast.Use, env: Environment) -> None:
        module = self._load(use)
        if not use.names:
            name = use.alias or use.path[-1]
            self._bind(name, Namespace(".".join(use.path), module), use, env)
            return
        for name in use.names:
            bound = module.here(name)
            if bound is None:
                known = tuple(sorted(module.names()))
                place = _place_of(name, use)
                raise Fault(errors.modules.NotExported(place, name, ".".join(use.path), known))
            self._bind(name, bound.value, use, env)

    def _load(self, use: ast.Use) -> Environment:
        path = self._path(use)
        if path in self._open:
            trail = [item.name for item in self._open[self._open.index(path) :]]
            raise Fault(errors.modules.ImportCycle(use.span, (*trail, path.name)))
        if path in self.loaded:
            return self.loaded[path]
        if len(self.loaded) >= MOST_FILES:
            raise Fault(errors.modules.TooManyFiles(use.span, MOST_FILES))
        try:
            read = _parsed_once if _is_standard(use) else parse_bytes
            parsed = read(_read(path), self._shown(use))
        except OSError as error:
            raise Fault(
                errors.modules.ModuleNotFound(use.span, ".".join(use.path), str(error.strerror), ())
            ) from None
        self.session.read(parsed.program.span.source.text)
        self._open.append(path)
        try:
            self.loaded[path] = self.environment(parsed)
            self.loaded[path].module = ".".join(use.path)
        finally:
            self._open.pop()
        return self.loaded[path]

    def _shown(self, use: ast.Use) -> str:
        """How a file is called in reports: from where its user stands."""
        name = "/".join(use.path) + ".arch"
        return name if _is_standard(use) else os.path.join(self.folder, name)

    def _path(self, use: ast.Use) -> Path:
        """The file that a `use` names, inside its root even after links are followed."""
        module = ".".join(use.path)
        standard = _is_standard(use)
        root = STANDARD_LIBRARY if standard else self.root
        if root is None:
            raise Fault(errors.modules.NoFolder(use.span, module))
        parts = use.path[1:] if standard else use.path
        path = root.joinpath(*parts).with_suffix(".arch")
        try:
            return self._checked(use, path, root)
        except (OSError, RuntimeError) as error:  # a name too long, a link that leads in circles
            reason = str(getattr(error, "strerror", None) or "it cannot be opened")
            raise Fault(errors.modules.ModuleNotFound(use.span, module, reason, ())) from None

    def _checked(self, use: ast.Use, path: Path, root: Path) -> Path:
        module = ".".join(use.path)
        real = path.resolve()
        self.sought[real] = None
        if not real.is_relative_to(root.resolve()):
            raise Fault(errors.modules.OutsideRoot(use.span, module, str(root)))
        if not real.is_file():
            beside = path.parent.glob("*.arch") if path.parent.is_dir() else ()
            prefix = ".".join(use.path[:-1])
            known = tuple(
                sorted(f"{prefix}.{item.stem}" if prefix else item.stem for item in beside)
            )
            raise Fault(
                errors.modules.ModuleNotFound(
                    use.span, module, f"there is no file {path.name}", known
                )
            )
        return real


def _is_standard(use: ast.Use) -> bool:
    return use.path[0] == "std" and len(use.path) > 1


_parsed_once = lru_cache(maxsize=64)(parse_bytes)
"""For the few files of the standard library, which half of all programs use."""


def _read(path: Path) -> bytes:
    """The bytes of a file; of one too large, enough to see that it is."""
    with open(path, "rb") as file:
        return file.read(MAX_FILE + 1)


def _poison(names: tuple[str, ...], declaration: ast.Use | ast.Let, env: Environment) -> None:
    for name in names:
        if env.here(name) is None:
            env.replace(name, Poison(), declaration.span)


def _place_of(name: str, use: ast.Use) -> Span:
    """Where one of the names behind the colon stands."""
    span = use.span
    found = re.search(rf"\b{name}\b", span.text[span.text.find(":") + 1 :])
    if found is None:
        return span
    start = span.end - len(span.text) + span.text.find(":") + 1 + found.start()
    return Span(span.source, start, start + len(name))
