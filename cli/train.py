"""`archc train`: trains a network as its file says.

Comes in: a file, overrides, a device, a folder. Goes out: a run's folder; its metrics on stdout,
progress on stderr.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..lazy import lazy_module
from .check import trainable
from .options import (
    Settings,
    device_option,
    json_option,
    network_option,
    print_json,
    set_option,
)

if TYPE_CHECKING:
    from ..compiler import settings as settings_of_blocks
    from ..runtime import files, plan, progress, resolve, run_folder
    from ..runtime import train as training
else:
    files = lazy_module("..runtime.files", __package__)
    plan = lazy_module("..runtime.plan", __package__)
    progress = lazy_module("..runtime.progress", __package__)
    resolve = lazy_module("..runtime.resolve", __package__)
    run_folder = lazy_module("..runtime.run_folder", __package__)
    settings_of_blocks = lazy_module("..compiler.settings", __package__)
    training = lazy_module("..runtime.train", __package__)


@click.command(short_help="Train a network.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@network_option
@click.option("--train", "block", metavar="NAME", help="Which of several named `train` blocks.")
@set_option
@device_option
@click.option(
    "-o",
    "--output",
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="The run's folder; runs/<network>-<n> if not given.",
)
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped.")
@click.option("--tensorboard", is_flag=True, help="Write curves for TensorBoard as well.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    file: Path,
    network: str | None,
    block: str | None,
    settings: Settings,
    device: str,
    output: Path | None,
    resume: bool,
    tensorboard: bool,
    as_json: bool,
) -> None:
    """Train a network of FILE as its `train` block says.

    `--set width=32` sets a hyperparameter, `--set train.epochs=5` or `--set
    train.optimizer.lr=0.1` a setting. With --resume a run goes on from its last checkpoint, and
    ends with the same weights as if it had never stopped; without -o it is the newest in runs/.
    """
    checked = trainable(file)
    values, overrides = settings_of_blocks.split_overrides(settings)
    graph = checked.graph(network, values)
    planned = plan.make_plan(checked, graph, block, overrides)
    options = training.Options(
        folder=output or (run_folder.last_folder(graph.name) if resume else None),
        device=device,
        resume=resume,
        program=resolve.resolved_text(checked.program, planned.block, values),
        used=resolve.used_texts(checked, file.parent),
        root=file.parent,
        tensorboard=tensorboard,
        axes={name: int(n) for name, n in values.items() if name not in graph.hyperparameters},
    )
    shown = progress.for_terminal()
    for assumption in planned.assumed:
        shown.say(f"not set, so {assumption}")
    try:
        run = training.train(graph, planned, options, progress=shown)
    except files.WriteError as error:
        click.echo(f"error: {error.message}\nhelp: {error.help}", err=True)
        context.exit(2)
    _answer(run, as_json)


def _answer(run: "training.Run", as_json: bool) -> None:
    if not run.leads:
        return
    if as_json:
        print_json(run.to_json(), indent=None)
        return
    for split, metrics in run.metrics.items():
        if metrics:
            click.echo(f"{split}: {progress.metrics_line(metrics)}")
    click.echo(f"{run.epochs} epochs in {run.seconds:.1f} s on {run.device}: {run.path}")
