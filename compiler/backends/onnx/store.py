"""What all graphs of one ONNX model share: names, constants and the weights in use.

Comes in: constants and weights as layers ask for them. Goes out: their names; each is stored once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...types import DType
from .arrays import Array, find_weight, numpy_dtype
from .dtypes import Dtypes
from .names import Names

_SHORT = 24
"""Constants whose text is at most this long are named by it."""


@dataclass
class Store:
    """What all graphs of one model share: names, constants and the weights in use."""

    opset: int
    weights: Mapping[str, Any]
    names: Names
    dtypes: Dtypes
    steps: Names = field(default_factory=Names)
    constants: dict[str, tuple[Array, DType]] = field(default_factory=dict)
    attached: dict[str, tuple[Array, DType]] = field(default_factory=dict)
    _constant_names: dict[tuple[str, tuple[int, ...], bytes], str] = field(default_factory=dict)
    _arrays: dict[str, Array] = field(default_factory=dict)
    _variants: dict[str, list[str]] = field(default_factory=dict)

    def constant(self, value: Any, dtype: DType, wanted: str) -> str:
        array = np.asarray(value, dtype=numpy_dtype(dtype))
        key = dtype.name, array.shape, array.tobytes()
        if key not in self._constant_names:
            text = f"{dtype}:{_compact(array)}" if array.size <= _SHORT else ""
            name = self.names.fresh(text if text and len(text) <= _SHORT else f"{wanted}/constant")
            self._constant_names[key] = name
            self.constants[name] = array, dtype
            self.dtypes.define(name, dtype)
        return self._constant_names[key]

    def weight(self, name: str, shape: tuple[int, ...], dtype: DType) -> str:
        """A weight as it is, under its own name."""
        self.attached[name] = self.array(name, shape, dtype), dtype
        self.dtypes.define(name, dtype)
        return name

    def array(self, name: str, shape: tuple[int, ...], dtype: DType) -> Array:
        if name not in self._arrays:
            self._arrays[name] = find_weight(self.weights, name, shape, dtype)
        return self._arrays[name]

    def variant(self, name: str, array: Array, dtype: DType) -> str:
        """A weight rearranged; a second layer that wants the same arrangement gets the first's."""
        for known in self._variants.setdefault(name, []):
            if _same(self.attached[known][0], array):
                return known
        fresh = self.names.fresh(f"{name}.rearranged")
        self._variants[name].append(fresh)
        self.attached[fresh] = array, dtype
        self.dtypes.define(fresh, dtype)
        return fresh


def _compact(array: Array) -> str:
    return str(array.tolist()).replace(" ", "")


def _same(left: Array, right: Array) -> bool:
    return left.shape == right.shape and left.dtype == right.dtype and np.array_equal(left, right)
