"""`archc mutate`: programs that differ from one in a single choice.

Comes in: a space, and a program or trace of it (else one is drawn). Goes out: programs.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from ..compiler.program import Program
from ..compiler.spaces.drawn import DrawnProgram
from ..compiler.spaces.space import Space
from ..grammar.diagnostic import ProgramError
from ..grammar.parse import parse_file
from .closing import read_trace
from .options import Settings, network_option, set_option
from .spaces import open_space, within_limits
from .writing import Writer, program_options


@click.command(short_help="Change one choice of a program of a space.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@network_option
@set_option
@click.option("--seed", type=int, default=0, show_default=True, help="Which change.")
@click.option(
    "--program",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The program to change; without it or --trace, the one that --seed draws.",
)
@click.option("--trace", metavar="T", help="A trace as JSON, or the file that holds one.")
@click.option(
    "-k",
    "--count",
    type=click.IntRange(min=1),
    help="How many, each changed from the same program; of neighbours, the first so many.",
)
@click.option("--neighbours", is_flag=True, help="Print every program that is one change away.")
@program_options
@within_limits
def command(
    file: Path,
    network: str | None,
    settings: Settings,
    seed: int,
    program: Path | None,
    trace: str | None,
    count: int | None,
    neighbours: bool,
    writer: Writer,
) -> None:
    """Change one choice of a program of the space in FILE; the rest stays where it is legal."""
    if program is not None and trace is not None:
        raise click.UsageError("give --program or --trace, not both")
    space = open_space(file, network, settings)
    parent = _parent(space, program, trace, seed)
    found = space.neighbours(parent) if neighbours else _mutants(space, parent, seed, count or 1)
    if writer.write_all(islice(found, count)) == 0:
        none = "no choice has another legal option, real ranges aside"
        click.echo(f"the program has no neighbours: {none}", err=True)


def _mutants(space: Space, parent: DrawnProgram, seed: int, count: int) -> Iterator[DrawnProgram]:
    return (space.mutate(parent, seed=seed + number) for number in range(count))


def _parent(space: Space, program: Path | None, trace: str | None, seed: int) -> DrawnProgram:
    if trace is not None:
        return space.from_trace(read_trace(trace))
    if program is None:
        return space.sample(seed=seed)
    parsed = parse_file(program)
    if any(report.is_error for report in parsed.reports):
        raise ProgramError(parsed.reports)
    given = Program(parsed.program, str(program), program.resolve().parent)
    try:
        return space.own(given)
    except ValueError:
        if not given.check().spaces:
            raise
        draw = f"`archc sample {program}` draws one of its programs"
        raise ValueError(f"{program} is a space, not one program: {draw}") from None
