"""`archc check`: what is wrong with programs.

Comes in: files. Goes out: diagnostics, and one line for each file that says how many networks and
errors it has; 1 if there is an error. With `--watch` it checks again whenever a file changes, or
one that it uses.
"""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiler.check import Checked, check_file, check_text
from ..compiler.expand.session import Limits
from ..grammar import ast
from ..lazy import lazy_module
from .limits import limit_options
from .options import format_option, print_reports, report_and_exit

if TYPE_CHECKING:
    from ..runtime import plan
    from ..search import declared as declaring
    from . import spaces
else:
    declaring = lazy_module("..search.declared", __package__)
    plan = lazy_module("..runtime.plan", __package__)
    spaces = lazy_module(".spaces", __package__)

POLL = 0.3
Stamps = dict[Path, tuple[int, int] | None]


@click.command(short_help="Say what is wrong with programs.")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(dir_okay=False)
)
@format_option
@click.option("--watch", is_flag=True, help="Check again whenever a file changes; Ctrl-C ends.")
@limit_options
@click.pass_context
def command(
    context: click.Context, files: tuple[str, ...], output_format: str, watch: bool, limits: Limits
) -> None:
    """Say what is wrong with FILEs (`-`: standard input): names, shapes, dtypes, settings, sizes.

    Every network is expanded with its defaults, and every layer's preconditions are proved.
    """
    if watch and "-" in files:
        raise click.UsageError("standard input cannot be watched")
    if watch:
        _watch(files, output_format, limits)
    checked = [(name, _check(name, limits)) for name in files]
    _print(checked, output_format)
    context.exit(int(not all(item.ok for _, item in checked)))


def _check(name: str, limits: Limits) -> Checked:
    """Checks a file, or what stands on standard input."""
    if name == "-":
        return check_text(sys.stdin.read(), "<stdin>", limits)
    return with_settings(check_file(name, limits))


def with_settings(checked: Checked) -> Checked:
    """The same, with what is wrong with its `train` and `search` blocks."""
    if not _settings(checked):
        return checked
    found = [*plan.check_settings(checked)]
    if any(item.kind == "search" for item in _settings(checked)):
        found += declaring.check_searches(checked)
    return replace(checked, reports=(*checked.reports, *found)) if found else checked


def trainable(file: Path) -> Checked:
    """A file whose `train` blocks can be meant, for the commands that train. What there is to say
    of it is printed, and ends the command where it is an error.
    """
    checked = check_file(file)
    reports = (*checked.reports, *plan.check_settings(checked))
    if any(report.is_error for report in reports):
        report_and_exit(reports)
    if reports:
        print_reports(reports)
    return checked


def _settings(checked: Checked) -> list[ast.Settings]:
    return [item for item in checked.program.declarations if isinstance(item, ast.Settings)]


def _print(checked: Sequence[tuple[str, Checked]], output_format: str) -> None:
    surveys = [spaces.survey_all(item) if item.spaces else {} for _, item in checked]
    reports = [report for _, item in checked for report in item.reports]
    reports += [report for found in surveys for item in found.values() for report in item.warnings]
    pairs = zip(checked, surveys, strict=True)
    networks = [entry for (_, item), found in pairs for entry in _networks(item, found)]
    if reports or output_format != "text":
        print_reports(reports, output_format, networks)
    if output_format != "text":
        return
    if reports:
        click.echo(err=True)
    for (name, item), found in zip(checked, surveys, strict=True):
        warnings = sum(len(survey.warnings) for survey in found.values())
        click.echo(f"{name}: {_summary(item, warnings)}", err=not item.ok)
        for network, survey in found.items():
            click.echo(f"\n{spaces.table(network, survey)}")


def _networks(
    checked: Checked, surveys: Mapping[str, "spaces.Survey"]
) -> Iterable[dict[str, object]]:
    """The networks that are sound; one in which nothing is open is a space of one."""
    for name in checked.networks:
        if name in surveys:
            yield {"name": name, **spaces.entry(surveys[name])}
        elif checked.is_sound(name):
            yield {"name": name, "size": 1}


def _summary(checked: Checked, more_warnings: int) -> str:
    errors = sum(report.is_error for report in checked.reports)
    found = [_count(errors, "error")] if errors else []
    warnings = len(checked.reports) - errors + more_warnings
    if warnings:
        found.append(_count(warnings, "warning"))
    return ", ".join([_count(len(checked.networks), "network"), *(found or ["no errors"])])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# --- watching -------------------------------------------------------------------------------------


def _watch(files: Sequence[str], output_format: str, limits: Limits) -> None:
    """Checks again after every change, until it is interrupted; a file that is away for a moment
    is waited for.
    """
    try:
        while True:
            _wait_for_change(_check_now(files, output_format, limits))
            if sys.stdout.isatty() and output_format == "text":
                click.clear()
    except KeyboardInterrupt:
        click.get_current_context().exit(0)


def _check_now(files: Sequence[str], output_format: str, limits: Limits) -> Stamps:
    """Checks every file, and returns when each one that took part was last changed."""
    stamps = _stamps(map(Path, files))
    checked: list[tuple[str, Checked]] = []
    for name in files:
        try:
            found = with_settings(check_file(name, limits))
        except OSError as error:
            click.echo(f"{name}: {error.strerror}", err=True)
            continue
        checked.append((name, found))
        stamps |= _stamps(found.files)
    _print(checked, output_format)
    sys.stdout.flush()
    return stamps


def _wait_for_change(stamps: Stamps) -> None:
    while _stamps(stamps) == stamps:
        time.sleep(POLL)


def _stamps(paths: Iterable[Path]) -> Stamps:
    return {path: _stamp(path) for path in paths}


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
