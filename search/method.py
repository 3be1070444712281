"""The contract of a search method: what it is asked, and what it may know.

A method is a dataclass whose fields are its settings. It holds no files, no workers and no random
state: the same history and number give the same proposal, so a study that was stopped goes on as if
it had not been.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from ..compiler.spaces.drawn import DrawnProgram
from ..compiler.spaces.random import Random
from ..compiler.spaces.space import Space
from .trial import State, Trial


class Exhausted(Exception):
    """Raised by `ask` where the method has nothing left to propose."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A program to try, and the numbers of the trials that it was made from. `fidelity` says how
    much of a training it gets, such as `{"epochs": 3}`; empty is all of it.
    """

    program: DrawnProgram
    parents: tuple[int, ...] = ()
    fidelity: Mapping[str, float] = field(default_factory=dict)


class History:
    """What may be known when trial `number` is proposed.

    `trials` are the finished ones that count, in the order of their numbers, `scored` those of them
    with a score. `proposed` are all before this one, of which only the programs may be looked at:
    which of them have finished depends on the workers.
    """

    def __init__(self, space: Space, proposed: Sequence[Trial]) -> None:
        self.space = space
        self.proposed = proposed
        self.trials: list[Trial] = []
        self.scored: list[Trial] = []

    @property
    def number(self) -> int:
        return len(self.proposed)

    def add(self, trial: Trial) -> None:
        """The next finished trial."""
        self.trials.append(trial)
        if trial.state is State.DONE:
            self.scored.append(trial)

    def program(self, trial: Trial) -> DrawnProgram:
        """A trial's program, to be mutated or crossed."""
        return self.space.from_trace(trial.trace)


@dataclass
class Method(ABC):
    """`repeats` tells whether a program may be proposed again; it is then not evaluated again, but
    takes over what came of it before. Other methods are asked again until the program is new.
    """

    repeats: ClassVar[bool] = False

    @abstractmethod
    def ask(self, history: History, random: Random) -> Proposal:
        """Called once for each trial, in the order of the numbers, or again with other random
        numbers where the answer was no new program. Raises Exhausted, or ValueError for a space
        that the method cannot search.
        """

    def tell(self, trial: Trial) -> None:  # noqa: B027 - most methods read the history instead
        """Called once for each finished trial, in the order of the numbers, before it is first in
        the history.
        """
