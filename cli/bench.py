"""`archc bench`: tables of trainings, and search methods compared on them.

Comes in: a space, or a table. Goes out: a table; a comparison. Progress goes to stderr.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiler.check import check_file
from ..lazy import lazy_module
from .options import Settings, json_option, network_option, print_json, print_reports, set_option
from .search import told
from .spaces import within_limits

if TYPE_CHECKING:
    from ..compiler import program as programs
    from ..compiler import settings as settings_of_blocks
    from ..compiler.spaces import space as spaces
    from ..runtime import plan as plans
    from ..runtime import recorder as recording
    from ..search.tabular import making, quality
else:
    making = lazy_module("..search.tabular.making", __package__)
    plans = lazy_module("..runtime.plan", __package__)
    programs = lazy_module("..compiler.program", __package__)
    quality = lazy_module("..search.tabular.quality", __package__)
    recording = lazy_module("..runtime.recorder", __package__)
    settings_of_blocks = lazy_module("..compiler.settings", __package__)
    spaces = lazy_module("..compiler.spaces.space", __package__)


@click.group(short_help="Compare search methods on recorded tables.")
def command() -> None:
    """Make a table of trainings from a space, and compare search methods on it."""


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@network_option
@click.option(
    "-o",
    "--output",
    metavar="TABLE",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The table to write, a .parquet file.",
)
@click.option(
    "--seeds", metavar="N", type=click.IntRange(1), default=3, show_default=True,
    help="How often each program is trained.",
)  # fmt: skip
@click.option(
    "--jobs", metavar="N", type=click.IntRange(1), default=1, show_default=True,
    help="How many trainings at once.",
)  # fmt: skip
@set_option
@json_option
@click.pass_context
@within_limits
def table(
    context: click.Context,
    file: Path,
    network: str | None,
    output: Path,
    seeds: int,
    jobs: int,
    settings: Settings,
    as_json: bool,
) -> None:
    """Train every program of the space in FILE with every seed, and keep the learning curves.

    What is done stands in TABLE.journal: the same command goes on after whatever stopped it.
    """
    if output.suffix != ".parquet":
        raise click.UsageError(f"a table is a .parquet file, not {output.name}")
    checked = check_file(file)
    reports = (*checked.reports, *plans.check_settings(checked))
    print_reports(reports)
    if any(report.is_error for report in reports):
        context.exit(1)
    values, training = settings_of_blocks.split_overrides(settings)
    root = file.parent.resolve()
    space = spaces.Space(programs.Program(checked.program, str(file), root), network, values)
    recorder = recording.Recorder(space.name, training, space.process.axes, root)
    with told(context):
        made = making.make(
            space,
            recorder,
            making.Making(
                seeds=tuple(range(seeds)),
                jobs=jobs,
                facts=recorder.facts(space.sample()),
                preload=(recording.Recorder.__module__,),
            ),
            output.with_suffix(".journal"),
            _told,
        )
        made.write(output)
    found = quality.figures(made)
    if as_json:
        print_json({"table": str(output), **found})
        return
    for name, value in found.items():
        click.echo(f"{name}: {value}")
    click.echo(f"{output}: {made.checksum}")


def _told(done: int, total: int) -> None:
    """A line for each hundredth of the whole."""
    if done == total or done % max(1, total // 100) == 0:
        click.echo(f"{done}/{total} trainings", err=True)
