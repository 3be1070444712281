"""Weights between PyTorch and NumPy, and graphs without inputs evaluated.

Comes in: tensors or arrays, on the CPU, by name. Goes out: the other kind; memory is shared where
that can be. bf16 is `ml_dtypes.bfloat16` in NumPy.
"""

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
import torch

from ...graph import Graph
from .build import build

Array = np.ndarray[Any, Any]


def to_array(tensor: torch.Tensor) -> Array:
    plain = tensor.detach().cpu()
    if plain.dtype == torch.bfloat16:
        bits: Array = plain.contiguous().view(torch.int16).numpy()
        return bits.view(ml_dtypes.bfloat16)
    array: Array = plain.numpy()
    return array


def to_tensor(array: Array) -> torch.Tensor:
    plain = np.ascontiguousarray(array).reshape(array.shape)  # a scalar stays one
    if plain.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(plain.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(plain)


def state_of(graph: Graph, weights: Mapping[str, Array]) -> dict[str, torch.Tensor]:
    """The state dict of the graph's module: tied weights stand under each of their names."""
    state = {name: to_tensor(array) for name, array in weights.items()}
    for node in graph.nodes:
        for name, target in node.tied.items():
            state[f"{node.owner}.{name}"] = state[target]
    return state


def evaluate(graph: Graph, weights: Mapping[str, Array]) -> tuple[Array, ...]:
    """The outputs of a graph without inputs, in evaluation mode."""
    module = build(graph, init=False)
    module.load_state_dict(state_of(graph, weights))
    module.eval()
    with torch.no_grad():
        found = module()
    outputs = found if isinstance(found, tuple) else (found,)
    return tuple(to_array(tensor) for tensor in outputs)
