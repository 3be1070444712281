"""What the commands share: options, and how answers and diagnostics are printed.

Comes in: click's raw values. Goes out: options that mean the same in every command, JSON with a
schema version on stdout, diagnostics on stderr in the user's colours and width.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar

import click

from ..grammar.diagnostic import Report
from ..lazy import lazy_module

if TYPE_CHECKING:
    import json
    import shutil

    from ..grammar import render
else:
    json = lazy_module("json")
    shutil = lazy_module("shutil")
    render = lazy_module("..grammar.render", __package__)

Command = TypeVar("Command", bound=Callable[..., Any])
Settings = tuple[tuple[str, str], ...]

SCHEMA_VERSION = 1
FORMATS = ("text", "json", "github", "sarif")
DEVICES = ("auto", "cpu", "cuda", "mps")


def parse_settings(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> Settings:
    """`k=v` as pairs of texts; the value is an .arch expression, which the caller parses."""
    return tuple(_setting(value) for value in values)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE, as in --set width=32")
    return name.strip(), value.strip()


def set_option(command: Command) -> Command:
    """`--set k=v`, any number of times: hyperparameters, and settings such as train.epochs."""
    return _set("Give a hyperparameter, an axis or a setting (train.epochs) a value; repeatable.")(
        command
    )


def set_values_option(command: Command) -> Command:
    """`--set k=v` of what trains nothing: hyperparameters and axes."""
    return _set("Give a hyperparameter or an axis a value; may be repeated.")(command)


def _set(help: str) -> Callable[[Command], Command]:
    return click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="NAME=VALUE",
        callback=parse_settings,
        help=help,
    )


def network_option(command: Command) -> Command:
    """`-n NETWORK`: which of the networks in the file."""
    return click.option(
        "-n", "--network", metavar="NETWORK", help="Which network, if the file holds several."
    )(command)


def json_option(command: Command) -> Command:
    """`--json`: the answer as JSON on stdout."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print the answer as JSON, for programs."
    )(command)


def format_option(command: Command) -> Command:
    """`--format`: how diagnostics are written."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="How diagnostics are written.",
    )(command)


def device_option(command: Command) -> Command:
    """`--device`: where to compute."""
    return _device("Where to compute; fails if the device does not really run.")(command)


def accelerators_option(command: Command) -> Command:
    """`--device` of what has workers: which accelerators they share."""
    return _device("Whether trials share out the accelerators of this machine.")(command)


def _device(help: str) -> Callable[[Command], Command]:
    return click.option(
        "--device",
        envvar="ARCHC_DEVICE",
        type=click.Choice(DEVICES),
        default="auto",
        show_default=True,
        help=help,
    )


def trials_at_once_option(command: Command) -> Command:
    """`--jobs` of what evaluates trials."""
    return click.option(
        "--jobs",
        metavar="N",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="How many trials at once, each in a process of its own.",
    )(command)


def wants_color(stream: TextIO) -> bool:
    """Whether to colour what goes to a stream: NO_COLOR, FORCE_COLOR, else only a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def terminal_width(stream: TextIO) -> int | None:
    """The columns of the terminal behind a stream (COLUMNS wins); None if it is not one."""
    if os.environ.get("COLUMNS", "").isdecimal() or stream.isatty():
        return shutil.get_terminal_size().columns
    return None


def print_reports(
    reports: Sequence[Report],
    output_format: str = "text",
    networks: Sequence[Mapping[str, object]] = (),
) -> None:
    """Writes diagnostics: as text to stderr; in a format for programs, as the answer, to stdout."""
    match output_format:
        case "json":
            click.echo(render.render_json(reports, networks), nl=False)
        case "github":
            click.echo(render.render_github(reports), nl=False)
        case "sarif":
            click.echo(render.render_sarif(reports), nl=False)
        case _:
            stream = sys.stderr
            text = render.render_text(reports, wants_color(stream), terminal_width(stream))
            click.echo(text, file=stream, nl=False, color=wants_color(stream))


def report_and_exit(
    reports: Sequence[Report],
    output_format: str = "text",
    networks: Sequence[Mapping[str, object]] = (),
) -> NoReturn:
    """Writes diagnostics and ends the command: 1 if one of them is an error, else 0."""
    print_reports(reports, output_format, networks)
    click.get_current_context().exit(int(any(report.is_error for report in reports)))


def print_json(answer: Mapping[str, object], indent: int | None = 2) -> None:
    """The answer of a `--json` command on stdout; `indent=None` writes one line."""
    whole = {"schema_version": SCHEMA_VERSION, **answer}
    click.echo(json.dumps(whole, indent=indent, allow_nan=False))
