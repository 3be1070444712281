"""`archc compile`: a network as ONNX, PyTorch source, a torch.export program, or all in a folder.

Comes in: a file, a network's name, settings, weights. Goes out: files by the ending of OUT, and
one line for each on stdout. With `--verify` every result is compared on random inputs first, and
nothing is written where they differ.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..compiler.check import Checked, check_file, deep_recursion
from ..compiler.expand.session import Limits
from ..compiler.graph import Graph
from ..lazy import lazy_module
from .limits import limit_options
from .options import (
    Settings,
    json_option,
    network_option,
    print_json,
    print_reports,
    set_values_option,
)

if TYPE_CHECKING:
    from ..compiler import hash as hashing
    from ..compiler import optimise as optimising
    from ..compiler import verify as verification
    from ..compiler.backends import torch as torch_backend
    from ..runtime import artifact, files, fitting
    from . import closing
else:
    hashing = lazy_module("..compiler.hash", __package__)
    optimising = lazy_module("..compiler.optimise", __package__)
    verification = lazy_module("..compiler.verify", __package__)
    torch_backend = lazy_module("..compiler.backends.torch", __package__)
    artifact = lazy_module("..runtime.artifact", __package__)
    files = lazy_module("..runtime.files", __package__)
    fitting = lazy_module("..runtime.fitting", __package__)
    closing = lazy_module(".closing", __package__)

ENDINGS = (".onnx", ".py", ".pt2")


def _output_of(context: click.Context, parameter: click.Parameter, value: str) -> Path:
    """Refuses an ending that stands for nothing, before anything is computed."""
    path = Path(value)
    known = not path.suffix or path.suffix in ENDINGS
    if not known and not value.endswith(("/", "\\")) and not path.is_dir():
        endings = ", ".join(ENDINGS)
        raise click.BadParameter(f"{value!r} ends in none of {endings}; end a folder's name in /")
    return path


@click.command(short_help="Compile a network to ONNX, PyTorch source, torch.export, or all.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT",
    callback=_output_of,
    help="Where to: a name ending in .onnx, .py or .pt2, or a folder for all of them.",
)
@network_option
@set_values_option
@click.option(
    "--weights",
    metavar="W",
    type=click.Path(path_type=Path, exists=True),
    help="Weights: safetensors, a PyTorch state dict, or the folder of a run.",
)
@click.option(
    "--opset",
    type=click.IntRange(17, 23),
    default=20,
    show_default=True,
    help="The version of ONNX's operators.",
)
@click.option(
    "-O",
    "--optimise",
    "--optimize",
    "optimise",
    is_flag=True,
    help="Make it faster to run: fold batch norms and constants, remove what does nothing.",
)
@click.option("--seed", type=int, help="Draw the open choices of a space by this seed.")
@click.option("--trace", metavar="T", help="Close them by a trace: JSON, or the file with it.")
@click.option("--verify", is_flag=True, help="Compare every result on random inputs first.")
@json_option
@limit_options
def command(
    file: Path,
    output: Path,
    network: str | None,
    settings: Settings,
    weights: Path | None,
    opset: int,
    optimise: bool,
    seed: int | None,
    trace: str | None,
    verify: bool,
    as_json: bool,
    limits: Limits,
) -> None:
    """Compile a network in FILE to what the ending of OUT says.

    A folder holds all formats, the weights, the program, and a manifest with checksums. Without
    --weights the network is initialised with seed 0, and marked as untrained. What -O makes is
    for inference alone; --verify compares it with the network as written, too.
    """
    if seed is None and trace is None:
        checked = check_file(file, limits)
        graph = checked.graph(network, dict(settings))
    else:
        checked, name = closing.close(file, network, settings, seed, trace)
        graph = checked.graph(name)
    print_reports(checked.reports)
    with deep_recursion():
        original = _make(graph, weights, opset, sources_of(checked, file))
        made, steps = _optimised(original) if optimise else (original, None)
        is_folder = output.suffix not in ENDINGS
        if is_folder:
            artifact.refuse_strange(output)
        found = _verify(original, made, output, as_json) if verify else None
        written = _write(made, output, found)
    if as_json:
        print_json(_answer(made, written, found) | {"optimised": steps})
    else:
        _say_steps(steps)
        _say(made, written, is_folder)


def _write(made: "artifact.Made", output: Path, found: list[dict[str, Any]] | None) -> list[Path]:
    try:
        return artifact.write(made, output, found)
    except files.WriteError as error:
        raise click.ClickException(error.message) from None  # I/O, not the program's fault


def _make(
    graph: Graph, weights: Path | None, opset: int, sources: Mapping[str, str]
) -> "artifact.Made":
    if weights is None:
        state = torch_backend.build(graph).state_dict()
        return artifact.Made(graph, state, False, {}, opset, sources)
    found = fitting.read_weights(weights)
    state = fitting.fit(graph, found)
    return artifact.Made(graph, state, found.trained, found.metadata, opset, sources)


def _optimised(made: "artifact.Made") -> tuple["artifact.Made", list[dict[str, Any]]]:
    """The same for inference alone, and what was done to it."""
    found = optimising.optimise(made.graph, made.state)
    metadata = {**made.metadata, "archc.optimised": "true"}
    steps = [
        {"pass": step.name, "before": step.before, "after": step.after} for step in found.steps
    ]
    return replace(made, graph=found.graph, state=found.state, metadata=metadata), steps


def sources_of(checked: Checked, file: Path) -> dict[str, str]:
    """The program and the files beside it that it uses, by the names that they have in the folder;
    the standard library travels with archc.
    """
    root = file.resolve().parent
    used = [path for path in checked.files if path.is_relative_to(root) and path != file.resolve()]
    texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in used}
    return {file.name: checked.program.span.source.text, **texts}


# --- Verifying -----------------------------------------------------------------------------------


def _verify(
    original: "artifact.Made", made: "artifact.Made", output: Path, quiet: bool
) -> list[dict[str, Any]]:
    """Prints a table of differences; exits with 1 where one is above its tolerance."""
    wants_all = output.suffix not in ENDINGS
    report = verification.verify(
        made.graph,
        weights=made.state,
        onnx=wants_all or output.suffix == ".onnx",
        pt2=wants_all or output.suffix == ".pt2",
        opset=made.opset,
    )
    if made is not original:
        report = report.joined(
            verification.compare((original.graph, original.state), (made.graph, made.state))
        )
    # What torch.export cannot express at all is left out of a folder, and told.
    kept = [item for item in report.comparisons if not (wants_all and _is_left_out(item))]
    report = verification.VerifyReport(tuple(kept))
    if not quiet or not report.ok:
        click.echo("\n".join(_table(report)), err=quiet)
    if not report.ok:
        click.echo("error: the results differ; nothing was written", err=True)
        click.echo("help: this is a bug in archc, please report it with the program", err=True)
        click.get_current_context().exit(1)
    return [_comparison(item) for item in report.comparisons]


def _is_left_out(item: "verification.Comparison") -> bool:
    return item.backend == "pt2" and item.problem.startswith("ExportError")


def _comparison(item: "verification.Comparison") -> dict[str, Any]:
    return {
        "backend": item.backend,
        "mode": item.mode,
        "sizes": dict(item.sizes),
        "difference": item.absolute,
        "tolerance_used": item.difference,
        "ok": item.ok,
    }


def _table(report: "verification.VerifyReport") -> list[str]:
    """One line for each comparison with the back end `torch`."""
    rows = [("result", "mode", "sizes", "difference", "")]
    for item in report.comparisons:
        sizes = " ".join(f"{name}={size}" for name, size in item.sizes.items()) or "fixed"
        gap = item.problem or f"{item.absolute:.1e}"
        rows.append((item.backend, item.mode, sizes, gap, "agrees" if item.ok else "DIFFERS"))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return ["compared with the back end torch on random inputs", *lines, ""]


# --- Answers -------------------------------------------------------------------------------------


def _answer(
    made: "artifact.Made", written: list[Path], found: list[dict[str, Any]] | None
) -> dict[str, Any]:
    return {
        "network": made.graph.name,
        "hash": hashing.graph_hash(made.graph),
        "trained": made.trained,
        "opset": made.opset,
        "files": [{"path": str(path), **artifact.file_facts(path)} for path in written],
        "verified": found,
    }


def _say_steps(steps: list[dict[str, Any]] | None) -> None:
    """One line for each pass that changed something."""
    for step in steps or ():
        click.echo(f"{step['pass']}: {step['before']} layers -> {step['after']}", err=True)
    if steps == []:
        click.echo("nothing to optimise", err=True)


def _say(made: "artifact.Made", written: list[Path], is_folder: bool) -> None:
    for path in written:
        click.echo(f"wrote {path} ({size_text(path.stat().st_size)})")
    if is_folder and not any(path.suffix == ".pt2" for path in written):
        click.echo(f"left out: model.pt2; {written[-1]} says why", err=True)
    if written[0].suffix == ".py" and not is_folder:
        click.echo("the source holds no weights: it loads a state dict of the same names", err=True)
    elif not made.trained:
        click.echo(
            "the weights are untrained: initialised with seed 0 (--weights gives others)", err=True
        )


def size_text(count: int) -> str:
    """`331 kB`: bytes for people, in powers of 1000."""
    value, units = float(count), ["B", "kB", "MB", "GB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.3g} {units[0]}" if units[0] != "B" else f"{count} B"
