"""E411 to E419: `use`."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
from ...grammar.suggest import closest
from .base import join


@dataclass(frozen=True, slots=True)
class ModuleNotFound(Diagnostic):
    code = "E411"
    title = "no such module"
    explanation = (
        "`use blocks` reads `blocks.arch` beside the file, `use parts.head` reads "
        "`parts/head.arch`, and `use std.vision` the standard library that ships with the "
        "compiler. The name is that of the file without its ending, and case matters."
    )
    span: Span
    module: str
    reason: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no module `{self.module}`: {self.reason}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        near = closest(self.module, self.known, 1)
        if near:
            yield f"did you mean `{near[0]}`?"
        elif self.known:
            yield f"there are {join(self.known)}"


@dataclass(frozen=True, slots=True)
class ImportCycle(Diagnostic):
    code = "E412"
    title = "files that use one another in a circle"
    explanation = (
        "A file's names are known once the files that it uses are read, so these may not lead "
        "back to it. Move what both need into a third file."
    )
    span: Span
    trail: tuple[str, ...]

    def message(self) -> str:
        return f"this closes a circle: {' -> '.join(self.trail)}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class OutsideRoot(Diagnostic):
    code = "E413"
    title = "a module outside its root"
    explanation = (
        "Modules lie below the folder of the file that is compiled, or in the standard library. A"
        " link that leads elsewhere is not followed: a file from a stranger must not read what it"
        " should not."
    )
    span: Span
    module: str
    root: str

    def message(self) -> str:
        return f"the module `{self.module}` leads outside the folder it may read from"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class NotExported(Diagnostic):
    code = "E414"
    title = "a module has no such name"
    explanation = (
        "A module offers its blocks, networks, cells and `let`s. "
        "Names are written as in the file, and case matters."
    )
    span: Span
    name: str
    module: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"the module `{self.module}` has no `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        near = closest(self.name, self.known, 1)
        if near:
            yield f"did you mean `{near[0]}`?"
        if self.known:
            yield f"it offers {join(self.known)}"


@dataclass(frozen=True, slots=True)
class NoFolder(Diagnostic):
    code = "E415"
    title = "a text without a folder"
    explanation = (
        "A program given as text, or on standard input, lies in no folder, so `use` has no place "
        "to look. The standard library can be used; for other modules save the text as a file."
    )
    span: Span
    module: str

    def message(self) -> str:
        return f"`{self.module}` cannot be found: this text lies in no folder"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class TooManyFiles(Diagnostic):
    code = "E416"
    title = "too many files"
    explanation = (
        "The files that use one another are more than any project needs. "
        "Something generates them, or a link leads in circles."
    )
    span: Span
    limit: int

    def message(self) -> str:
        return f"more than {self.limit} files are used"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)
