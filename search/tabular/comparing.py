"""Methods compared at equal budget on a table.

Comes in: a table, methods as text, a number of seeds, a budget in epochs. Goes out: what each did
with each seed, and again with rewards that tell nothing. A journal keeps every search as soon as it
is over, so that a long comparison goes on after whatever stopped it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ...compiler.program import Program
from ...compiler.spaces.space import Space
from ...grammar.parse import parse
from ..method import Method
from ..registry import fresh
from .journal import Journal
from .methods import method_of
from .peers import Neps
from .running import Answers, Step, run
from .table import Table, read

Seen = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Comparing:
    """`budget` is in epochs, `lag` the study's: 1 is one trial after another, None an asynchronous
    study. `workers` are virtual, at most as many as the lag. `controls` runs each
    method once more for each seed, with shuffled rewards. `rivals` are what methods are tested
    against; those that are no methods themselves have no control. Searches have the seeds from
    `first` on: settings are chosen with other seeds than those that are reported.
    """

    methods: tuple[str, ...]
    rivals: tuple[str, ...] = ()
    seeds: int = 20
    first: int = 0
    budget: int = 2700
    lag: int | None = 1
    workers: int = 1
    controls: bool = True
    jobs: int = 1

    def __post_init__(self) -> None:
        if self.lag is not None and self.workers > self.lag:
            raise ValueError(f"a lag of {self.lag} keeps no {self.workers} workers busy")

    def units(self) -> Iterator["Unit"]:
        """Every search, seed by seed, so that what is half done compares all methods."""
        for seed in self.seeded:
            for method in self.names:
                yield Unit(method, seed, False)
                if self.controls and method in self.methods:
                    yield Unit(method, seed, True)

    @property
    def seeded(self) -> range:
        return range(self.first, self.first + self.seeds)

    @property
    def names(self) -> tuple[str, ...]:
        """Methods and rivals, each once."""
        return tuple(dict.fromkeys((*self.methods, *self.rivals)))


@dataclass(frozen=True, slots=True)
class Unit:
    """One search of one method."""

    method: str
    seed: int
    shuffled: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What came of one: its trainings, and the processor's seconds that the method took."""

    unit: Unit
    steps: tuple[Step, ...]
    cost: float

    @property
    def seconds(self) -> float:
        """What its trainings took when they were recorded."""
        return self.steps[-1].seconds if self.steps else 0.0

    @property
    def clock(self) -> float:
        """When the last of them was over."""
        return self.steps[-1].clock if self.steps else 0.0


def compare(
    path: Path, comparing: Comparing, journal: Path, seen: Seen | None = None
) -> list[Search]:
    """All searches. Raises SearchError for a method that cannot search the table's space, a journal
    of another comparison.
    """
    table = read(path)
    for text in comparing.names:
        method_of(table, text)
    head = {"table": table.checksum, "budget": comparing.budget, "lag": comparing.lag}
    if comparing.workers > 1:
        head["workers"] = comparing.workers
    book = Journal(journal, head)
    units = list(comparing.units())
    try:
        done = dict(map(_search_from, book.records))
        wanted = [unit for unit in units if unit not in done]
        for search in _searched(path, wanted, comparing):
            book.add(_record(search))
            done[search.unit] = search
            if seen is not None:
                seen(sum(unit in done for unit in units), len(units))
    finally:
        book.close()
    return [done[unit] for unit in units]


def _searched(path: Path, units: Sequence[Unit], comparing: Comparing) -> Iterator[Search]:
    given = str(path), comparing.budget, comparing.lag, comparing.workers
    if comparing.jobs == 1:
        for unit in units:
            yield searched(*given, unit)
        return
    rest = iter(units)
    with ProcessPoolExecutor(comparing.jobs, mp_context=get_context("forkserver")) as pool:
        first = islice(rest, 2 * comparing.jobs)
        open_ = {pool.submit(searched, *given, unit) for unit in first}
        while open_:
            ended, open_ = wait(open_, return_when=FIRST_COMPLETED)
            for future in ended:
                for unit in islice(rest, 1):
                    open_.add(pool.submit(searched, *given, unit))
                yield future.result()


def searched(path: str, budget: int, lag: int | None, workers: int, unit: Unit) -> Search:
    """One search, in whatever process."""
    table, space = opened(path)
    begun = time.process_time()
    answers = Answers(table, space, unit.seed, unit.shuffled)
    method = fresh(_method(path, unit.method))
    steps = run(method, answers, budget, seed=unit.seed, lag=lag, workers=workers)
    elsewhere = method.seconds if isinstance(method, Neps) else 0.0
    return Search(unit, tuple(steps), time.process_time() - begun + elsewhere)


@lru_cache(maxsize=1)
def opened(path: str) -> tuple[Table, Space]:
    """A table, and the space it is of; a process opens it once."""
    table = read(Path(path))
    return table, space_of(table)


@lru_cache(maxsize=64)
def _method(path: str, text: str) -> Method:
    return method_of(opened(path)[0], text)


def space_of(table: Table) -> Space:
    """The space that a table holds all programs of."""
    source = Program(parse(table.head["space"]).program, "<the table's space>")
    return Space(source, table.head["network"], table.head.get("values"))


def _record(search: Search) -> dict[str, Any]:
    steps = [_numbers(step) for step in search.steps]
    return {**asdict(search.unit), "steps": steps, "cost": round(search.cost, 4)}


def _numbers(step: Step) -> list[float]:
    """The clock only where it says something else than the seconds."""
    found = [step.row, step.epochs, step.spent, round(step.seconds, 4), step.loss]
    return found if step.clock == step.seconds else [*found, round(step.clock, 4)]


def _step(values: Sequence[Any]) -> Step:
    row, epochs, spent, seconds, loss, *clock = values
    return Step(row, epochs, spent, seconds, loss, *(clock or [seconds]))


def _search_from(record: Mapping[str, Any]) -> tuple[Unit, Search]:
    unit = Unit(record["method"], record["seed"], record["shuffled"])
    return unit, Search(unit, tuple(_step(step) for step in record["steps"]), record["cost"])
