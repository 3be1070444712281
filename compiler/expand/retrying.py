"""Taking back a part of an expansion that was refused, so that another way is tried in its place.

Whoever explores a space decides in the middle of an expansion. Where a stage is refused, what it
had made is taken back and the stage is applied again with another decision: nothing before it is
expanded anew.
"""

from collections.abc import Callable
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .context import Context
from .environment import Environment

Way = Callable[[ast.Expression, Any, Environment, Context], Any]


class Refused(Exception):
    """The decisions so far lead to no program."""


class _Mark:
    """All that applying a stage may change. Scopes below it are new, so no names are among it."""

    __slots__ = ("_builder", "_context", "_counts", "_following", "_session", "_taken", "decided")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._builder = context.builder.mark()
        self._session = context.session.mark()
        self._counts = dict(context.counts)
        self._taken = set(context.taken)
        self._following = None if context.cell is None else dict(context.cell.following)
        self.decided = context.session.decider.mark()

    def restore(self) -> None:
        context = self._context
        context.builder.restore(self._builder)
        context.session.restore(self._session)
        context.counts.clear()
        context.counts.update(self._counts)
        context.taken.clear()
        context.taken.update(self._taken)
        if context.cell is not None and self._following is not None:
            context.cell.following.clear()
            context.cell.following.update(self._following)


def attempt(way: Way, node: ast.Expression, inputs: Any, env: Environment, context: Context) -> Any:
    """What flows out of a stage, applied in one way after another until one is not refused. Raises
    Refused where the decisions within it leave none.
    """
    mark = _Mark(context)
    while True:
        try:
            return way(node, inputs, env, context)
        except (Fault, Refused) as refusal:
            context.session.decider.retry(mark.decided, refusal)
            mark.restore()
