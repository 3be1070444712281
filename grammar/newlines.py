"""Which line breaks count, and where one declaration ends and the next begins.

Comes in: the tokens of a file, every line break among them. Goes out: one list of tokens for each
declaration, in which a NEWLINE stands only where it separates two statements, and soft words have
the type that the grammar wants.

A line break is ignored inside `(` and `[`, after a token that cannot end a statement, and when the
next line begins with a token that cannot begin one.
"""

from collections.abc import Sequence

from .tokens import DECLARATION_WORDS, NEWLINE, SUFFIX_WORDS, Token

OPENING = {
    "LEFT_PARENTHESIS": "RIGHT_PARENTHESIS",
    "LEFT_BRACKET": "RIGHT_BRACKET",
    "LEFT_BRACE": "RIGHT_BRACE",
}
CLOSING = frozenset(OPENING.values())
ENDS_OPERAND = CLOSING | {
    "NAME", "NUMBER", "STRING", "TRUE", "FALSE", "WILDCARD", "ELLIPSIS", "QUESTION", "BODY",
}  # fmt: skip
ENDS_STATEMENT = ENDS_OPERAND | {"LOG", "BAD"}
CONTINUES = CLOSING | {
    "ARROW", "CHOICE", "WEIGHTS", "RANGE", "OR", "AND", "EQUAL", "UNEQUAL", "LESS", "LESS_EQUAL",
    "MORE", "MORE_EQUAL", "PLUS", "MINUS", "TIMES", "DIVIDE", "FLOOR_DIVIDE", "MODULO", "POWER",
    "ELSE", "ON", "WITH", "LABEL", "COMMA",
}  # fmt: skip
STARTERS = {"LET", "LAYER", "NEXT", "REQUIRE", "LIMIT"}
_SOFT = {**DECLARATION_WORDS, **SUFFIX_WORDS}


def split(tokens: Sequence[Token]) -> list[list[Token]]:
    """The declarations of a file. Brackets match: `brackets.match` has seen to it."""
    chunks: list[list[Token]] = []
    chunk: list[Token] = []
    opened: list[str] = []
    line_break: Token | None = None
    for index, token in enumerate(tokens):
        kind = token.type
        if kind == NEWLINE:
            line_break = line_break or token
            continue
        if line_break is not None:
            before = chunk[-1].type if chunk else ""
            begins = _begins(tokens, index, opened, before)
            if chunk and (begins or _separates(before, kind, opened)):
                if opened or kind == "LEFT_BRACE":  # no declaration begins with `{`: an error
                    chunk.append(line_break)
                else:
                    chunks.append(chunk)
                    chunk = []
            line_break = None
        if kind in OPENING:
            opened.append(kind)
        elif kind in CLOSING:
            opened.pop()
        elif kind == "NAME" and token.text in _SOFT:
            token.type = _soft_type(token.text, chunk)
        chunk.append(token)
    return [*chunks, chunk] if chunk else chunks


def _begins(tokens: Sequence[Token], index: int, opened: list[str], before: str) -> bool:
    """Whether a line begins a statement or declaration even if the line above is not finished."""
    token = tokens[index]
    if token.type in STARTERS:
        in_body = bool(opened) and opened[-1] == "LEFT_BRACE"
        return not opened or (in_body and before not in ("LEFT_BRACE", "COMMA"))
    if opened or token.text not in DECLARATION_WORDS or index + 1 == len(tokens):
        return False
    return tokens[index + 1].type == "NAME"


def _separates(before: str, after: str, opened: list[str]) -> bool:
    if opened and opened[-1] != "LEFT_BRACE":
        return False
    return before in ENDS_STATEMENT and after not in CONTINUES


def _soft_type(text: str, chunk: list[Token]) -> str:
    """The type of a word that is a keyword in one place only: at the beginning, or right after an
    operand.
    """
    if not chunk:
        return DECLARATION_WORDS.get(text, "NAME")
    if chunk[-1].type in ENDS_OPERAND:
        return SUFFIX_WORDS.get(text, "NAME")
    return "NAME"
