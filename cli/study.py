"""`archc study`: what is kept of searches.

Comes in: the file of a study. Goes out: its trials, its best program, tables.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..lazy import lazy_module
from .options import json_option, print_json
from .search import told

if TYPE_CHECKING:
    from ..search import place as places
    from ..search import summary
else:
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
        choices = ", ".join(f"{item.name}={item.value}" for item in trial.trace)
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
@click.option("--to", "kind", type=click.Choice(["csv"]), default="csv", show_default=True)
@output_option
@click.pass_context
def export(
    context: click.Context, study: str, name: str | None, kind: str, output: Path | None
) -> None:
    """The trials as a table."""
    with told(context):
        table = summary.summary(places.place_of(study), name).csv()
    if output is None:
        click.echo(table, nl=False)
    else:
        output.write_text(table, encoding="utf-8")
