"""Expressions as documents, with the parentheses that they need and those that spare a misreading.

Comes in: an expression and the level at which it stands. Goes out: a document.
"""

from collections.abc import Callable

from . import ast
from .comments import Comments
from .layout import (
    COMMA,
    HARD,
    SOFT,
    SPACE,
    TRAILING_COMMA,
    Comment,
    Document,
    Group,
    beginning,
    either,
    group,
    is_hard,
    joined,
    nest,
    row,
)
from .operators import COMPARISON, POWERS, PREFIX_POWERS, RIGHT
from .strings import write_string

# How tightly an expression holds together, loosest first. An operator adds its power to OPERATORS.
ANY = 0
STAGE = 1
CHOOSING = 2
OPTION = 3
PLAIN = 4
OPERATORS = 10
PRIMARY = 30

BodyPrinter = Callable[[ast.Body], Document]


def level(node: ast.Expression) -> int:
    """How tightly a node holds together."""
    match node:
        case ast.Pipeline():
            return ANY
        case ast.Labelled():
            return STAGE
        case ast.Choice():
            return CHOOSING
        case ast.Optional(weights=None):
            return OPTION if is_braced(node.stage) else PRIMARY
        case ast.Optional():
            return CHOOSING
        case ast.Range() | ast.Ellipsis():
            return PLAIN
        case ast.Unary():
            return OPERATORS + PREFIX_POWERS[node.operator]
        case ast.Binary():
            return OPERATORS + POWERS[node.operator]
    return OPTION if is_braced(node) else PRIMARY


def is_braced(node: ast.Expression) -> bool:
    """Whether an expression ends with a body, so that it cannot be an operand."""
    while isinstance(node, ast.Optional) and node.weights is None:
        node = node.stage
    match node:
        case ast.Fragment() | ast.If() | ast.For():
            return True
        case ast.Call():
            return node.body is not None
    return False


class Expressions:
    """Prints expressions; bodies are left to the caller, who knows about statements."""

    def __init__(self, comments: Comments, body: BodyPrinter) -> None:
        self.comments = comments
        self.body = body

    def show(self, node: ast.Expression, wanted: int = ANY) -> Document:
        """The document of an expression where one of at least the wanted level may stand."""
        document = self._bare(node)
        if level(node) < wanted:
            return group("(", nest(SOFT, document), SOFT, ")")
        return document

    def _bare(self, node: ast.Expression) -> Document:
        match node:
            case ast.Number():
                return node.text or repr(node.value)
            case ast.String():
                return write_string(node.value)
            case ast.Bool():
                return "true" if node.value else "false"
            case ast.Name():
                return node.id
            case ast.Wildcard():
                return "_"
            case ast.Ellipsis():
                return "..."
            case ast.Open():
                return "?"
            case ast.Unary() | ast.Binary():
                return self._operation(node)
        return self._compound(node)

    def _compound(self, node: ast.Expression) -> Document:
        match node:
            case ast.List():
                return self.bracketed("[", [self.show(item) for item in node.items], "]")
            case ast.Tuple(items=(only,)):
                return self.bracketed("(", [row(self.show(only), ",")], ")", "")
            case ast.Tuple():
                return self.bracketed("(", [self.show(item) for item in node.items], ")")
            case ast.Attribute():
                return self._attribute(node)
            case ast.Index():
                items = [self.show(item, PLAIN) for item in node.items]
                return row(self.show(node.value, PRIMARY), self.bracketed("[", items, "]", ""))
            case ast.Slice():
                return self._slice(node)
            case ast.Call():
                return self._call(node)
            case ast.Pipeline():
                return self._pipeline(node)
        return self._stage(node)

    def _stage(self, node: ast.Expression) -> Document:
        match node:
            case ast.Labelled():
                return row(f"{node.label}: ", self._beside_arrow(node.stage, CHOOSING))
            case ast.Fragment():
                return self.body(node.body)
            case ast.If():
                return self._if(node)
            case ast.For():
                return self._for(node)
            case ast.Choice():
                return self._choice(node)
            case ast.Range():
                return self._range(node)
            case ast.Optional():
                return self._optional(node)
        raise TypeError(f"{type(node).__name__} is not an expression")

    # --- Lists of things

    def bracketed(
        self, left: str, items: list[Document], right: str, trailing: str = ","
    ) -> Document:
        if not items:
            return left + right
        end = TRAILING_COMMA if trailing else SOFT
        return group(left, nest(SOFT, joined(COMMA, items)), end, right)

    def _slice(self, node: ast.Slice) -> Document:
        start, stop, step = (
            "" if part is None else self.show(part, PLAIN)
            for part in (node.start, node.stop, node.step)
        )
        return row(start, ":", stop) if node.step is None else row(start, ":", stop, ":", step)

    def _attribute(self, node: ast.Attribute) -> Document:
        value = self.show(node.value, PRIMARY)
        if isinstance(node.value, ast.Number):
            value = row("(", value, ")")
        return row(value, f".{node.name}")

    def _call(self, node: ast.Call) -> Document:
        function = self.show(node.function, PRIMARY)
        parts: list[Document] = [function]
        if node.arguments or node.body is None:
            parts.append(self.bracketed("(", [self.argument(a) for a in node.arguments], ")"))
        if node.body is not None:
            parts += [" ", self.body(node.body)]
        return row(*parts)

    def argument(self, node: ast.Argument) -> Document:
        value = self.show(node.value)
        return value if node.name is None else row(f"{node.name}=", value)

    # --- Stages

    def _pipeline(self, node: ast.Pipeline) -> Document:
        """On one line if it fits, else an arrow on each. Where the author broke before the arrows,
        those breaks stay.
        """
        stages = [self._beside_arrow(stage, STAGE) for stage in node.stages]
        gaps = [self._gap(node, index) for index in range(1, len(stages))]
        if any(gaps):
            return row(stages[0], nest(*self._kept_lines(stages, gaps)))
        broken = group(stages[0], nest(*(row(SPACE, "-> ", stage) for stage in stages[1:])))
        if is_braced(node.stages[-1]) and not any(is_hard(stage) for stage in stages[:-1]):
            return either(joined(" -> ", stages), broken)
        return broken

    def _kept_lines(self, stages: list[Document], gaps: list[list[Document]]) -> list[Document]:
        """The stages after the first, grouped by the lines on which the author wrote them."""
        lines: list[Document] = []
        line: list[Document] = []
        for stage, gap in zip(stages[1:], gaps, strict=True):
            if gap:
                lines.append(group(*line))
                lines.extend(gap)
                line = [row("-> ", stage)]
            else:
                line.append(row(SPACE, "-> ", stage))
        return [*lines, group(*line)]

    def _gap(self, node: ast.Pipeline, index: int) -> list[Document]:
        """The comments and the line break before a stage; empty if the author wrote neither."""
        before, stage = node.stages[index - 1], node.stages[index]
        if not self.comments.breaks_between(before, stage):
            return []
        documents: list[Document] = []
        beside = self.comments.take_beside(before.span.end, stage.span.start)
        if beside is not None:
            documents.append(Comment(beside.text))
        documents.append(HARD)
        for comment in self.comments.take(before.span.end, stage.span.start):
            documents += [comment.text, HARD]
        return documents

    def _beside_arrow(self, node: ast.Expression, wanted: int) -> Document:
        """A choice beside an arrow or a label stands in parentheses: it binds tighter, and few
        people would guess.
        """
        if isinstance(node, ast.Choice) and node.weights is None:
            wanted = OPTION
        return self.show(node, wanted)

    def _choice(self, node: ast.Choice) -> Document:
        first, *others = (self.show(option, OPTION) for option in node.options)
        if node.weights is None:
            return group(first, nest(*(row(SPACE, "| ", option) for option in others)))
        inside = row(first, *(row(SPACE, "| ", option) for option in others))
        options = group("(", nest(SOFT, inside), SOFT, ")")
        return row(options, " @ ", self.show(node.weights, PRIMARY))

    def _optional(self, node: ast.Optional) -> Document:
        stage = self.show(node.stage, OPTION if is_braced(node.stage) else PRIMARY)
        if node.weights is None:
            return row(stage, "?")
        return row(stage, "? @ ", self.show(node.weights, PRIMARY))

    def _range(self, node: ast.Range) -> Document:
        ends = [self.show(end, OPERATORS) for end in (node.low, node.high)]
        parts = [ends[0], "..", ends[1]]
        if node.step is not None:
            parts += [" step ", self.show(node.step, OPERATORS)]
        return row(*parts, " log") if node.log else row(*parts)

    def _if(self, node: ast.If) -> Document:
        """All bodies break if one does. `else if` chains lie on one level, however long."""
        parts: list[Document] = [
            "if ",
            self.show(node.condition, PLAIN),
            " ",
            self._open(node.then),
        ]
        otherwise = node.otherwise
        while otherwise is not None:
            match otherwise.statements:
                case (ast.Result(ast.If() as chained),):
                    parts += [" else if ", self.show(chained.condition, PLAIN), " "]
                    parts.append(self._open(chained.then))
                    otherwise = chained.otherwise
                case _:
                    parts += [" else ", self._open(otherwise)]
                    otherwise = None
        return group(*parts)

    def _open(self, body: ast.Body) -> Document:
        """A body that breaks together with what surrounds it."""
        document = self.body(body)
        return document.content if isinstance(document, Group) else document

    def _for(self, node: ast.For) -> Document:
        targets = ", ".join(node.targets)
        if len(node.targets) > 1:
            targets = f"({targets})"
        iterable = self.show(node.iterable, PLAIN)
        return row(f"for {targets} in ", iterable, " ", self.body(node.body))

    # --- Operators

    def _operation(self, node: ast.Unary | ast.Binary) -> Document:
        if isinstance(node, ast.Unary):
            sign = "not " if node.operator == "not" else node.operator
            return row(sign, self.show(node.operand, level(node)))
        power = POWERS[node.operator]
        if power == RIGHT:
            return self._power(node)
        rights: list[Document] = []
        left: ast.Expression = node
        while isinstance(left, ast.Binary) and POWERS[left.operator] == power:
            right = self.show(left.right, OPERATORS + power + 1)
            rights.append(row(SPACE, f"{left.operator} ", right))
            left = left.left
            if power == COMPARISON:
                break
        first = self.show(left, OPERATORS + power + (power == COMPARISON))
        return group(first, nest(*reversed(rights)))

    def _power(self, node: ast.Binary) -> Document:
        left = self.show(node.left, OPERATORS + RIGHT + 1)
        right = node.right
        negative = isinstance(right, ast.Unary) and right.operator == "-"
        return row(left, " ** ", self.show(right, ANY if negative else OPERATORS + RIGHT))


def begins_with_minus(document: Document) -> bool:
    return beginning(document) == "-"
