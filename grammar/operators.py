"""How operators bind: the one table that the parser and the printer share.

Comes in: a flat row of operands and operators, as the grammar sees it. Goes out: a tree. Works
without recursion, since a row may hold thousands of operators. Raises `Fault` for chained
comparisons and for a `not` under a tighter operator.
"""

from collections.abc import Sequence

from . import ast, errors
from .diagnostic import Fault
from .span import Span
from .tokens import Token

POWERS = {
    "or": 1,
    "and": 2,
    "==": 4,
    "!=": 4,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "//": 6,
    "%": 6,
    "**": 8,
}
PREFIX_POWERS = {"not": 3, "-": 7}
COMPARISON = 4
RIGHT = 8  # `2 ** 3 ** 2` is `2 ** (3 ** 2)`; all others group to the left

Row = Sequence["Token | ast.Expression"]


class _Tree:
    """Dijkstra's shunting yard: operands that wait, and operators without their right side."""

    def __init__(self) -> None:
        self.operands: list[ast.Expression] = []
        self.operators: list[tuple[Token, int, bool]] = []

    def prefix(self, token: Token) -> None:
        power = PREFIX_POWERS[token.text]
        if token.text == "not" and self.operators and self.operators[-1][1] > power:
            raise Fault(errors.MisplacedNot(token.span, self.operators[-1][0].text))
        self.operators.append((token, power, True))

    def infix(self, token: Token) -> None:
        power = POWERS[token.text]
        self.reduce(power if power in (RIGHT, COMPARISON) else power - 1)
        if power == COMPARISON and self.operators and self.operators[-1][1] == COMPARISON:
            raise Fault(errors.ChainedComparison(token.span))
        self.operators.append((token, power, False))

    def reduce(self, power: int) -> None:
        """Builds all that binds tighter than the given power."""
        while self.operators and self.operators[-1][1] > power:
            token, _, is_prefix = self.operators.pop()
            right = self.operands.pop()
            if is_prefix:
                self.operands.append(ast.Unary(token.text, right, span=token.span.to(right.span)))
                continue
            left = self.operands.pop()
            span = Span(left.span.source, left.span.start, right.span.end)
            self.operands.append(ast.Binary(token.text, left, right, span=span))


def tree(row: Row) -> ast.Expression:
    """The tree of a row in which operands and operators alternate, prefixes aside."""
    building = _Tree()
    wants_operand = True
    for item in row:
        if not isinstance(item, Token):
            building.operands.append(item)
            wants_operand = False
        elif wants_operand:
            building.prefix(item)
        else:
            building.infix(item)
            wants_operand = True
    building.reduce(0)
    return building.operands[0]
