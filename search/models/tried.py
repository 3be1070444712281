"""The programs that a study has tried, told apart by what they compute and how they are trained.

Comes in: a history, again and again as it grows. Goes out: its programs, and whether another is one
of them. May be assumed: what is kept here follows from the history alone.
"""

from itertools import islice

from ...compiler.spaces.drawn import DrawnProgram
from ...compiler.spaces.random import Random
from ...compiler.spaces.space import Space
from ...grammar import ast
from ...grammar.print import print_program
from ...grammar.span import NOWHERE
from ..candidate import Candidate
from ..method import Exhausted, History
from ..trial import Trial

MOST_DRAWS = 100
MOST_LISTED = 20_000


class Tried:
    """`program in tried` compares graphs by their canonical hash, so that isomorphic ones are the
    same, and where graphs are equal the `train` blocks.
    """

    def __init__(self) -> None:
        self._read = 0
        self._programs: dict[int, Candidate] = {}
        self._decisions: set[tuple[object, ...]] = set()
        self._graphs: dict[str, list[Candidate]] = {}

    def read(self, history: History) -> None:
        """Takes in what was proposed since the last time."""
        for trial in history.proposed[self._read :]:
            program = self.complete(history, trial)
            self._decisions.add(_decisions(program))
            self._graphs.setdefault(trial.hash, []).append(program)
        self._read = len(history.proposed)

    def program(self, history: History, trial: Trial) -> DrawnProgram:
        """The program of a trial. Raises ValueError for one that was grown."""
        found = self.complete(history, trial)
        return found if isinstance(found, DrawnProgram) else history.program(trial)

    def complete(self, history: History, trial: Trial) -> Candidate:
        """The program of a trial, drawn or grown."""
        if trial.number not in self._programs:
            self._programs[trial.number] = history.complete(trial)
        return self._programs[trial.number]

    def __contains__(self, program: Candidate) -> bool:
        if self.knows(program):
            return True
        alike = self._graphs.get(program.hash)
        if alike is None:
            return False
        own = _training(program)
        return any(_training(other) == own for other in alike)

    def knows(self, program: Candidate) -> bool:
        """Whether a program with the very same decisions was tried: asked without its graph."""
        return _decisions(program) in self._decisions

    def pending(self, history: History) -> list[DrawnProgram]:
        """The programs that were proposed and of which no trial has finished."""
        finished = {self.program(history, trial).decisions for trial in history.trials}
        programs = (self.program(history, trial) for trial in history.proposed)
        return [program for program in programs if program.decisions not in finished]

    def draw(self, space: Space, random: Random) -> DrawnProgram:
        """A new program: drawn, or where draws bring none, the first of the space. Raises Exhausted
        where there is none, or none among the first 20,000.
        """
        for _ in range(MOST_DRAWS):
            program = space.sample(random.bits())
            if program not in self:
                return program
        try:
            listed = islice(space.enumerate(), MOST_LISTED)
            return next(program for program in listed if program not in self)
        except (StopIteration, ValueError):  # nothing is left; or a real range, which has no list
            raise Exhausted from None


def _decisions(program: Candidate) -> tuple[object, ...]:
    """By what a program is the very same; of a grown one its text."""
    return program.decisions if isinstance(program, DrawnProgram) else (program.text,)


def _training(program: Candidate) -> str:
    """The `train` blocks as the program has them."""
    source = program.space.source.tree if isinstance(program, DrawnProgram) else program.tree
    if not any(isinstance(item, ast.Settings) for item in source.declarations):
        return ""
    blocks = tuple(item for item in program.tree.declarations if isinstance(item, ast.Settings))
    return print_program(ast.Program(blocks, span=NOWHERE))
