"""`--limit-nodes`, `--limit-depth`, …: how large a program may become before it is refused.

Comes in: click's raw values. Goes out: the checker's `Limits`; what is not given keeps its default.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from ..compiler.expand.session import Limits

HELP = {
    "nodes": "Applied layers that a network may have.",
    "depth": "Blocks that may stand within one another.",
    "parameters": "Weights of a whole network.",
    "weight": "Elements of one weight.",
    "activations": "Elements of all outputs together, for one example.",
    "work": "Steps that expanding all networks may take.",
}


def limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds a flag for each limit and hands the command one `limits`."""

    @wraps(command)
    def with_limits(**values: Any) -> Any:
        given = {name: values.pop(f"limit_{name}") for name in HELP}
        set_ones = {name: value for name, value in given.items() if value is not None}
        return command(**values, limits=Limits(**set_ones))

    wrapped: Callable[..., Any] = with_limits
    for name, text in reversed(HELP.items()):
        wrapped = click.option(
            f"--limit-{name}", type=click.IntRange(min=1), metavar="N", help=text
        )(wrapped)
    return wrapped
