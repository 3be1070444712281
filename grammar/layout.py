"""Documents: text that knows where it may break, and the layout of it in a given width.

Comes in: a document made of texts, `Line`s, `Nest`s, `Group`s and `Either`s. Goes out: lines of
text. A group stays on one line if it fits and holds no forced break; otherwise all lines directly
in it break. After Wadler, A prettier printer (2003). Laying out needs no recursion.
"""

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 100
INDENT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A place that may break; `flat` stands there if it does not, `broken` stands before the break
    if it does.
    """

    flat: str = ""
    broken: str = ""
    hard: bool = False
    blank: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Comment:
    """A comment at the end of a line, which a hard line follows. The width leaves it out."""

    text: str
    hard: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Documents one after the other."""

    parts: tuple["Document", ...]
    hard: bool


@dataclass(frozen=True, slots=True, eq=False)
class Nest:
    """A document whose line breaks are indented by one level more."""

    content: "Document"
    hard: bool


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A document that is laid out on one line if possible."""

    content: "Document"
    hard: bool


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """The first document if it fits up to its first line break, else the second."""

    first: "Document"
    second: "Document"
    hard: bool


Document = str | Line | Comment | Row | Nest | Group | Either

SPACE = Line(" ")
SOFT = Line("")
COMMA = Line(", ", ",")
TRAILING_COMMA = Line("", ",")
SEPARATOR = Line(", ")
HARD = Line(hard=True)
BLANK = Line(hard=True, blank=True)


def row(*parts: Document) -> Row:
    return Row(parts, any(is_hard(part) for part in parts))


def nest(*parts: Document) -> Nest:
    content = row(*parts)
    return Nest(content, content.hard)


def group(*parts: Document) -> Group:
    content = row(*parts)
    return Group(content, content.hard)


def either(first: Document, second: Document) -> Either:
    return Either(first, second, is_hard(first) or is_hard(second))


def joined(separator: Document, documents: Iterable[Document]) -> Row:
    parts: list[Document] = []
    for document in documents:
        if parts:
            parts.append(separator)
        parts.append(document)
    return row(*parts)


def is_hard(document: Document) -> bool:
    """Whether a document holds a forced line break."""
    return not isinstance(document, str) and document.hard


def beginning(document: Document) -> str:
    """The first character of a document."""
    waiting = [document]
    while waiting:
        match waiting.pop():
            case str() as text if text:
                return text[0]
            case Row(parts):
                waiting.extend(reversed(parts))
            case Nest(content) | Group(content) | Either(content):
                waiting.append(content)
    return ""


Task = tuple[int, bool, Document]  # indentation, whether on one line, what


def render(document: Document, width: int = WIDTH) -> str:
    """The text of a document, without spaces at the ends of lines."""
    written: list[str] = []
    column = 0
    waiting: list[Task] = [(0, False, document)]
    while waiting:
        indent, flat, item = waiting.pop()
        match item:
            case str():
                written.append(item)
                column += len(item)
            case Comment(text):
                written.append(f"  {text}")
            case Line() if flat and not item.hard:
                written.append(item.flat)
                column += len(item.flat)
            case Line():
                breaks = "\n\n" if item.blank else "\n"
                written.append(item.broken + breaks + " " * indent)
                column = indent
            case _:
                _unfold(waiting, indent, flat, item, width - column)
    lines = "".join(written).split("\n")
    return "\n".join(line.rstrip() for line in lines)


def _unfold(
    waiting: list[Task], indent: int, flat: bool, item: Row | Nest | Group | Either, room: int
) -> None:
    """Replaces a compound document by its parts."""
    match item:
        case Row(parts):
            waiting.extend((indent, flat, part) for part in reversed(parts))
        case Nest(content):
            waiting.append((indent + INDENT, flat, content))
        case Group(content):
            narrow = flat or (not item.hard and _fits([(indent, True, content)], waiting, room))
            waiting.append((indent, narrow, content))
        case Either(first, second):
            chosen = first if flat or _fits([(indent, True, first)], waiting, room) else second
            waiting.append((indent, flat, chosen))


def _fits(tasks: list[Task], rest: list[Task], room: int) -> bool:
    """Whether the tasks, and what follows them up to the next line break, fit into the room."""
    below = len(rest)
    while room >= 0:
        if not tasks:
            if not below:
                return True
            below -= 1
            tasks.append(rest[below])
        indent, flat, item = tasks.pop()
        match item:
            case str():
                room -= len(item)
            case Line():
                if not flat or item.hard:
                    return room >= len(item.broken)
                room -= len(item.flat)
            case Row(parts):
                tasks.extend((indent, flat, part) for part in reversed(parts))
            case Group(content):
                tasks.append((indent, flat and not item.hard, content))
            case Nest(content) | Either(content):
                tasks.append((indent, flat, content))
    return False
