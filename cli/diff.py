"""`archc diff`: what changed between two programs.

Comes in: two files. Goes out: layers added, removed and changed, shapes, costs, and the weights
that no longer fit. The exit code is 0 whether or not they differ; with `--exit-code`, 1 if they do.
"""

from pathlib import Path

import click

from ..changes import diff
from ..compiler.differences import as_text
from .options import Settings, json_option, print_json, set_values_option
from .spaces import within_limits

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Say what changed between two programs.")
@click.argument("before", metavar="A", type=_FILE)
@click.argument("after", metavar="B", type=_FILE)
@click.option("-n", "--network", metavar="A[:B]", help="Which networks, if the files hold several.")
@set_values_option
@click.option("--exit-code", is_flag=True, help="End with 1 where they differ.")
@json_option
@click.pass_context
@within_limits
def command(
    context: click.Context,
    before: Path,
    after: Path,
    network: str | None,
    settings: Settings,
    exit_code: bool,
    as_json: bool,
) -> None:
    """Say what changed from A to B: layers, shapes, costs, and the weights that no longer fit.

    Layers are put side by side by label, kind and settings. --set gives hyperparameters and the
    sizes of axes to both.
    """
    one, _, other = (network or "").partition(":")
    names = (one or None, other or one or None)
    found = diff(before, after, names, values=dict(settings))
    if as_json:
        print_json(found.as_json())
    else:
        click.echo(as_text(found, (str(before), str(after))), nl=False)
    context.exit(int(exit_code and not found.is_same))
