"""One branch less."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from .....grammar import ast
from ....expand.naming import last_part
from ...random import Random
from ..edit import Edit, Place, Way
from ..view import View
from ..vocabulary import Vocabulary

_MERGES = frozenset({"add", "mul", "concat", "maximum", "minimum", "stack", "Merge"})


@dataclass(frozen=True)
class Join(Edit):
    """Takes one of several branches away; the last one stays in the line alone."""

    changes: ClassVar[str] = "layers"

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for line in view.lines:
            for number, stage in enumerate(line.stages[:-1]):
                if _branches(stage) and _merges(line.stages[number + 1]):
                    owner = view.function(line.function).name
                    at = view.gap_name(line, number) if number else f"of {owner}"
                    yield self.place(f"branches {at}", (line, number))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        line, number = place.target
        stage = line.stages[number]
        branches = _branches(stage)
        left = list(range(len(branches)))
        while left:
            gone = left.pop(random.below(len(left)))
            kept = [item for place, item in enumerate(branches) if place != gone]
            new: tuple[Any, ...] = (kept[0],)
            if len(kept) > 1:
                new = (_with_branches(stage, kept), line.stages[number + 1])
            tree = view.with_line(line, (*line.stages[:number], *new, *line.stages[number + 2 :]))
            yield Way(tree, f"leave out branch {gone + 1} of {len(branches)} {place.where}")


def _branches(stage: Any) -> tuple[Any, ...]:
    match stage:
        case ast.Tuple(items=items):
            return items
        case ast.Call(function=ast.Name(id="fork"), body=ast.Body(statements=statements)):
            return tuple(item.value for item in statements if isinstance(item, ast.Result))
        case _:
            return ()


def _with_branches(stage: Any, kept: list[Any]) -> Any:
    if isinstance(stage, ast.Tuple):
        return replace(stage, items=tuple(kept))
    ids = {id(item) for item in kept}
    results = tuple(item for item in stage.body.statements if id(item.value) in ids)
    return replace(stage, body=replace(stage.body, statements=results))


def _merges(stage: Any) -> bool:
    called = stage.function if isinstance(stage, ast.Call) else stage
    return isinstance(called, (ast.Name, ast.Attribute)) and last_part(called) in _MERGES
