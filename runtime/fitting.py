"""Weights from a file, fitted to a network.

Comes in: a safetensors file, a PyTorch state dict, or the folder of a run or of a compiled network.
Goes out: tensors by the names that the network gives them, and the file's metadata. Nothing is
unpickled but tensors (`weights_only`). What does not fit is named: a weight that is missing, one
too many, another shape or dtype.
"""

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..compiler.graph import Graph
from .errors import CheckpointError

IN_FOLDERS = "weights.safetensors"
_WRAPPED = ("state_dict", "model_state_dict", "model", "weights")
"""Under which a training script may have put the state dict beside other things."""
_PREFIXES = ("module.", "_orig_mod.")
"""What DistributedDataParallel and torch.compile put in front of every name."""
_SHOWN = 8
_COUNTER = "num_batches_tracked"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """Tensors by name as they stand in the file, and what else it says."""

    path: Path
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]

    @property
    def trained(self) -> bool:
        """Weights come from a training unless their file says otherwise."""
        return self.metadata.get("archc.trained", "true") != "false"


def read_weights(path: Path) -> WeightsFile:
    """Reads weights onto the CPU. Raises CheckpointError for a file that holds none, OSError."""
    path = path / IN_FOLDERS if path.is_dir() else path
    with path.open("rb") as file:
        head = file.read(9)
    if head[8:] == b"{":
        return _safetensors(path)
    tensors = _state_dict(path)
    for prefix in _PREFIXES:
        if all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    return WeightsFile(path, tensors, {})


def _safetensors(path: Path) -> WeightsFile:
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            tensors = {name: file.get_tensor(name) for name in names}
            return WeightsFile(path, tensors, file.metadata() or {})
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is no whole safetensors file: {error}", "take another copy of the file"
        ) from None


def _state_dict(path: Path) -> dict[str, Tensor]:
    try:
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # what is no pickle at all can raise anything
        raise _unreadable(path, error) from None
    for key in _WRAPPED:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping) or not all(map(_is_entry, found.items())):
        raise CheckpointError(
            f"{path} holds no state dict", "save one by torch.save(module.state_dict(), path)"
        )
    return dict(found)


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    if isinstance(error, pickle.UnpicklingError) and "WeightsUnpickler" in str(error):
        return CheckpointError(
            f"{path} holds more than tensors, which is not read: it could run any code",
            "save the weights alone: torch.save(module.state_dict(), path), or as safetensors",
        )
    return CheckpointError(
        f"{path} holds no weights that can be read",
        "give a safetensors file, a PyTorch state dict, or the folder of a run",
    )


def _is_entry(item: tuple[object, object]) -> bool:
    return isinstance(item[0], str) and isinstance(item[1], Tensor)


# --- Fitting -------------------------------------------------------------------------------------


def fit(graph: Graph, weights: WeightsFile) -> dict[str, Tensor]:
    """The state dict of the network's module. Raises CheckpointError with all that does not fit.

    A float is widened where that loses nothing. Tied weights stand under each of their names, as in
    PyTorch; the file may name them once.
    """
    tied = {
        f"{node.owner}.{name}": other for node in graph.nodes for name, other in node.tied.items()
    }
    wanted = {weight.name: weight for weight in graph.weights()}
    problems = [
        f"{name} is not in the network"
        for name in weights.tensors
        if name not in wanted and name not in tied
    ]
    state: dict[str, Tensor] = {}
    for name, weight in wanted.items():
        dtype = getattr(torch, weight.dtype.torch.removeprefix("torch."))
        found = weights.tensors.get(name)
        if found is None and name.endswith(_COUNTER):
            found = torch.zeros((), dtype=dtype)  # files of old PyTorch lack it; nothing reads it
        problem = _problem(name, weight.shape, dtype, found, weights.tensors)
        if problem:
            problems.append(problem)
        elif found is not None:
            state[name] = found.to(dtype)
    problems += _tie(tied, state, weights.tensors)
    if problems:
        raise _misfit(graph, weights, problems)
    return state


def _problem(
    name: str,
    shape: tuple[int, ...],
    dtype: torch.dtype,
    found: Tensor | None,
    tensors: Mapping[str, Tensor],
) -> str:
    """Why a weight does not fit; nothing if it does."""
    if found is None:
        near = get_close_matches(name, tensors, n=1)
        return f"{name} {list(shape)} is missing" + (f"; there is {near[0]}" if near else "")
    if tuple(found.shape) != shape:
        return f"{name} is {list(shape)} in the network, {list(found.shape)} in the file"
    if found.dtype != dtype and torch.promote_types(found.dtype, dtype) != dtype:
        kinds = f"{str(dtype)[6:]} in the network, {str(found.dtype)[6:]} in the file"
        return f"{name} is {kinds}, which would lose digits: convert it first"
    return ""


def _tie(
    tied: Mapping[str, str], state: dict[str, Tensor], tensors: Mapping[str, Tensor]
) -> Iterator[str]:
    """Puts tied weights into the state; yields those that differ in the file."""
    for name, other in tied.items():
        if other not in state:
            continue
        own = tensors.get(name)
        if own is not None and not torch.equal(own.to(state[other].dtype), state[other]):
            yield f"{name} is tied to {other}, and differs from it here"
        state[name] = state[other]


def _misfit(graph: Graph, weights: WeightsFile, problems: list[str]) -> CheckpointError:
    shown = [f"\n  {problem}" for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        shown.append(f"\n  and {len(problems) - _SHOWN} more")
    hint = "compile with the network, --set and program that they were made with"
    if weights.metadata.get("archc.optimised") == "true":
        hint = "`archc compile -O` made them for inference: give the weights that it was given"
    made_for = weights.metadata.get("archc.network")
    other = f", which were made for {made_for}" if made_for not in (None, graph.name) else ""
    return CheckpointError(
        f"the weights in {weights.path} do not fit {graph.name}{other}:{''.join(shown)}", hint
    )
