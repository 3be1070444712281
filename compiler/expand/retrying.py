"""Taking back a part of an expansion that was refused, so that another way is tried in its place.

Whoever explores a space decides in the middle of an expansion. Where a stage is refused, what it
had made is taken back and the stage is applied again with another decision: nothing before it is
expanded anew.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .context import Context
from .environment import Environment

Way = Callable[[ast.Expression, Any, Environment, Context], Any]


class Refused(Exception):
    """The decisions so far lead to no program."""


class Mark:
    """All that applying a stage may change. Scopes below it are new, so no names are among it."""

    __slots__ = ("_builder", "_context", "_following", "_made", "_session", "decided")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._builder = context.builder.mark()
        self._session = context.session.mark()
        self._made = context.made.mark()
        self._following = None if context.cell is None else dict(context.cell.following)
        self.decided = context.session.decider.mark()

    def restore(self) -> None:
        context = self._context
        context.builder.restore(self._builder)
        context.session.restore(self._session)
        context.made.restore(self._made)
        if context.cell is not None and self._following is not None:
            context.cell.following.clear()
            context.cell.following.update(self._following)


def attempt(way: Way, node: ast.Expression, inputs: Any, env: Environment, context: Context) -> Any:
    """What flows out of a stage, applied in one way after another until one is not refused. Raises
    Refused where the decisions within it leave none.
    """
    mark = Mark(context)
    while True:
        try:
            return way(node, inputs, env, context)
        except (Fault, Refused) as refusal:
            context.session.decider.retry(mark.decided, refusal)
            mark.restore()


Flow = TypeVar("Flow")


def one_by_one(count: int, step: Callable[[int, Flow], Flow], flow: Flow, context: Context) -> Flow:
    """What flows out of `step(place, flow)`, called for one place after another with what flowed
    out of the last. Where one is refused while somebody explores, the last that decided something
    and has another way is carried out again.
    """
    if context.session.holds is None:
        for place in range(count):
            flow = step(place, flow)
        return flow
    decider = context.session.decider
    before: list[tuple[int, Mark, Flow]] = []
    place = 0
    while place < count:
        if not before or before[-1][0] != place:
            before.append((place, Mark(context), flow))
        made = decider.made
        try:
            flow = step(place, flow)
        except (Fault, Refused) as refusal:
            place, flow = _earlier(before, refusal, decider)
            continue
        if decider.made == made:
            before.pop()  # nothing was decided here
        place += 1
    return flow


def _earlier(
    before: list[tuple[int, Mark, Flow]], refusal: Fault | Refused, decider: Any
) -> tuple[int, Flow]:
    """The step to go on from, and what flows into it. Raises Refused where none has another way."""
    while before:
        place, mark, flow = before[-1]
        try:
            decider.retry(mark.decided, refusal)
        except Refused as exhausted:
            refusal = exhausted
            before.pop()
            continue
        mark.restore()
        return place, flow
    try:
        raise refusal
    finally:
        del refusal  # this frame is part of its trace: neither would be let go


# --- bodies ---------------------------------------------------------------------------------------


class _Before(NamedTuple):
    """How things stood before a statement."""

    position: int
    mark: Mark
    names: Any
    kept: Any


class Statements:
    """The statements of a body, carried out one after another. Where one is refused, those that
    decided something before it are carried out again from the last that has another way.
    """

    def __init__(self, env: Environment, context: Context) -> None:
        self.env = env
        self.context = context
        self._before: list[_Before] = []

    def run(self, count: int, step: Callable[[int], None], kept: list[Any]) -> None:
        """Calls `step` for each position; `kept` is what the steps change beside the names."""
        decider = self.context.session.decider
        position = 0
        while position < count:
            if not self._before or self._before[-1].position != position:
                names = self.env.snapshot()
                self._before.append(_Before(position, Mark(self.context), names, list(kept)))
            made = decider.made
            try:
                step(position)
            except Refused as refusal:
                position = self._back(refusal, kept)
                continue
            if decider.made == made and self._before[-1].position == position:
                self._before.pop()  # nothing was decided here
            position += 1

    def _back(self, refusal: Refused, kept: list[Any]) -> int:
        """The position to go on from. Raises Refused where no statement has another way."""
        while self._before:
            before = self._before[-1]
            try:
                self.context.session.decider.retry(before.mark.decided, refusal)
            except Refused as exhausted:
                refusal = exhausted
                self._before.pop()
                continue
            before.mark.restore()
            self.env.restore(before.names)
            kept[:] = before.kept
            return before.position
        try:
            raise refusal
        finally:
            del refusal  # this frame is part of its trace: neither would be let go
