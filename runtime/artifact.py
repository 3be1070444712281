"""What `archc compile` writes: one file by its ending, or a folder with all of them and a manifest.

Comes in: a graph, a state dict, what is known of the weights. Goes out: files that are whole or not
there at all, and their SHA-256.
"""

import json
import os
import platform
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..compiler import cost
from ..compiler.backends import onnx as onnx_backend
from ..compiler.backends import pt2 as pt2_backend
from ..compiler.backends import python as python_backend
from ..compiler.backends import torch as torch_backend
from ..compiler.graph import Graph, Port
from ..compiler.hash import graph_hash
from ..compiler.hyperparameter import spell
from .errors import RuntimeFault
from .files import checksum, write_json, write_tensors, write_text

ENDINGS = (".onnx", ".py", ".pt2")
MANIFEST = "manifest.json"
SCHEMA_VERSION = 1


class ArtifactError(RuntimeFault):
    """A file of this kind cannot be made of this network, or must not stand there."""


class NotExpressible(ArtifactError):
    """`torch.export` has no way to say this: a folder does without the file, and tells so."""


@dataclass(frozen=True, slots=True)
class Made:
    """All that is written down of a compilation. `metadata` comes with the weights of a training:
    the transform of the data, the labels.
    """

    graph: Graph
    state: Mapping[str, Tensor]
    trained: bool
    metadata: Mapping[str, str]
    opset: int
    sources: Mapping[str, str]
    """The texts of the program's files by name, the one that was compiled first."""

    @property
    def facts(self) -> dict[str, str]:
        """What stands in every format that has room for it."""
        carried = {key: text for key, text in self.metadata.items() if key != "format"}
        own = {
            "archc.network": self.graph.name,
            "archc.hash": graph_hash(self.graph),
            "archc.trained": str(self.trained).lower(),
        }
        return carried | own


def write(
    made: Made, path: Path, verified: Sequence[Mapping[str, Any]] | None = None
) -> list[Path]:
    """Writes what the ending of `path` asks for; every file written, in order. Raises
    ArtifactError, OSError.
    """
    if path.suffix not in ENDINGS:
        return _write_folder(made, path, verified)
    path.parent.mkdir(parents=True, exist_ok=True)
    _WRITERS[path.suffix](made, path)
    external = path.with_name(path.name + ".data")
    return [path, external] if path.suffix == ".onnx" and external.exists() else [path]


def _write_onnx(made: Made, path: Path) -> None:
    model = onnx_backend.export(made.graph, made.state, opset=made.opset, metadata=made.facts)
    onnx_backend.save(model, path)


def _write_python(made: Made, path: Path) -> None:
    write_text(path, python_backend.source(made.graph))


def _write_pt2(made: Made, path: Path) -> None:
    module = torch_backend.build(made.graph, init=False)
    module.load_state_dict(made.state)
    module.eval()
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch.export warns of its own ways
            pt2_backend.export_pt2(module, made.graph, temporary, made.facts)
        temporary.replace(path)
    except pt2_backend.ExportError as error:
        raise NotExpressible(
            str(error).splitlines()[0], "compile to .onnx or .py instead, or report it"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)


_WRITERS = {".onnx": _write_onnx, ".py": _write_python, ".pt2": _write_pt2}


# --- Folders -------------------------------------------------------------------------------------


def _write_folder(
    made: Made, path: Path, verified: Sequence[Mapping[str, Any]] | None
) -> list[Path]:
    """Everything is made beside the folder, which is then put in its place as a whole."""
    refuse_strange(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    left_out: dict[str, str] = {}
    with _beside(path) as folder:
        for ending, writer in _WRITERS.items():
            try:
                writer(made, folder / f"model{ending}")
            except NotExpressible as error:
                left_out[f"model{ending}"] = error.message
        write_tensors(folder / "weights.safetensors", made.state, {"format": "pt", **made.facts})
        for name, text in made.sources.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_text(folder / name, text)
        names = sorted(item.relative_to(folder).as_posix() for item in _files(folder))
        facts = manifest(made, folder, names, verified) | {"left_out": left_out}
        write_json(folder / MANIFEST, facts)
        _replace(path, folder)
    return [path / name for name in (*names, MANIFEST)]


def refuse_strange(path: Path) -> None:
    """A folder is written anew only if it is empty or was written by this. Raises ArtifactError."""
    if path.is_dir() and any(path.iterdir()) and not (path / MANIFEST).is_file():
        raise ArtifactError(
            f"{path} is a folder with other things in it, which would be lost",
            "give the name of a new folder, or of one that `archc compile` made",
        )
    if path.exists() and not path.is_dir():
        raise ArtifactError(f"{path} is a file", f"end OUT in {', '.join(ENDINGS)}, or in /")


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _files(folder: Path) -> Iterator[Path]:
    return (item for item in folder.rglob("*") if item.is_file())


def _replace(path: Path, folder: Path) -> None:
    """An old folder is moved away first: a rename replaces none that holds something."""
    if path.is_dir() and any(path.iterdir()):
        old = folder.with_name(folder.name + ".old")
        path.rename(old)
        folder.rename(path)
        shutil.rmtree(old)
    else:
        folder.rename(path)


def manifest(
    made: Made, folder: Path, names: Sequence[str], verified: Sequence[Mapping[str, Any]] | None
) -> dict[str, Any]:
    """What is in the folder, of what it was made, and with what."""
    graph = made.graph
    return {
        "schema_version": SCHEMA_VERSION,
        "network": graph.name,
        "hash": graph_hash(graph),
        "trained": made.trained,
        "hyperparameters": {key: spell(value) for key, value in graph.hyperparameters.items()},
        "inputs": [_port(graph, port) for port in graph.inputs],
        "outputs": [_port(graph, port) for port in graph.outputs],
        "params": cost.params(graph),
        "opset": made.opset,
        "files": {name: file_facts(folder / name) for name in names},
        "program": next(iter(made.sources.values()), graph.program),
        "metadata": {key: _plain(text) for key, text in made.facts.items()},
        "verified": verified,
        "versions": versions(),
    }


def _port(graph: Graph, port: Port) -> dict[str, Any]:
    kind = graph.values[port.value]
    shape = [size if isinstance(size, int) else str(size) for size in kind.shape]
    return {"name": port.name, "dtype": kind.dtype.name, "shape": shape}


def file_facts(path: Path) -> dict[str, Any]:
    return {"sha256": checksum(path), "bytes": path.stat().st_size}


def _plain(text: str) -> Any:
    """Metadata are texts; those that hold JSON are shown as what they hold."""
    try:
        return json.loads(text) if text[:1] in "{[" else text
    except ValueError:
        return text


def versions() -> dict[str, str]:
    """With what it was made."""
    names = ("archc", "torch", "onnx", "numpy", "safetensors")
    found = {name: metadata.version(name) for name in names}
    return {
        **found,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "os": sys.platform,
    }
