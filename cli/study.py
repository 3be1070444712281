"""`archc study`: what is kept of searches.

Comes in: the file of a study. Goes out: its trials, its best program, tables.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..lazy import lazy_module
from .options import json_option, print_json
from .search import told

if TYPE_CHECKING:
    from ..search import exporting, summary
    from ..search import place as places
    from ..search.reporting import contents, lineage, page
else:
    contents = lazy_module("..search.reporting.contents", __package__)
    exporting = lazy_module("..search.exporting", __package__)
    lineage = lazy_module("..search.reporting.lineage", __package__)
    page = lazy_module("..search.reporting.page", __package__)
    places = lazy_module("..search.place", __package__)
    summary = lazy_module("..search.summary", __package__)

study_argument = click.argument("study", metavar="STUDY")
name_option = click.option("--name", metavar="NAME", help="Which, if the file holds several.")
output_option = click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file instead of stdout.",
)


@click.group(short_help="Look at what searches found.")
def command() -> None:
    """Look at the studies that `archc search` and `archc.run_search` keep."""


@command.command("list")
@study_argument
@json_option
@click.pass_context
def list_studies(context: click.Context, study: str, as_json: bool) -> None:
    """The studies in a file."""
    with told(context):
        found = summary.summaries(places.place_of(study))
    if as_json:
        print_json({"studies": [item.to_json() for item in found]})
        return
    for item in found:
        click.echo(item.line())


@command.command()
@study_argument
@name_option
@json_option
@click.pass_context
def show(context: click.Context, study: str, name: str | None, as_json: bool) -> None:
    """Every trial of a study."""
    with told(context):
        found = summary.summary(places.place_of(study), name)
    if as_json:
        print_json(found.to_json() | {"trials": [trial.to_json() for trial in found.trials]})
        return
    for trial in found.trials:
        score = found.score(trial)
        number = "-" if score is None else f"{score:.4g}"
        parts = [f"{name} {value:g}" for name, value in trial.fidelity.items()]
        choices = ", ".join([*parts, *(f"{item.name}={item.value}" for item in trial.trace)])
        click.echo(f"{trial.number:>5}  {trial.state:<8} {number:>10}  {choices}")
        if trial.error:
            click.echo(f"       {trial.error.strip().splitlines()[-1]}")
    click.echo(found.line(), err=True)


@command.command()
@study_argument
@name_option
@output_option
@json_option
@click.pass_context
def best(
    context: click.Context, study: str, name: str | None, output: Path | None, as_json: bool
) -> None:
    """The program with the best score."""
    with told(context):
        found = summary.summary(places.place_of(study), name)
    trial = found.best
    if trial is None:
        click.echo("error: no trial came to a score", err=True)
        context.exit(2)
    if output is not None:
        output.write_text(trial.text, encoding="utf-8")
    if as_json:
        print_json(found.to_json())
    elif output is None:
        click.echo(trial.text, nl=False)
    click.echo(found.line(), err=True)


@command.command()
@study_argument
@name_option
@click.option(
    "--to",
    "kind",
    type=click.Choice(["csv", "parquet", "optuna"]),
    default="csv",
    show_default=True,
    help="parquet and optuna (a storage for its dashboard) need -o.",
)
@output_option
@click.pass_context
def export(
    context: click.Context, study: str, name: str | None, kind: str, output: Path | None
) -> None:
    """The trials as a table, or as a study of Optuna's."""
    if kind != "csv" and output is None:
        raise click.UsageError(f"--to {kind} is no text: name a file with -o")
    with told(context):
        found = summary.summary(places.place_of(study), name)
        if output is None:
            click.echo(exporting.as_csv(found), nl=False)
        elif kind == "csv":
            output.write_text(exporting.as_csv(found), encoding="utf-8")
        else:
            exporting.WRITERS[kind](found, output)


@command.command("lineage")
@study_argument
@name_option
@click.option(
    "--trial", "number", metavar="N", type=int, help="Of which trial; the best if not given."
)
@json_option
@click.pass_context
def show_lineage(
    context: click.Context, study: str, name: str | None, number: int | None, as_json: bool
) -> None:
    """Where a program comes from: its ancestors, and what each of them changed."""
    with told(context):
        found = summary.summary(places.place_of(study), name)
    number = _wanted(found, number)
    steps = [_step(found, item) for item in lineage.ancestors(found.trials, number)]
    if as_json:
        print_json({"trial": number, "lineage": steps})
        return
    for step in steps:
        score = "-" if step["score"] is None else f"{step['score']:.4g}"
        click.echo(f"trial {step['number']}: {score}")
        for parent, changed in step["changes"].items():
            click.echo(f"  from trial {parent}")
            for line in changed or ["nothing changed"]:
                click.echo(f"    {line}")


@command.command()
@study_argument
@name_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="Where the page goes.",
)
@click.pass_context
def report(context: click.Context, study: str, name: str | None, output: Path) -> None:
    """One HTML page about a study, which needs no network."""
    with told(context):
        place = places.place_of(study)
        found = summary.summary(place, name)
        text = page.page(contents.contents(found, summary.reports_of(place, found.name)))
    output.write_text(text, encoding="utf-8")
    click.echo(f"wrote {output}", err=True)


def _wanted(found: "summary.Summary", number: int | None) -> int:
    """The trial that is meant. Raises ClickException."""
    if number is None and found.best is not None:
        return found.best.number
    if number is None:
        raise click.UsageError("no trial came to a score: say which with --trial")
    if number not in range(len(found.trials)):
        raise click.UsageError(f"there is no trial {number}: they are 0 to {len(found.trials) - 1}")
    return number


def _step(found: "summary.Summary", number: int) -> dict[str, Any]:
    trial = found.trials[number]
    changed = {str(n): lineage.changes(found.trials[n], trial) for n in trial.parents}
    return {"number": number, "score": found.score(trial), "changes": changed}
