"""What the halving methods share: where programs come from, and rungs of trials that go on.

Comes in: the history of a study. Goes out: programs that are new to it, and proposals that continue
survivors. May be assumed: a trial that resumes another is one rung above it, and every other trial
begins on the lowest rung of its bracket. So the rungs can be read from the trials, however often
the study was stopped.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...compiler.spaces.random import Random
from ..method import Exhausted, History, Method, Proposal
from ..models.tried import Tried
from ..trial import State, Trial

RESOURCES = ("epochs", "data")
MOST_DRAWS = 100


@dataclass
class Source:
    """Programs that the study has not tried: from another method where one is given, else drawn.

    The inner method sees each program once, in the order they were begun, with what came of its
    longest training so far.
    """

    inner: Method | None
    _places: dict[int, int] = field(default_factory=dict, init=False)
    _latest: dict[int, Trial] = field(default_factory=dict, init=False)
    _begun: list[Trial] = field(default_factory=list, init=False)
    _tried: Tried = field(default_factory=Tried, init=False)
    _proposed: int = field(default=0, init=False)
    _finished: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.inner is not None:
            self.inner = replace(self.inner)  # what it remembers belongs to this study alone

    def read(self, history: History) -> None:
        """Takes in what was proposed and what has finished since the last time."""
        for trial in history.proposed[self._proposed :]:
            if trial.resumes is None:
                self._places[trial.number] = len(self._begun)
                self._begun.append(trial)
            else:
                self._places[trial.number] = self._places[trial.resumes]
        for trial in history.trials[self._finished :]:
            self._latest[self._places[trial.number]] = trial
            if self.inner is not None:
                self.inner.tell(trial)
        self._proposed = len(history.proposed)
        self._finished = len(history.trials)

    def draw(self, history: History, random: Random) -> Proposal:
        """A proposal without fidelity. Raises Exhausted where nothing new is found."""
        self.read(history)
        self._tried.read(history)
        if self.inner is None:
            return Proposal(self._tried.draw(history.space, random))
        inside = self._history(history)
        for _ in range(MOST_DRAWS):
            proposal = self.inner.ask(inside, Random(random.bits()))
            if proposal.program not in self._tried:
                return proposal
        raise Exhausted

    def _history(self, history: History) -> History:
        inside = History(history.space, self._begun)
        for place in sorted(self._latest):
            inside.add(self._latest[place])
        return inside


def best(trials: Iterable[Trial]) -> list[Trial]:
    """Those with a score, the best first, of equals the earlier."""
    scored = [trial for trial in trials if trial.state is State.DONE]
    return sorted(scored, key=falling)


def falling(trial: Trial) -> tuple[float, ...]:
    """Orders trials with a score: the best first, of equals the earlier."""
    return (*(-part for part in trial.goodness), trial.number)


def seen(history: History, numbers: Iterable[int]) -> list[Trial]:
    """Those of the trials that may be looked at."""
    wanted = set(numbers)
    return [trial for trial in history.trials if trial.number in wanted]


def fidelity_of(resource: str, amount: int, most: int) -> dict[str, float]:
    """So many epochs, or that part of the data."""
    return {"epochs": amount} if resource == "epochs" else {"data": amount / most}


def going_on(history: History, survivor: Trial, fidelity: dict[str, float]) -> Proposal:
    """A survivor, trained further."""
    number = survivor.number
    return Proposal(history.complete(survivor), (number,), fidelity, resumes=number)


def check_resource(resource: str, least: int, most: int, eta: int) -> None:
    """Raises ValueError for settings that no rungs can be made of."""
    if resource not in RESOURCES:
        raise ValueError(f"resource is one of {', '.join(RESOURCES)}, not {resource!r}")
    if eta < 2:
        raise ValueError(f"eta is at least 2, not {eta}")
    if not 1 <= least <= most:
        raise ValueError(f"least is 1 to most, and most is {most}; least is {least}")


def rungs(least: int, most: int, eta: int) -> tuple[int, ...]:
    """What each rung amounts to: `least`, eta times as much, and so on up to `most`, which is the
    last one whatever it is a multiple of: else no program would ever be trained in full.
    """
    found = [least]
    while found[-1] < most:
        found.append(min(found[-1] * eta, most))
    return tuple(found)


def most_within(most: int, resource: str, whole: Mapping[str, float]) -> int:
    """No more epochs than a training has in full."""
    return min(most, int(whole.get("epochs", most))) if resource == "epochs" else most


# --- synchronous brackets -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """A bracket: how many programs begin, and what each rung amounts to. Of a rung one in `eta`
    goes on.
    """

    count: int
    amounts: tuple[int, ...]
    eta: int

    def size(self, begun: int, rung: int) -> int:
        """How many of the programs that were begun reach a rung: floor(n / eta^i)."""
        return int(begun // self.eta**rung)


@dataclass(slots=True)
class Bracket:
    """A plan being carried out; `rungs` are the numbers of the trials on each."""

    plan: Plan
    rungs: list[list[int]] = field(default_factory=lambda: [[]])

    def note(self, trial: Trial) -> None:
        """A trial of this bracket."""
        while trial.resumes is not None and trial.resumes in self.rungs[-1]:
            self.rungs.append([])
        self.rungs[-1].append(trial.number)

    @property
    def may_begin(self) -> bool:
        """Whether programs are still to be begun."""
        return len(self.rungs) == 1 and len(self.rungs[0]) < self.plan.count

    @property
    def awaited(self) -> int:
        """How many trials must be known: all of a rung that is full, if another one follows."""
        if self.may_begin or len(self.rungs[-1]) < self._wanted(len(self.rungs) - 1):
            return 0
        return self.rungs[-1][-1] + 1 if self._wanted(len(self.rungs)) else 0

    def _wanted(self, rung: int) -> int:
        """The size of a rung; 0 above the last."""
        begun = self.plan.count if self.may_begin else len(self.rungs[0])
        return self.plan.size(begun, rung) if rung < len(self.plan.amounts) else 0

    def next_survivor(self, history: History) -> tuple[Trial, int] | None:
        """Which trial goes on, and with how much; None where the bracket is over."""
        top = len(self.rungs) - 1
        for rung in (top, top + 1):  # the rung that is being filled, then the next
            if rung == 0 or not self._wanted(rung):
                continue
            taken = self.rungs[rung] if rung <= top else []
            going = {history.proposed[number].resumes for number in taken}
            below = best(seen(history, self.rungs[rung - 1]))[: self._wanted(rung)]
            left = [trial for trial in below if trial.number not in going]
            if left and len(taken) < self._wanted(rung):
                return left[0], self.plan.amounts[rung]
        return None

    @property
    def kept(self) -> list[int]:
        """The trials that may go on."""
        return [number for rung in self.rungs[-2:] for number in rung]


@dataclass(slots=True)
class Brackets:
    """Brackets one after another, the plans in turn, each with programs of its own."""

    plans: Sequence[Plan]
    resource: str
    most: int
    source: Source
    _current: Bracket | None = None
    _begun: int = 0
    _noted: int = 0

    def note(self, history: History) -> Bracket:
        """Reads what was proposed since; the bracket that is being filled."""
        for trial in history.proposed[self._noted :]:
            bracket = self._current
            if bracket is None or (trial.resumes is None and not bracket.may_begin):
                bracket = self._next()
            bracket.note(trial)
        self._noted = len(history.proposed)
        return self._current or self._next()

    def _next(self) -> Bracket:
        self._current = Bracket(self.plans[self._begun % len(self.plans)])
        self._begun += 1
        return self._current

    def ask(self, history: History, random: Random) -> Proposal:
        """Fills the bracket, trains its survivors further, or begins the next one.

        Where nothing new can be drawn, a bracket goes on with those that it has. Raises Exhausted.
        """
        bracket = self.note(history)
        if not bracket.may_begin:
            found = bracket.next_survivor(history)
            if found is not None:
                return going_on(history, found[0], self._fidelity(found[1]))
        plan = bracket.plan if bracket.may_begin else self.plans[self._begun % len(self.plans)]
        try:
            proposal = self.source.draw(history, random)
        except Exhausted:
            found = bracket.next_survivor(history)
            if found is None:
                raise
            return going_on(history, found[0], self._fidelity(found[1]))
        return replace(proposal, fidelity=self._fidelity(plan.amounts[0]))

    def _fidelity(self, amount: int) -> dict[str, float]:
        return fidelity_of(self.resource, amount, self.most)

    def awaits(self, history: History) -> int:
        return self.note(history).awaited

    def keeps(self, history: History) -> Collection[int]:
        return self.note(history).kept
