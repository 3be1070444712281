"""`archc enumerate`: every program of a space, in a fixed order.

Comes in: a file, a network's name, settings. Goes out: the programs as `.arch` texts with a line
between them, or one JSON object in a line.
"""

from itertools import islice
from pathlib import Path

import click

from .options import Settings, network_option, set_option
from .spaces import open_space, within_limits
from .writing import Writer, program_options


@click.command(short_help="Print every program of a space.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@network_option
@set_option
@click.option("--start", type=click.IntRange(min=0), default=0, help="Leave out the first ones.")
@click.option("-k", "--count", type=click.IntRange(min=0), help="Stop after so many.")
@program_options
@within_limits
def command(
    file: Path,
    network: str | None,
    settings: Settings,
    start: int,
    count: int | None,
    writer: Writer,
) -> None:
    """Print every program of the space in FILE, in a fixed order.

    A space with a real range cannot be enumerated: give the range a step.
    """
    space = open_space(file, network, settings)
    stop = None if count is None else start + count
    writer.write_all(islice(space.enumerate(), start, stop), start)
