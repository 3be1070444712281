"""`archc run`: inference.

Comes in: a model, inputs, where the answers go. Goes out: answers with label names, and on stderr
the device that really ran.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..lazy import lazy_module
from .options import (
    Settings,
    device_option,
    json_option,
    network_option,
    print_json,
    set_values_option,
)

if TYPE_CHECKING:
    from ..runtime import answers, infer
else:
    answers = lazy_module("..runtime.answers", __package__)
    infer = lazy_module("..runtime.infer", __package__)


@click.command(short_help="Run a trained network on inputs.")
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.argument("input", type=click.Path(exists=True, path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="OUTPUT",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A .csv, .json, .jsonl or .npz file; without it, lines on stdout.",
)
@network_option
@set_values_option
@click.option(
    "--weights",
    metavar="W",
    type=click.Path(exists=True, path_type=Path),
    help="The weights, where MODEL is an .arch file.",
)
@click.option(
    "--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Rows at a time."
)
@device_option
@json_option
def command(
    model: Path,
    input: Path,
    output: Path | None,
    network: str | None,
    settings: Settings,
    weights: Path | None,
    batch: int,
    device: str,
    as_json: bool,
) -> None:
    """Run MODEL on INPUT.

    MODEL is an .onnx file, a run's folder, a compiled folder, or an .arch file with --weights.
    INPUT is an .npz, .npy, .csv or text file, a picture or a folder of them, read batch by batch.
    What the training learned about its data is applied, and classes are called by their names.
    """
    answers.require_ending(output)
    predictor = infer.load_predictor(
        model, device, weights=weights, network=network, values=dict(settings)
    )
    click.echo(f"running on {predictor.device}", err=True)
    reader = answers.Reader(predictor.transform, predictor.outputs)
    rows = 0
    if as_json and output is None:
        raise click.UsageError("--json tells about the run; the answers need a file: -o OUTPUT")
    with answers.writing(reader, output) as writer:
        for part in infer.read_inputs(predictor, input, batch):
            writer.write(part.names, predictor.predict(part.inputs))
            rows += len(part.names)
    if as_json:
        print_json({"rows": rows, "device": predictor.device, "output": str(output)}, indent=None)
    elif output is not None:
        click.echo(f"{rows} rows: {output}")
