"""`archc worker`: evaluates trials of a study that runs elsewhere.

Comes in: the store of a study, most often a URL of PostgreSQL. Goes out: what came of the trials,
in that store; lines on stderr.
"""

from typing import TYPE_CHECKING

import click

from ..lazy import lazy_module
from .options import accelerators_option, trials_at_once_option
from .search import told

if TYPE_CHECKING:
    from ..search import accelerators, joining
else:
    accelerators = lazy_module("..search.accelerators", __package__)
    joining = lazy_module("..search.joining", __package__)


@click.command(short_help="Join a study that runs elsewhere.")
@click.argument("study", metavar="STUDY")
@click.option("--name", metavar="NAME", help="Which study, if the store holds several.")
@trials_at_once_option
@click.option(
    "--threads",
    metavar="N",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many threads each of them has.",
)
@accelerators_option
@click.option(
    "--idle",
    metavar="SECONDS",
    type=click.FloatRange(0, min_open=True),
    help="End after so long without a trial; not given, wait for the study to end.",
)
@click.pass_context
def command(
    context: click.Context,
    study: str,
    name: str | None,
    jobs: int,
    threads: int,
    device: str,
    idle: float | None,
) -> None:
    """Evaluate trials of the study in STUDY, a URL such as postgresql://user:password@host/database
    (or a file, on the machine of the search). The search that owns the study wants workers with
    `archc search --engine workers`.

    Ends when the study does. SIGTERM or Ctrl-C gives back what is running; a second one ends it at
    once. What the study evaluates comes out of its store and runs here: join none that you would
    not run yourself.
    """
    with told(context):
        wanted = joining.Joining(
            study, name, jobs, accelerators.gpus(device), threads=threads, idle=idle
        )
        done = joining.join(wanted, lambda text: click.echo(text, err=True))
    click.echo(f"the study has ended; {done} trials were evaluated here", err=True)
