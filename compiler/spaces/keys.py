"""What identifies a state: two moments with the same key have the same futures.

Comes in: a site, and all that is held while it is decided (`expand/holding.py`). Goes out: a key.
"""

from collections.abc import Hashable
from typing import Any

from ..expand.context import Context
from ..expand.decisions import Site
from ..expand.holding import fingerprint, looked_at
from ..expand.session import Session
from ..expand.values import decisions_key


class Keys:
    """Keys of one memory: what is held is numbered by what it amounts to."""

    __slots__ = ("_numbers",)

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def of(self, site: Site, context: Context) -> Hashable:
        """The key of this moment."""
        session = context.session
        frozen, lets = context.frozen, session.lets
        assumptions = context.builder.facts.assumptions
        held: Any = self._held(session)
        if assumptions or frozen or lets:
            held = (
                held,
                assumptions,
                decisions_key(frozen),
                tuple([(name, fingerprint(value)) for name, value in lets.items()]),
            )
        return site.name, id(site.node), held

    def _held(self, session: Session) -> int:
        """A number for all that is held, which grows as a chain: what was held before is looked at
        once.
        """
        holds, chain, numbers = session.holds, session.chain, self._numbers
        assert holds is not None
        found = chain[-1] if chain else 0
        lasting = True
        for item in holds[len(chain) :]:
            mark, changes = looked_at(item)
            found = numbers.setdefault((found, mark), len(numbers) + 1)
            lasting = lasting and not changes
            if lasting:
                chain.append(found)
        return found
