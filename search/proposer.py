"""Which program is trial n: asked of the method, from exactly the trials that it may see.

Comes in: a space, a method, a seed, the trials so far. Goes out: the next trial. May be assumed:
with a lag the answer depends on these alone, not on who evaluated what, how fast, or how often the
study was stopped. Without one (an asynchronous study) it is proposed from all that have finished.
"""

from collections.abc import Collection, Mapping, Sequence

from ..compiler.spaces.random import Random
from ..compiler.spaces.space import Space
from .candidate import Candidate, key_of
from .errors import SearchError
from .identity import identity_of
from .ledger import Ledger
from .method import Exhausted, History, Method, Proposal
from .statics import STATICS, static_number
from .trial import Trial

MOST_ASKS = 2_000
MOST_REPEATS = 300


class Proposer:
    """Holds what was proposed. `trials` is the study's list, which grows as trials are added.

    `lag` is how far behind the trials lie that the next one is proposed from, None for an
    asynchronous study. `evaluator` is what, beside program, seed and fidelity, an outcome depends
    on. `statics` are the numbers that a trial needs; those that are known of its graph it gets at
    once. `ledger` is charged with what each trial takes.
    """

    def __init__(
        self,
        space: Space,
        method: Method,
        seed: int,
        lag: int | None,
        trials: Sequence[Trial],
        evaluator: str = "",
        statics: Collection[str] = (),
        ledger: Ledger | None = None,
    ) -> None:
        self.method = method
        self.seed = seed
        self.lag = lag
        self.evaluator = evaluator
        self.statics = [name for name in STATICS if name in statics]
        self.trials = trials
        self.ledger = ledger or Ledger()
        self.history = History(space, trials, self.ledger.whole.fidelity)
        self._first: dict[str, int] = {}
        self._known: dict[str, Trial] = {}
        self._exact: set[str] = set()
        self._noted = 0
        self._repeated = 0
        self._front = 0
        self._awaited = 0
        self._finished = [trial for trial in trials if trial.state.is_final]
        self._visible: set[int] = set()
        self._catch_up()
        if lag is not None and trials:
            self._show(trials[: trials[-1].sees])

    def finished(self, trial: Trial) -> None:
        """A trial has come to its end."""
        if self.lag is None:
            self._finished.append(trial)

    def is_visible(self, number: int) -> bool:
        """Whether the method knows what came of a trial."""
        return number in self._visible

    @property
    def is_ready(self) -> bool:
        """Whether all trials that the next one is proposed from have finished; shows the method
        those that have.
        """
        return self._is_ready_with(self.lag) if self.lag is not None else self._is_ready_now()

    def _is_ready_with(self, lag: int) -> bool:
        shown = self.history.trials
        while True:
            awaited = max(self._awaited, self.method.awaits(self.history))
            wanted = max(len(self.trials) - lag + 1, awaited)
            missing = self.trials[len(shown) : wanted]
            if not missing:
                return True
            if not all(trial.state.is_final for trial in missing):
                return False
            self._show(missing)

    def _is_ready_now(self) -> bool:
        self._show(self._finished)
        self._finished = []
        while self._front < len(self.trials) and self.trials[self._front].state.is_final:
            self._front += 1
        awaited = max(self._awaited, self.method.awaits(self.history))
        return self._front >= min(awaited, len(self.trials))

    def _show(self, trials: Sequence[Trial]) -> None:
        for trial in trials:
            self.method.tell(trial)
            self.history.add(trial)
            self._visible.add(trial.number)
            self.ledger.refund(trial)

    def propose(self) -> Trial | None:
        """The next trial, once `is_ready`. Raises Exhausted where nothing new is left.

        That is certain only once all trials have finished, for some may go on: until then it is
        None, and the method is asked again when they have.
        """
        self._catch_up()
        while True:
            try:
                return self._new()
            except Exhausted:
                if len(self.history.trials) == len(self.trials):
                    raise
                self._awaited = len(self.trials)
                if not self.is_ready:
                    return None

    def _new(self) -> Trial:
        if self._repeated >= MOST_REPEATS:
            raise Exhausted
        for attempt in range(MOST_ASKS):
            new = self._ask(attempt)
            if new is not None:
                return new
        raise Exhausted

    def _catch_up(self) -> None:
        """Notes what was proposed since the last time."""
        for trial in self.trials[self._noted :]:
            text = key_of(trial)
            self._first.setdefault(trial.identity, trial.number)
            self._known.setdefault(text, trial)
            self.ledger.charge(trial)
            self._exact.add(_exactly(text, trial.fidelity))
            self._repeated = 0 if trial.replay_of is None else self._repeated + 1
        self._noted = len(self.trials)

    def _ask(self, attempt: int) -> Trial | None:
        random = Random(self.seed, len(self.trials), attempt)
        try:
            proposal = self.method.ask(self.history, random)
        except ValueError as error:
            raise SearchError(f"the method cannot search this space: {error}") from error
        text = key_of(proposal.program)
        if not self.method.repeats and _exactly(text, proposal.fidelity) in self._exact:
            return None
        known = self._known.get(text)
        self._check(proposal, known)
        trial = self._trial(proposal, known)
        return None if trial.replay_of is not None and not self.method.repeats else trial

    def _trial(self, proposal: Proposal, known: Trial | None) -> Trial:
        """Of a program that was proposed before nothing need be expanded, unless the fidelity is
        another.
        """
        program = proposal.program
        if known is not None and dict(known.fidelity) == dict(proposal.fidelity):
            identity = known.identity
        else:
            identity = identity_of(program, proposal.fidelity, self.seed, self.evaluator)
        replay_of = self._first.get(identity)
        return Trial(
            number=len(self.trials),
            text=program.text if known is None else known.text,
            hash=program.hash if known is None else known.hash,
            identity=identity,
            trace=program.trace,
            parents=proposal.parents,
            seed=self.seed,
            fidelity=dict(proposal.fidelity),
            sees=len(self.history.trials),
            resumes=proposal.resumes,
            replay_of=replay_of,
            cost={} if replay_of is not None else self._cost(proposal, known),
            scores=self._statics(program, known),
        )

    def _cost(self, proposal: Proposal, known: Trial | None) -> dict[str, float]:
        resumes = proposal.resumes
        before = {} if resumes is None else self.trials[resumes].fidelity
        return self.ledger.cost(proposal.program, proposal.fidelity, before, known)

    def _statics(self, program: Candidate, known: Trial | None) -> dict[str, float | None]:
        if known is not None:
            return {name: known.scores.get(name) for name in self.statics}
        return {name: static_number(program, name) for name in self.statics}

    def _check(self, proposal: Proposal, known: Trial | None) -> None:
        """Raises ValueError for a method that goes on from what it may not."""
        if proposal.resumes is None:
            return
        number = proposal.resumes
        visible = number in range(len(self.trials)) and self.trials[number].state.is_final
        if not visible or key_of(self.trials[number]) != key_of(proposal.program):
            raise ValueError(f"trial {number} cannot be resumed: it is no visible trial of that")
        if dict(self.trials[number].fidelity) == dict(proposal.fidelity):
            raise ValueError(f"trial {number} had that fidelity already")


def _exactly(key: str, fidelity: Mapping[str, float]) -> str:
    return f"{key}{sorted(fidelity.items())}"
