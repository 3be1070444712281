"""`%load_ext archc` in a notebook: the cell magic `%%arch`.

Comes in: the text of a cell and a name. Goes out: the model of its network, shown and bound to the
name; errors are drawn under the cell as on the command line, without a traceback.
"""

import sys
from typing import Any

from .api import compile
from .grammar.diagnostic import ProgramError
from .grammar.render import render_text
from .model import Model

NAME = "model"


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext archc`."""

    def arch(line: str, cell: str) -> Model | None:
        """`%%arch [NAME] [NETWORK]`: the cell's network, bound to NAME (`model` unless given)."""
        words = line.split()
        name, network = (words + [NAME, ""][len(words) :])[:2]
        if not name.isidentifier():
            raise ValueError(f"%%arch binds a name, and {name!r} is none")
        try:
            made = compile(cell + "\n", network or None)
        except ProgramError as error:
            print(render_text(error.diagnostics, False, None), file=sys.stderr, end="")
            return None
        shell.push({name: made})
        return made

    shell.register_magic_function(arch, "cell", "arch")
