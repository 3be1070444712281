"""`archc bench`: tables of trainings, and search methods compared on them.

Comes in: a space, or a table. Goes out: a table; a comparison. Progress goes to stderr.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..lazy import lazy_module
from .check import trainable
from .options import Settings, json_option, network_option, print_json, set_option
from .search import told
from .spaces import within_limits

if TYPE_CHECKING:
    import hashlib

    import torch

    from ..compiler import program as programs
    from ..compiler import settings as settings_of_blocks
    from ..compiler.spaces import space as spaces
    from ..runtime import environment, files
    from ..runtime import recorder as recording
    from ..search import definition
    from ..search.tabular import comparing, evaluator, making, outcome, quality, report
    from ..search.tabular import methods as choosing
    from ..search.tabular import table as tables
else:
    choosing = lazy_module("..search.tabular.methods", __package__)
    comparing = lazy_module("..search.tabular.comparing", __package__)
    definition = lazy_module("..search.definition", __package__)
    evaluator = lazy_module("..search.tabular.evaluator", __package__)
    environment = lazy_module("..runtime.environment", __package__)
    files = lazy_module("..runtime.files", __package__)
    making = lazy_module("..search.tabular.making", __package__)
    programs = lazy_module("..compiler.program", __package__)
    outcome = lazy_module("..search.tabular.outcome", __package__)
    quality = lazy_module("..search.tabular.quality", __package__)
    report = lazy_module("..search.tabular.report", __package__)
    tables = lazy_module("..search.tabular.table", __package__)
    hashlib = lazy_module("hashlib")
    recording = lazy_module("..runtime.recorder", __package__)
    torch = lazy_module("torch")
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

    What is done stands beside TABLE, in a file that ends in .journal: the same command goes on
    after whatever stopped it. A manifest that ends in .json holds checksums, versions and figures.
    """
    if output.suffix != ".parquet":
        raise click.UsageError(f"a table is a .parquet file, not {output.name}")
    checked = trainable(file)
    values, training = settings_of_blocks.split_overrides(settings)
    root = file.parent.resolve()
    space = spaces.Space(programs.Program(checked.program, str(file), root), network, values)
    recorder = recording.Recorder(space.name, training, space.process.network.axes, root)
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
    manifest = {
        "table": output.name,
        "sha256": hashlib.sha256(output.read_bytes()).hexdigest(),
        "content_sha256": made.checksum,
        "made_on": environment.environment(torch.device("cpu"), 1),
        **found,
    }
    files.write_json(output.with_suffix(".json"), manifest)
    if as_json:
        print_json(manifest)
        return
    for key, value in manifest.items():
        click.echo(f"{key}: {value}")


def _told(done: int, total: int) -> None:
    """A line for each hundredth of the whole."""
    if done == total or done % max(1, total // 100) == 0:
        click.echo(f"{done}/{total}", err=True)


@command.command()
@click.option(
    "--table", "name", metavar="TABLE", default="digits2k", show_default=True,
    help="A .parquet file, or the name of a table of the repository.",
)  # fmt: skip
@click.option(
    "--methods", "given", metavar="M,…", multiple=True,
    help="Methods with their settings, as in a search block; all if not given.",
)  # fmt: skip
@click.option(
    "--seeds", metavar="N", type=click.IntRange(2), default=20, show_default=True,
    help="How many searches of each method.",
)  # fmt: skip
@click.option(
    "--first", metavar="SEED", type=click.IntRange(0), default=0, show_default=True,
    help="The first of the seeds.",
)  # fmt: skip
@click.option(
    "--budget", metavar="EPOCHS", type=click.IntRange(1),
    help="Epochs of each search; those of 100 whole trainings if not given.",
)  # fmt: skip
@click.option(
    "--lag", metavar="L", type=click.IntRange(1),
    help="A proposal sees the trials up to the L-th before it; 1, or 8 for several workers.",
)  # fmt: skip
@click.option(
    "--workers", metavar="N", type=click.IntRange(1), default=1, show_default=True,
    help="Virtual workers, each as fast as the recorded trainings were.",
)  # fmt: skip
@click.option("--asynchronous", is_flag=True, help="No lag: a proposal sees all that have ended.")
@click.option(
    "--against", metavar="M", multiple=True,
    help="What every method is tested against; random search if not given. It needs no control.",
)  # fmt: skip
@click.option("--controls/--no-controls", default=True, help="Shuffled rewards as well.")
@click.option(
    "--jobs", metavar="N", type=click.IntRange(1), default=1, show_default=True,
    help="How many searches at once.",
)  # fmt: skip
@click.option(
    "-o", "--output", metavar="NAME", type=click.Path(path_type=Path),
    default=Path("comparison"), show_default=True,
    help="NAME.json, NAME.png and NAME.journal are written.",
)  # fmt: skip
@json_option
@click.pass_context
def methods(
    context: click.Context,
    name: str,
    given: tuple[str, ...],
    seeds: int,
    first: int,
    budget: int | None,
    lag: int | None,
    workers: int,
    asynchronous: bool,
    against: tuple[str, ...],
    controls: bool,
    jobs: int,
    output: Path,
    as_json: bool,
) -> None:
    """Compare search methods on a table, at equal budget and over many seeds.

    Each is tested against random search and against its own control, which sees shuffled rewards;
    p-values are corrected for their number (Holm). Every search that is over stands in
    NAME.journal: the same command goes on after whatever stopped it, and adds methods or seeds.
    """
    lag = lag or (1 if workers == 1 else max(definition.LAG, workers))
    if workers > lag and not asynchronous:
        raise click.UsageError(f"a lag of {lag} keeps no {workers} workers busy")
    with told(context):
        path = tables.find(name)
        recorded = evaluator.table(str(path)).table
        chosen = choosing.listed(given) or choosing.default_methods(recorded)
        plan = comparing.Comparing(
            methods=chosen,
            rivals=choosing.listed(against) or chosen[:1],
            seeds=seeds,
            first=first,
            budget=budget or 100 * recorded.epochs,
            lag=None if asynchronous else lag,
            workers=workers,
            controls=controls,
            jobs=jobs,
        )
        if plan.budget < recorded.epochs:
            raise click.UsageError(f"one whole training takes {recorded.epochs} epochs")
        searches = comparing.compare(path, plan, output.with_suffix(".journal"), _told)
    found = outcome.outcome(recorded, searches, plan)
    data = report.to_json(found, recorded, path.stem, plan)
    files.write_json(output.with_suffix(".json"), data)
    report.draw(found, recorded, output.with_suffix(".png"), path.stem)
    if as_json:
        print_json(data)
        return
    click.echo(report.text(found, plan.rivals[0], workers))
