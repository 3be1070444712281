"""A way around fewer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from .....grammar import ast
from .....grammar.span import NOWHERE
from ...random import Random
from ..edit import Edit, Place, Way
from ..tidy import tidy
from ..tree import below
from ..view import Line, View
from ..vocabulary import Vocabulary
from .add_skip import MERGE


@dataclass(frozen=True)
class RemoveSkip(Edit):
    """Takes one side of a sum of tensors away, or the way around a `residual`. Of two sides the one
    goes that costs fewer layers: the main line is never a skip.
    """

    changes: ClassVar[str] = "connections"

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for line in view.lines:
            if line.is_fed and _is_sum(line.stages[0]):
                yield self._place(view, line, 0, "the sum")
            for number in line.places:
                if _is_residual(line.stages[number]):
                    yield self._place(view, line, number, "the residual")
                elif number and _is_merge(line.stages[number - 1], line.stages[number]):
                    yield self._place(view, line, number - 1, "the merge")

    def _place(self, view: View, line: Line, number: int, what: str) -> Place:
        owner = view.function(line.function).name
        around = view.gap_name(line, number) if number else f"of {owner}"
        return self.place(f"{what} {around}", (line, number))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        line, number = place.target
        what = f"remove the skip of {place.where}"
        stage = line.stages[number]
        if _is_residual(stage):
            yield Way(_with(view, line, number, number + 1, _inner(stage)), what)
            return
        merge = isinstance(stage, ast.Tuple)
        end = number + 2 if merge else number + 1
        sides = stage.items if merge else (stage.left, stage.right)
        trees = [_with(view, line, number, end, (side,)) for side in sides]
        left = [_layers_left(tree, line) for tree in trees]
        for tree, count in zip(trees, left, strict=True):
            if count == max(left):
                yield Way(tree, what)


def _with(view: View, line: Line, begin: int, end: int, new: tuple[Any, ...]) -> ast.Program:
    return view.with_line(line, (*line.stages[:begin], *new, *line.stages[end:]))


def _is_sum(node: Any) -> bool:
    return isinstance(node, ast.Binary) and node.operator == "+"


def _is_residual(node: Any) -> bool:
    match node:
        case ast.Call(function=ast.Name(id="residual"), body=ast.Body()):
            return True
        case _:
            return False


def _is_merge(before: Any, stage: Any) -> bool:
    """`(main, skip) -> Merge`, or `-> add`."""
    pair = isinstance(before, ast.Tuple) and len(before.items) == 2
    return pair and isinstance(stage, ast.Name) and stage.id in (MERGE, "add")


def _inner(stage: ast.Call) -> tuple[Any, ...]:
    """What stands in a `residual`, to stand in the line."""
    assert stage.body is not None
    match stage.body.statements:
        case (ast.Result(value=value),):
            return (value,)
        case ():
            return ()
        case _:
            return (ast.Fragment(stage.body, span=NOWHERE),)


def _layers_left(tree: ast.Program, line: Line) -> int:
    """The applied stages of the function once what nothing reads is gone."""
    function = tree.declarations[line.function]
    assert isinstance(function, ast.Function)
    return sum(isinstance(node, (ast.Call, ast.Name)) for node in below(tidy(function).body))
