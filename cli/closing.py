"""`--seed` and `--trace`: closing the open choices of a program before it is compiled.

Comes in: a space, and a seed or a trace. Goes out: the program with nothing open, checked.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ..compiler.check import Checked
from .options import Settings
from .spaces import open_space

Command = TypeVar("Command", bound=Callable[..., Any])


def close(
    file: Path, network: str | None, settings: Settings, seed: int | None, trace: str | None
) -> tuple[Checked, str]:
    """The program that the seed draws or the trace gives, and the name of its network. Raises
    ProgramError, and click.UsageError for a trace that does not fit.
    """
    if seed is not None and trace is not None:
        raise click.UsageError("give --seed or --trace, not both")
    space = open_space(file, network, settings)
    if trace is None:
        return space.sample(seed=seed or 0).check(), space.name
    try:
        return space.from_trace(read_trace(trace)).check(), space.name
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def read_trace(text: str) -> list[tuple[str, Any]]:
    """A trace from JSON: pairs, an object by name, or what `archc sample --json` prints of one
    program. `text` may name a file. Raises ValueError.
    """
    if not text.strip():
        raise ValueError("the trace is empty: give it as JSON, or name the file that holds it")
    where = "the trace"
    if not text.lstrip().startswith(("[", "{")):
        where = f"the trace in {text}"
        text = _read(Path(text))
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{where} is no JSON: {error}") from None
    if isinstance(found, dict):
        found = found.get("trace", list(found.items()))
    if not isinstance(found, list) or not all(map(_is_pair, found)):
        raise ValueError("a trace is a list of pairs, [[name, value], …]")
    return [(name, value) for name, value in found]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"the trace in {path} is no UTF-8 text: byte {error.start} is "
            f"{error.object[error.start]:#04x}; is it the file that you meant?"
        ) from None


def _is_pair(item: Any) -> bool:
    return isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[0], str)
