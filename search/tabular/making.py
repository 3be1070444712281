"""Making a table: every program of a space, trained with every seed.

Comes in: a space, an evaluation that reports a curve, seeds. Goes out: a `Table`. A journal beside
it holds what is done, so that making goes on after whatever stopped it, and loses the trainings
that were under way alone.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...compiler.spaces.drawn import DrawnProgram
from ...compiler.spaces.space import Space
from ..errors import SearchError
from ..executor import Evaluate, Executor, Outcome, Task
from ..executors.inline import InlineExecutor
from ..executors.local import LocalExecutor
from ..trial import State, trace_from, trace_pairs
from .evaluator import head_of, key_of
from .journal import Journal
from .table import Entry, Table

Seen = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Making:
    """What a table is made with. `facts` are what the table tells of itself: data, versions.

    `most` bounds the number of programs; `jobs` are worker processes, 0 trains in this one.
    """

    seeds: Sequence[int] = (0, 1, 2)
    jobs: int = 1
    most: int = 100_000
    facts: Mapping[str, Any] | None = None
    preload: Sequence[str] = ()


def make(
    space: Space, evaluate: Evaluate, making: Making, journal: Path, seen: Seen | None = None
) -> Table:
    """The whole table. `seen` is called with how many trainings are done, and how many there are.

    Raises SearchError for a space without an end or larger than `most`, a journal of something
    else, or an evaluation that fails.
    """
    if space.size > making.most:
        raise SearchError(
            f"the space has {space.size:,} programs, and a table holds at most {making.most:,}",
            "make the space smaller; numbers from a real range need a step",
        )
    head = {
        **head_of(space),
        "seeds": list(making.seeds),
        "facts": dict(making.facts or {}),
    }
    book = Journal(journal, head)
    try:
        programs = distinct(space)
        done = {(line["key"], line["seed"]): line for line in book.records}
        total = len(programs) * len(making.seeds)
        wanted = _wanted(programs, making.seeds, set(done))
        executor = _executor(evaluate, making)
        try:
            for line in _trained(executor, wanted):
                book.add(line)
                done[line["key"], line["seed"]] = line
                if seen is not None:
                    seen(len(done), total)
        finally:
            executor.close()
    finally:
        book.close()
    return Table.of(head, [_entry(key, programs[key], making.seeds, done) for key in programs])


def _executor(evaluate: Evaluate, making: Making) -> Executor:
    if making.jobs == 0:
        return InlineExecutor(evaluate)
    return LocalExecutor(evaluate, making.jobs, preload=making.preload)


def distinct(space: Space) -> dict[str, DrawnProgram]:
    """The first program of each kind: equal graphs with equal choices of training are one."""
    programs: dict[str, DrawnProgram] = {}
    for program in space.enumerate():
        programs.setdefault(key_of(program, space.name), program)
    return programs


def rekeyed(table: Table, space: Space) -> Table:
    """The table with the hashes that programs have now: they change with the hash's version."""
    traces = (trace_from(text) for text in table.traces)
    keys = (key_of(space.from_trace(trace), space.name) for trace in traces)
    return replace(table, keys=tuple(keys))


def _wanted(
    programs: Mapping[str, DrawnProgram], seeds: Sequence[int], done: set[tuple[str, int]]
) -> Iterator[tuple[str, int, DrawnProgram]]:
    for key, program in programs.items():
        for seed in seeds:
            if (key, seed) not in done:
                yield key, seed, program


def _trained(
    executor: Executor, wanted: Iterator[tuple[str, int, DrawnProgram]]
) -> Iterator[dict[str, Any]]:
    """A record for each training, in the order in which they end."""
    running: dict[int, tuple[str, int]] = {}
    number = 0
    with tempfile.TemporaryDirectory(prefix="archc-table-") as folder:
        while True:
            while executor.free > 0 and (one := next(wanted, None)) is not None:
                key, seed, program = one
                running[number] = key, seed
                executor.start(Task(number, 1, program, seed, {}, Path(folder, str(number))))
                number += 1
            if not executor.busy:
                return
            for outcome in executor.wait():
                yield _record(*running.pop(outcome.number), outcome)


def _record(key: str, seed: int, outcome: Outcome) -> dict[str, Any]:
    if outcome.state is not State.DONE:
        raise SearchError(
            f"a training of the program {key} with seed {seed} ended as {outcome.state}: "
            f"{outcome.error.strip()}",
            "what was trained so far is kept; go on when the cause is mended",
        )
    curves: dict[str, list[float | None]] = {}
    for _, name, value in outcome.reports:
        curves.setdefault(name, []).append(value)
    return {"key": key, "seed": seed, "curves": curves, "scores": dict(outcome.scores)}


def _entry(
    key: str,
    program: DrawnProgram,
    seeds: Sequence[int],
    done: Mapping[tuple[str, int], Mapping[str, Any]],
) -> Entry:
    lines = [done[key, seed] for seed in seeds]
    flops = program.flops
    return Entry(
        key=key,
        trace=trace_pairs(program.trace),
        params=program.params,
        flops=flops if isinstance(flops, int) else 0,
        curves=[line["curves"] for line in lines],
        scores=[line["scores"] for line in lines],
    )
