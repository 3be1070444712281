"""`archc count`: how many programs a space holds, and its choices.

Comes in: a file, a network's name, settings. Goes out: the exact number; where it is out of reach,
what is proved, and exit code 1.
"""

from pathlib import Path

import click

from ..compiler.hash import graph_hash
from ..compiler.spaces.limit import BudgetSpent, SpaceLimit
from ..compiler.spaces.space import Space
from ..compiler.spaces.survey import survey
from ..compiler.zeros import without_zeros
from . import counting
from .options import Settings, json_option, network_option, print_json, set_option
from .spaces import choices, digits, open_space, table, within_limits


@click.command(short_help="Count the programs of a space.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@network_option
@set_option
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=200_000,
    show_default=True,
    help="How many expansions counting may cost.",
)
@click.option("--distinct", is_flag=True, help="Count distinct graphs too, by drawing them all.")
@click.option("--simplify", is_flag=True, help="With --distinct: zeros propagated away first.")
@json_option
@within_limits
def command(
    file: Path,
    network: str | None,
    settings: Settings,
    budget: int,
    distinct: bool,
    simplify: bool,
    as_json: bool,
) -> None:
    """Count the programs of the space in FILE: its complete traces, exactly.

    A real range makes them infinitely many. What can be decided, and how many states of the
    automaton ask for it, stands in a table.
    """
    space = open_space(file, network, settings)
    space.budget = max(space.budget, budget)  # of which `survey` allows so much
    with counting.told(space.process, budget):
        found = survey(space.process, budget)
    if simplify and not distinct:
        raise click.UsageError("--simplify says how --distinct counts: give both")
    graphs = len(_hashes(space, simplify=simplify)) if distinct else None
    if as_json:
        print_json(
            {
                "network": space.name,
                "size": digits(found.size),
                "exact": found.exact,
                "at_most": digits(found.most),
                "choices": choices(found),
                **({} if graphs is None else {"distinct": graphs}),
            }
        )
    elif found.exact:
        click.echo(table(space.name, found))
        if graphs is not None:
            click.echo(f"{graphs:,} distinct graphs")
    if not found.exact:
        why = f"counting needs more than {budget:,} expansions (`--budget`)"
        if not isinstance(found.given_up, BudgetSpent):
            why = f"the programs cannot be counted: {found.given_up}"
        raise SpaceLimit(why, int(found.size), found.most)


def _hashes(space: Space, *, simplify: bool) -> set[str]:
    """The hashes of all programs."""
    if not simplify:
        return {program.hash for program in space.enumerate()}
    return {graph_hash(without_zeros(program.graph)) for program in space.enumerate()}
