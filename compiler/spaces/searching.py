"""Expansions of a space one after another, each of which shows something that is not to be done
again, until one makes a given program or none is left.

Comes in: the program that is sought, as a question (`following.py`). Goes out: what the expansion
that makes it is worth to whoever follows, None where no expansion does.
"""

from ..errors.facts import RequirementFails
from ..expand.reads import Numbers
from .dead import DeadEnd
from .following import Follower, Question
from .learned import Mismatch
from .limit import SpaceLimit
from .trace import Trace


def searched(
    question: Question, most: int, known: str = "", follow: type[Follower] = Follower
) -> Trace | None:
    """What the first expansion gives that makes the program. Raises SpaceLimit after so many."""
    for _ in range(most):
        follower = follow(question)
        try:
            return _expanded(follower)
        except Mismatch as mismatch:
            if _learn(follower, mismatch.rests):
                return None
    raise SpaceLimit(
        f"{most:,} expansions do not tell whether it is one of {question.space.name}{known}"
    )


def _expanded(follower: Follower) -> Trace:
    try:
        graph = follower.graph()
    except DeadEnd as end:
        follower.compare()
        follower.question.required |= isinstance(end.diagnostic, RequirementFails)
        raise Mismatch(follower.reads.all()) from None
    return follower.at_the_end(graph)


def _learn(follower: Follower, rests: Numbers) -> bool:
    """Keeps what went wrong, and what follows from it; goes out: whether nothing is left."""
    found: Numbers | None = rests
    while found:
        follower.question.learned.add(follower.made, found)
        found = follower.exhausted(found)
    return found is not None
