"""Text to tokens.

Comes in: a `Source`. Goes out: its tokens, NEWLINE among them, and its comments. Nothing is refused
here: what is no token of the language becomes a BAD token that carries its diagnostic, and the
statement around it is set aside.
"""

import re
from typing import Any, NamedTuple

from . import errors
from .ast import Comment
from .diagnostic import Diagnostic
from .numbers import read_number
from .span import Source, Span
from .strings import read_string

KEYWORDS = {
    word: word.upper()
    for word in [
        "let",
        "layer",
        "next",
        "require",
        "limit",
        "if",
        "for",
        "in",
        "not",
        "and",
        "or",
        "else",
        "on",
        "with",
        "true",
        "false",
    ]
}
DECLARATION_WORDS = {
    word: word.upper()
    for word in ["use", "block", "network", "cell", "train", "search", "vocabulary"]
}
SUFFIX_WORDS = {word: word.upper() for word in ["step", "log", "as"]}
OPERATORS = {
    "->": "ARROW",
    ":": "LABEL",
    "@": "WEIGHTS",
    "|": "CHOICE",
    "...": "ELLIPSIS",
    "..": "RANGE",
    ".": "DOT",
    ",": "COMMA",
    "=": "ASSIGN",
    "==": "EQUAL",
    "!=": "UNEQUAL",
    "<": "LESS",
    "<=": "LESS_EQUAL",
    ">": "MORE",
    ">=": "MORE_EQUAL",
    "+": "PLUS",
    "-": "MINUS",
    "**": "POWER",
    "*": "TIMES",
    "//": "FLOOR_DIVIDE",
    "/": "DIVIDE",
    "%": "MODULO",
    "?": "QUESTION",
    "(": "LEFT_PARENTHESIS",
    ")": "RIGHT_PARENTHESIS",
    "[": "LEFT_BRACKET",
    "]": "RIGHT_BRACKET",
    "{": "LEFT_BRACE",
    "}": "RIGHT_BRACE",
}
BAD = "BAD"
NEWLINE = "NEWLINE"
NAME_TYPES = KEYWORDS | {"_": "WILDCARD"}

_PATTERN = re.compile(
    r"""
    (?P<SPACE>[ \t\r\f\v]+)
  | (?P<NAME>[A-Za-z_][A-Za-z0-9_]*+(?!\w))
  | (?P<WRONG>=>|\|>|&&|\|\||[+\-*/]=(?!=)|→|≤|≥|≠|×|;)
  | (?P<NUMBER>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[kMG]?(?!\w|\.(?!\.)))
  | (?P<BAD_NUMBER>(?:[0-9]|\.[0-9])(?:\w|\.(?!\.))*)
  | (?P<OPERATOR>->|\.\.\.?|==|!=|<=|>=|\*\*|//|[:@|.,=<>+\-*/%?()\[\]{}])
  | (?P<NEWLINE>\n)
  | (?P<COMMENT>\#[^\n]*)
  | (?P<STRING>"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+")
  | (?P<BAD_STRING>"[^\n)\]}]*|'(?:[^'\n]*'|[^\n)\]}]*))
  | (?P<FOREIGN>\w+)
  | (?P<UNKNOWN>(?:(?!["'#])[^\w\s:@|.,=<>+\-*/%?()\[\]{}])+|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token:
    """One word, number or sign. `value` is what a number, a string or a BODY stands for."""

    __slots__ = ("problem", "span", "text", "type", "value")

    def __init__(self, type: str, text: str, span: Span, value: Any = None) -> None:
        self.type = type
        self.text = text
        self.span = span
        self.value = value
        self.problem: Diagnostic | None = None

    def __repr__(self) -> str:
        return f"Token({self.type}, {self.text!r})"


class Scanned(NamedTuple):
    tokens: list[Token]
    comments: tuple[Comment, ...]


def bad_token(span: Span, problem: Diagnostic) -> Token:
    """A token that no rule of the grammar accepts, and the reason."""
    token = Token(BAD, span.text, span)
    token.problem = problem
    return token


def scan(source: Source) -> Scanned:
    """All tokens of a source, in order."""
    tokens: list[Token] = []
    comments: list[Comment] = []
    add = tokens.append
    start = 1 if source.text.startswith("\ufeff") else 0  # a byte order mark is no text
    for match in _PATTERN.finditer(source.text, start):
        kind = match.lastgroup
        if kind == "SPACE":
            continue
        text = match.group()
        span = Span(source, match.start(), match.end())
        if kind == "NAME":
            add(Token(NAME_TYPES.get(text, "NAME"), text, span))
        elif kind == "OPERATOR":
            add(Token(OPERATORS[text], text, span))
        elif kind == NEWLINE:
            add(Token(NEWLINE, text, span))
        elif kind == "COMMENT":
            comments.append(Comment(match.start(), text.rstrip()))
        else:
            add(_uncommon(str(kind), text, span))
    return Scanned(tokens, tuple(comments))


def _uncommon(kind: str, text: str, span: Span) -> Token:
    match kind:
        case "NUMBER":
            value = int(text) if text.isdigit() and len(text) < 18 else read_number(text)
            if value is not None:
                return Token(kind, text, span, value)
            return bad_token(span, errors.BadNumber(span, too_large=True))
        case "STRING":
            content, problem = read_string(span)
            return bad_token(span, problem) if problem else Token(kind, text, span, content)
        case "BAD_NUMBER":
            return bad_token(span, errors.BadNumber(span))
        case "BAD_STRING":
            return bad_token(span, errors.UnterminatedString(span))
        case "WRONG":
            return bad_token(span, errors.WrongOperator(span))
        case "FOREIGN":
            return bad_token(span, errors.ForeignName(span))
    return bad_token(span, errors.UnknownCharacter(span))
