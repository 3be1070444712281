"""The names of nodes and weights: fixed by the text alone, before any choice or condition is looked
at.

Comes in: a body. Goes out: for every stage written in it, the name that its weights get within the
path: its label, or the name it is applied by, numbered from the second on (`conv`, `conv_2`) in
source order. Repeats, `for`, `share`, labelled braces and named recipes open paths and number on
their own; other braces do not.
"""

from collections.abc import Iterable

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import record
from .. import errors

OPENS_PATH = frozenset({"repeat", "share"})
NAMED_BY_ARGUMENT = frozenset({"scan"})

Names = dict[int, str]


@record
class NamesInText:
    """The names of the stages written in a body, by `id` of the stage's node; all of them; and the
    body.
    """

    by_stage: Names
    all: frozenset[str]
    root: ast.Body | ast.Expression | None = None


NO_NAMES = NamesInText({}, frozenset())


class FreshNames:
    """Names for the nodes of one path that no stage in the text names. They can be taken back."""

    __slots__ = ("_counts", "_made", "_taken", "_written")

    def __init__(self, written: NamesInText) -> None:
        self._written = written.all
        self._counts: dict[str, int] = {}
        self._made: list[tuple[str, str, int]] = []
        self._taken: set[str] = set()

    def make(self, base: str) -> str:
        """The base, or the base with a number, which nothing on the path is called yet."""
        before = self._counts.get(base, 0)
        count = before + 1
        name = base if count == 1 else f"{base}_{count}"
        while name in self._written or name in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._counts[base] = count
        self._made.append((name, base, before))
        self._taken.add(name)
        return name

    def mark(self) -> int:
        """What `restore` takes back to."""
        return len(self._made)

    def restore(self, mark: int) -> None:
        """As it was."""
        while len(self._made) > mark:
            name, base, before = self._made.pop()
            self._taken.discard(name)
            self._counts[base] = before


def number_uses(root: ast.Body | ast.Expression) -> NamesInText:
    """Raises a Fault where a label stands twice."""
    namer = _Namer()
    namer.visit(root)
    names = namer.finish()
    return NamesInText(names, frozenset(names.values()), root)


def last_part(function: ast.Expression) -> str:
    """`att.MultiHead` is named `MultiHead`."""
    match function:
        case ast.Name(id=name) | ast.Attribute(name=name):
            return name
        case _:
            return "stage"


def _parts(node: object) -> Iterable[object]:
    """What is read in the same scope as the node itself."""
    match node:
        case ast.Pipeline(stages=parts) | ast.Choice(options=parts):
            return parts
        case ast.Tuple(items=parts) | ast.List(items=parts):
            return parts
        case ast.Bind(value=part) | ast.Next(value=part) | ast.Result(value=part):
            return (part,)
        case ast.Fragment(body=part) | ast.Unary(operand=part) | ast.Index(value=part):
            return (part,)
        case ast.Optional(stage=part):
            return (part,)
        case ast.Binary():
            return (node.left, node.right)
        case _:
            return ()


class _Namer:
    """`owned` are the `layer`s whose name no use has taken yet."""

    def __init__(self) -> None:
        self.labels: dict[str, ast.Labelled] = {}
        self.all_labels: set[str] = set()
        self.named: Names = {}
        self.uses: list[tuple[int, str]] = []
        self.owned: dict[str, int] = {}
        self.same: dict[int, int] = {}
        self.bound: set[str] = set()  # tensors, which own no weights

    def finish(self) -> Names:
        """The names. A number that makes what another stage is called, `Node_2` beside a block of
        that name, is left out: two stages of one name would share their weights.
        """
        counts: dict[str, int] = {}
        bases = {base for _, base in self.uses} - self.bound
        for key, base in self.uses:
            if key in self.same:
                self.named[key] = self.named[self.same[key]]
                continue
            while True:
                counts[base] = counts.get(base, 0) + 1
                name = base if counts[base] == 1 else f"{base}_{counts[base]}"
                if name not in self.all_labels and (name == base or name not in bases):
                    break
            self.named[key] = name
        return self.named

    def use(self, node: ast.Expression | ast.Instance, name: str) -> None:
        """A stage under a name. The first use of a `layer` has the name that owns its weights."""
        first = self.owned.pop(name, None)
        if first is not None:
            self.same[id(node)] = first
        self.uses.append((id(node), name))

    def body(self, node: ast.Body) -> None:
        """A `layer` takes its name where it is made, and keeps it within these braces."""
        outer = self.owned
        self.owned = dict(outer)
        for statement in node.statements:
            if isinstance(statement, ast.Instance):
                self.owned.pop(statement.name, None)
                self.use(statement, statement.name)
                self.owned[statement.name] = id(statement)
            else:
                if isinstance(statement, ast.Bind):
                    self.bound.update(statement.targets)
                self.visit(statement)
        self.owned = {name: key for name, key in outer.items() if name in self.owned}

    def visit(self, node: object) -> None:
        match node:
            case ast.Body():
                self.body(node)
            case ast.Name() | ast.Attribute():
                self.use(node, last_part(node))
            case ast.For():
                self.uses.append((id(node), "for"))
            case ast.Call():
                self.call(node)
            case ast.Labelled():
                self.label(node)
            case ast.If():
                self.branches(node)
            case _:
                for part in _parts(node):
                    self.visit(part)

    def call(self, node: ast.Call) -> None:
        name = last_part(node.function)
        if node.body is not None and name not in OPENS_PATH:
            self.visit(node.body)
            return
        if name in NAMED_BY_ARGUMENT and node.arguments:
            cell = node.arguments[0].value
            name = last_part(cell.function if isinstance(cell, ast.Call) else cell)
        self.use(node, name)

    def label(self, node: ast.Labelled) -> None:
        earlier = self.labels.get(node.label)
        if earlier is not None:
            raise Fault(errors.names.LabelTwice(node.label, node.span, earlier.span))
        self.labels[node.label] = node
        self.all_labels.add(node.label)
        self.named[id(node.stage)] = node.label

    def branches(self, node: ast.If) -> None:
        """Only one branch is ever taken, so each may use the labels of the other."""
        before = dict(self.labels)
        self.visit(node.then)
        after = dict(self.labels)
        self.labels = before
        if node.otherwise is not None:
            self.visit(node.otherwise)
        self.labels = after | self.labels
