"""What a study is: all that proposals and merits depend on, and the record of it in a store.

Comes in: a space, a method, what is searched for. Goes out: plain data, by which a study that goes
on is told from another one of the same name.
"""

from dataclasses import dataclass, field
from typing import Any

from ..compiler.spaces.space import Space
from .early_stop import Rule, described
from .errors import SearchError
from .goal import Goal
from .ledger import Whole
from .method import Method
from .registry import name_of, settings_of
from .store import Store

LAG = 8


@dataclass(frozen=True, slots=True)
class Definition:
    """Beside space and method: `lag` None makes a study asynchronous: a trial is proposed from all
    that have finished. `evaluator` is what an outcome depends on beside program, seed and fidelity;
    if it is `shared`, outcomes of the same identity are taken over from the other studies of the
    store. `whole` is what is known of a whole training, `early_stop` which trials stop early. One
    that `salvages` goes on from what an attempt left that was killed.
    """

    seed: int = 0
    lag: int | None = LAG
    goal: Goal = field(default_factory=Goal)
    evaluator: str = ""
    shared: bool = False
    whole: Whole = field(default_factory=Whole)
    early_stop: Rule | None = None
    salvages: bool = False

    def __post_init__(self) -> None:
        if self.lag is not None and self.lag < 1:
            raise ValueError(f"lag is at least 1, not {self.lag}")

    def to_json(self, space: Space, method: Method) -> dict[str, Any]:
        """As the store keeps it."""
        process = space.process
        values = {**process.network.overrides, **process.network.axes}
        return {
            "space": str(space.source),
            "network": space.name,
            "values": {name: str(value) for name, value in values.items()},
            "method": name_of(method),
            "method_settings": settings_of(method),
            "seed": self.seed,
            "lag": self.lag,
            **self.goal.to_json(),
            "evaluator": self.evaluator,
            "whole": dict(self.whole.fidelity),
            "early_stop": described(self.early_stop),
        }


def recorded(store: Store, name: str, settings: dict[str, Any]) -> int:
    """The key of the study of a name, a new one if there is none. Raises SearchError where it
    searches something else.
    """
    found = store.find(name)
    if found is None:
        return store.create(name, settings)
    key, before = found
    # what an earlier version did not know of was not there
    changed = [item for item in settings if settings[item] != before.get(item, _EMPTY.get(item))]
    if changed:
        told = [item for item in changed if _is_short(before.get(item))]
        values = ", ".join(f"{item} = {before.get(item)}, not {settings[item]}" for item in told)
        raise SearchError(
            f"the study {name!r} was begun with another {', '.join(changed)}"
            + (f": {values}" if values else ""),
            "go on with what it was begun with, or give this study a name or a store of its own",
        )
    return key


def _is_short(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) < 40)


_EMPTY: dict[str, Any] = {"whole": {}, "early_stop": None, "constraints": []}
