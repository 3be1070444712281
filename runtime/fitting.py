"""Weights from a file, fitted to a network.

Comes in: a safetensors file, a PyTorch state dict, or the folder of a run or of a compiled network.
Goes out: tensors by the names that the network gives them, and the file's metadata. Nothing is
unpickled but tensors (`weights_only`), and none takes more memory than the file has bytes for it.
What does not fit is named: a weight that is missing, one too many, another shape or dtype.
"""

import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..compiler.graph import Graph
from .errors import CheckpointError

IN_FOLDERS = "weights.safetensors"
_WRAPPED = ("state_dict", "model_state_dict", "model", "weights")
"""Under which a training script may have put the state dict beside other things. Another name
does as well, where nothing else in the file is a state dict.
"""
_MOST_PREFIXES = 4
_SHOWN = 16
_MOST_COMPARED = 2_000
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
    _refuse_inflated(path)
    return WeightsFile(path, _state_dict(path), {})


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
    state = _unwrapped(found)
    if state is None:
        raise CheckpointError(
            f"{path} holds no state dict", "save one by torch.save(module.state_dict(), path)"
        )
    return state


def _refuse_inflated(path: Path) -> None:
    """PyTorch stores its tensors as they are; a file that would grow when it is read is a trap."""
    if not is_zipfile(path):
        return
    try:
        with ZipFile(path) as file:
            claimed = sum(item.file_size for item in file.infolist())
    except (BadZipFile, NotImplementedError) as error:
        raise _unreadable(path, error) from None
    size = path.stat().st_size
    if claimed > size:
        raise CheckpointError(
            f"{path} has {size:,} bytes and claims to hold {claimed:,}",
            "PyTorch does not compress what it saves: save the weights anew",
        )


def _unwrapped(found: Any) -> dict[str, Tensor] | None:
    """The state dict itself, or the one among what a training script saved."""
    if _is_state(found):
        return dict(found)
    if not isinstance(found, Mapping):
        return None
    states = {key: value for key, value in found.items() if _is_state(value) and value}
    for key in _WRAPPED:
        if key in states:
            return dict(states[key])
    return dict(*states.values()) if len(states) == 1 else None


def _is_state(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_is_entry, value.items()))


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    if isinstance(error, pickle.UnpicklingError) and "nsupported global" in str(error):
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
    PyTorch; the file may name them once. A prefix of all names, such as the `module.` of
    DistributedDataParallel, is left out.
    """
    tied = {
        f"{node.owner}.{name}": other for node in graph.nodes for name, other in node.tied.items()
    }
    wanted = {weight.name: weight for weight in graph.weights()}
    weights = _without_prefix(weights, {*wanted, *tied})
    state: dict[str, Tensor] = {}
    problems: list[str] = []
    missing: list[str] = []
    for name, weight in wanted.items():
        dtype = getattr(torch, weight.dtype.torch.removeprefix("torch."))
        found = weights.tensors.get(name)
        if found is None and name.endswith(_COUNTER):
            found = torch.zeros((), dtype=dtype)  # files of old PyTorch lack it; nothing reads it
        if found is None:
            missing.append(name)
            continue
        problem = _problem(name, weight.shape, dtype, found)
        if problem:
            problems.append(problem)
        else:
            state[name] = found.to(dtype)
    problems += _tie(tied, state, weights.tensors)
    strange = [name for name in weights.tensors if name not in wanted and name not in tied]
    if problems or missing or strange:
        lacking = [f"{name} {list(wanted[name].shape)} is missing" for name in missing]
        found_near = _near(missing, strange, "; there is {}")
        meant = _near(strange, missing, "; did you mean {}?")
        problems = [
            *(line + found_near.get(name, "") for name, line in zip(missing, lacking, strict=True)),
            *problems,
            *(f"{name} is not in the network" + meant.get(name, "") for name in strange),
        ]
        raise _misfit(graph, weights, problems)
    return state


def _without_prefix(weights: WeightsFile, known: set[str]) -> WeightsFile:
    """The same under names without a common beginning that the network knows nothing of."""
    tensors = weights.tensors
    for _ in range(_MOST_PREFIXES):
        heads = {name.partition(".")[0] for name in tensors}
        if len(heads) != 1 or not known.isdisjoint(tensors):
            break
        tensors = {name.partition(".")[2]: value for name, value in tensors.items()}
    return replace(weights, tensors=tensors) if not known.isdisjoint(tensors) else weights


def _near(names: Sequence[str], candidates: Sequence[str], text: str) -> dict[str, str]:
    """For the first names what may have been meant by each, if anything is like it."""
    if len(candidates) > _MOST_COMPARED:
        return {}
    found = {name: get_close_matches(name, candidates, n=1) for name in names[:_SHOWN]}
    return {name: text.format(near[0]) for name, near in found.items() if near}


def _problem(name: str, shape: tuple[int, ...], dtype: torch.dtype, found: Tensor) -> str:
    """Why a weight does not fit; nothing if it does."""
    if tuple(found.shape) != shape:
        return f"{name} is {list(shape)} in the network, {list(found.shape)} in the file"
    odd = _oddity(found)
    if odd:
        return f"{name} {odd}: save it as a plain tensor, as by .to_dense().contiguous()"
    if found.dtype != dtype and not _widens(found.dtype, dtype):
        kinds = f"{str(dtype)[6:]} in the network, {str(found.dtype)[6:]} in the file"
        return f"{name} is {kinds}, which would lose digits: convert it first"
    return ""


def _oddity(tensor: Tensor) -> str:
    """Why a tensor does not simply hold its numbers, one beside another; nothing if it does."""
    if tensor.layout != torch.strided:
        return "is sparse"
    if tensor.is_quantized:
        return "is quantized"
    if tensor.is_meta:
        return "has a shape, but no numbers"
    held = tensor.untyped_storage().nbytes() // tensor.element_size()
    if tensor.numel() > held:
        return f"claims {tensor.numel():,} numbers and holds {held:,}"
    return ""


def _widens(found: torch.dtype, wanted: torch.dtype) -> bool:
    try:
        return torch.promote_types(found, wanted) == wanted
    except RuntimeError:  # eight-bit floats are promoted to nothing
        return False


def _tie(
    tied: Mapping[str, str], state: dict[str, Tensor], tensors: Mapping[str, Tensor]
) -> Iterator[str]:
    """Puts tied weights into the state; yields those that differ in the file."""
    for name, other in tied.items():
        if other not in state:
            continue
        own = tensors.get(name)
        if own is not None and not _equal(own, state[other]):
            yield f"{name} is tied to {other}, and differs from it here"
        state[name] = state[other]


def _equal(own: Tensor, other: Tensor) -> bool:
    plain = own.shape == other.shape and not _oddity(own)
    return plain and torch.equal(own.to(other.dtype), other)


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
