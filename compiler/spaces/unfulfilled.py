"""Which requirement keeps a program out of a space that would hold it without.

Comes in: a question (`following.py`) that found no trace, where a requirement ended a way. The
space is followed once more as if nothing were required, and what fails is noted. Goes out: the
requirements as they stand in the text, with what they read.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ..errors.facts import RequirementFails
from ..expand.context import Context
from ..expand.decisions import Site
from ..graph import Graph
from ..hash import graph_hash
from .dead import DeadEnd
from .following import Follower, Question
from .limit import SpaceLimit
from .searching import searched
from .trace import Trace


class Fails(Exception):
    """The program comes of decisions that do not fulfil what is required."""

    def __init__(self, requirements: Sequence[RequirementFails]) -> None:
        self.requirements = requirements
        super().__init__()


def reason(question: Question, most: int) -> str:
    """Why requirements refuse the program; empty where so many expansions do not tell that they
    alone do.
    """
    try:
        searched(question, most, follow=_Lenient)
    except Fails as fails:
        told = {_told(item): None for item in fails.requirements}
        return f"it does not fulfil {' and '.join(told)}" if told else ""
    except SpaceLimit:
        return ""
    return ""


def _told(item: RequirementFails) -> str:
    text = " ".join(item.span.text.split())
    return f"`{text}` ({item.values})" if item.values else f"`{text}`"


class _Lenient(Follower):
    """Follows as if nothing were required."""

    def graph(self) -> Graph:
        question = self.question
        network = question.space.process.network
        return network.follow(self, self.reads, question.target.room, [])

    def traced(self, decisions: Sequence[Any]) -> Trace | None:
        broken: list[RequirementFails] = []
        network = self.question.space.process.network
        try:
            graph = network.follow(_Made(iter(decisions)), broken=broken)
        except DeadEnd:
            return None
        if graph_hash(graph) == self.question.hash:
            raise Fails(broken)
        return None


class _Made:
    """Decides as it was decided before."""

    def __init__(self, decisions: Iterator[Any]) -> None:
        self.decisions = decisions

    def decide(self, _: Site, __: Context) -> Any:
        return next(self.decisions)
