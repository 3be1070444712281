"""Taking back a part of an expansion that was refused, so that another way is tried in its place.

Whoever explores a space decides in the middle of an expansion. Where a stage is refused, what it
had made is taken back and the stage is applied again with another decision: nothing before it is
expanded anew. Where it has no other way, a pipeline goes back to an earlier stage, a loop to a turn
and a body to a statement, the last that has one.
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
        if context.session.ahead is not None:
            context.session.ahead.take_back()
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


class _Before(NamedTuple):
    """How things stood before a step, and what it was given."""

    place: int
    mark: Mark
    given: Any


class Steps:
    """Steps that are carried out one after another. Where one is refused, those that decided
    something before it are carried out again from the last that has another way.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._decider = context.session.decider
        self._before: list[_Before] = []
        self._made = 0

    def begin(self, place: int, given: Any) -> None:
        """A step begins, for the first time or again."""
        if not self._before or self._before[-1].place != place:
            self._before.append(_Before(place, Mark(self._context), given))
        self._made = self._decider.made

    def end(self) -> None:
        """The step was carried out; where it decided nothing, none goes back to it."""
        if self._decider.made == self._made:
            self._before.pop()

    def back(self, refusal: Fault | Refused) -> tuple[int, Any]:
        """The step to go on from with what it was given, all since then taken back. Raises Refused
        where none has another way.
        """
        while self._before:
            last = self._before[-1]
            try:
                self._decider.retry(last.mark.decided, refusal)
            except Refused as exhausted:
                refusal = exhausted
                self._before.pop()
                continue
            last.mark.restore()
            return last.place, last.given
        try:
            raise refusal
        finally:
            del refusal  # this frame is part of its trace: neither would be let go


Flow = TypeVar("Flow")


def one_by_one(count: int, step: Callable[[int, Flow], Flow], flow: Flow, context: Context) -> Flow:
    """What flows out of `step(place, flow)`, called for one place after another with what flowed
    out of the last. While somebody explores, one that is refused is tried in other ways.
    """
    if context.session.holds is None:
        for place in range(count):
            flow = step(place, flow)
        return flow
    steps, place = Steps(context), 0
    while place < count:
        steps.begin(place, flow)
        try:
            flow = step(place, flow)
        except (Fault, Refused) as refusal:
            place, flow = steps.back(refusal)
            continue
        steps.end()
        place += 1
    return flow


def statements(
    body: ast.Body, step: Callable[[int], None], kept: list[Any], env: Environment, context: Context
) -> None:
    """As `one_by_one` while somebody explores: the statements of a body, which change the names of
    its scope and what is `kept` beside them.
    """
    steps, position = Steps(context), 0
    while position < len(body.statements):
        if isinstance(body.statements[position], ast.Limit):  # it decides nothing
            step(position)
            position += 1
            continue
        steps.begin(position, (env.snapshot(), list(kept)))
        try:
            step(position)
        except Refused as refusal:
            position, (names, before) = steps.back(refusal)
            env.restore(names)
            kept[:] = before
            continue
        steps.end()
        position += 1
