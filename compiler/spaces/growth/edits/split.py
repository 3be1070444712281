"""One branch more."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from .....grammar import ast
from ...random import Random
from ...syntax import bare, literal
from ..edit import Edit, Place, Way
from ..tree import braces, call, name, rebuilt, shown
from ..view import View
from ..vocabulary import Vocabulary
from ._drawing import drawn
from .insert import is_several


@dataclass(frozen=True)
class Split(Edit):
    """Puts a layer of the vocabulary beside a stage, or the same stage with weights of its own, and
    adds up or concatenates what comes out.
    """

    changes: ClassVar[str] = "layers"
    needs: ClassVar[bool] = True

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for line in view.lines:
            for number in line.places:
                before = line.stages[number - 1] if number else None
                if not (is_several(line.stages[number]) or is_several(before)):
                    where = view.stage_name(line.stages[number], line.function)
                    yield self.place(where, (line, number))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        line, number = place.target
        stage = line.stages[number]
        types = (*view.types(line, number + 1), *view.types(line, number))
        other: Any
        for other in self._others(stage, vocabulary, types, random):
            merges: list[Any] = [name("add"), call("concat", axis=literal(1))]
            if random.below(2):
                merges.reverse()
            for merge in merges:
                new = (braces("fork", stage, other), merge)
                tree = view.with_line(
                    line, (*line.stages[:number], *new, *line.stages[number + 1 :])
                )
                what = f"{shown(other)} by {shown(merge)}"
                yield Way(tree, f"split {place.where}: beside it {what}")

    def _others(
        self, stage: Any, vocabulary: Vocabulary, types: Any, random: Random
    ) -> Iterator[Any]:
        """What may stand beside a stage."""
        twin: Any = unlabelled(bare(stage))
        if random.below(2):
            yield twin
            yield from drawn(vocabulary, types, random)
        else:
            yield from drawn(vocabulary, types, random)
            yield twin


def unlabelled(stage: Any) -> Any:
    """A copy must not have the same labels again."""
    return rebuilt(stage, lambda new, old: new.stage if isinstance(new, ast.Labelled) else new)
