"""`archc show`: a network as a table of layers, as JSON, or as a drawing in a file.

Comes in: a file, a network's name, settings. Goes out: on stdout a table that fits the terminal, or
JSON; with `-o` a file whose ending says what is drawn.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiler.check import check_file, deep_recursion
from ..compiler.drawing import draw, formats, picture_of
from ..compiler.graph import Graph
from ..lazy import lazy_module
from .options import (
    Settings,
    json_option,
    network_option,
    print_json,
    print_reports,
    set_values_option,
    terminal_width,
)

if TYPE_CHECKING:
    from ..compiler.drawing import json, txt
else:
    json = lazy_module("..compiler.drawing.json", __package__)
    txt = lazy_module("..compiler.drawing.txt", __package__)


def _format_of(
    context: click.Context, parameter: click.Parameter, value: Path | None
) -> Path | None:
    """Refuses a file whose ending names no drawing, before anything is computed."""
    if value is not None and value.suffix.removeprefix(".") not in formats():
        endings = ", ".join(f".{name}" for name in formats())
        raise click.BadParameter(f"{str(value)!r} ends in none of {endings}")
    return value


@click.command(short_help="Show a network's layers and costs, or draw it.")
@click.argument("file", type=click.Path(path_type=Path))
@network_option
@set_values_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_format_of,
    help=f"Draw to a file, by its ending: {', '.join(f'.{name}' for name in formats())}.",
)
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    help="How many levels of blocks to open; 0 shows each as one line.",
)
@json_option
def command(
    file: Path,
    network: str | None,
    settings: Settings,
    output: Path | None,
    depth: int | None,
    as_json: bool,
) -> None:
    """Show the layers of a network in FILE with their shapes and costs, or draw it.

    A multiply-add counts as two FLOPs and a symbolic batch as one example; other axes get their
    sizes by `--set T=128`.
    """
    checked = check_file(file)
    graph = checked.graph(network, dict(settings))
    print_reports(checked.reports)
    with deep_recursion():
        _show(graph, output, depth, as_json)


def _show(graph: Graph, output: Path | None, depth: int | None, as_json: bool) -> None:
    if output is not None:
        text = draw(graph, output.suffix.removeprefix("."), depth=depth)
        output.write_text(text, encoding="utf-8")
        click.echo(f"wrote {output}", err=True)
    if as_json:
        print_json(json.facts(picture_of(graph), depth))
    elif output is None:
        width = terminal_width(sys.stdout)
        click.echo(txt.table(picture_of(graph), depth, width), nl=False)
