"""A space: a network with open choices, and what can be asked of it.

Comes in: a checked program and the name of one of its networks. Goes out: programs drawn, changed,
counted and compared. All randomness is keyed by the seed that is given, so equal seeds give equal
programs on any machine and any number of workers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import index
from typing import Any

from ..expand.alike import Apart
from ..program import Program
from . import edits, encoding, membership, suggesting
from .drawn import DrawnProgram
from .limit import SpaceLimit
from .process import Answer, Process
from .random import Random
from .replay import steps_from
from .state import SpaceState
from .states import Place, first_open
from .trace import Trace, as_trace
from .uses import Uses, counted_uses
from .walk import Step, Walk, trace_of
from .weighted import Weighted
from .weighted_uses import WeightedUses

MOST_MISSES = 10_000
MOST_EXPANSIONS = 200_000
"""Of one question, unless its budget is set."""
MOST_REJECTED = 100_000
MOST_REMEMBERED = 10_000
MOST_STATES = 200_000
"""So many states are remembered between questions, beside those that were counted: of 1 to 4 kB."""


class Space:
    """The programs that a network with open choices stands for.

    Raises ProgramError where there is none. `source` is the program it was read from, and `checked`
    what the checker made of it.
    """

    def __init__(
        self,
        source: Program,
        network: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self.source = source
        self.checked = source.check()
        self.process: Process = self.checked.process(network, values)
        self.process.budget.most = MOST_EXPANSIONS
        self.walk = Walk(self.process)
        self.name = self.process.network.reference.function.name
        self.label = f"<drawn from {self.name}>"
        self._remembered: dict[tuple[Any, ...], dict[str, str]] = {}
        self._counted = 0  # so many states stay, since what was counted stands on them
        self._uncounted = False  # whether counting for uniform draws proved out of reach
        self.process.answer(self.walk.start)

    def __repr__(self) -> str:
        return f"<Space {self.name}>"

    @property
    def budget(self) -> int:
        """How many expansions a question may cost before it ends in SpaceLimit. It can be set."""
        return self.process.budget.most

    @budget.setter
    def budget(self, most: int) -> None:
        if index(most) < 1:
            raise ValueError(f"a budget is at least one expansion, not {most}")
        self.process.budget.most = index(most)
        self._uncounted = False

    # --- drawing

    def sample(
        self, seed: int = 0, *, uniform: bool = False, conditioned: bool = False
    ) -> DrawnProgram:
        """One program: choices in program order, each by the weights of the options still legal.

        `uniform` makes every program equally likely; `conditioned` as likely as the product of its
        weights given that it is valid.
        """
        return self._sample(seed, 0, uniform, conditioned)

    def samples(
        self,
        n: int,
        seed: int = 0,
        *,
        unique: bool = False,
        uniform: bool = False,
        conditioned: bool = False,
        start: int = 0,
    ) -> Iterator[DrawnProgram]:
        """A stream of `n` programs. The program at a place depends on the seed and the place alone,
        so `start` goes on where another stream stopped.

        `unique` leaves out programs whose graph was drawn before, and ends early where 10,000 draws
        in a row bring none that is new.
        """
        n, start = index(n), index(start)
        numbers = range(start, start + n)
        drawn = (self._sample(seed, number, uniform, conditioned) for number in numbers)
        return self._unique(n, seed, uniform, conditioned, start) if unique else drawn

    def _unique(
        self, n: int, seed: int, uniform: bool, conditioned: bool, start: int
    ) -> Iterator[DrawnProgram]:
        seen: set[str] = set()
        number, misses = start, 0
        while len(seen) < n and misses < MOST_MISSES:
            program = self._sample(seed, number, uniform, conditioned)
            number += 1
            misses += 1
            if program.hash not in seen:
                seen.add(program.hash)
                misses = 0
                yield program

    def _sample(self, seed: int, number: int, uniform: bool, conditioned: bool) -> DrawnProgram:
        if uniform and conditioned:
            raise ValueError("a draw is uniform or conditioned, not both")
        random = Random(seed, number)
        self._begin_question()
        if uniform or conditioned:
            way = self._uniformly if uniform else self._conditioned
            steps = self.process.answer(lambda: way(Random(seed, number)))  # asked again, the same
            self._keep_counted()
            return DrawnProgram(self, steps)
        while True:  # as `answer`, without its room: most draws need none
            try:
                return DrawnProgram(self, self.walk.draw(random))
            except Apart:
                continue

    def _begin_question(self) -> None:
        """The whole budget; and room, since a long stream of draws or edits leaves ever more
        states behind.
        """
        if len(self.process.states) > self._counted + MOST_STATES:
            self._forget()
        self.process.budget.begin()

    def _keep_counted(self) -> None:
        """What was counted once is not to be counted again."""
        self._counted = self._counted or len(self.process.states)

    def _forget(self) -> None:
        self._counted = 0
        self.process.forget()
        self.walk.forget()
        for found in ("_uses", "_weighted", "_weighted_uses"):
            self.__dict__.pop(found, None)
        self.__dict__.pop("_relaxed", None)

    @cached_property
    def _uses(self) -> Uses | None:
        """Where blocks use themselves, what counts each use once; None where that cannot be."""
        found = counted_uses(self.process.network, self.process.budget)
        self.process.budget.begin()
        return found

    @cached_property
    def _weighted(self) -> Weighted:
        return Weighted(self.walk)

    def _uniformly(self, random: Random) -> Sequence[Step]:
        """By counting; where the sums of costs are too many to count, from all programs without
        regard to costs until one fulfils what is required. Which of both is found out once, so that
        a draw does not depend on those before it.
        """
        if self._uses is not None:
            return self._at_a_rank(self._uses, random)
        if not self._uncounted:
            try:
                return self.walk.draw_uniformly(random)
            except SpaceLimit:
                if not self.walk.required:
                    raise
                self._uncounted = True
            self.process.budget.begin()
        for _ in range(MOST_REJECTED):
            drawn = self._relaxed.draw_uniformly(random)
            steps, _ = self.steps_of([decision for _, decision in drawn])
            if self.walk.costs.fulfilled(self.walk.total(steps)):
                return steps
        raise SpaceLimit(f"none of {MOST_REJECTED:,} programs fulfils what is required of costs")

    def _at_a_rank(self, uses: Uses, random: Random) -> Sequence[Step]:
        number = uses.count()
        if number == float("inf"):
            raise self.walk.endless()
        return self._steps_at_once(uses.at(random.below(int(number))))

    def _steps_at_once(self, decisions: Sequence[Any]) -> Sequence[Step]:
        """Where decisions of a valid program are made, found out by one expansion."""
        self.process.run(decisions, first_open)
        return self.steps_of(decisions)[0]

    def _conditioned(self, random: Random) -> Sequence[Step]:
        if self._uses is None:
            return self._weighted.draw(random)
        return self._steps_at_once(self._weighted_uses.draw(random))

    @cached_property
    def _weighted_uses(self) -> WeightedUses:
        assert self._uses is not None
        return WeightedUses(self._uses)

    @cached_property
    def _relaxed(self) -> Walk:
        return Walk(self.process, relaxed=True)

    def remembered(self, decisions: tuple[Any, ...]) -> dict[str, str]:
        """The texts that were made of a program (its own, its hash), to be looked up and added to:
        methods propose many a program again, and to expand it anew takes milliseconds.
        """
        if decisions not in self._remembered and len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        return self._remembered.setdefault(decisions, {})

    def _answer(self, question: Callable[[], Answer]) -> Answer:
        """Room and budget for one question."""
        self._begin_question()
        return self.process.answer(question)

    # --- counting

    @cached_property
    def size(self) -> int | float:
        """The number of programs, that is of complete traces; `inf` with a real range.

        Raises SpaceLimit, with the bounds that are proved, where counting is out of reach.
        """
        size = self._answer(self._size)
        self._keep_counted()
        return size

    def _size(self) -> int | float:
        if self._uses is not None:
            return self._uses.count()
        try:
            start = self.walk.start()
            return float("inf") if self.walk.is_endless() else self.walk.count(start)
        except SpaceLimit as limit:
            low, high = self.walk.bounds()
            if low == high:
                return low
            raise SpaceLimit(str(limit), low, high) from None

    def enumerate(self) -> Iterator[DrawnProgram]:
        """Every program, in a fixed order. Raises ValueError at a real range."""
        return self._each(self.walk.enumerate)

    def _each(self, begin: Callable[[], Iterator[Sequence[Step]]]) -> Iterator[DrawnProgram]:
        """Programs as they are asked for, each with room and budget of its own."""
        found: Iterator[Sequence[Step]] | None = None
        passed, era = 0, self.process.parted

        def following() -> Sequence[Step] | None:
            nonlocal found, era
            if found is None or era != self.process.parted:  # what it stood on was forgotten
                found, era = begin(), self.process.parted
                for _ in range(passed):
                    next(found)
                    self.process.budget.begin()
            return next(found, None)

        while True:
            steps = self._answer(following)
            if steps is None:
                return
            passed += 1
            yield DrawnProgram(self, steps)

    # --- single programs

    def from_trace(
        self, trace: Trace | Mapping[str, Any] | Sequence[tuple[str, Any]]
    ) -> DrawnProgram:
        """The program of a trace. Raises ValueError where it is not one of this space, TypeError
        for what is no trace.
        """
        known = as_trace(trace)
        return DrawnProgram(self, self._answer(lambda: steps_from(self.walk, known)))

    def begin(self) -> SpaceState:
        """Deciding choice by choice: `site`, `options()`, `choose(value)`, `done`, `program`."""
        return SpaceState(self, self._answer(self.walk.start), ())

    def contains(self, program: Program | str) -> "membership.Membership":
        """Whether a program is one of this space: true with the first trace that gives it, or false
        with the reason. One without `train` is a bare network, and its settings are not compared.
        """
        return self._answer(lambda: membership.find(self, program))

    def trace_of_decisions(self, decisions: Sequence[Any]) -> Trace | None:
        """The trace of decisions in order; None where a requirement of costs refuses them."""

        def traced() -> Trace | None:
            steps, place = self.steps_of(decisions)
            return trace_of(steps) if self.walk.live(place) else None

        return self._answer(traced)

    def steps_of(self, decisions: Sequence[Any]) -> tuple[list[Step], Place]:
        """Where decisions in order are made, and where they lead."""
        place, steps = self.walk.start(), list[Step]()
        for decision in decisions:
            steps.append((place, decision))
            place = self.walk.step(place, decision)
        return steps, place

    def still(self, place: Place, steps: Sequence[Step]) -> Place:
        """The place that some steps led to, as it is known now: other options may be taken for
        alike than when they were made.
        """
        if place.state.era >= self.process.parted:
            return place
        return self.steps_of([decision for _, decision in steps])[1]

    def own(self, program: Program) -> DrawnProgram:
        """The program as one of this space. Raises ValueError where it is none."""
        if isinstance(program, DrawnProgram) and program.space is self:
            steps = program.steps
            if steps and steps[0][0].state.era < self.process.parted:  # its places tell too little
                decisions = program.decisions
                return DrawnProgram(self, self._answer(lambda: self.steps_of(decisions)[0]))
            return program
        trace = getattr(program, "trace", None)
        if trace is not None:
            return self.from_trace(trace)
        found = self.contains(program)
        if found.trace is None:
            raise ValueError(f"the program is not one of {self.name}: {found.reason}")
        return self.from_trace(found.trace)

    # --- changing

    def mutate(self, program: Program, seed: int = 0) -> DrawnProgram:
        """The program with one choice drawn anew, and the rest as it was where that stays legal.

        Raises ValueError where the space holds no other program.
        """
        return DrawnProgram(
            self,
            self._answer(lambda: edits.mutate(self.walk, self.own(program).steps, Random(seed, 1))),
        )

    def crossover(self, first: Program, second: Program, seed: int = 0) -> DrawnProgram:
        """The first program with choices of the second: a part of the same kind, or single ones."""

        def crossed() -> Sequence[Step]:
            pair = self.own(first).steps, self.own(second).steps
            return edits.crossover(self.walk, *pair, Random(seed, 2))

        return DrawnProgram(self, self._answer(crossed))

    def neighbours(self, program: Program) -> Iterator[DrawnProgram]:
        """Every program that differs in one choice, the rest as it was where that stays legal; a
        choice that opens up takes its first option. Real ranges are left as they are.
        """
        owned = self.own(program)
        return self._each(lambda: edits.neighbours(self.walk, self.own(owned).steps))

    def suggest(self, trial: "suggesting.Trial") -> DrawnProgram:
        """The program that an Optuna trial suggests, choice by choice: so its samplers, pruners and
        dashboards work here. A frozen trial gives its program again.

        Each choice is a parameter over its whole domain, `Net.conv.filters [16 | 32]`; what is not
        legal becomes the next legal option, of a number the nearest.
        """
        return suggesting.suggest(self, trial)

    # --- comparing

    def distance(self, first: Program, second: Program) -> float:
        """How far apart: 1 for each choice that one has alone or that differs, and for numbers of
        one range the part of the range between them.
        """
        return encoding.distance(self.own(first).steps, self.own(second).steps)

    def tokens(self, program: Program) -> list[str]:
        """The decisions as words, `name=value`, in program order."""
        return [f"{item.name}={item.value}" for item in self.own(program).trace]

    @cached_property
    def encoder(self) -> "encoding.Encoder":
        """The fixed vector's layout. Raises SpaceLimit for more than 10,000 sites."""
        return self._answer(lambda: encoding.Encoder(self.walk))

    def encode(self, program: Program) -> list[float]:
        """A vector of fixed length: for each choice of the space the options' indicators, or
        whether it is there and where in its range the number lies.
        """
        return self.encoder.encode(self.own(program).steps)

    def decode_vector(self, vector: Sequence[float]) -> DrawnProgram:
        """The program of a vector: at each choice the legal option that the vector favours."""
        return DrawnProgram(self, self._answer(lambda: self.encoder.decode(vector)))

    @property
    def choices(self) -> dict[str, list[Any]]:
        """The choices by name with their options, as far as they are known."""
        return encoding.choices_known(self.process)
