"""`archc grow`: a complete program with edits made.

Comes in: a program without open choices, a vocabulary. Goes out: programs; on stderr what was done
to each. Layers that stay keep the names of their weights.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..lazy import lazy_module
from .options import network_option, print_json
from .spaces import within_limits
from .writing import Writer, program_options

if TYPE_CHECKING:
    from .. import changes
    from ..compiler.spaces.growth import registry
    from ..compiler.spaces.growth.grown import GrownProgram
    from ..compiler.spaces.growth.growth import Growth
else:
    changes = lazy_module("..changes", __package__)
    registry = lazy_module("..compiler.spaces.growth.registry", __package__)


@click.command(short_help="Edit a finished network: insert, remove, rewire.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@network_option
@click.option("--edit", "edits", multiple=True, metavar="EDIT", help="Only this; may be repeated.")
@click.option(
    "--vocabulary",
    metavar="V",
    help="One that FILE declares, or FILE.arch[:NAME]; without it, every built-in layer.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Which edit.")
@click.option("-k", "--count", type=click.IntRange(min=1), default=1, help="How many programs.")
@click.option("--steps", type=click.IntRange(min=1), default=1, help="Edits one after another.")
@click.option("--list", "listing", is_flag=True, help="Only say where edits can be tried.")
@program_options
@within_limits
def command(
    file: Path,
    network: str | None,
    edits: tuple[str, ...],
    vocabulary: str | None,
    seed: int,
    count: int,
    steps: int,
    listing: bool,
    writer: Writer,
) -> None:
    """Edit the finished network in FILE: each result is valid, or none is found.

    EDIT is insert, remove, replace, alter, add_skip, remove_skip, split or join, which are drawn
    from unless it is given, or one of large-scale evolution: insert_convolution,
    remove_convolution, alter_stride, alter_channels, filter_size, insert_one_to_one,
    alter_learning_rate. Layers that stay keep the names of their weights.
    """
    _refuse_unknown(edits)
    growth = changes.growth(file, network, vocabulary=vocabulary)
    if listing:
        _list(growth, edits, writer)
        return
    writer.write_all(_grown(growth, edits, seed + number, steps) for number in range(count))


def _refuse_unknown(edits: tuple[str, ...]) -> None:
    known = registry.edit_names()
    for name in edits:
        if name not in known:
            raise click.BadParameter(f"no edit is called {name!r}; there is {', '.join(known)}")


def _grown(growth: "Growth", edits: tuple[str, ...], seed: int, steps: int) -> "GrownProgram":
    program = growth.grow(seed, edits or None)
    click.echo(str(program.made), err=True)
    for step in range(1, steps):
        program = growth.of(program).grow(seed, edits or None, step)
        click.echo(str(program.made), err=True)
    return program


def _list(growth: "Growth", edits: tuple[str, ...], writer: Writer) -> None:
    places = list(growth.places(edits or registry.edit_names()))
    if writer.form == "text":
        for place in places:
            click.echo(str(place))
        return
    print_json({"places": [{"edit": place.edit, "where": place.where} for place in places]})
