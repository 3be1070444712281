"""The contract of a search method: what it is asked, and what it may know.

A method is a dataclass whose fields are its settings. It holds no files, no workers and no random
state: the same history and number give the same proposal, so a study that was stopped goes on as if
it had not been.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from ..compiler.spaces.drawn import DrawnProgram
from ..compiler.spaces.random import Random
from ..compiler.spaces.space import Space
from .candidate import Candidate, program_of
from .trial import State, Trial


class Manipulated(StrEnum):
    """What a method can change from one program to the next: the columns of the taxonomy."""

    INITIAL_WEIGHTS = "initial weights"
    HYPERPARAMETERS = "learning hyperparameters"
    LAYERS = "layers"
    CONNECTIONS = "connections"
    LEARNING_RULE = "learning rule"
    GENERATED_WEIGHTS = "generated weights"


ANY_CHOICE = frozenset({Manipulated.HYPERPARAMETERS, Manipulated.LAYERS, Manipulated.CONNECTIONS})
"""What the choices of a space can be about: for methods that work on every space."""


class Exhausted(Exception):
    """Raised by `ask` where the method has nothing left to propose. Where trials have not finished
    yet it is asked once more when they have, and then sees all of them.
    """


@dataclass(frozen=True, slots=True)
class Proposal:
    """A program to try, and the numbers of the trials that it was made from. It is drawn from the
    space, or grown by edits of one that was: `archc.growth(history.complete(trial)).grow(seed)`.

    `fidelity` says how much of a training it gets, such as `{"epochs": 3}` or `{"data": 0.25}`;
    empty is all of it. `resumes` is the number of a visible trial of the same program with another
    fidelity: this trial goes on from what that one left in its directory, and is never restarted
    while that is whole.
    """

    program: Candidate
    parents: tuple[int, ...] = ()
    fidelity: Mapping[str, float] = field(default_factory=dict)
    resumes: int | None = None


class History:
    """What may be known when trial `number` is proposed.

    `trials` are the finished ones that count, in the order of their numbers, `scored` those of them
    with a score. `proposed` are all before this one, of which only what was proposed may be looked
    at (program, parents, fidelity, resumes): which of them have finished depends on the workers.
    In an asynchronous study `trials` are all that have finished, in that order.

    `whole` is what an empty fidelity means, as far as it is known: `{"epochs": 27}` for programs
    that are trained for 27 epochs.
    """

    def __init__(
        self, space: Space, proposed: Sequence[Trial], whole: Mapping[str, float] | None = None
    ) -> None:
        self.space = space
        self.proposed = proposed
        self.whole = dict(whole or {})
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
        """A trial's program, to be mutated or crossed, or trained further. Raises ValueError for
        one that was grown.
        """
        found = self.complete(trial)
        if not isinstance(found, DrawnProgram):
            raise ValueError(f"the program of trial {trial.number} was grown, not drawn")
        return found

    def complete(self, trial: Trial) -> Candidate:
        """A trial's program, drawn or grown: what free growth goes on from."""
        return program_of(self.space, trial)


@dataclass
class Method(ABC):
    """`repeats` tells whether a program may be proposed again with the same fidelity; it is then
    not evaluated again, but takes over what came of it before. Other methods are asked again until
    the program is new. `fidelities` tells that its proposals set one: an evaluation that takes the
    program alone is then refused before the study starts.

    `manipulates`, `mechanism` and `needs` are the method's row in the taxonomy; `needs` are short
    texts such as "a finite space". The first paragraph of the module's docstring says the rest.

    A setting may be a method itself: annotate its field with `Method`, and the registry makes it,
    so that no method imports another. Give `ask` of the inner one a `History` of its own.
    """

    repeats: ClassVar[bool] = False
    fidelities: ClassVar[bool] = False
    manipulates: ClassVar[frozenset[Manipulated]] = frozenset()
    mechanism: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def ask(self, history: History, random: Random) -> Proposal:
        """Called once for each trial, in the order of the numbers, or again with other random
        numbers where the answer was no new program. Raises Exhausted, or ValueError for a space
        that the method cannot search.
        """

    def within(self, whole: Mapping[str, float]) -> "Method":
        """The method for trainings that are so long in full, `{"epochs": 27}`, as far as that is
        known: called before a study starts. One that would train for longer asks for less.
        """
        return self

    def tell(self, trial: Trial) -> None:  # noqa: B027 - most methods read the history instead
        """Called once for each finished trial, in the order of the numbers, before it is first in
        the history.
        """

    def awaits(self, history: History) -> int:
        """How many of the first trials must have finished before the next is proposed, where the
        lag alone would let it see fewer: trial n sees exactly as many as the larger of the two
        says, and never fewer than the trial before it. A whole rung can be awaited so.

        Called before `ask`, any number of times; depends on nothing but the history.
        """
        return 0

    def keeps(self, history: History) -> Collection[int]:
        """The visible trials that a later proposal may still resume. What the others left in their
        directories is removed, except for the best few, and for those that are not visible yet.
        """
        return ()
