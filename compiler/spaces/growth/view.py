"""A complete program as edits see it: lines of stages, what flows between them, and what each stage
is called.

Comes in: a program that the checker accepts. Goes out: a `View`. A line is a pipeline, or a stage
or value that could be the beginning of one; gap `i` of a line lies before its stage `i`.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from ....grammar import ast
from ....grammar.parse import Parsed, parse
from ....grammar.record import record
from ....grammar.span import NOWHERE
from ...check import Checked, check
from ...expand.naming import last_part
from ...expand.values import FunctionReference
from ...graph import Graph
from ...layer import Layer
from ...program import Program
from ...registry import find_layer
from ...types import TensorType
from ..drawn import PrintedProgram
from .names import opens_path, paths_of, tensors_of
from .tree import Path, at, fresh, name, names_in, pipeline, put


@record
class Line:
    """Stages one after another. `path` is where they stand in the program; of a line that begins
    with a value, `is_fed` is true and stage 0 is that value. `statement` is the path of the
    statement of a block's own body whose whole value the line is, else None.
    """

    path: Path
    stages: tuple[Any, ...]
    is_fed: bool
    function: int
    statement: Path | None = None

    @property
    def gaps(self) -> range:
        """Where a stage can stand."""
        return range(int(self.is_fed), len(self.stages) + 1)

    @property
    def places(self) -> range:
        """The positions of stages."""
        return range(int(self.is_fed), len(self.stages))


_WORDS: dict[type, str] = {
    ast.Binary: "the sum",
    ast.Fragment: "the braces",
    ast.If: "if",
    ast.Index: "the slice",
    ast.Tuple: "the values",
}


class View:
    """`tree` is the program as parsed from its own text, so every node has a span; `graph` is its
    network. Raises ProgramError where it is wrong, ValueError where something is open.
    """

    def __init__(self, program: Program, network: str | None = None) -> None:
        checked = as_printed(program)
        checked.raise_errors()
        self.folder = program.folder
        self.filename = program.filename
        self.network = network or _only(checked)
        self._set(checked.program, checked)

    def _set(self, tree: ast.Program, checked: Checked) -> None:
        self.tree = tree
        self.checked = checked
        if self.network in checked.spaces and self.network not in checked.graphs:
            raise ValueError(f"{self.network} has open choices: draw a program from it first")
        self.graph: Graph = checked.graph(self.network)

    def accepted(self, tree: ast.Program, checked: Checked) -> "View":
        """The view of a program that was checked already."""
        new = object.__new__(View)
        new.folder, new.filename, new.network = self.folder, self.filename, self.network
        new._set(tree, checked)
        return new

    # --- the text

    @cached_property
    def functions(self) -> tuple[int, ...]:
        """The positions of the network, and of the blocks and cells that it reaches."""
        named = {item.name: item for item in self.tree.declarations if hasattr(item, "name")}
        reached: set[str] = set()
        waiting = [self.network]
        while waiting:
            found = waiting.pop()
            if found in named and found not in reached:
                reached.add(found)
                waiting += names_in(named[found])
        declarations = enumerate(self.tree.declarations)
        return tuple(
            place
            for place, item in declarations
            if isinstance(item, ast.Function) and item.name in reached
        )

    def function(self, place: int) -> ast.Function:
        found = self.tree.declarations[place]
        assert isinstance(found, ast.Function)
        return found

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Every line of the program, in the order of the text."""
        return tuple(
            line
            for place in self.functions
            for line in _Lines(place, tensors_of(self.function(place))).found(self.function(place))
        )

    @cached_property
    def _names(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for place in self.functions:
            found |= paths_of(self.function(place))
        return found

    def stage_name(self, stage: Any, function: int) -> str:
        """What a stage is called, as weights are: `Residual.conv_2`."""
        owner = self.function(function)
        path = "" if owner.kind == "network" else f"{owner.name}."
        inner = stage.stage if isinstance(stage, ast.Labelled) else stage
        if id(inner) in self._names:
            return path + self._names[id(inner)]
        if isinstance(inner, ast.Call):
            return path + last_part(inner.function)
        return f"{path}{_WORDS.get(type(inner), 'the value')}"

    def gap_name(self, line: Line, gap: int) -> str:
        """Where a gap is: `after conv_2`."""
        if gap == 0:
            return f"before {self.stage_name(line.stages[0], line.function)}"
        stage = line.stages[gap - 1]
        if line.is_fed and gap == 1 and isinstance(stage, ast.Name):
            owner = self.function(line.function)
            return f"after {stage.id if owner.kind == 'network' else f'{owner.name}.{stage.id}'}"
        return f"after {self.stage_name(stage, line.function)}"

    def fresh(self, base: str) -> str:
        """A name that stands nowhere in the program."""
        return fresh(base, names_in(self.tree))

    def with_line(self, line: Line, stages: Sequence[Any]) -> ast.Program:
        """The program with other stages in a line."""
        new: ast.Program = put(self.tree, line.path, pipeline(tuple(stages)))
        return new

    # --- what flows

    def types(self, line: Line, gap: int) -> tuple[TensorType, ...]:
        """The types that flow through a gap, one for each place where the text is used; none where
        more than one tensor flows.
        """
        label = self.fresh("probe")
        probe = ast.Labelled(label, name("identity"), span=NOWHERE)
        stages = (*line.stages[:gap], probe, *line.stages[gap:])
        checked = check(Parsed(self.with_line(line, stages), ()), self.folder)
        graph = checked.graphs.get(self.network)
        if graph is None or not checked.ok:
            return ()
        found = {
            inner.values[node.inputs[0]]: None
            for inner in graphs(graph)
            for node in inner.nodes
            if node.name.rpartition(".")[2] == label
        }
        return tuple(found)

    def signature(self, called: str) -> tuple[str, ...]:
        """The hyperparameters of a layer, block or cell by position; none of what is neither."""
        bound = self.checked.environment.here(called)
        if bound is not None and isinstance(bound.value, FunctionReference):
            return tuple(item.name for item in bound.value.function.hyperparameters)
        layer = find_layer(called) if bound is None else None
        return () if layer is None else tuple(item.name for item in layer.hyperparameters())

    def applied(self, stage: Any) -> list[Layer]:
        """The layers that a stage of the text was expanded to, one for each time it is used."""
        nodes = (node for graph in graphs(self.graph) for node in graph.nodes)
        return [node.layer for node in nodes if node.span == stage.span]

    def rank_of_input(self, stage: Any) -> int:
        """The number of spatial axes of what flows into a stage."""
        ranks = [
            graph.values[node.inputs[0]].rank
            for graph in graphs(self.graph)
            for node in graph.nodes
            if node.span == stage.span
        ]
        return ranks[0] - 2 if ranks else 1


def graphs(graph: Graph) -> Iterator[Graph]:
    """A graph, and those of the cells in it."""
    yield graph
    for node in graph.nodes:
        inner = getattr(node.layer, "body", None)
        if isinstance(inner, Graph):
            yield from graphs(inner)


def as_printed(program: Program) -> Checked:
    """A program checked as its own text, so that every node of it stands somewhere."""
    if isinstance(program, PrintedProgram):
        return program.check()
    return check(parse(str(program), program.filename), program.folder)


def _only(checked: Checked) -> str:
    if len(checked.main) != 1:
        if not checked.networks:
            raise ValueError("the program has no network to grow")
        known = ", ".join(checked.networks)
        raise ValueError(f"name the network to grow; there are {known}")
    return checked.main[0]


class _Lines:
    """Finds the lines of a function whose tensors have these names."""

    def __init__(self, function: int, tensors: set[str]) -> None:
        self.place = function
        self.tensors = tensors

    def found(self, function: ast.Function) -> Iterator[Line]:
        path: Path = (("declarations", self.place), ("body", None))
        yield from self.values(function.body, path, outermost=True)

    def values(self, body: ast.Body, path: Path, *, outermost: bool = False) -> Iterator[Line]:
        """The lines of a body whose result is a value."""
        for number, statement in enumerate(body.statements):
            here: Path = (*path, ("statements", number))
            if isinstance(statement, (ast.Bind, ast.Next, ast.Result)):
                whole = here if outermost else None
                yield from self.value(statement.value, (*here, ("value", None)), whole)

    def stages(self, body: ast.Body, path: Path) -> Iterator[Line]:
        """The lines of a body that is a stage."""
        for number, statement in enumerate(body.statements):
            here: Path = (*path, ("statements", number), ("value", None))
            if isinstance(statement, ast.Bind):
                yield from self.value(statement.value, here, None)
            elif isinstance(statement, ast.Result):
                yield from self.line(statement.value, here)

    def value(self, node: Any, path: Path, statement: Path | None) -> Iterator[Line]:
        """The lines of a value: itself, unless it heads a line that is one already."""
        if isinstance(node, ast.Pipeline):
            yield Line(path, node.stages, True, self.place, statement)
            yield from self.parts(node.stages[0], (*path, ("stages", 0)))
            for number, stage in enumerate(node.stages[1:], 1):
                yield from self.stage(stage, (*path, ("stages", number)))
            return
        if self.is_tensor(node):
            yield Line(path, (node,), True, self.place, statement)
        yield from self.parts(node, path)

    def parts(self, node: Any, path: Path) -> Iterator[Line]:
        """The lines within a value."""
        match node:
            case ast.Pipeline():
                yield from self.value(node, path, None)
            case ast.Tuple(items=items):
                for number, item in enumerate(items):
                    yield from self.value(item, (*path, ("items", number)), None)
            case ast.Binary(left=left, right=right) if self.is_tensor(node):
                yield from self.value(left, (*path, ("left", None)), None)
                yield from self.value(right, (*path, ("right", None)), None)
            case ast.If(then=then, otherwise=otherwise):
                yield from self.values(then, (*path, ("then", None)))
                if otherwise is not None:
                    yield from self.values(otherwise, (*path, ("otherwise", None)))

    def is_tensor(self, node: Any) -> bool:
        match node:
            case ast.Name(id=found):
                return found in self.tensors
            case ast.Index(value=value) | ast.Attribute(value=value) | ast.Unary(operand=value):
                return self.is_tensor(value)
            case ast.Binary(left=left, right=right):
                return self.is_tensor(left) or self.is_tensor(right)
            case _:
                return isinstance(node, ast.Pipeline)

    def line(self, node: Any, path: Path) -> Iterator[Line]:
        """A line of stages without a value."""
        if isinstance(node, ast.Pipeline):
            yield Line(path, node.stages, False, self.place)
            for number, stage in enumerate(node.stages):
                yield from self.stage(stage, (*path, ("stages", number)))
            return
        yield Line(path, (node,), False, self.place)
        yield from self.stage(node, path)

    def stage(self, node: Any, path: Path) -> Iterator[Line]:
        """The lines within a stage."""
        match node:
            case ast.Pipeline():
                yield from self.line(node, path)
            case ast.Labelled(stage=stage):
                yield from self.stage(stage, (*path, ("stage", None)))
            case ast.Fragment(body=body) | ast.For(body=body) | ast.Call(body=ast.Body() as body):
                yield from self.stages(body, (*path, ("body", None)))
            case ast.If(then=then, otherwise=otherwise):
                yield from self.stages(then, (*path, ("then", None)))
                if otherwise is not None:
                    yield from self.stages(otherwise, (*path, ("otherwise", None)))


def stage_calls(view: View) -> Iterator[tuple[Path, Any, int]]:
    """Every layer, block or other call that is a stage or a labelled one: path, node, function."""
    for line in view.lines:
        for number in line.places:
            path = line.path if len(line.stages) == 1 else (*line.path, ("stages", number))
            node = at(view.tree, path)
            while isinstance(node, ast.Labelled) and not opens_path(node.stage):
                path, node = (*path, ("stage", None)), node.stage
            if isinstance(node, (ast.Call, ast.Name, ast.Attribute)):
                yield path, node, line.function
