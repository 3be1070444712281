"""`archc`: finds the commands, runs one, and turns what happened into an exit code.

Comes in: the words of the command line. Goes out: 0 done, 1 the program or data is at fault, 2
usage or I/O, 101 our bug, 130 interrupted. The folder is the registry: a module here that exports
`command` is a command; it is imported when it is used. No error of a user ends in a traceback.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from ..grammar.diagnostic import ProgramError
from ..lazy import lazy_module
from ..runtime.errors import RuntimeFault
from .options import print_reports
from .settings import defaults_of, did_you_mean, find_settings

if TYPE_CHECKING:
    import platform
    import traceback
    from importlib import metadata
else:
    platform = lazy_module("platform")
    traceback = lazy_module("traceback")
    metadata = lazy_module("importlib.metadata")

DONE, AT_FAULT, USAGE, OUR_BUG, INTERRUPTED = 0, 1, 2, 101, 130


@dataclass(slots=True)
class Session:
    """What a run must remember after click has let go of its contexts."""

    debug: bool = False


class OutputClosed(Exception):
    """Whoever read our output has gone, as `head` does."""


class Commands(click.Group):
    """A group whose commands are the modules of this folder that export `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in command_names() if self.get_command(ctx, name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = command_names().get(cmd_name)
        if module is None:
            return None
        command = getattr(import_module(f".{module}", __package__), "command", None)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            guess = did_you_mean(name, self.list_commands(ctx))
            raise click.UsageError(f"there is no command {name!r}{guess}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise OutputClosed from None  # click would take an OSError for its own


def command_names() -> dict[str, str]:
    """The modules that may hold a command, by what is typed: `import_.py` is `archc import`."""
    modules = [module.name for module in iter_modules([str(Path(__file__).parent)])]
    named = {module.removesuffix("_").replace("_", "-"): module for module in modules}
    return {name: named[name] for name in sorted(named) if not name.startswith("-")}


def _print_version(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    click.echo(f"archc {metadata.version('archc')}")
    context.exit()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"auto_envvar_prefix": "ARCHC", "help_option_names": ["-h", "--help"]},
    epilog="Defaults can stand in archc.toml and in ARCHC_<COMMAND>_<OPTION>.",
)
@click.option("--debug", is_flag=True, help="Show a traceback if archc itself fails.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
@click.pass_context
def archc(context: click.Context, debug: bool) -> None:
    """Check, draw, compile, train, search and run neural networks written in .arch files."""
    context.ensure_object(Session).debug = debug
    name = context.invoked_subcommand
    if name is None:
        click.echo(context.get_help(), err=True)
        context.exit(USAGE)
    command = archc.get_command(context, name)
    settings = find_settings(Path.cwd(), command_names())
    if command is not None and settings is not None:
        context.default_map = {name: defaults_of(command, name, settings)}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The entry point of `archc` and `python -m archc`."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code; never raises."""
    session = Session()
    words = None if arguments is None else list(arguments)
    try:
        result = archc.main(words, prog_name="archc", standalone_mode=False, obj=session)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        code = _outcome(error, session)
        _let_go_of_output()
        return code
    return result if isinstance(result, int) else DONE


def _outcome(error: BaseException, session: Session) -> int:
    """Says what went wrong, to people, and which exit code it is."""
    match error:
        case ProgramError():
            print_reports(error.diagnostics)
            if any(report.code == _OPEN_CHOICE for report in error.diagnostics):
                click.echo(f"\nhelp: {_OPEN}", err=True)
            return AT_FAULT
        case RuntimeFault():
            _say(error.message, error.help)
            return AT_FAULT
        case click.Abort() | KeyboardInterrupt():
            _say("interrupted")
            return INTERRUPTED
        case OutputClosed() | BrokenPipeError():
            _discard_output()
            return USAGE
        case click.ClickException():
            _say(error.format_message() + _origin(error), _usage_help(error))
            return USAGE
        case OSError():
            _say(_io_message(error))
            return USAGE
        case MemoryError():
            _say("there is not enough memory", "use smaller sizes, or a machine with more of it")
            return USAGE
        case _:
            return _our_bug(error, session)


_OPEN_CHOICE = "E226"
_OPEN = (
    "with choices left open a file holds a space of networks: `archc sample` draws one from it and "
    "prints it; `archc compile` takes `--seed` or `--trace`"
)


def _say(message: str, advice: str = "") -> None:
    click.echo(f"error: {message}", err=True)
    if advice:
        click.echo(f"help: {advice}", err=True)


def _usage_help(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"`{context.command_path} --help` says what it takes" if context else ""


def _origin(error: click.ClickException) -> str:
    """Where a bad value came from, if it was not typed."""
    if not isinstance(error, click.BadParameter) or error.ctx is None or error.param is None:
        return ""
    match error.ctx.get_parameter_source(error.param.name or ""):
        case ParameterSource.ENVIRONMENT:
            return " (it comes from the environment)"
        case ParameterSource.DEFAULT_MAP:
            return " (it comes from archc.toml)"
        case _:
            return ""


def _io_message(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason


def _let_go_of_output() -> None:
    """What a full disk refused must not be tried again when Python ends, with a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard_output()


def _discard_output() -> None:
    """Nobody reads on: what is still buffered must not raise again when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _our_bug(error: BaseException, session: Session) -> int:
    click.echo(f"internal error: {type(error).__name__}: {error}", err=True)
    click.echo("This is a bug in archc, not in your program.", err=True)
    if session.debug:
        traceback.print_exception(error)
    system = f"archc {metadata.version('archc')}, Python {platform.python_version()}"
    click.echo(
        "help: please report it with the command, the file, what `archc --debug ...` prints, "
        f"and this: {system}, {platform.system()} {platform.machine()}",
        err=True,
    )
    return OUR_BUG
