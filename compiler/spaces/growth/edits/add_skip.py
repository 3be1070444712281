"""A way around some layers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from .....grammar import ast
from .....grammar.span import NOWHERE
from ....types import TensorType
from ...random import Random
from ..edit import Edit, Place, Way
from ..fit import projection
from ..refused import Refused
from ..tidy import CUT
from ..tree import Path, at, bind, braces, fresh, name, names_in, pipeline, plus, put
from ..view import Line, View
from ..vocabulary import Vocabulary, offers
from .insert import is_several

MERGE = "Merge"
_USE = ast.Use(("std", "growth"), None, (MERGE,), span=NOWHERE)


@dataclass(frozen=True)
class AddSkip(Edit):
    """Adds what flows at an earlier point to what flows at a later one.

    `fit` says how a tensor of another shape is fitted: `project`, by a 1x1 convolution or a dense
    layer of its own; `pad`, without weights: the nearest pixels, channels left out or zero, which
    goes on fitting when shapes change later (Real et al. 2017, section 3.2); `none`, not at all.
    """

    changes: ClassVar[str] = "connections"
    fit: str = "project"

    def __post_init__(self) -> None:
        if self.fit not in ("project", "pad", "none"):
            raise ValueError(f"fit is project, pad or none, not {self.fit!r}")

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for line in view.lines:
            for gap in line.gaps:
                if _can_end(line, gap) and next(_starts(view, line, gap), None) is not None:
                    where = f"to the point {view.gap_name(line, gap)}"
                    yield self.place(where, (line, gap))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        line, gap = place.target
        wanted = _single(view.types(line, gap))
        starts = list(_starts(view, line, gap))
        while starts:
            start = starts.pop(random.below(len(starts)))
            merged = self._merge(_single(view.types(*start)), wanted)
            if merged is not None:
                what = f"skip from {view.gap_name(*start)} {place.where}"
                yield Way(_joined(view, start, (line, gap), merged), what)

    def _merge(self, given: TensorType | None, wanted: TensorType | None) -> Any:
        """The stages that fit the skip, or MERGE for the block that does; None where nothing
        does.
        """
        if given is None or wanted is None:
            return None
        if self.fit == "pad":
            images = given.rank == wanted.rank == 4 and given.dtype == wanted.dtype
            return MERGE if images else () if given == wanted else None
        if self.fit == "none":
            return () if given == wanted else None
        return projection(given, wanted)


Point = tuple[Line, int]


def _single(types: tuple[TensorType, ...]) -> TensorType | None:
    """The type at a point; None where none is known or uses differ."""
    return types[0] if len(types) == 1 else None


def _can_end(line: Line, gap: int) -> bool:
    if line.is_fed and line.statement is None:
        return False
    return gap > int(line.is_fed) and not is_several(line.stages[gap - 1])


def _starts(view: View, line: Line, gap: int) -> Iterator[Point]:
    """The points before one: in its own line, and in the statements before."""
    for other in view.lines:
        if other is line:
            for start in range(int(line.is_fed), gap):
                if not (start and is_several(line.stages[start - 1])):
                    yield line, start
            return
        if line.statement is None or other.statement is None or other.function != line.function:
            continue
        for start in other.gaps:
            if not is_several(other.stages[start - 1]):
                yield other, start


# --- the text -------------------------------------------------------------------------------------


def _joined(view: View, start: Point, end: Point, merged: Any) -> ast.Program:
    """The program with the skip."""
    (line, gap), (first, begin) = end, start
    if line.statement is None:
        return _wrapped(view, line, begin, gap, merged)
    return _cut(view, (first, begin), (line, gap), merged)


def _wrapped(view: View, line: Line, begin: int, end: int, merged: Any) -> ast.Program:
    """Within braces nothing has a name: the stages in between become a branch."""
    inner = pipeline(line.stages[begin:end])
    if merged == ():
        around: tuple[Any, ...] = (braces("residual", inner),)
    elif merged == MERGE:
        around = (braces("fork", inner, name("identity")), name(MERGE))
    else:
        around = (braces("fork", inner, pipeline(merged)), name("add"))
    tree = view.with_line(line, (*line.stages[:begin], *around, *line.stages[end:]))
    return _with_use(tree, merged)


def _cut(view: View, start: Point, end: Point, merged: Any) -> ast.Program:
    """Lines are cut at both points, and what flows there gets a name."""
    (line, gap), (first, begin) = end, start
    taken = names_in(view.tree)
    skip = fresh(CUT, taken)
    main = fresh(CUT, taken | {skip})
    summed = _sum(name(main), skip, merged)
    body_path, later = _position(line)
    body: ast.Body = at(view.tree, body_path)
    statements: list[Any] = list(body.statements)
    if first is line:
        pieces = [
            bind(skip, pipeline(line.stages[:begin])),
            bind(main, pipeline((name(skip), *line.stages[begin:gap]))),
        ]
    else:
        pieces = [bind(main, pipeline(line.stages[:gap]))]
    rest = pipeline((summed, *line.stages[gap:]))
    statements[later : later + 1] = [*pieces, replace(statements[later], value=rest)]
    if first is not line:
        _, earlier = _position(first)
        behind = pipeline((name(skip), *first.stages[begin:]))
        cut = [
            bind(skip, pipeline(first.stages[:begin])),
            replace(statements[earlier], value=behind),
        ]
        statements[earlier : earlier + 1] = cut
    tree = put(view.tree, body_path, replace(body, statements=tuple(statements)))
    return _with_use(tree, merged)


def _sum(main: Any, skip: str, merged: Any) -> Any:
    if merged == MERGE:
        both = ast.Tuple((main, name(skip)), span=NOWHERE)
        return pipeline((both, name(MERGE)))
    return plus(main, pipeline((name(skip), *merged)))


def _position(line: Line) -> tuple[Path, int]:
    """The body that a line's statement stands in, and where."""
    assert line.statement is not None
    place = line.statement[-1][1]
    assert place is not None
    return line.statement[:-1], place


def _with_use(tree: ast.Program, merged: Any) -> ast.Program:
    if merged != MERGE or _USE in tree.declarations:
        return tree
    if any(MERGE in offers(item) for item in tree.declarations):
        raise Refused(f"the program has a `{MERGE}` of its own")
    return replace(tree, declarations=(_USE, *tree.declarations))
