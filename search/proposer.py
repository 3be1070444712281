"""Which program is trial n: asked of the method, from exactly the trials 0 to n - lag.

Comes in: a space, a method, a seed, the trials so far. Goes out: the next trial. May be assumed:
the answer depends on these alone, not on who evaluated what, how fast, or how often the study was
stopped.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..compiler.spaces.drawn import DrawnProgram
from ..compiler.spaces.random import Random
from ..compiler.spaces.space import Space
from ..compiler.spaces.trace import Trace
from ..grammar import ast
from ..grammar.print import print_program
from ..grammar.span import NOWHERE
from .errors import SearchError
from .method import Exhausted, History, Method, Proposal
from .trial import Trial, trace_text

MOST_ASKS = 2_000
MOST_REPEATS = 300


class Proposer:
    """Holds what was proposed. `trials` is the study's list, which grows as trials are added."""

    def __init__(
        self, space: Space, method: Method, seed: int, lag: int, trials: Sequence[Trial]
    ) -> None:
        self.method = method
        self.seed = seed
        self.lag = lag
        self.trials = trials
        self.history = History(space, trials)
        self._first: dict[str, int] = {}
        self._traces: dict[str, Trial] = {}
        self._noted = 0
        self._repeated = 0
        self._catch_up()

    @property
    def is_ready(self) -> bool:
        """Whether all trials that the next one is proposed from have finished."""
        wanted = self.trials[len(self.history.trials) : self._visible()]
        return all(trial.state.is_final for trial in wanted)

    def _visible(self) -> int:
        """How many trials the next one may know."""
        return max(0, len(self.trials) - self.lag + 1)

    def propose(self) -> Trial:
        """The next trial. Raises Exhausted where nothing new is left."""
        self._catch_up()
        if self._repeated >= MOST_REPEATS:
            raise Exhausted
        for trial in self.trials[len(self.history.trials) : self._visible()]:
            self.method.tell(trial)
            self.history.add(trial)
        for attempt in range(MOST_ASKS):
            new = self._ask(attempt)
            if new is not None:
                return new
        raise Exhausted

    def _catch_up(self) -> None:
        """Notes what was proposed since the last time."""
        for trial in self.trials[self._noted :]:
            self._first.setdefault(trial.identity, trial.number)
            self._traces.setdefault(_trace_key(trial.trace, trial.fidelity), trial)
            self._repeated = 0 if trial.replay_of is None else self._repeated + 1
        self._noted = len(self.trials)

    def _ask(self, attempt: int) -> Trial | None:
        number = len(self.trials)
        random = Random(self.seed, number, attempt)
        try:
            proposal = self.method.ask(self.history, random)
        except ValueError as error:
            raise SearchError(f"the method cannot search this space: {error}") from error
        key = _trace_key(proposal.program.trace, proposal.fidelity)
        same = self._traces.get(key)
        if same is not None and not self.method.repeats:
            return None
        trial = (
            _trial(number, proposal, self.seed) if same is None else _again(number, proposal, same)
        )
        trial = replace(trial, replay_of=self._first.get(trial.identity))
        return None if trial.replay_of is not None and not self.method.repeats else trial


def _trial(number: int, proposal: Proposal, seed: int) -> Trial:
    program = proposal.program
    return Trial(
        number=number,
        text=program.text,
        hash=program.hash,
        identity=identity_of(program, proposal.fidelity),
        trace=program.trace,
        parents=proposal.parents,
        seed=seed,
        fidelity=proposal.fidelity,
    )


def _again(number: int, proposal: Proposal, same: Trial) -> Trial:
    """The trial of a trace that was proposed before: nothing need be expanded."""
    return Trial(
        number=number,
        text=same.text,
        hash=same.hash,
        identity=same.identity,
        trace=same.trace,
        parents=proposal.parents,
        seed=same.seed,
        fidelity=proposal.fidelity,
    )


def _trace_key(trace: Trace, fidelity: Mapping[str, float]) -> str:
    return f"{trace_text(trace)}{sorted(fidelity.items())}"


def identity_of(program: DrawnProgram, fidelity: Mapping[str, float]) -> str:
    """What an evaluation depends on: the graph, the settings of its training, the fidelity."""
    blocks = tuple(item for item in program.tree.declarations if isinstance(item, ast.Settings))
    training = print_program(ast.Program(blocks, span=NOWHERE))
    whole = "\n".join((program.hash, training, str(sorted(fidelity.items()))))
    return hashlib.sha256(whole.encode()).hexdigest()
