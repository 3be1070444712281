"""`archc sample`: valid programs drawn from a space.

Comes in: a file, a seed, how many. Goes out: programs, each as soon as it is drawn. The program at
an index depends on the seed and the index alone: `--start` resumes, and `--jobs` changes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiler.spaces.drawn import DrawnProgram
from ..compiler.spaces.limit import SpaceLimit
from ..compiler.spaces.space import MOST_MISSES, Space
from ..lazy import lazy_module
from .options import Settings, network_option, set_option
from .spaces import DrawLimit, open_space, within_limits
from .writing import Writer, program_options

if TYPE_CHECKING:
    from . import parallel
else:
    parallel = lazy_module(".parallel", __package__)


@click.command(short_help="Draw valid programs from a space.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@network_option
@set_option
@click.option("-k", "--count", type=click.IntRange(min=0), default=1, help="How many programs.")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds, equal programs.")
@click.option("--start", type=click.IntRange(min=0), default=0, help="The index to begin at.")
@click.option("--uniform", is_flag=True, help="Every program equally likely.")
@click.option("--conditioned", is_flag=True, help="By the product of weights given validity.")
@click.option("--unique", is_flag=True, help="Leave out programs with a graph drawn before.")
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Worker processes."
)
@program_options
@within_limits
def command(
    file: Path,
    network: str | None,
    settings: Settings,
    count: int,
    seed: int,
    start: int,
    uniform: bool,
    conditioned: bool,
    unique: bool,
    jobs: int,
    writer: Writer,
) -> None:
    """Draw valid programs from the space in FILE.

    Choices are drawn in program order, each by the weights of the options that are still legal.
    """
    if uniform and conditioned:
        raise click.UsageError("give --uniform or --conditioned, not both")
    if unique and (jobs > 1 or start):
        raise click.UsageError("--unique looks at all programs before: no --jobs and no --start")
    task = Task(file, network, settings, seed, uniform, conditioned)
    if not unique and writer.form != "json":
        _stream(task, range(start, start + count), jobs, writer)
        return
    found = writer.write_all(task.draw(task.open(), start, count, unique=unique), start)
    if found < count:
        click.echo(_no_more(found), err=True)


def _no_more(found: int) -> str:
    told = "1 program was" if found == 1 else f"{found:,} programs were"
    return f"{told} found, each with another graph; {MOST_MISSES:,} draws more brought no new one"


@dataclass(frozen=True, slots=True)
class Task:
    """What is drawn, as workers are told."""

    file: Path
    network: str | None
    settings: Settings
    seed: int
    uniform: bool
    conditioned: bool

    def open(self) -> Space:
        return open_space(self.file, self.network, self.settings)

    def draw(self, space: Space, start: int, count: int, *, unique: bool) -> Iterator[DrawnProgram]:
        """The programs from an index on. Raises DrawLimit at one that is out of reach."""
        number = start
        try:
            for program in self.samples(space, start, count, unique=unique):
                yield program
                number += 1
        except SpaceLimit as limit:
            raise self.out_of_reach(limit, None if unique else number) from None

    def samples(
        self, space: Space, start: int, count: int, *, unique: bool = False
    ) -> Iterator[DrawnProgram]:
        """As `draw`. Raises SpaceLimit at one that is out of reach."""
        return space.samples(
            count,
            self.seed,
            start=start,
            unique=unique,
            uniform=self.uniform,
            conditioned=self.conditioned,
        )

    def out_of_reach(self, limit: SpaceLimit, number: int | None) -> DrawLimit:
        """How it is told that a program is out of reach."""
        return DrawLimit(self._advice(limit, number), 1)

    def _advice(self, limit: SpaceLimit, number: int | None) -> str:
        """What to do where a program is out of reach: the space holds some, or it were not open."""
        which = "the next program" if number is None else f"program {number}"
        told = f"{which} is out of reach: {limit}. The space holds valid programs, but"
        if self.uniform or self.conditioned:
            way = "--uniform" if self.uniform else "--conditioned"
            return f"{told} `{way}` has to know all of them: draw without it, or narrow the choices"
        on = f"`--start {number + 1}` goes on" if number is not None else "another `--seed` may do"
        return (
            f"{told} what was chosen first for this one hardly ever fits what comes after: {on}; "
            "narrower choices or a lower `limit recursion` make draws cheaper"
        )


# --- one by one -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begin:
    """How a worker begins: with a space of its own."""

    task: Task
    writer: Writer

    def __call__(self) -> Callable[[int], str]:
        space, writer, task = self.task.open(), self.writer, self.task
        goes_on = writer.form == "jsonl" and writer.folder is None
        goes_on = goes_on and not (task.uniform or task.conditioned)

        def make(number: int) -> str:
            try:
                (program,) = task.samples(space, number, 1)
            except SpaceLimit as limit:
                if not goes_on:
                    raise task.out_of_reach(limit, number) from None
                return writer.left_out(number, f"program {number} is out of reach: {limit}")
            return writer.written(number, program)

        return make


def _stream(task: Task, numbers: range, jobs: int, writer: Writer) -> None:
    """One program after another. A line stands for each, so that one which is out of reach ends no
    stream of lines.
    """
    begin = Begin(task, writer)
    if jobs > 1:
        _in_parallel(begin, numbers, jobs)
        return
    make = begin()
    for number in numbers:
        writer.put(make(number), number)


def _in_parallel(begin: Begin, numbers: range, jobs: int) -> None:
    """Files are written by the workers, and what is to be printed comes in order."""
    begin.task.open()  # an error of the program is told once
    try:
        with closing(parallel.in_order(begin, numbers, jobs)) as stream:
            for number, text in stream:
                begin.writer.put(text, number)
    except parallel.WorkerEnded as ended:
        raise click.ClickException(
            f"{ended.reason} before it gave program {ended.number}; perhaps there is not enough "
            f"memory for {jobs} workers. Use fewer `--jobs`: `--start {ended.number}` goes on"
        ) from None
