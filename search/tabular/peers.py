"""Search methods of other systems, asked in environments of their own.

Comes in: a space of a table, what was tried. Goes out: proposals. A peer's process is started once
and serves all searches of this one; it ends when its input does. May be assumed: a search is run
from its beginning to its end. A peer's random numbers cannot be keyed by the trial, so it is no
method for studies, which go on after they were stopped.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from weakref import WeakKeyDictionary

from ...compiler.spaces.drawn import DrawnProgram
from ...compiler.spaces.random import Random
from ...compiler.spaces.space import Space
from ..errors import SearchError
from ..method import ANY_CHOICE, History, Method, Proposal
from ..trial import State
from .evaluator import EPOCHS
from .table import HOME

FOLDER = "ARCHC_PEERS"
INSTALLED = HOME.parents[1] / "build" / "peers"
"""Where `benchmarks/sampling/peers.py` puts environments."""
MOST_LISTED = 20_000
Choices = Mapping[str, Sequence[Any]]

_searches = count()
_choices: WeakKeyDictionary[Space, Choices] = WeakKeyDictionary()


@dataclass
class Neps(Method):
    """NePS's `algorithm`, with its own defaults. Without one it is what NePS takes for a space
    without fidelities. `most` is how many epochs a whole training has, for those that measure them
    out. As for Optuna, whole numbers without gaps are a range there, any other choice a category.
    What a program does not choose, such as the width of a layer that it has not, is chosen all the
    same. A program that comes again takes over its score, and NePS is told of it again.
    """

    algorithm: str = "bayesian_optimization"
    most: int = 1
    seconds: float = field(default=0.0, init=False, compare=False)
    """Of the peer's processor, so far."""
    _search: int | None = field(default=None, init=False, repr=False, compare=False)
    _ids: list[str] = field(default_factory=list, init=False, repr=False, compare=False)
    _told: int = field(default=0, init=False, repr=False, compare=False)

    repeats = True
    manipulates = ANY_CHOICE
    mechanism = "another system"
    needs = ("a space whose programs can be listed",)

    def within(self, whole: Mapping[str, float]) -> Method:
        return replace(self, most=int(whole.get(EPOCHS, self.most)))

    def ask(self, history: History, random: Random) -> Proposal:
        choices = choices_of(history.space)
        if self._search is None:
            self._search = next(_searches)
            said = [_said(values) for values in choices.values()]
            seed = random.bits() % 2**31
            self._do("open", algorithm=self.algorithm, seed=seed, choices=said, most=self.most)
        for trial in history.trials[self._told :]:
            loss = -trial.merits[0] if trial.state is State.DONE else None
            self._do("tell", trial=self._ids[trial.number], loss=loss)
        self._told = len(history.trials)
        answer = self._do("ask")
        before = answer["previous"]
        resumes = None if before is None else self._ids.index(before)
        self._ids.append(answer["trial"])
        config = answer["config"]
        return Proposal(
            _program(history.space, choices, config),
            () if resumes is None else (resumes,),
            {EPOCHS: config[EPOCHS]} if EPOCHS in config else {},
            resumes,
        )

    def _do(self, what: str, **rest: Any) -> dict[str, Any]:
        answer = _process("neps").answer({"do": what, "search": self._search, **rest})
        self.seconds += answer["seconds"]
        return answer


PEERS: Mapping[str, type[Neps]] = {"neps": Neps}


# --- programs as flat settings --------------------------------------------------------------------


def choices_of(space: Space) -> Choices:
    """Every choice that not all programs make alike, with its values, in the order of the space.
    Raises ValueError for a space that cannot be listed.
    """
    if space not in _choices:
        listed = list(islice(space.enumerate(), MOST_LISTED + 1))
        if len(listed) > MOST_LISTED:
            raise ValueError(f"it has more than {MOST_LISTED:,} programs")
        found: dict[str, list[Any]] = {}
        for program in listed:
            for decision in program.trace:
                values = found.setdefault(decision.name, [])
                if decision.value not in values:
                    values.append(decision.value)
        _choices[space] = {name: values for name, values in found.items() if len(values) > 1}
    return _choices[space]


def _said(values: Sequence[Any]) -> int | list[int]:
    """How many categories, or the ends of a range of places."""
    whole = all(type(value) is int for value in values)
    without_gaps = whole and list(values) == list(range(values[0], values[0] + len(values)))
    return [0, len(values) - 1] if without_gaps else len(values)


def _program(space: Space, choices: Choices, config: Mapping[str, int]) -> DrawnProgram:
    """Raises ValueError where choices strike out one another's options: flat settings do not."""
    numbers = {name: config[f"c{place}"] for place, name in enumerate(choices)}
    state = space.begin()
    while not state.done:
        site, options = state.site, state.options()
        assert site is not None and isinstance(options, list)
        value = options[0]
        if site in choices:
            value = choices[site][numbers[site]]
        if value not in options:
            raise ValueError(f"{site} may not be {value} for some of the other choices")
        state = state.choose(value)
    return state.program


# --- processes ------------------------------------------------------------------------------------


class Process:
    """A peer that answers a line of JSON with one."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._errors = TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Raises SearchError where the peer cannot do it, or is no longer there."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise SearchError(f"the process of {self.name} has ended: {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise SearchError(f"{self.name} cannot go on: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1] if lines else f"it returned {self._process.returncode}"

    def close(self) -> None:
        """Ends it and waits until it has."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait()
        self._errors.close()


def command_of(name: str) -> list[str]:
    """What starts a peer. Raises SearchError where it is not installed."""
    folder = Path(os.environ.get(FOLDER) or INSTALLED)
    python, script = folder / name / "bin" / "python", HOME / f"peer_{name}.py"
    if not python.exists() or not script.exists():
        raise SearchError(
            f"{name} has no environment of its own in {folder}",
            f"in a checkout, python benchmarks/sampling/peers.py makes it; {FOLDER} names another "
            "folder",
        )
    return [str(python), "-I", str(script)]  # nothing of this environment belongs into that one


@cache
def _process(name: str) -> Process:
    return Process(name, command_of(name))
