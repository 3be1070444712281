"""Why a statement does not parse, in plain words.

Comes in: its tokens, the first that does not fit, and the types that would. Goes out: one
diagnostic. Mistakes that people make often have their own class; each has a function here that
recognises it, and the first that does so speaks.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .diagnostic import Diagnostic
from .errors import (
    AssignmentInExpression,
    BadBeginning,
    BadTarget,
    BraceOnNewLine,
    ChainedComparison,
    DanglingOperator,
    KeywordAsName,
    MisplacedWeights,
    MissingBody,
    MissingOn,
    MissingType,
    NestedDeclaration,
    PythonConditional,
    PythonHabit,
    Unexpected,
)
from .newlines import CLOSING, CONTINUES, ENDS_OPERAND, OPENING
from .span import Span
from .tokens import DECLARATION_WORDS, KEYWORDS, NEWLINE, OPERATORS, SUFFIX_WORDS, Token

END = "$END"
_FUNCTIONS = {"BLOCK", "NETWORK", "CELL"}
_COMPARISONS = {"EQUAL", "UNEQUAL", "LESS", "LESS_EQUAL", "MORE", "MORE_EQUAL"}
_WORDS = set(KEYWORDS.values()) - {"TRUE", "FALSE"}
_SPELLINGS = {
    kind: f"`{text}`" for text, kind in {**OPERATORS, **KEYWORDS, **SUFFIX_WORDS}.items()
} | {"NAME": "a name", "NUMBER": "a number", "STRING": "a string"}
_BLOCK = "a function from tensors to tensors is a block: `block Name(width: int) on x { … }`"
_INSTEAD = {
    "def": _BLOCK,
    "class": "a module is a block or a network: `block Name(width: int) on x { … }`",
    "return": "the last expression of a body is its result: write it alone",
    "import": "other files are read with `use blocks` or `use blocks: Name`",
    "from": "other files are read with `use blocks: Name`",
    "lambda": "a recipe is named with `let f = …`, a fragment is `{ dense(64) -> relu }`",
    "elif": "write `else if`",
    "while": "a fragment is repeated with `repeat(n) { … }` or `for v in list { … }`",
    "pass": "an empty body is `{ }`",
    "var": "a tensor is bound with `name = …`, a hyperparameter with `let name = …`",
    "const": "a hyperparameter is named with `let name = …`",
    "fn": _BLOCK,
    "func": _BLOCK,
    "function": _BLOCK,
    "module": "a module is a block or a network: `block Name(width: int) on x { … }`",
    "model": "a model is a network: `network Name on x: f32[N, 4] -> f32[N, 2] { … }`",
    "input": "inputs stand in the header: `network Name on x: f32[N, 4] -> f32[N, 2] { … }`",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stopped making sense."""

    tokens: list[Token]
    index: int
    token: Token
    expected: set[str]
    start: str

    @property
    def kind(self) -> str:
        return self.token.type

    @property
    def before(self) -> Token | None:
        return self.tokens[self.index - 1] if self.index else None

    @property
    def after(self) -> str:
        rest = self.tokens[self.index + 1 : self.index + 2]
        return rest[0].type if rest else END

    @property
    def in_header(self) -> bool:
        return self.start == "declaration" and self.tokens[0].type in _FUNCTIONS

    @property
    def after_operand(self) -> bool:
        return self.before is not None and self.before.type in ENDS_OPERAND

    def opened(self) -> str | None:
        """The innermost bracket that is open here."""
        stack: list[str] = []
        for token in self.tokens[: self.index]:
            if token.type in OPENING:
                stack.append(token.type)
            elif token.type in CLOSING and stack:
                stack.pop()
        return stack[-1] if stack else None

    def head(self, *types: str) -> Token | None:
        """The last token before this place that has one of the types."""
        return next((t for t in reversed(self.tokens[: self.index]) if t.type in types), None)


def explain(tokens: list[Token], token: Token | None, expected: set[str], start: str) -> Diagnostic:
    """What is wrong with tokens that do not make what `start` names."""
    end = tokens[-1].span.end
    index = next((i for i, other in enumerate(tokens) if other is token), len(tokens))
    if token is None or index == len(tokens):
        token = Token(END, "", Span(tokens[-1].span.source, end, end))
    elif token.type == "BODY":
        token = Token("BODY", "{", _brace_of(token))
    place = Place(tokens, index, token, expected, start)
    for recognise in _RECOGNISERS:
        found = recognise(place)
        if found is not None:
            return found
    return Unexpected(token.span, _found(token, start), _wanted(place), _hint(place))


def python_habit(token: Token) -> Diagnostic | None:
    """A word of Python that no statement here begins with."""
    if token.type == "NAME" and token.text in _INSTEAD:
        return PythonHabit(token.span, _INSTEAD[token.text])
    return None


def _nested_declaration(place: Place) -> Diagnostic | None:
    first = place.tokens[0]
    if place.start != "statement" or place.index != 1 or place.kind != "NAME":
        return None
    if first.text not in DECLARATION_WORDS:
        return None
    return NestedDeclaration(first.span, first.text)


def _python_word(place: Place) -> Diagnostic | None:
    candidates = (place.tokens[0], place.before, place.token)
    found = (python_habit(token) for token in candidates if token is not None)
    return next((habit for habit in found if habit), None)


def _reserved_name(place: Place) -> Diagnostic | None:
    before = place.before
    if place.kind == "ASSIGN" and before is not None and before.type in _WORDS:
        return KeywordAsName(before.span)
    if place.kind not in _WORDS or "NAME" not in place.expected:
        return None
    used_as_name = place.after in ("ASSIGN", "DOT", "LEFT_PARENTHESIS", "LABEL", "COMMA", END)
    if used_as_name or "NUMBER" not in place.expected:
        return KeywordAsName(place.token.span)
    return None


def _bad_beginning(place: Place) -> Diagnostic | None:
    if place.index == 0 and place.kind in CONTINUES - CLOSING:
        return BadBeginning(place.token.span)
    return None


def _dangling(place: Place) -> Diagnostic | None:
    """`y = x ->`, and on the next line `z = 1`: the fault shows at the second `=`."""
    begins = place.index - (2 if place.kind == "ASSIGN" else 1)
    if place.kind not in ("ASSIGN", "NAME", *_WORDS) or begins < 1 or place.opened() is not None:
        return None
    if place.kind != "ASSIGN" and place.tokens[begins].type not in CONTINUES:
        return None
    operator = place.tokens[begins]
    following = place.tokens[begins + 1]
    text = operator.span.source.text
    if operator.type in ENDS_OPERAND or "\n" not in text[operator.span.end : following.span.start]:
        return None
    return DanglingOperator(operator.span, following.span)


def _assignment(place: Place) -> Diagnostic | None:
    if place.kind != "ASSIGN" or place.in_header:
        return None
    if place.head("IF", "REQUIRE", "ASSIGN") is not None and place.opened() is None:
        return AssignmentInExpression(place.token.span)
    if place.start == "statement" and place.opened() is None and place.before is not None:
        return BadTarget(place.tokens[0].span.to(place.before.span))
    return None


def _comparison(place: Place) -> Diagnostic | None:
    if place.kind in _COMPARISONS and place.after_operand and place.head(*_COMPARISONS):
        return ChainedComparison(place.token.span)
    return None


def _type(place: Place) -> Diagnostic | None:
    before = place.before
    if not place.in_header or before is None or before.type != "NAME":
        return None
    if "LABEL" not in place.expected or place.kind == END:
        return None
    if place.opened() == "LEFT_PARENTHESIS":
        return MissingType(before.span, before.text, f"{before.text}: int")
    if place.kind in ("NAME", "LEFT_BRACKET") and place.head("ON", "WITH", "ARROW"):
        dtype = place.token.text if place.kind == "NAME" else ""
        return MissingType(before.span, before.text, f"{before.text}: {dtype}[…]")
    return None


def _on(place: Place) -> Diagnostic | None:
    if not place.in_header or place.head("ON") is not None:
        return None
    typed_port = place.kind == "LEFT_BRACKET" and place.opened() == "LEFT_PARENTHESIS"
    if typed_port and place.head("ASSIGN") is None:
        return MissingOn(place.tokens[place.index - 3].span)
    if place.kind in ("NAME", "LABEL") and "ON" in place.expected:
        return MissingOn(place.token.span)
    return None


def _brace(place: Place) -> Diagnostic | None:
    if "LEFT_BRACE" not in place.expected or "NAME" in place.expected or place.before is None:
        return None
    if place.kind == NEWLINE and place.after in ("LEFT_BRACE", "BODY"):
        return BraceOnNewLine(_brace_of(place.tokens[place.index + 1]), place.before.span)
    if place.kind not in (NEWLINE, END):
        return None
    head = place.head("IF", "ELSE", "FOR") or place.tokens[0]
    return MissingBody(place.token.span, head.text)


def _conditional(place: Place) -> Diagnostic | None:
    if place.kind == "IF" and place.after_operand:
        return PythonConditional(place.token.span)
    return None


def _weights(place: Place) -> Diagnostic | None:
    at = place.head("WEIGHTS")
    if at is not None and place.kind in ("CHOICE", "WEIGHTS") and place.after_operand:
        return MisplacedWeights(at.span, "all options of the choice before it")
    return None


_RECOGNISERS: tuple[Callable[[Place], Diagnostic | None], ...] = (
    _nested_declaration,
    _python_word,
    _dangling,
    _reserved_name,
    _bad_beginning,
    _assignment,
    _comparison,
    _type,
    _on,
    _brace,
    _conditional,
    _weights,
)


def _found(token: Token, start: str) -> str:
    match token.type:
        case "$END":
            return f"the end of the {'declaration' if start == 'declaration' else 'statement'}"
        case "NEWLINE":
            return "the end of the line"
        case "BODY":
            return "`{`"
    return f"`{token.text}`"


def _wanted(place: Place) -> str:
    """What could stand here, in a few words."""
    expected = place.expected - {"BODY", NEWLINE}
    if place.start == "entry":
        return "the end of the entry" if place.after_operand else "a layer"
    if "NUMBER" in expected:
        return "a statement" if place.index == 0 else "a value or a stage"
    if "NAME" in expected and len(expected) > 1:
        return "a name or a type" if "LEFT_BRACKET" in expected else "a name"
    opened = place.opened()
    closer = OPENING.get(opened or "")
    if closer in expected:
        return f"`,` or {_SPELLINGS[closer]}"
    if not expected:
        return "the end"
    if len(expected) <= 3:
        return _joined(sorted(_SPELLINGS.get(kind, "the end") for kind in expected))
    if END in expected:
        return "`->`, an operator or the end of the statement"
    return "`{` or an operator" if "LEFT_BRACE" in expected else "an operator"


def _brace_of(body: Token) -> Span:
    return Span(body.span.source, body.span.start, body.span.start + 1)


def _joined(items: list[str]) -> str:
    return " or ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _hint(place: Place) -> str | None:
    before = place.before
    if before is None:
        return None
    if place.kind == "LABEL" and "LEFT_BRACE" in place.expected:
        return "a body stands in braces: `{ … }`"
    if before.type in ("TRAIN", "SEARCH") and place.kind in ("BODY", "LEFT_BRACE"):
        return f"the network stands before the brace: `{before.text} Name {{ … }}`"
    if before.type == "ON" and place.kind == "LEFT_PARENTHESIS":
        return "ports stand without parentheses: `on a: f32[N, 4], b: f32[N, 7]`"
    if place.kind == "CHOICE" and place.after_operand and place.head("IF", "FOR", "REQUIRE"):
        return "a choice stands in parentheses here: `(a | b)`"
    if (before.text, place.token.text) == ("log", "step"):
        return "`step` stands before `log`: `8..64 step 8 log`"
    if place.after_operand and place.kind in ENDS_OPERAND - CLOSING | {
        "LEFT_BRACE",
        "LEFT_PARENTHESIS",
    }:
        inside = place.opened() is not None
        return "is a `,` missing?" if inside else "is `->` or an operator missing, or a new line?"
    if place.kind in CLOSING and before.type in CONTINUES - CLOSING - {"COMMA"}:
        return f"`{before.text}` needs something on its right"
    return None
