"""`archc fmt`: programs in canonical form.

Comes in: files, or `-` for standard input. Goes out: the files rewritten, or the text on standard
output. A file that does not parse is reported and stays as it is. A file is replaced in one step
and keeps its permissions. 0: done, or nothing to do; 1: a file does not parse, or `--check` or
`--diff` found one that would change.
"""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..grammar.diagnostic import InternalError
from ..grammar.limits import MAX_FILE
from ..grammar.parse import Parsed, parse, parse_bytes, parse_file
from ..grammar.print import print_program
from ..lazy import lazy_module
from .options import print_reports

if TYPE_CHECKING:
    import difflib
else:
    difflib = lazy_module("difflib")

STDIN = "-"
NO_NEWLINE = "\\ No newline at end of file"


@click.command(name="fmt")
@click.argument("files", metavar="FILE...|-", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Change nothing; fail if a file would change.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would change.")
@click.pass_context
def command(context: click.Context, files: tuple[str, ...], check: bool, diff: bool) -> None:
    """Bring programs into canonical form."""
    failed = False
    for file in dict.fromkeys(files):
        parsed = parse_bytes(_standard_input(), "<stdin>") if file == STDIN else parse_file(file)
        if parsed.reports:
            print_reports(parsed.reports)
            failed = True
        elif _format(file, parsed, check, diff):
            failed = failed or check or diff
    context.exit(int(failed))


def _standard_input() -> bytes:
    return sys.stdin.buffer.read(MAX_FILE + 1)


def _format(file: str, parsed: Parsed, check: bool, diff: bool) -> bool:
    """Formats one file that parses; whether its text changes."""
    before = parsed.program.span.source.text
    after = canonical(parsed)
    if diff:
        click.echo(_difference(file, before, after), nl=False)
    if check and after != before:
        click.echo(f"would change {file}", err=True)
    if not (check or diff):
        _put(file, before, after)
    return after != before


def canonical(parsed: Parsed) -> str:
    """The canonical text of a program, proved to mean the same before anything is overwritten."""
    text = print_program(parsed.program)
    again = parse(text)
    if again.reports or again.program != parsed.program:
        raise InternalError("the formatted program would not mean the same")
    return text


def _difference(file: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        file,
        f"{file} (formatted)",
    )
    ended = (line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}\n" for line in lines)
    return "".join(ended)


def _put(file: str, before: str, after: str) -> None:
    if file == STDIN:
        click.echo(after, nl=False)
    elif after != before:
        replace_text(Path(file).resolve(), after)
        click.echo(f"formatted {file}", err=True)


def replace_text(path: Path, text: str) -> None:
    """Writes beside the old file and moves it into its place, with the old permissions."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o7777)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
