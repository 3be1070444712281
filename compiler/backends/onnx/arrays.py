"""Weights and constants as NumPy arrays and as ONNX tensors, each copied once.

Comes in: PyTorch tensors or NumPy arrays, by full name. Goes out: arrays that share their memory,
and tensors. bf16 is `ml_dtypes.bfloat16` in NumPy.
"""

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import onnx

from ....lazy import lazy_module
from ...types import BF16, DType

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")

Array = np.ndarray[Any, Any]


class WeightsError(ValueError):
    """The weights do not fit the network: one is missing, or has another shape or dtype."""


def numpy_dtype(dtype: DType) -> np.dtype[Any]:
    return np.dtype(ml_dtypes.bfloat16) if dtype == BF16 else np.dtype(dtype.numpy)


def to_array(value: Any) -> Array:
    """A tensor or array as a NumPy array; a tensor on the CPU keeps its memory."""
    if not hasattr(value, "detach"):
        return np.asarray(value)
    tensor = value.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        bits: Array = tensor.contiguous().view(torch.int16).numpy()
        return bits.view(ml_dtypes.bfloat16)
    array: Array = tensor.numpy()
    return array


def find_weight(
    weights: Mapping[str, Any], name: str, shape: tuple[int, ...], dtype: DType
) -> Array:
    """The weight as an array of its declared type; it is widened where that loses nothing."""
    wanted = f"{dtype}[{', '.join(map(str, shape))}]"
    if name not in weights:
        near = difflib.get_close_matches(name, weights, n=1)
        hint = f"; the nearest name among them is {near[0]}" if near else ""
        raise WeightsError(f"the weights lack {name}, which is {wanted}{hint}")
    array = to_array(weights[name])
    if array.shape != shape:
        found = ", ".join(map(str, array.shape))
        raise WeightsError(f"the weight {name} is {wanted} in the network, and [{found}] here")
    if array.dtype == numpy_dtype(dtype):
        return array
    if not np.can_cast(array.dtype, numpy_dtype(dtype), "safe"):
        raise WeightsError(
            f"the weight {name} is {wanted} in the network, and {array.dtype} here, "
            f"which {dtype} cannot hold exactly: convert it first"
        )
    return array.astype(numpy_dtype(dtype))


def fill(tensor: onnx.TensorProto, name: str, array: Array, dtype: DType) -> None:
    """Makes a tensor in its place, as a protocol buffer that is appended is copied once more.

    ONNX stores the lowest byte first.
    """
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    tensor.name = name
    tensor.data_type = dtype.onnx
    tensor.dims.extend(array.shape)
    tensor.raw_data = little.tobytes()
