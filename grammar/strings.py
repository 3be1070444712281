"""String literals: what they mean, and how a text is written as one.

Comes in: the span of a literal with its quotes, or a text. Goes out: the text, or the literal.
Escapes are those of JSON: a quote, a backslash, `n`, `r`, `t`, and `u` with four hexadecimal
digits.
"""

import re

from . import errors
from .diagnostic import Diagnostic
from .span import Span

_ESCAPE = re.compile(r'\\(?:(["\\nrt])|u([0-9a-fA-F]{4})|.)')
_MEANINGS = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
_SPELLINGS = {meaning: "\\" + letter for letter, meaning in _MEANINGS.items()}


def read_string(span: Span) -> tuple[str, Diagnostic | None]:
    """The text between the quotes of a literal, and what is wrong with it."""
    literal = span.text[1:-1]
    if "\\" not in literal:
        return literal, None
    for match in _ESCAPE.finditer(literal):
        if match.group(1) is None and match.group(2) is None:
            start = span.start + 1 + match.start()
            return "", errors.BadEscape(Span(span.source, start, start + len(match.group())))
    return _ESCAPE.sub(_meaning, literal), None


def _meaning(match: re.Match[str]) -> str:
    letter, digits = match.groups()
    return chr(int(digits, 16)) if digits else _MEANINGS[letter]


def write_string(text: str) -> str:
    """The literal that means the text."""
    return '"' + "".join(map(_spelling, text)) + '"'


def _spelling(character: str) -> str:
    if character in _SPELLINGS:
        return _SPELLINGS[character]
    if character.isprintable() or ord(character) > 0xFFFF:
        return character
    return f"\\u{ord(character):04x}"
