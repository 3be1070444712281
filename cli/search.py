"""`archc search`: tries the programs of a space, and keeps what came of each.

Comes in: a file with open choices, a method, a budget, a store. Goes out: a study in the store; the
best program on stdout, progress on stderr.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..compiler.check import Checked, check_file
from ..lazy import lazy_module
from .options import (
    Settings,
    device_option,
    json_option,
    network_option,
    print_json,
    print_reports,
    set_option,
)

if TYPE_CHECKING:
    from ..compiler import program as programs
    from ..compiler import settings as settings_of_blocks
    from ..compiler.spaces import space as spaces
    from ..runtime import fitness
    from ..runtime import plan as plans
    from ..search import declared as declaring
    from ..search import errors, registry, searching, summary
    from ..search.trial import Trial
else:
    fitness = lazy_module("..runtime.fitness", __package__)
    spaces = lazy_module("..compiler.spaces.space", __package__)
    programs = lazy_module("..compiler.program", __package__)
    declaring = lazy_module("..search.declared", __package__)
    errors = lazy_module("..search.errors", __package__)
    plans = lazy_module("..runtime.plan", __package__)
    registry = lazy_module("..search.registry", __package__)
    searching = lazy_module("..search.searching", __package__)
    settings_of_blocks = lazy_module("..compiler.settings", __package__)
    summary = lazy_module("..search.summary", __package__)

DEFAULT_METHOD = "regularized_evolution"
DEFAULT_SETTINGS = {"population": 20, "tournament": 5}
DEFAULT_TRIALS = 100
LAG = 8
SEARCH = "search."


@click.command(short_help="Search the programs of a space.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@network_option
@click.option("--method", metavar="M", help="The search method; the file's if not given.")
@click.option("--trials", metavar="N", type=click.IntRange(1), help="How many trials in all.")
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many trials at once, each in a process of its own.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0, min_open=True),
    help="How long a trial may take.",
)
@click.option("--seed", metavar="S", type=int, default=0, show_default=True, help="The seed.")
@click.option(
    "--study",
    "store",
    metavar="PATH",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that keeps the study; <file>.study.db if not given.",
)
@click.option("--resume", is_flag=True, help="Go on with a study that was begun.")
@set_option
@device_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    file: Path,
    network: str | None,
    method: str | None,
    trials: int | None,
    jobs: int,
    timeout: float | None,
    seed: int,
    store: Path | None,
    resume: bool,
    settings: Settings,
    device: str,
    as_json: bool,
) -> None:
    """Search the space in FILE as its `search` block says, training each program as its `train`
    block says. `--set search.method.population=32` sets what the block would.

    Every trial is kept in the study, so a search that was stopped, by whatever, goes on with
    --resume as if it had not been.
    """
    checked = check_file(file)
    reports = (*checked.reports, *plans.check_settings(checked))
    if reports:
        print_reports(reports)
    if any(report.is_error for report in reports):
        context.exit(1)
    path = store or Path(f"{file.stem}.study.db")
    if path.exists() and not resume:
        raise click.UsageError(f"{path} exists already: go on with --resume, or name another")
    with told(context):
        chosen, made = _chosen(checked, file, network, method, settings)
        values, training = settings_of_blocks.split_overrides(_others(settings))
        source = programs.Program(checked.program, str(file), file.parent.resolve())
        space = spaces.Space(source, network, values)
        evaluate = fitness.Fitness(
            space.name, training, space.process.axes, file.parent.resolve(), device
        )
        evaluate.plan(space.sample())
        search = searching.Search(
            trials=trials or chosen.trials or DEFAULT_TRIALS,
            seconds=chosen.seconds,
            timeout=timeout,
            jobs=jobs,
            seed=seed,
            lag=max(jobs, LAG),
            goal=chosen.goal or searching.goal(None, None, "loss"),
            store=path,
            evaluator=f"train {sorted(training.items())}",
            preload=(fitness.Fitness.__module__,),
        )
        seen = _Seen(search.trials, search.goal.objectives[0].maximize)
        try:
            study = searching.run(space, made, evaluate, search, seen, _said)
        except KeyboardInterrupt:
            click.echo(f"stopped; {path} has every trial: go on with --resume", err=True)
            raise
    _answer(summary.of_study(study, path), as_json)


def _chosen(
    checked: Checked, file: Path, network: str | None, method: str | None, settings: Settings
) -> "tuple[declaring.Declared, Any]":
    """What the block and the command line say together, and the method."""
    name = network or next(iter(checked.networks), "")
    prefix = "search."
    overrides = {key.removeprefix(prefix): text for key, text in settings if key.startswith(prefix)}
    if method is not None:
        overrides = {"method": method} | overrides
    found = declaring.declared_search(checked, name, overrides)
    if found.method is None:
        found.method, found.method_settings = DEFAULT_METHOD, dict(DEFAULT_SETTINGS)
        click.echo(f"not set, so method = {DEFAULT_METHOD}(population=20, tournament=5)", err=True)
    if not found.objectives:
        click.echo("not set, so minimize = loss", err=True)
    if found.trials is None:
        click.echo(f"not set, so budget = trials({DEFAULT_TRIALS})", err=True)
    return found, registry.make_method(found.method, found.method_settings)


def _others(settings: Settings) -> Settings:
    """What is set of the network and its training."""
    return tuple(item for item in settings if not item[0].startswith(SEARCH))


@contextmanager
def told(context: click.Context) -> Iterator[None]:
    """Says what is wrong with a study or its file, to people."""
    try:
        yield
    except errors.SearchError as error:
        click.echo(f"error: {error.message}", err=True)
        if error.help:
            click.echo(f"help: {error.help}", err=True)
        context.exit(1 if type(error).__name__ == "DeclarationError" else 2)


class _Seen:
    """A line for each trial that has finished."""

    def __init__(self, trials: int, maximize: bool) -> None:
        self.trials = trials
        self.sign = 1 if maximize else -1
        self.best: float | None = None

    def __call__(self, trial: "Trial") -> None:
        better = trial.merit is not None and (self.best is None or trial.merit > self.best)
        if better:
            self.best = trial.merit
        score = "" if trial.merit is None else f" {self.sign * trial.merit:.4g}"
        again = "" if trial.replay_of is None else f" (the program of trial {trial.replay_of})"
        mark = ", the best so far" if better else ""
        click.echo(
            f"trial {trial.number + 1}/{self.trials}: {trial.state}{score}{again}{mark}", err=True
        )


def _said(text: str) -> None:
    click.echo(text, err=True)


def _answer(found: "summary.Summary", as_json: bool) -> None:
    if as_json:
        print_json(found.to_json(), indent=None)
        return
    best = found.best
    if best is None:
        click.echo("no trial came to a score; see `archc study show`", err=True)
    else:
        click.echo(best.text, nl=False)
    click.echo(found.line(), err=True)
