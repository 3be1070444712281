"""Brackets that do not match: which one is at fault, and a stream of tokens in which the rest
match.

Comes in: the tokens of a file. Goes out: tokens whose brackets match, and reports. A `(` or `[`
without a partner becomes a BAD token, so that its statement alone is set aside. A `{` without a
partner is closed where the next declaration begins, or where a `}` stands at the column of a line
further out.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from . import errors
from .diagnostic import Report
from .newlines import CLOSING, OPENING
from .record import record
from .span import Span
from .tokens import DECLARATION_WORDS, NEWLINE, Token, bad_token

MAX_NESTING = 200
_OPENER = {closer: opener for opener, closer in OPENING.items()}


def match(tokens: list[Token]) -> tuple[list[Token], list[Report]]:
    """The tokens with matching brackets. Linear in their number."""
    if _balanced(tokens):
        return tokens, []
    deep = _too_deep(tokens)
    if deep is not None:
        return [], [Report(errors.NestedTooDeep(deep.span, MAX_NESTING))]
    repair = _Repair(tokens)
    repair.run()
    return repair.result(), repair.reports


def _balanced(tokens: list[Token]) -> bool:
    wanted: list[str] = []
    for token in tokens:
        kind = token.type
        if kind in OPENING:
            wanted.append(OPENING[kind])
        elif kind in CLOSING and (not wanted or wanted.pop() != kind):
            return False
    return not wanted


def _too_deep(tokens: list[Token]) -> Token | None:
    depth = 0
    for token in tokens:
        if token.type in OPENING:
            depth += 1
            if depth > MAX_NESTING:
                return token
        elif token.type in CLOSING:
            depth = max(0, depth - 1)
    return None


@record
class _Opened:
    index: int
    token: Token
    indent: int

    @property
    def is_brace(self) -> bool:
        return self.token.type == "LEFT_BRACE"


@dataclass(slots=True)
class _Repair:
    """One walk over the tokens.

    The stack holds the open brackets, each with the indentation of its line; `levels` counts those
    that are not braces since each open brace.
    """

    tokens: list[Token]
    reports: list[Report] = field(default_factory=list)
    stack: list[_Opened] = field(default_factory=list)
    bad: dict[int, Token | None] = field(default_factory=dict)
    closers: dict[int, list[Token]] = field(default_factory=dict)
    levels: list[Counter[str]] = field(default_factory=lambda: [Counter()])
    brace_indents: Counter[int] = field(default_factory=Counter)
    last: int = 0

    def run(self) -> None:
        line_begins, indent = True, 0
        for index, token in enumerate(self.tokens):
            if token.type == NEWLINE:
                line_begins = True
                continue
            if line_begins:
                indent = _column(token)
                if self._begins_declaration(index, indent):
                    self._abandon_while(lambda: True, token)
                elif token.type == "RIGHT_BRACE" and self.brace_indents[indent]:
                    self._abandon_while(lambda indent=indent: self.stack[-1].indent > indent, token)  # type: ignore[misc]
            line_begins = False
            if token.type in OPENING:
                self._push(_Opened(index, token, indent))
            elif token.type in CLOSING:
                self._close(index, token)
            self.last = index
        self._abandon_while(lambda: True, None)

    def result(self) -> list[Token]:
        """The tokens, changed as the walk has found."""
        result: list[Token] = []
        for index, token in enumerate(self.tokens):
            kept = self.bad.get(index, token)
            if kept is not None:
                result.append(kept)
            result.extend(self.closers.get(index, ()))
        return result

    def _begins_declaration(self, index: int, indent: int) -> bool:
        """Whether a declaration starts at this token although brackets are open."""
        if not self.stack or indent > self.stack[0].indent or index + 1 >= len(self.tokens):
            return False
        return (
            self.tokens[index].text in DECLARATION_WORDS and self.tokens[index + 1].type == "NAME"
        )

    def _push(self, opened: _Opened) -> None:
        self.stack.append(opened)
        if opened.is_brace:
            self.brace_indents[opened.indent] += 1
            self.levels.append(Counter())
        else:
            self.levels[-1][opened.token.type] += 1

    def _pop(self) -> _Opened:
        opened = self.stack.pop()
        if opened.is_brace:
            self.brace_indents[opened.indent] -= 1
            self.levels.pop()
        else:
            self.levels[-1][opened.token.type] -= 1
        return opened

    def _close(self, index: int, token: Token) -> None:
        wanted = _OPENER[token.type]
        inside_brace = len(self.levels) > 1
        if not (inside_brace if wanted == "LEFT_BRACE" else self.levels[-1][wanted]):
            self._stray(index, token)
            return
        while self.stack[-1].token.type != wanted:
            self._unclosed(self._pop(), token.span)
        self._pop()

    def _stray(self, index: int, token: Token) -> None:
        opened = self.stack[-1].token.span if self.stack else None
        problem = errors.StrayBracket(token.span, opened)
        if token.type == "RIGHT_BRACE":
            self.bad[index] = None
            self.reports.append(Report(problem))
        else:
            self.bad[index] = bad_token(token.span, problem)

    def _abandon_while(self, condition: Callable[[], bool], before: Token | None) -> None:
        while self.stack and condition():
            self._unclosed(self._pop(), before.span if before else None)

    def _unclosed(self, opened: _Opened, expected: Span | None) -> None:
        span = opened.token.span
        if not opened.is_brace:
            near = expected if expected and expected.line == span.line else None
            self.bad[opened.index] = bad_token(span, errors.UnclosedBracket(span, near))
            return
        problem = errors.UnclosedBracket(span, expected)
        end = self.tokens[self.last].span.end
        closer = Token("RIGHT_BRACE", "}", Span(span.source, end, end))
        self.closers.setdefault(self.last, []).append(closer)
        self.reports.append(Report(problem))


def _column(token: Token) -> int:
    return token.span.start - token.span.source.text.rfind("\n", 0, token.span.start) - 1
