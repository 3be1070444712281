"""Multiplies a batch norm into the layer before it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ..graph import Node
from ..layers.batchnorm import Batchnorm
from ._edit import Array, Edit
from ._pass import Property
from ._rules import Chain, New, Result, Rule, RulePass
from .dead_code import ALL_USED

Scaled = Callable[[Array, Array, Any], Array]
"""A weight with each output channel multiplied by a factor: of a weight, factors and the layer."""


def _first_axis(weight: Array, factor: Array, layer: Any) -> Array:
    return weight * factor.reshape(-1, *[1] * (weight.ndim - 1))


def _second_axis(weight: Array, factor: Array, layer: Any) -> Array:
    """[C, filters // groups, *kernel]: the filters of a group lie beside its input channels."""
    by_group = weight.reshape(layer.groups, -1, *weight.shape[1:])
    factors = factor.reshape(layer.groups, 1, -1, *[1] * (weight.ndim - 2))
    return (by_group * factors).reshape(weight.shape)


_SCALED: dict[str, Scaled] = {
    "conv": _first_axis,
    "depthwise": _first_axis,
    "dense": _first_axis,
    "conv_transpose": _second_axis,
}


def _fold(edit: Edit, nodes: Chain) -> Result:
    """y = (W x + b - mean) * f + beta with f = gamma / sqrt(variance + eps)."""
    linear, norm = nodes
    (x,) = edit.types(norm.inputs)
    channels_last = linear.layer.name == "dense" and x.rank != 2
    if channels_last or not edit.owns_alone(linear):
        return None
    with np.errstate(all="ignore"):  # what leaves the range of the dtype is seen below
        folded = _folded(edit, linear, norm)
    if not all(np.isfinite(array.astype(np.float64)).all() for array in folded.values()):
        return None
    layer: Any = linear.layer
    node = replace(linear, layer=replace(layer, bias=True), outputs=norm.outputs)
    return New(node, {f"{linear.owner}.{name}": array for name, array in folded.items()})


def _folded(edit: Edit, linear: Node, norm: Node) -> dict[str, Array]:
    factor, shift = _affine(edit, norm)
    weight = edit.weight(linear, "weight")
    bias = edit.weights.get(f"{linear.owner}.bias", np.zeros(factor.shape))
    scaled = _SCALED[linear.layer.name](weight.astype(np.float64), factor, linear.layer)
    moved = bias.astype(np.float64) * factor + shift
    return {"weight": scaled.astype(weight.dtype), "bias": moved.astype(weight.dtype)}


def _affine(edit: Edit, norm: Node) -> tuple[Array, Array]:
    """Factor and summand of each channel, in f64."""
    assert isinstance(norm.layer, Batchnorm)
    mean, variance = (
        edit.weight(norm, name).astype(np.float64) for name in ("running_mean", "running_var")
    )
    factor: Array = 1 / np.sqrt(variance + norm.layer.eps)
    if not norm.layer.affine:
        return factor, -mean * factor
    factor = factor * edit.weight(norm, "weight").astype(np.float64)
    return factor, edit.weight(norm, "bias").astype(np.float64) - mean * factor


@dataclass(frozen=True, slots=True)
class BatchnormFolding(RulePass):
    """A convolution or dense layer that only a batch norm reads takes it over: each output channel
    is scaled, and the bias shifted. Exact up to rounding; calculated in f64.

    Layers that share weights or tie them stay as they are, and so do weights that would leave the
    range of their dtype.
    """

    # A reader that no output needs would hide that a convolution has one use.
    requires: ClassVar[tuple[Property, ...]] = (ALL_USED,)

    def rules(self) -> tuple[Rule, ...]:
        pattern = (frozenset(_SCALED), frozenset({"batchnorm"}))
        return (Rule(pattern, _fold, consumes=True),)
