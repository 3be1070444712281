"""Recurrent layers with fused kernels: `lstm gru rnn`."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import between, one_of, option, required
from ..layer import Layer, Types, WeightType, weight_dtype
from ..lowering import Module, OnnxBuilder
from ..types import Shape, TensorType

if TYPE_CHECKING:
    import numpy as np

MOST_LAYERS = 256


class Recurrent(Layer):
    """Runs along axis 1 of [N, T, D]. Subclasses say how many gates and states there are, and their
    order in ONNX.

    `order` lists PyTorch's gates in ONNX's order. A state is [N, units] in a single layer in one
    direction, else [layers * directions, N, units], as PyTorch's.
    """

    family: ClassVar[str] = "recurrent"
    arity: ClassVar[tuple[int, int | None]] = (1, 2)
    primary_weight: ClassVar[str | None] = "weight_hh_l0"
    stochastic: ClassVar[bool] = True
    training: ClassVar[bool] = True
    gates: ClassVar[int]
    order: ClassVar[tuple[int, ...]]
    carried: ClassVar[int] = 1
    onnx_op: ClassVar[str]
    step_cost: ClassVar[int]  # element-wise operations for each unit and step

    units: int = required(between(16, 1024, log=True))
    layers: int = option(default=1, domain=one_of(1, 2, 3))
    bidirectional: bool = option(default=False, domain=one_of(False, True))
    dropout: float = option(default=0.0, domain=between(0.0, 0.5))
    weight_dropout: float = option(default=0.0, domain=between(0.0, 0.5))
    last: bool = option(default=False)
    states: bool = option(default=False)

    def infer(self, check: Checks, *inputs: TensorType) -> Types:
        x, *given = inputs
        check.rank(x, 3)
        check.floating(x)
        check.known(x.shape[2], "the last axis")
        check.same_dtype(x, *given)
        if len(given) not in (0, self.carried):
            wanted = f"1 or {1 + self.carried} inputs"
            check.fail(errors.shapes.WrongInputCount(check.site, wanted, len(inputs)))
        accepted = 1 <= self.layers <= MOST_LAYERS
        check.setting(accepted, "layers", self.layers, f"from 1 to {MOST_LAYERS}")
        for first in given:  # the sizes that most settings have a say in come last
            self._expect_state(check, first, x)
        check.setting(self.units >= 1, "units", self.units, "at least 1")
        state = x.with_shape(*self._state_shape(x))
        for first in given:
            last = f"the sizes of axis {first.rank - 1} of a first state"
            check.equal(first.shape[-1], self.units, last)
        for name, rate in (("dropout", self.dropout), ("weight_dropout", self.weight_dropout)):
            check.setting(0 <= rate < 1, name, rate, "at least 0 and below 1")
        width = self.units * self._directions
        y = x.with_shape(x.shape[0], width) if self.last else x.with_axis(2, width)
        return (y, *(state,) * self.carried) if self.states else y

    def _expect_state(self, check: Checks, found: TensorType, x: TensorType) -> None:
        """The axes of a first state before its last."""
        stack = (self.layers * self._directions,) if self._stacked else ()
        check.rank(found, len(stack) + 2)
        for axis, size in enumerate((*stack, x.shape[0])):
            what = f"the sizes of axis {axis} of a first state"
            check.equal(found.shape[axis], size, what)

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _stacked(self) -> bool:
        return self.layers * self._directions > 1

    def _state_shape(self, x: TensorType) -> Shape:
        stack = (self.layers * self._directions,) if self._stacked else ()
        return (*stack, x.shape[0], self.units)

    def _suffixes(self, layer: int) -> list[str]:
        """What the names of a layer's weights end in, for each direction."""
        return [f"_l{layer}", f"_l{layer}_reverse"][: self._directions]

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        return dict(self._named_weights(inputs[0]))

    def _named_weights(self, x: TensorType) -> Iterator[tuple[str, WeightType]]:
        rows, width = self.gates * self.units, x.shape[2]
        assert isinstance(width, int)  # infer proved it
        for layer in range(self.layers):
            columns = self.units * self._directions if layer else width
            for suffix in self._suffixes(layer):
                yield "weight_ih" + suffix, WeightType((rows, columns), x.dtype)
                yield "weight_hh" + suffix, WeightType((rows, self.units), x.dtype)
                yield "bias_ih" + suffix, WeightType((rows,), x.dtype)
                yield "bias_hh" + suffix, WeightType((rows,), x.dtype)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """For each step: two for each weight, one for each bias, and the element-wise part."""
        x = inputs[0]
        step = 0
        for weight in self.weights(x).values():
            step += (
                2 * weight.shape[0] * weight.shape[1] if len(weight.shape) == 2 else weight.shape[0]
            )
        step += self.layers * self._directions * self.units * self.step_cost
        return x.shape[0] * x.shape[1] * step

    def settings(self) -> dict[str, Any]:
        """The keywords of the PyTorch module; dropout acts between layers, so a single one has
        none.
        """
        found: dict[str, Any] = {}
        if self.layers > 1 and self.dropout:
            found["dropout"] = self.dropout
        for name in ("bidirectional", "weight_dropout", "last", "states"):
            if getattr(self, name):
                found[name] = getattr(self, name)
        return found

    def to_torch(self, *inputs: TensorType) -> Module:
        x = inputs[0]
        target = f"archc.compiler.support.recurrent:{type(self).__name__}"
        layers = (self.layers,) if self.layers > 1 else ()
        args = (x.shape[2], self.units, *layers)
        return Module(target, args, self.settings() | weight_dtype(x))

    # --- ONNX

    def attributes(self) -> dict[str, Any]:
        """What the operator needs beyond its size and direction."""
        return {}

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str | tuple[str, ...]:
        x, *given = inputs
        y = onnx.op("Transpose", x, perm=[1, 0, 2])
        finals: list[tuple[str, ...]] = []
        for layer in range(self.layers):
            first = [self._of_layer(onnx, state, layer) for state in given]
            y, *final = self._one_layer(onnx, y, layer, first)  # y: [T, directions, N, units]
            finals.append(tuple(final))
            if layer < self.layers - 1:
                y = self._merged(onnx, y, [0, 2, 1, 3])
        if self.last:
            y = onnx.op("Transpose", finals[-1][0], perm=[1, 0, 2])
            y = onnx.op("Reshape", y, onnx.ints([0, -1]))
        else:
            y = self._merged(onnx, y, [2, 0, 1, 3])
        if not self.states:
            return y
        return (y, *(self._joined(onnx, states) for states in zip(*finals, strict=True)))

    def _merged(self, onnx: OnnxBuilder, y: str, order: list[int]) -> str:
        y = onnx.op("Transpose", y, perm=order)
        return onnx.op("Reshape", y, onnx.ints([0, 0, self._directions * self.units]))

    def _of_layer(self, onnx: OnnxBuilder, state: str, layer: int) -> str:
        """A layer's part of a first state, [directions, N, units]."""
        if not self._stacked:
            return onnx.op("Unsqueeze", state, onnx.ints([0]))
        start = layer * self._directions
        bounds = onnx.ints([start]), onnx.ints([start + self._directions])
        return onnx.op("Slice", state, *bounds, onnx.ints([0]))

    def _joined(self, onnx: OnnxBuilder, states: tuple[str, ...]) -> str:
        if not self._stacked:
            return onnx.op("Squeeze", states[0], onnx.ints([0]))
        return onnx.op("Concat", *states, axis=0)

    def _one_layer(
        self, onnx: OnnxBuilder, x: str, layer: int, first: list[str]
    ) -> tuple[str, ...]:
        suffixes = self._suffixes(layer)
        weights = [
            _side_by_side(
                onnx, [onnx.weight(name + suffix, self._reordered) for suffix in suffixes]
            )
            for name in ("weight_ih", "weight_hh")
        ]
        biases = [
            onnx.op(
                "Concat", *(onnx.weight(name + suffix, self._reordered) for name in _BIASES), axis=1
            )
            for suffix in suffixes
        ]
        operands = [x, *weights, _side_by_side(onnx, biases)] + (["", *first] if first else [])
        direction = {"direction": "bidirectional"} if self.bidirectional else {}
        settings = {"hidden_size": self.units} | direction | self.attributes()
        return onnx.ops(self.onnx_op, 1 + self.carried, *operands, **settings)

    def _reordered(self, weight: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """PyTorch's gates in ONNX's order, with an axis for the direction in front."""
        gates = weight.reshape(self.gates, self.units, *weight.shape[1:])
        return gates[list(self.order)].reshape(1, *weight.shape)


_BIASES = ("bias_ih", "bias_hh")


def _side_by_side(onnx: OnnxBuilder, values: list[str]) -> str:
    return onnx.op("Concat", *values, axis=0) if len(values) > 1 else values[0]
