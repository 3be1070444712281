"""The choices that programs of a space can make, which a vector has places for.

Comes in: a walk. Goes out: the choices by name, with the domains that each can have. They are all
of them where the automaton is small enough to be looked through. Cells whose wiring is open have
more states than that, and yet few choices: there programs are drawn until many in a row bring no
choice that is new.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from ..expand.decisions import Domain
from .limit import SpaceLimit
from .random import Random
from .states import DONE, State, decisions_of, edge
from .walk import Walk

MOST_SITES = 10_000
FEW_STATES = 2_000
"""So many are looked through before any program is drawn, and later as many again beside two for
each choice: more than choices have that do not depend on one another."""
MISSES = 500
"""So many draws in a row bring nothing new where all is found, as far as draws tell."""
MOST_DECISIONS = 100_000
"""In draws that brought nothing new, of which there are some at least."""
LEAST_MISSES = 20

Sites = dict[str, list[Domain]]


def sites(walk: Walk) -> tuple[Sites, bool]:
    """The choices in a fixed order, and whether they are all there can be. What was asked of the
    space before changes nothing. Raises SpaceLimit.
    """
    found = _looked_through(walk, FEW_STATES)
    if found is None:
        drawn = _drawn(walk)
        found = _looked_through(walk, FEW_STATES + 2 * len(drawn))
        if found is None:
            return drawn, False
    return found, True


def _looked_through(walk: Walk, most: int) -> Sites | None:
    """Those of all states; None where these are more."""
    found: Sites = {}
    waiting, seen = [walk.start().state], set[State]()
    while waiting:
        state = waiting.pop()
        if state is DONE or state in seen or not walk.process.explore(state):
            continue
        seen.add(state)
        if len(seen) > most:
            return None
        _note(found, [state])
        waiting += [walk.process.child(state, item) for item in decisions_of(state.domain)][::-1]
    return found


def _drawn(walk: Walk) -> Sites:
    """Those of programs that are drawn, each with decisions that were made least often before."""
    found: Sites = {}
    made: Counter[tuple[str, Any]] = Counter()
    number = misses = decisions = 0
    while misses < MISSES and (misses < LEAST_MISSES or decisions < MOST_DECISIONS):
        walk.process.budget.begin()
        passed = list(_rarest(walk, made, Random(0, number)))
        number, misses, decisions = number + 1, misses + 1, decisions + len(passed)
        if _note(found, passed):
            misses = decisions = 0
    return found


def _rarest(walk: Walk, made: Counter[tuple[str, Any]], random: Random) -> Iterator[State]:
    """The states of one program."""
    place, depth = walk.start(), 0
    while place.state is not DONE:
        state = place.state
        yield state
        left = list(decisions_of(state.domain))
        for attempt in count():
            least = min(made[state.name, item] for item in left)
            rarest = [item for item in left if made[state.name, item] == least]
            decision = rarest[int(random.at(depth, attempt) * len(rarest))]
            after = walk.step(place, decision)
            if walk.live(after):
                break
            left.remove(decision)
        made[state.name, edge(state, decision)] += 1
        place, depth = after, depth + 1


def _note(found: Sites, states: Iterable[State]) -> bool:
    """Notes the choices at some states. Whether any was new. Raises SpaceLimit."""
    new = False
    for state in states:
        domains = found.setdefault(state.name, [])
        if state.domain not in domains:
            domains.append(state.domain)
            new = True
    if len(found) > MOST_SITES:
        raise SpaceLimit(f"a vector needs at most {MOST_SITES:,} choices")
    return new
