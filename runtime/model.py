"""A trained network as it lies on disk: a run's folder, or a program and weights.

Comes in: a path, weights, overrides. Goes out: a `Trained`: graph, module, the transform of its
data. May be assumed: the weights fit the graph.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..compiler.check import Checked, check_file
from ..compiler.graph import Graph
from .data import Transform
from .errors import CheckpointError
from .fitting import read_weights
from .run_folder import PROGRAM, SETTINGS, WEIGHTS
from .weights import module_with, transform_in


@dataclass(frozen=True, slots=True)
class Trained:
    """`root` is the folder that the program's data paths are relative to; `transform` is None for
    weights that no training of ours made.
    """

    checked: Checked
    graph: Graph
    module: nn.Module
    transform: Transform | None
    root: Path
    device: torch.device


def load_trained(
    path: Path,
    device: torch.device,
    *,
    weights: Path | None = None,
    network: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> Trained:
    """The network of a file or of a run's folder, with its weights.

    Raises ProgramError, CheckpointError, OSError.
    """
    folder = path if path.is_dir() else None
    program = path if folder is None else folder / PROGRAM
    if folder is not None and not program.is_file():
        raise CheckpointError(
            f"{path} is no run's folder: it holds no {PROGRAM}",
            "give a run's folder, an .onnx file, or an .arch file with --weights",
        )
    weights = weights or (None if folder is None else folder / WEIGHTS)
    if weights is None:
        raise CheckpointError(
            f"{path} is a program, and its weights are not said",
            "give them by --weights W.safetensors, or name a run's folder",
        )
    if folder is not None and not weights.exists():
        raise CheckpointError(
            f"{folder} has no {WEIGHTS}: its training is not finished",
            "finish it by archc train --resume",
        )
    checked = check_file(program)
    root, settled = (program.parent, {}) if folder is None else _settled(folder)
    graph = checked.graph(
        network or settled.get("network"), settled.get("axes", {}) | dict(values or {})
    )
    found = read_weights(weights)
    module = module_with(graph, found, device)
    return Trained(checked, graph, module, transform_in(found.metadata), root, device)


def _settled(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The root of the data, and the settings of a run."""
    try:
        found = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        return folder / str(found["root"]), dict(found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{folder / SETTINGS} is missing or damaged: {error}",
            f"give {folder / PROGRAM} and --weights {folder / WEIGHTS} instead",
        ) from None
