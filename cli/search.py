"""`archc search`: tries the programs of a space, and keeps what came of each.

Comes in: a file with open choices, a method, a budget, a store. Goes out: a study in the store; the
best program on stdout, progress on stderr.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiler.check import Checked
from ..grammar.diagnostic import ProgramError, Report
from ..lazy import lazy_module
from . import live
from .check import trainable
from .options import (
    Settings,
    device_option,
    json_option,
    network_option,
    print_json,
    set_option,
    trials_at_once_option,
)

if TYPE_CHECKING:
    from .. import studies
    from ..compiler import errors as diagnostics
    from ..compiler import program as programs
    from ..compiler import settings as settings_of_blocks
    from ..compiler.spaces import space as spaces
    from ..runtime import files
    from ..runtime import progress as progresses
    from ..search import declared as declaring
    from ..search import engines, errors, goal, ledger, registry, searching, summary
    from ..search import place as places
    from ..search.method import Method
    from ..search.study import Study
    from ..search.tabular import evaluator
else:
    studies = lazy_module("..studies", __package__)
    diagnostics = lazy_module("..compiler.errors", __package__)
    spaces = lazy_module("..compiler.spaces.space", __package__)
    programs = lazy_module("..compiler.program", __package__)
    declaring = lazy_module("..search.declared", __package__)
    engines = lazy_module("..search.engines", __package__)
    errors = lazy_module("..search.errors", __package__)
    files = lazy_module("..runtime.files", __package__)
    goal = lazy_module("..search.goal", __package__)
    ledger = lazy_module("..search.ledger", __package__)
    places = lazy_module("..search.place", __package__)
    progresses = lazy_module("..runtime.progress", __package__)
    evaluator = lazy_module("..search.tabular.evaluator", __package__)
    registry = lazy_module("..search.registry", __package__)
    searching = lazy_module("..search.searching", __package__)
    settings_of_blocks = lazy_module("..compiler.settings", __package__)
    summary = lazy_module("..search.summary", __package__)

DEFAULT_METHOD = "regularized_evolution"
DEFAULT_SETTINGS = {"population": 20, "tournament": 5}
DEFAULT_TRIALS = 100
LAG = 8
SEARCH = "search."
_EXISTS = "{} exists already: go on with --resume, or name another"


@click.command(short_help="Search the programs of a space.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@network_option
@click.option("--method", metavar="M", help="The search method; the file's if not given.")
@click.option(
    "--table", metavar="TABLE", help="Look up what came of each program instead of training it."
)
@click.option("--trials", metavar="N", type=click.IntRange(1), help="How many trials in all.")
@trials_at_once_option
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
    metavar="PATH|URL",
    help="The file that keeps the study, or a database; <file>.study.db if not given.",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray", "workers"]),
    default="local",
    show_default=True,
    help="Where trials run: here, on a cluster of Ray, or by `archc worker`, wherever that is.",
)
@click.option(
    "--address", metavar="HOST:PORT", help="The cluster of Ray; this machine if not given."
)
@click.option(
    "--files",
    "files_folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where trials keep files; machines that share it go on from one another's checkpoints.",
)
@click.option("--resume", is_flag=True, help="Go on with a study that was begun.")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder for the best program, trained to its end; <file>.best if not given.",
)
@click.option("--final/--no-final", default=True, help="Whether to train the best to its end.")
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
    table: str | None,
    jobs: int,
    timeout: float | None,
    seed: int,
    store: str | None,
    engine: str,
    address: str | None,
    files_folder: Path | None,
    resume: bool,
    output: Path | None,
    final: bool,
    settings: Settings,
    device: str,
    as_json: bool,
) -> None:
    """Search the space in FILE as its `search` block says, training each program as its `train`
    block says. `--set search.method.population=32` sets what the block would.

    Every trial is kept in the study, so a search that was stopped, by whatever, goes on with
    --resume as if it had not been. In the end the best program is trained for all its epochs,
    tested once on the test data, and written with its weights, as ONNX and as source.
    """
    checked = trainable(file)
    path = places.place_of(store or f"{file.stem}.study.db")
    if address is not None and engine != "ray":
        raise click.UsageError("--address is that of a cluster of Ray: give --engine ray too")
    with told(context):
        network = network or declaring.searched(checked)
        found, made = _chosen(checked, network, method, table, settings, trials)
        values, overrides = settings_of_blocks.split_overrides(_others(settings))
        source = programs.Program(checked.program, str(file), file.parent.resolve())
        space = spaces.Space(source, network, values)
        if not resume and summary.is_begun(path, space.name):
            raise click.UsageError(_EXISTS.format(places.shown(path)))
        lag = None if found.asynchronous else found.lag or _lag(path, space.name, jobs)
        rules = studies.Rules(seed, lag, found.early_stop)
        aim = found.goal(goal.Objective("loss", maximize=False))
        wired = _wired(space, aim, rules, overrides, device, found)
        jobs = 0 if found.table and jobs == 1 else jobs  # looking up needs no worker
        limits = {**found.budget, **({} if trials is None else {"trials": trials})}
        search = searching.Search(
            definition=wired.definition,
            budget=ledger.Budget(**(limits or {"trials": DEFAULT_TRIALS})),
            engine=engines.Engine(engine, jobs, address, device, timeout, wired.preload),
            store=path,
            folder=files_folder,
        )
        folder = output or Path(f"{file.stem}.best")
        if final:
            studies.require_own(folder)
        try:
            study = _run(space, made, wired, search)
            done = _finished(study, wired, folder) if final else None
        except KeyboardInterrupt:
            click.echo(
                f"stopped; {places.shown(path)} has every trial: go on with --resume", err=True
            )
            raise
    answer = summary.of_study(study, path)
    _answer(answer, done, as_json)
    if answer.best is None:
        context.exit(1)


def _chosen(
    checked: Checked,
    network: str | None,
    method: str | None,
    table: str | None,
    settings: Settings,
    trials: int | None,
) -> "tuple[declaring.Declared, Method]":
    """What the block and the command line say together, and the method."""
    name = network or next(iter(checked.main), "")
    prefix = "search."
    overrides = {key.removeprefix(prefix): text for key, text in settings if key.startswith(prefix)}
    if method is not None:
        overrides = {"method": method} | overrides
    if table is not None:
        overrides["evaluate"] = f'table("{table}")'
    found = declaring.declared_search(checked, name, overrides)
    if found.method is None:
        found.method, found.method_settings = DEFAULT_METHOD, dict(DEFAULT_SETTINGS)
        click.echo(f"not set, so method = {DEFAULT_METHOD}(population=20, tournament=5)", err=True)
    if not found.objectives:
        click.echo("not set, so minimize = loss", err=True)
    if not found.budget and trials is None:
        click.echo(f"not set, so budget = trials({DEFAULT_TRIALS})", err=True)
    return found, registry.make_method(found.method, found.method_settings)


def _wired(
    space: "spaces.Space",
    aim: "goal.Goal",
    rules: "studies.Rules",
    overrides: dict[str, str],
    device: str,
    found: "declaring.Declared",
) -> "studies.Wired":
    """What evaluates: a table, or training. A number that it does not tell is shown where it
    stands.
    """
    try:
        if found.table:
            return studies.answering(aim, rules, evaluator.table(found.table))
        return studies.training(space, aim, rules, overrides, device)
    except studies.UnknownNumber as error:
        place = found.places.get(error.name)
        if place is None:
            raise
        refused = diagnostics.search.SearchRefused(place, error.message, error.help)
        raise ProgramError([Report(refused)]) from None


def _run(
    space: "spaces.Space", made: "Method", wired: "studies.Wired", search: "searching.Search"
) -> "Study":
    jobs, trials = search.engine.jobs, search.budget.trials
    with live.watching(search.definition.goal, trials, jobs) as (seen, said):
        return searching.run(space, made, wired.evaluate, search, seen, said)


def _finished(study: "Study", wired: "studies.Wired", folder: Path) -> "studies.Final | None":
    """The best program trained to its end; None where there is none."""
    best = study.best
    if best is None or wired.fitness is None:
        return None
    click.echo(f"training the program of trial {best.number} to its end", err=True)
    try:
        return studies.finish(study, best, wired.fitness, folder, progresses.for_terminal())
    except files.WriteError as error:
        raise errors.SearchError(error.message, error.help) from None


def _lag(path: "Path | str", name: str, jobs: int) -> int:
    """A study that goes on keeps its lag, with fewer or more workers."""
    before = summary.settings_of(path, name).get("lag")
    return before if isinstance(before, int) and before >= jobs else max(jobs, LAG)


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
        context.exit(2)


def _answer(found: "summary.Summary", final: "studies.Final | None", as_json: bool) -> None:
    if as_json:
        told = {"final": None if final is None else final.to_json()}
        print_json(found.to_json() | told, indent=None)
        return
    best = found.best
    if best is None:
        reason = "keeps the constraints" if found.states.get("DONE") else "came to a score"
        click.echo(f"no trial {reason}; see `archc study show`", err=True)
    else:
        click.echo(best.text, nl=False)
    if final is not None:
        for split, metrics in final.run.metrics.items():
            if metrics:
                click.echo(f"{split}: {progresses.metrics_line(metrics)}", err=True)
        click.echo(f"the best program with its weights: {final.folder}", err=True)
    click.echo(found.line(), err=True)
