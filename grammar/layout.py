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
    width: int


@dataclass(frozen=True, slots=True, eq=False)
class Nest:
    """A document whose line breaks are indented by one level more."""

    content: "Document"
    hard: bool
    width: int


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A document that is laid out on one line if possible."""

    content: "Document"
    hard: bool
    width: int


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """The first document if it fits up to its first line break, else the second."""

    first: "Document"
    second: "Document"
    hard: bool
    width: int


Document = str | Line | Comment | Row | Nest | Group | Either

SPACE = Line(" ")
SOFT = Line("")
COMMA = Line(", ", ",")
TRAILING_COMMA = Line("", ",")
SEPARATOR = Line(", ")
HARD = Line(hard=True)
BLANK = Line(hard=True, blank=True)


def row(*parts: Document) -> Row:
    return Row(parts, any(is_hard(part) for part in parts), sum([width_of(x) for x in parts]))


def nest(*parts: Document) -> Nest:
    content = row(*parts)
    return Nest(content, content.hard, content.width)


def group(*parts: Document) -> Group:
    content = row(*parts)
    return Group(content, content.hard, content.width)


def either(first: Document, second: Document) -> Either:
    return Either(first, second, is_hard(first) or is_hard(second), width_of(first))


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


def width_of(document: Document) -> int:
    """The columns of a document on one line, if it holds no forced line break."""
    if isinstance(document, str):
        return len(document)
    if isinstance(document, Line):
        return len(document.flat)
    return 0 if isinstance(document, Comment) else document.width


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
        if isinstance(item, str):
            written.append(item)
            column += len(item)
        elif isinstance(item, Row):
            waiting += [(indent, flat, part) for part in reversed(item.parts)]
        elif isinstance(item, Comment):
            written.append(f"  {item.text}")
        elif not isinstance(item, Line):
            waiting.append(_unfolded(waiting, indent, flat, item, width - column))
        elif flat and not item.hard:
            written.append(item.flat)
            column += len(item.flat)
        else:
            breaks = "\n\n" if item.blank else "\n"
            written.append(item.broken + breaks + " " * indent)
            column = indent
    lines = "".join(written).split("\n")
    return "\n".join(line.rstrip() for line in lines)


def _unfolded(
    waiting: list[Task], indent: int, flat: bool, item: Nest | Group | Either, room: int
) -> Task:
    """What a compound document becomes."""
    match item:
        case Nest(content):
            return indent + INDENT, flat, content
        case Group(content):
            narrow = flat or (not item.hard and _fits(indent, content, waiting, room))
            return indent, narrow, content
        case Either(first, second):
            chosen = first if flat or _fits(indent, first, waiting, room) else second
            return indent, flat, chosen


def _fits(indent: int, document: Document, rest: list[Task], room: int) -> bool:
    """Whether a document on one line, and what follows it up to the next line break, fit into the
    room.
    """
    below = len(rest)
    tasks: list[Task] = [(indent, True, document)]
    while room >= 0:
        if not tasks:
            if not below:
                return True
            below -= 1
            tasks.append(rest[below])
        indent, flat, item = tasks.pop()
        if flat and not is_hard(item):
            room -= width_of(item)
        elif isinstance(item, str):
            room -= len(item)
        elif isinstance(item, Row):
            tasks += [(indent, flat, part) for part in reversed(item.parts)]
        elif isinstance(item, Line):
            return room >= len(item.broken)
        elif isinstance(item, Group):
            tasks.append((indent, flat and not item.hard, item.content))
        elif not isinstance(item, Comment):
            inner = item.first if isinstance(item, Either) else item.content
            tasks.append((indent, flat, inner))
    return False
