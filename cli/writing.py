"""Writing programs out, one after another: to stdout or into a folder, as texts or as JSON.

Comes in: an iterable of programs. Goes out: each as soon as it is there; nothing is kept.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from ..compiler.graph import Graph
from ..compiler.spaces.limit import SpaceLimit
from ..lazy import lazy_module
from .options import print_json

if TYPE_CHECKING:
    import json

    from ..compiler.backends import onnx as onnx_backend
    from ..compiler.backends import python as python_backend
    from ..compiler.backends import torch as torch_backend
else:
    json = lazy_module("json")
    onnx_backend = lazy_module("..compiler.backends.onnx", __package__)
    python_backend = lazy_module("..compiler.backends.python", __package__)
    torch_backend = lazy_module("..compiler.backends.torch", __package__)


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

    def write_all(self, programs: Iterable[Writable], start: int = 0) -> None:
        """Writes each program; its number, from `start` on, names its files."""
        if self.form == "json":
            self._as_one(programs)
            return
        for number, program in enumerate(programs, start):
            click.echo(self.written(number, program), nl=False)

    def _as_one(self, programs: Iterable[Writable]) -> None:
        """One answer, which has what came before a program that is out of reach."""
        found: list[dict[str, Any]] = []
        try:
            found.extend(program.as_json() for program in programs)
        except SpaceLimit:
            print_json({"programs": found})
            raise
        print_json({"programs": found})

    def written(self, number: int, program: Writable) -> str:
        """What is to be printed of one program; its files are written."""
        if self.folder is not None:
            self._into_folder(self.folder, number, program)
        if self.form == "jsonl":
            inside = self._inside(program) if self.folder is None else {}
            return json.dumps({"index": number, **program.as_json(), **inside}) + "\n"
        if self.folder is not None:
            return ""
        gap = "" if number == 0 else "\n"
        return f"{gap}# {number}: {program.hash}\n{program.text}"

    def _inside(self, program: Writable) -> dict[str, str]:
        """What was compiled, as a part of the line: source as it is, a model in base64."""
        match self.emit:
            case "py":
                return {"py": python_backend.source(program.graph)}
            case "onnx":
                return {"onnx": b64encode(_model(program.graph)).decode("ascii")}
            case _:
                return {}

    def _into_folder(self, folder: Path, number: int, program: Writable) -> None:
        base = folder / f"{number:08d}.arch"
        base.write_text(program.text, encoding="utf-8")
        if self.emit == "py":
            base.with_suffix(".py").write_text(python_backend.source(program.graph))
        elif self.emit == "onnx":
            base.with_suffix(".onnx").write_bytes(_model(program.graph))


def _model(graph: Graph) -> bytes:
    """An untrained network as the bytes of an ONNX model."""
    weights = torch_backend.build(graph).state_dict()
    model = onnx_backend.export(graph, weights, opset=20, metadata={"archc.trained": "false"})
    return bytes(model.SerializeToString())


def program_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`-o`, `--format` and `--json`, handed on as one `writer`."""

    @wraps(command)
    def with_writer(
        output: Path | None, output_format: str, as_json: bool, emit: str | None, **values: Any
    ) -> Any:
        if as_json and output_format == "jsonl":
            raise click.UsageError("give --json or --format jsonl, not both")
        if emit is not None and output is None and output_format != "jsonl":
            raise click.UsageError("--emit writes files: give a folder by -o, or --format jsonl")
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
        writer = Writer("json" if as_json else output_format, output, emit)
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
    click.option("--json", "as_json", is_flag=True, help="Print one answer as JSON."),
)
