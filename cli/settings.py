"""`archc.toml`: defaults for the options of commands.

Comes in: a folder and a command. Goes out: what click takes as its `default_map`. The file is
sought in the folder and those above it; it has a table per command, keyed as on the command line:

    [train]
    device = "cuda"
    set = { width = 32 }

The environment (`ARCHC_TRAIN_DEVICE`) overrides it, a flag overrides both.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..grammar.record import record
from ..lazy import lazy_module

if TYPE_CHECKING:
    import difflib
    import tomllib
else:
    difflib = lazy_module("difflib")
    tomllib = lazy_module("tomllib")

FILE_NAME = "archc.toml"
LARGEST_FILE = 1_000_000


@record
class SettingsFile:
    """A file of settings: where it stands, and its tables by command."""

    path: Path
    tables: Mapping[str, Mapping[str, Any]]


def find_settings(folder: Path, commands: Iterable[str]) -> SettingsFile | None:
    """The nearest `archc.toml` at or above a folder. Raises UsageError if it is not well formed."""
    for place in (folder, *folder.parents):
        path = place / FILE_NAME
        if path.is_file():
            return SettingsFile(path, _tables(path, sorted(commands)))
    return None


def _tables(path: Path, commands: list[str]) -> Mapping[str, Mapping[str, Any]]:
    if path.stat().st_size > LARGEST_FILE:
        raise click.UsageError(f"{path}: larger than {LARGEST_FILE:,} bytes")
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise click.UsageError(f"{path}: {error}") from None
    for name, table in found.items():
        if not isinstance(table, dict):
            raise click.UsageError(f"{path}: {name!r} stands in no table; write [train] above it")
        if name not in commands:
            raise click.UsageError(f"{path}: no command {name!r}{did_you_mean(name, commands)}")
    return found


def defaults_of(command: click.Command, name: str, settings: SettingsFile) -> dict[str, Any]:
    """The defaults a file gives to a command, by the names of its parameters."""
    parameters = {
        flag.removeprefix("--"): parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.name
        for flag in parameter.opts
        if flag.startswith("--")
    }
    defaults: dict[str, Any] = {}
    for key, value in settings.tables.get(name, {}).items():
        parameter_name = parameters.get(key.replace("_", "-")) or parameters.get(key)
        if parameter_name is None:
            guess = did_you_mean(key, parameters)
            raise click.UsageError(f"{settings.path}: {name!r} has no option {key!r}{guess}")
        defaults[parameter_name] = _value(value)
    return defaults


def _value(value: Any) -> Any:
    """`set = { width = 32 }` is the same as `set = ["width=32"]`."""
    if isinstance(value, dict):
        return [f"{name}={_text(entry)}" for name, entry in value.items()]
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    return str(value)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` if a known name is close, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
