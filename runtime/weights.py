"""Trained weights in one file, with all that is needed to use them.

Comes in: a module and what was learned about its data. Goes out: a safetensors file whose metadata
hold the data transform, the program and its hash (`archc.transform`, `archc.program`, …), which
`archc compile` copies into ONNX metadata and manifests; and a module with such weights.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from ..compiler.backends.torch import build
from ..compiler.graph import Graph
from ..compiler.hash import graph_hash
from .data import Transform
from .files import write_tensors
from .fitting import WeightsFile, fit

TRANSFORM = "archc.transform"
PROGRAM = "archc.program"


def metadata_of(graph: Graph, transform: Transform, program: str) -> dict[str, str]:
    """What travels with weights."""
    return {
        "archc.network": graph.name,
        "archc.hash": graph_hash(graph),
        "archc.trained": "true",
        PROGRAM: program,
        TRANSFORM: transform.to_json(),
        "format": "pt",
    }


def save_weights(path: Path, module: nn.Module, metadata: Mapping[str, str]) -> str:
    """Writes them all or not at all; gives the SHA-256. Raises WriteError."""
    return write_tensors(path, module.state_dict(), metadata)


def transform_in(metadata: Mapping[str, str]) -> Transform | None:
    """What was learned about the data, if the metadata are those of a training."""
    text = metadata.get(TRANSFORM)
    return None if text is None else Transform.from_json(text)


def module_with(graph: Graph, weights: WeightsFile, device: torch.device) -> nn.Module:
    """The network with these weights, in evaluation mode. Raises CheckpointError where they do not
    fit.
    """
    module = build(graph, init=False)
    module.load_state_dict(fit(graph, weights))
    return module.to(device).eval()
