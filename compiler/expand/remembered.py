"""What is worked out once for a piece of text and looked up by its identity from then on.

Comes in: a function of one object that stays as it is. Goes out: the same function, which keeps its
answers. Objects are told apart by identity and kept, so that no other takes an id over.
"""

from collections.abc import Callable
from typing import Any, TypeVar

Answer = TypeVar("Answer")
MOST_KEPT = 8_192


def by_identity(work: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    """Keeps the answers for `MOST_KEPT` objects; then it begins anew."""
    known: dict[int, tuple[Any, Answer]] = {}

    def answer(node: Any) -> Answer:
        found = known.get(id(node))
        if found is not None:
            return found[1]
        if len(known) >= MOST_KEPT:
            known.clear()
        made = work(node)
        known[id(node)] = node, made
        return made

    answer.__doc__, answer.__name__ = work.__doc__, work.__name__
    return answer
