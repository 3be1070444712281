"""`archc methods`: the search methods, with what each of them changes and how: the taxonomy.

Comes in: a method's name, or none. Goes out: a table; or one method's settings and what it does.
All of it stands in the method's class and file.
"""

from typing import TYPE_CHECKING

import click

from ..compiler.hyperparameter import spell
from ..lazy import lazy_module
from .options import json_option, print_json
from .search import told

if TYPE_CHECKING:
    from ..search import registry
else:
    registry = lazy_module("..search.registry", __package__)


@click.command(short_help="Say which search methods there are.")
@click.argument("name", required=False)
@json_option
@click.pass_context
def command(context: click.Context, name: str | None, as_json: bool) -> None:
    """List the search methods with what each manipulates and by which mechanism, or describe NAME:
    its settings with their defaults, and what it does.
    """
    with told(context):
        names = registry.method_names() if name is None else (name,)
        rows = [registry.row_of(item) for item in names]
    if as_json:
        print_json({"methods": [row.to_json() for row in rows]})
    elif name is None:
        _print_table(rows)
    else:
        _print_row(rows[0])


def _print_table(rows: "list[registry.Row]") -> None:
    head = ("method", "mechanism", "manipulates", "needs")
    cells = [head] + [
        (row.name, row.mechanism, ", ".join(row.manipulates), ", ".join(row.needs)) for row in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True))
        click.echo(f"{line}  {row[3]}".rstrip())


def _print_row(row: "registry.Row") -> None:
    click.echo(f"{row.name}: {row.mechanism}")
    click.echo(f"manipulates: {', '.join(row.manipulates)}")
    if row.needs:
        click.echo(f"needs: {', '.join(row.needs)}")
    settings = ", ".join(f"{key}={spell(value)}" for key, value in row.settings.items())
    click.echo(f"settings: {row.name}({settings})\n" if settings else "no settings\n")
    click.echo(row.text)
