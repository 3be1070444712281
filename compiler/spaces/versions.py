"""The versions of blocks: as what a block came out at its uses, and what each is called.

Comes in: a use, with the block's hyperparameters and the path at which it was expanded. Goes out:
the use by the name of its version; in the end the versions that were made.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.naming import last_part
from ..expand.values import STAGES, FunctionReference, FunctionStage
from . import written_defaults, written_stages
from .foreign import Imports
from .syntax import bare
from .written_place import NOWHERE_USED, WrittenPlace

if TYPE_CHECKING:
    from .writer import Writer

_AS_IT_IS = "as it is"


@dataclass(slots=True)
class Versions:
    """`reference` is the network that is written, and its file the one that blocks are named in."""

    reference: FunctionReference
    imports: Imports
    _made: dict[int, dict[str, ast.Function]] = field(default_factory=dict)
    _declared: dict[int, FunctionReference] = field(default_factory=dict)
    _names_taken: set[str] = field(default_factory=set)
    names_made: set[str] = field(default_factory=set)
    _within: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names_taken |= self.reference.home.names()

    def take(self, names: Collection[str]) -> None:
        """Names that stand for something of the drawn program itself."""
        self._names_taken |= {*names}
        self.names_made |= {*names}

    def of(self, function: ast.Function, writer: "Writer") -> list[ast.Function]:
        """A block as the program uses it: as it is, or as it came out at its uses. One that is
        named and never used is closed, for nothing is open in what was drawn.
        """
        made = list(self._made.get(id(function), {}).values())
        return made or [_unused(function, writer)]

    def foreign(self) -> list[ast.Function]:
        """Blocks of other files that came out differently: they are written into this one."""
        home = self.reference.home
        found = [
            (version, self._declared[key].home)
            for key, versions in self._made.items()
            for text, version in versions.items()
            if self._declared[key].home is not home and text != _AS_IT_IS
        ]
        return [self.imports.qualified(version, of, self.names_made) for version, of in found]

    def used(
        self,
        node: Any,
        plain: Any,
        applied: tuple[str, FunctionStage],
        writer: "Writer",
        place: WrittenPlace,
    ) -> Any:
        """The use of a block by the name of its version; of one that is reached by another name,
        such as a hyperparameter, by its own, and labelled so that its path stays.
        """
        path, stage = applied
        reference = stage.reference
        version = self._version(stage, path, place.recipe, writer)
        if version is None or (version.name == reference.function.name and self._is_own(reference)):
            return plain
        cell = _position_of_cell(node)
        written = node if cell is None else node.arguments[cell].value
        named = last_part(written.function if isinstance(written, ast.Call) else written)
        known = named == reference.function.name
        if known:
            again = _renamed(plain if cell is None else plain.arguments[cell].value, version.name)
        else:
            name = ast.Name(version.name, span=NOWHERE)
            again = written_stages.called(name, stage, writer, place, version)
        if cell is not None:
            arguments = list(plain.arguments)
            arguments[cell] = bare(arguments[cell], value=again)
            again = bare(plain, arguments=tuple(arguments))
        return again if known else written_stages.labelled(path, again)

    def _is_own(self, reference: FunctionReference) -> bool:
        return reference.home is self.reference.home

    def name_of(self, reference: FunctionReference) -> Any:
        """What a block is called where nothing tells its versions apart."""
        name = ast.Name(reference.function.name, span=NOWHERE)
        return name if self._is_own(reference) else self.imports.of_file(name, reference.home)

    def given(self, plain: Any, meaning: Any, writer: "Writer") -> Any:
        """A block of another file that is given its arguments here, and used elsewhere if at all:
        in that file its defaults stay open.
        """
        if not isinstance(meaning, FunctionReference) or self._is_own(meaning):
            return plain
        function = meaning.function
        versions = self._made.setdefault(id(function), {})
        self._declared[id(function)] = meaning
        if not versions:
            self._add(_unused(function, writer), meaning)
        if _AS_IT_IS in versions:
            return plain
        return _renamed(plain, next(iter(versions.values())).name)

    def _add(self, written: ast.Function, reference: FunctionReference) -> ast.Function:
        """A version by a name of its own."""
        versions, text = self._made[id(reference.function)], repr(written)
        if text not in versions:
            foreign = not self._is_own(reference)
            self._names_taken |= reference.home.names() if foreign else set()
            name = self._fresh(reference.function.name, foreign or bool(versions))
            self.names_made.add(name)
            versions[text] = replace(written, name=name)
        return versions[text]

    def name_within(self, value: Any, place: WrittenPlace) -> str | None:
        """The hyperparameter by which a block's own text knows a stage."""
        if not isinstance(value, STAGES):
            return None
        known = self._within.get(place.root, {}).items()
        same = written_stages.same
        return next((name for name, found in known if same(found, value)), None)

    def _version(
        self, stage: FunctionStage, path: str, recipe: str | None, writer: "Writer"
    ) -> ast.Function | None:
        """The version of a block that came out at a path; None for the block itself."""
        reference = stage.reference
        function = reference.function
        self._within[path] = stage.values
        body = writer.write(function.body, WrittenPlace(path, root=path))
        decided = WrittenPlace(stage.decided_at, recipe, root=path)
        known = set(written_stages.fragments(tuple(stage.values.values())))
        defaults = tuple(
            written_defaults.as_used(
                item, stage, lambda default: writer.recipe(default, decided, known)
            )
            for item in function.hyperparameters
        )
        ports = writer.lets.ports(function, writer)
        written = bare(function, body=body, hyperparameters=defaults, **ports)
        versions = self._made.setdefault(id(function), {})
        self._declared[id(function)] = reference
        others = (item.name for text, item in versions.items() if text != _AS_IT_IS)
        if written == bare(function) and function.name not in others:
            versions[_AS_IT_IS] = bare(function)
            return None
        return self._add(written, reference)

    def _fresh(self, base: str, again: bool) -> str:
        """A name for a version: not `Node_2`, which is what a second use of `Node` is called."""
        if not again:
            return base
        stem, count = (f"{base}v" if base[-1].isdigit() else base), 2
        while f"{stem}{count}" in self._names_taken:
            count += 1
        self._names_taken.add(f"{stem}{count}")
        return f"{stem}{count}"


def _unused(function: ast.Function, writer: "Writer") -> ast.Function:
    decided = WrittenPlace(written_defaults.where_decided(function, writer.expansion))
    defaults = tuple(
        written_defaults.as_decided(item, lambda default: writer.recipe(default, decided))
        for item in function.hyperparameters
    )
    body = writer.write(function.body, NOWHERE_USED)
    ports = writer.lets.ports(function, writer)
    return bare(function, body=body, hyperparameters=defaults, **ports)  # type: ignore[no-any-return]


def _position_of_cell(node: Any) -> int | None:
    """Which argument of `scan` is the cell; None where nothing is scanned."""
    if not isinstance(node, ast.Call) or last_part(node.function) != "scan":
        return None
    named = [number for number, item in enumerate(node.arguments) if item.name == "cell"]
    return named[0] if named else 0


def _renamed(node: Any, name: str) -> Any:
    function = ast.Name(name, span=NOWHERE)
    return bare(node, function=function) if isinstance(node, ast.Call) else function
