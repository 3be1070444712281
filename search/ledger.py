"""What evaluations take, counted before they begin.

Comes in: what the whole training of a program is, fidelities, budgets. Goes out: the cost of a
trial, and whether a budget has room for it. A trial is charged when it is proposed, so that a study
ends with the same trial however many workers run; one that was stopped early gets the rest back
when the method learns of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..compiler import cost
from .candidate import Candidate
from .trial import State, Trial

EPOCHS, FLOPS, SHARE = "epochs", "flops", "share"
PASSES = 3
"""A training step is a forward pass and a backward pass of twice its operations."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole of a training, as far as it is known: `epochs` of any program, or `epochs_of` each,
    over `rows` examples.
    """

    epochs: float | None = None
    rows: int | None = None
    epochs_of: Callable[[Candidate], float] | None = None

    @property
    def fidelity(self) -> Mapping[str, float]:
        """What an empty fidelity means."""
        return {} if self.epochs is None else {EPOCHS: self.epochs}

    def passes(self, program: Candidate, fidelity: Mapping[str, float]) -> float | None:
        """How often a training goes through all the data."""
        epochs = fidelity.get(EPOCHS, self.epochs if self.epochs_of is None else None)
        if epochs is None and self.epochs_of is not None:
            epochs = self.epochs_of(program)
        return None if epochs is None else epochs * fidelity.get("data", 1.0)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a study may take in all; `seconds` are those of one run."""

    trials: int | None = None
    epochs: float | None = None
    flops: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("trials", EPOCHS, FLOPS, "seconds"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"a budget of {name} is above 0, not {value}")


@dataclass(slots=True)
class Ledger:
    """What was spent so far."""

    whole: Whole = field(default_factory=Whole)
    spent: dict[str, float] = field(default_factory=dict)

    def cost(
        self,
        program: Candidate,
        fidelity: Mapping[str, float],
        before: Mapping[str, float],
        known: Trial | None = None,
    ) -> dict[str, float]:
        """What a trial takes that goes on from one of the fidelity `before`, {} for none. `known`
        is another trial of the program: nothing need be expanded then.
        """
        passes = self.whole.passes(program, fidelity)
        if passes is None:
            return {}
        goes_on = before and before.get("data", 1.0) == fidelity.get("data", 1.0)
        done = self.whole.passes(program, before) if goes_on else 0.0
        found = {EPOCHS: passes - (done or 0.0)}
        if known is not None and FLOPS in known.cost and known.cost[EPOCHS]:
            found[FLOPS] = found[EPOCHS] * known.cost[FLOPS] / known.cost[EPOCHS]
        elif self.whole.rows is not None and (forward := _forward(program)) is not None:
            found[FLOPS] = found[EPOCHS] * self.whole.rows * PASSES * forward
        return found

    def charge(self, trial: Trial) -> None:
        """A trial was proposed."""
        self._add(trial, 1.0)

    def refund(self, trial: Trial) -> None:
        """What came of a trial is known."""
        self._add(trial, trial.cost.get(SHARE, 1.0) - 1.0)

    def _add(self, trial: Trial, times: float) -> None:
        for name in (EPOCHS, FLOPS):
            if name in trial.cost and times:
                self.spent[name] = self.spent.get(name, 0.0) + times * trial.cost[name]

    def has_room(self, trial: Trial, budget: Budget) -> bool:
        """Whether a trial fits into what is left."""
        for name in (EPOCHS, FLOPS):
            most = getattr(budget, name)
            total = self.spent.get(name, 0.0) + trial.cost.get(name, 0.0)
            if most is not None and total > most * (1 + 1e-9):
                return False
        return budget.trials is None or trial.number < budget.trials


def _forward(program: Candidate) -> int | None:
    """The operations of one pass of one example; None where an axis has no size."""
    try:
        return cost.flops(program.graph, program.axes)
    except cost.UnknownSizes:
        return None


def share_of(trial: Trial, last: int | None) -> Mapping[str, float]:
    """The cost of a trial that was stopped early after the step `last`."""
    epochs = trial.cost.get(EPOCHS)
    if trial.state is not State.PRUNED or not epochs or last is None:
        return trial.cost
    part = trial.fidelity.get("data", 1.0)
    left = (trial.fidelity.get(EPOCHS, epochs / part) - last) * part
    return {**trial.cost, SHARE: min(1.0, max(0.0, 1.0 - left / epochs))}
