"""Text from a stranger, made fit for a terminal.

Comes in: any text. Goes out: text without control characters, cut to a length, with the column at
which each character is drawn. Tabs take four columns, wide characters two, combining marks none.
"""

from dataclasses import dataclass
from unicodedata import category, combining, east_asian_width

TAB = "    "
ELLIPSIS = "…"
LONGEST_TEXT = 2000

# Unicode categories of what would move the cursor, colour the terminal, reverse or break the line.
UNSAFE_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")


def visible(character: str) -> str:
    """The character itself, or what stands for it if a terminal would obey it."""
    if " " <= character <= "~":
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if category(character) in UNSAFE_CATEGORIES:
        return "\ufffd"
    return character


def safe(text: str, longest: int = LONGEST_TEXT) -> str:
    """One line without control characters, at most `longest` long."""
    if len(text) > longest:
        text = text[: longest - 1] + ELLIPSIS
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if character in "\n\r\t" else visible(character) for character in text)


def width(character: str) -> int:
    """How many columns a visible character takes."""
    if character < "\u0300":
        return 1
    if combining(character) or category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Row:
    """A line of source as it is drawn: from the character `first` on, `columns[i]` for each."""

    text: str
    first: int
    columns: tuple[int, ...]

    def column(self, character: int) -> int:
        """Where a character (counted from 0) is drawn; the nearest edge if it was cut off."""
        index = min(max(character - self.first, 0), len(self.columns) - 1)
        return self.columns[index]


def draw_row(line: str, start: int, end: int, room: int) -> Row:
    """The part of a line around `[start, end)` that fits into `room` columns."""
    first = _first_shown(line, start, end, room)
    pieces = [ELLIPSIS] if first else []
    at = len(pieces)
    columns = [at]
    for character in line[first:]:
        shown = _shown(character)
        taken = _columns(character)
        if at + taken > room:
            return Row("".join(_cut(pieces, columns, room)), first, tuple(columns))
        pieces.append(shown)
        at += taken
        columns.append(at)
    return Row("".join(pieces), first, tuple(columns))


def _shown(character: str) -> str:
    return TAB if character == "\t" else visible(character)


def _columns(character: str) -> int:
    return len(TAB) if character == "\t" else width(visible(character))


def _cut(pieces: list[str], columns: list[int], room: int) -> list[str]:
    """Makes way for the ellipsis at the right edge."""
    while len(columns) > 1 and columns[-1] >= room:
        pieces.pop()
        columns.pop()
    return [*pieces, ELLIPSIS]


def _first_shown(line: str, start: int, end: int, room: int) -> int:
    """The first character to draw: 0, or such that the stretch is seen with what surrounds it."""
    taken = 0
    first = min(end + 1, len(line))
    while first and taken < room:
        first -= 1
        taken += _columns(line[first])
    if not first and taken < room:
        return 0
    context = room // 4
    while first < start and taken > room - context:
        taken -= _columns(line[first])
        first += 1
    return max(0, min(start - 8, first))
