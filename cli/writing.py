"""Writing programs out, one after another: to stdout or into a folder, as texts or as JSON.

Comes in: an iterable of programs. Goes out: each as soon as it is there; nothing is kept. A file is
whole or not there, and the `.arch` of a program comes after what was compiled of it. A program too
large to be compiled in passing says so in place of its model, so that a stream never ends for it.
"""

import os
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from ..compiler.cost import weight_bytes
from ..compiler.graph import Graph
from ..compiler.spaces.limit import SpaceLimit
from ..grammar.diagnostic import ProgramError
from ..lazy import lazy_module
from .options import print_json

if TYPE_CHECKING:
    import json

    import onnx

    from ..compiler.backends import onnx as onnx_backend
    from ..compiler.backends import python as python_backend
    from ..compiler.backends import torch as torch_backend
else:
    json = lazy_module("json")
    onnx_backend = lazy_module("..compiler.backends.onnx", __package__)
    python_backend = lazy_module("..compiler.backends.python", __package__)
    torch_backend = lazy_module("..compiler.backends.torch", __package__)


MOST_WEIGHTS = 100_000_000
"""Bytes: a program of a large space may well have a terabyte of them."""
PROTOBUF = 2_000_000_000
"""Bytes of weights that one message of protocol buffers is sure to hold."""


class NotWritten(click.ClickException):
    """The disk is full, or the file system refuses."""


class LeftOut(Exception):
    """A program is not compiled; the text says why."""


class Writable(Protocol):
    """A program in which nothing is open."""

    @property
    def text(self) -> str: ...

    @property
    def hash(self) -> str: ...

    @property
    def graph(self) -> Graph: ...

    def as_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Writer:
    """How programs are written: `form` is `text`, `jsonl` or `json`."""

    form: str
    folder: Path | None = None
    emit: str | None = None
    most: int = MOST_WEIGHTS
    resumes: bool = False

    def write_all(self, programs: Iterable[Writable], start: int = 0) -> int:
        """Writes each program; its number, from `start` on, names its files. Gives how many."""
        if self.form == "json":
            return self._as_one(programs)
        number = start
        for number, program in enumerate(programs, start + 1):
            self.put(self.written(number - 1, program), number - 1)
        return number - start

    def put(self, text: str, number: int) -> None:
        """Prints what was written of a program. Raises NotWritten."""
        if not text:
            return
        try:
            _print(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._not_written("the output", number, error) from None

    def _not_written(self, where: str, number: int, error: OSError) -> "NotWritten":
        on = f"; `--start {number}` goes on" if self.resumes else ""
        cut = " The last line may be cut off." if self.folder is None else ""
        reason = error.strerror or str(error)
        return NotWritten(f"{where} could not be written: {reason}. Make room{on}.{cut}")

    def _as_one(self, programs: Iterable[Writable]) -> int:
        """One answer, which has what came before a program that is out of reach."""
        found: list[dict[str, Any]] = []
        try:
            found.extend(program.as_json() for program in programs)
        except SpaceLimit:
            print_json({"programs": found})
            raise
        print_json({"programs": found})
        return len(found)

    def written(self, number: int, program: Writable) -> str:
        """What is to be printed of one program; its files are written."""
        if self.folder is not None:
            self._into_folder(self.folder, number, program)
        if self.form == "jsonl":
            line = json.dumps({"index": number, **program.as_json()})
            inside = "" if self.folder is not None else self._inside(program)
            return f"{line[:-1]}{inside}}}\n"
        if self.folder is not None:
            return ""
        gap = "" if number == 0 else "\n"
        return f"{gap}# {number}: {program.hash}\n{program.text}"

    def left_out(self, number: int, reason: str) -> str:
        """The line that stands for a program which is not there."""
        click.echo(reason, err=True)
        return json.dumps({"index": number, "text": None, "left_out": reason}) + "\n"

    def _inside(self, program: Writable) -> str:
        """What was compiled, as the end of the line: source as it is, a model in base64."""
        match self.emit:
            case "py":
                return f', "py": {json.dumps(python_backend.source(program.graph))}'
            case "onnx":
                try:
                    model = self._model(program.graph, most=PROTOBUF)
                except LeftOut as left_out:
                    return f', "onnx": null, "left_out": {json.dumps(str(left_out))}'
                text = b64encode(model.SerializeToString()).decode("ascii")
                return f', "onnx": "{text}"'
            case _:
                return ""

    def _into_folder(self, folder: Path, number: int, program: Writable) -> None:
        base = folder / f"{number:08d}.arch"
        path = base
        try:
            if self.emit == "py":
                path = base.with_suffix(".py")
                _write(path, python_backend.source(program.graph))
            elif self.emit == "onnx":
                path = base.with_suffix(".onnx")
                self._save(path, program.graph)
            path = base
            _write(path, program.text)
        except OSError as error:
            raise self._not_written(str(path), number, error) from None

    def _save(self, path: Path, graph: Graph) -> None:
        try:
            onnx_backend.save(self._model(graph), path)
        except LeftOut as left_out:
            click.echo(f"{path}: left out: {left_out}", err=True)

    def _model(self, graph: Graph, most: int | None = None) -> "onnx.ModelProto":
        """An untrained network as an ONNX model. Raises LeftOut, before anything is built, where it
        is too large, and where ONNX cannot express it.
        """
        size = weight_bytes(graph)
        if size > self.most:
            limit = f"over the {_megabytes(self.most)} that `--emit-limit` allows"
            raise LeftOut(f"{_megabytes(size)} of weights are {limit}")
        if most is not None and size > most:
            raise LeftOut(f"{_megabytes(size)} of weights do not fit one ONNX file: use `-o DIR`")
        weights = torch_backend.build(graph).state_dict()
        try:
            return onnx_backend.export(
                graph, weights, opset=20, metadata={"archc.trained": "false"}
            )
        except ProgramError as error:
            raise LeftOut(error.diagnostics[0].diagnostic.message()) from None


def _megabytes(size: int) -> str:
    return f"{-(-size // 1_000_000):,} MB"


def _print(text: str) -> None:
    """All of it: where Python does not buffer, a text is cut off in silence when the disk is full,
    and beyond 2 GB.
    """
    stream = sys.stdout
    stream.flush()
    left = memoryview(text.encode(stream.encoding or "utf-8", stream.errors or "strict"))
    while left:
        left = left[stream.buffer.write(left) :]
    stream.buffer.flush()


def _write(path: Path, text: str) -> None:
    """All or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def program_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`-o`, `--format` and `--json`, handed on as one `writer`."""

    @wraps(command)
    def with_writer(
        output: Path | None,
        output_format: str,
        as_json: bool,
        emit: str | None,
        emit_limit: int,
        **values: Any,
    ) -> Any:
        if as_json and output_format == "jsonl":
            raise click.UsageError("give --json or --format jsonl, not both")
        if emit is not None and output is None and output_format != "jsonl":
            raise click.UsageError("--emit writes files: give a folder by -o, or --format jsonl")
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
        form = "json" if as_json else output_format
        writer = Writer(form, output, emit, emit_limit * 1_000_000, resumes="start" in values)
        return command(writer=writer, **values)

    wrapped: Callable[..., Any] = with_writer
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_OPTIONS: tuple[Callable[..., Any], ...] = (
    click.option(
        "-o",
        "--output",
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="Write each program to a file of its own in this folder.",
    ),
    click.option(
        "--format",
        "output_format",
        type=click.Choice(("text", "jsonl")),
        default="text",
        show_default=True,
        help="How programs are printed; jsonl: one object in a line.",
    ),
    click.option(
        "--emit",
        type=click.Choice(("onnx", "py")),
        help="Compile each program too, untrained: into the folder of -o, or into its line of jsonl"
        " (a model in base64).",
    ),
    click.option(
        "--emit-limit",
        metavar="MB",
        type=click.IntRange(min=1),
        default=MOST_WEIGHTS // 1_000_000,
        show_default=True,
        help="With --emit onnx: a program with more weights is told instead of compiled.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one answer as JSON."),
)
