"""`archc eval`: loss and metrics of a trained network on data.

Comes in: a run's folder, or a file and weights; which data. Goes out: the metrics on stdout.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..lazy import lazy_module
from .options import Settings, device_option, json_option, network_option, print_json, set_option

if TYPE_CHECKING:
    from ..compiler import settings as settings_of_blocks
    from ..runtime import device as devices
    from ..runtime import model, progress, testing
else:
    devices = lazy_module("..runtime.device", __package__)
    model = lazy_module("..runtime.model", __package__)
    progress = lazy_module("..runtime.progress", __package__)
    settings_of_blocks = lazy_module("..compiler.settings", __package__)
    testing = lazy_module("..runtime.testing", __package__)


@click.command(short_help="Measure a trained network on data.")
@click.argument("trained", metavar="RUN|FILE", type=click.Path(exists=True, path_type=Path))
@network_option
@set_option
@click.option(
    "--weights",
    metavar="W",
    type=click.Path(exists=True, path_type=Path),
    help="The weights of FILE; a run has its own.",
)
@click.option(
    "--data",
    metavar="D",
    default="test",
    show_default=True,
    help="train, validation or test of the training's data; or a file or folder with answers.",
)
@device_option
@json_option
def command(
    trained: Path,
    network: str | None,
    settings: Settings,
    weights: Path | None,
    data: str,
    device: str,
    as_json: bool,
) -> None:
    """Measure the network of a RUN, or of a FILE with --weights.

    Loss and metrics are those of the `train` block. New data go through the transform that the
    training learned: nothing is fitted again.
    """
    values, overrides = settings_of_blocks.split_overrides(settings)
    chosen = devices.pick_device(device)
    found = model.load_trained(trained, chosen, weights=weights, network=network, values=values)
    metrics, rows = testing.test(found, data, overrides)
    if as_json:
        answer = {"network": found.graph.name, "data": data, "rows": rows, "metrics": metrics}
        print_json(answer | {"device": devices.device_name(chosen)}, indent=None)
        return
    parts = (f"{name} {progress.number(value)}" for name, value in metrics.items())
    click.echo(f"{data}: {', '.join(parts)} on {rows} rows")
