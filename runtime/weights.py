"""Trained weights in one file, with all that is needed to use them.

Comes in: a module and what was learned about its data. Goes out: a safetensors file whose metadata
hold the data transform, the program and its hash (`archc.transform`, `archc.program`, …), and
back. May be assumed: a file with a bad checksum beside it, or of another network, is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ..compiler.backends.torch import build
from ..compiler.graph import Graph
from ..compiler.hash import graph_hash
from .data import Transform
from .errors import CheckpointError
from .files import write_tensors

TRANSFORM = "archc.transform"
PROGRAM = "archc.program"
NETWORK = "archc.network"
HASH = "archc.hash"


@dataclass(frozen=True, slots=True)
class Weights:
    """Tensors by full name, and the metadata of their file."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]

    @property
    def transform(self) -> Transform | None:
        """What was learned about the data, if the weights come from a training."""
        text = self.metadata.get(TRANSFORM)
        return None if text is None else Transform.from_json(text)


def metadata_of(graph: Graph, transform: Transform, program: str) -> dict[str, str]:
    """What travels with weights; `archc compile` copies it into ONNX metadata and manifest."""
    return {
        NETWORK: graph.name,
        HASH: graph_hash(graph),
        PROGRAM: program,
        TRANSFORM: transform.to_json(),
        "format": "pt",
    }


def save_weights(path: Path, module: nn.Module, metadata: Mapping[str, str]) -> str:
    """Writes them all or not at all; gives the SHA-256."""
    return write_tensors(path, module.state_dict(), metadata)


def load_weights(path: Path) -> Weights:
    """Raises CheckpointError where the file is missing or no safetensors file."""
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            return Weights({name: file.get_tensor(name) for name in names}, file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"the weights {path.name} cannot be read: {error}",
            "give a .safetensors file, such as weights.safetensors of a run",
        ) from None


def module_with(graph: Graph, weights: Weights, device: torch.device) -> nn.Module:
    """The network with these weights. Raises CheckpointError where they belong to another."""
    module = build(graph, init=False)
    own = module.state_dict()
    missing = [name for name in own if name not in weights.tensors]
    foreign = [name for name in weights.tensors if name not in own]
    for name in own:
        found = weights.tensors.get(name)
        if found is not None and found.shape != own[name].shape:
            missing.append(f"{name} as {list(own[name].shape)}, not {list(found.shape)}")
    if missing or foreign:
        raise CheckpointError(_difference(graph, missing, foreign, weights.metadata), _advice())
    module.load_state_dict(dict(weights.tensors))
    return module.to(device)


def _difference(
    graph: Graph, missing: list[str], foreign: list[str], metadata: Mapping[str, Any]
) -> str:
    other = metadata.get(NETWORK)
    origin = f" (they are those of {other})" if other and other != graph.name else ""
    text = f"the weights do not fit {graph.name}{origin}"
    if missing:
        text += f": it needs {missing[0]}" + (
            f" and {len(missing) - 1} more" if missing[1:] else ""
        )
    if foreign:
        text += f"; it has no {foreign[0]}" + (
            f" and {len(foreign) - 1} more" if foreign[1:] else ""
        )
    return text


def _advice() -> str:
    return "give the file they were trained from, with the same --set; a run's folder has both"
