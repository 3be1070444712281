"""A cell run along a sequence."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Anything, option, required
from ..layer import Layer, Types, WeightType
from ..lowering import Module, OnnxBuilder
from ..types import I64, TensorType


class Scan(Layer):
    """Applies a cell at every step of axis 1, with the same weights, and hands its states from step
    to step.

    `body` is the cell's graph: its inputs are one step of each sequence and then the states, its
    outputs are the cell's and then the next states. Inputs: the sequences [N, T, ..], then first
    states, all or none (then zeros). `reverse` goes from the end to the start, results staying at
    their places; `last` gives the step that was taken last alone; `give_states` adds the last
    states. Weights: the body's, under its own names.
    """

    family: ClassVar[str] = "recurrent"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    example: ClassVar[str] = "x -> scan(Minimal(128))"

    body: Anything = required()
    states: int = required()
    outputs: int = required()
    reverse: bool = option(default=False)
    last: bool = option(default=False)
    give_states: bool = option(default=False)

    def __post_init__(self) -> None:
        # An instance is as random, and as different in training, as what it runs.
        layers = [node.layer for node in self.body.nodes]
        object.__setattr__(self, "stochastic", any(layer.stochastic for layer in layers))
        object.__setattr__(self, "training", any(layer.training for layer in layers))

    @property
    def _sequences(self) -> int:
        return len(self.body.inputs) - self.states

    def _inputs(self) -> tuple[TensorType, ...]:
        types: tuple[TensorType, ...] = self.body.types(
            tuple(port.value for port in self.body.inputs)
        )
        return types

    def _outputs(self) -> tuple[TensorType, ...]:
        types: tuple[TensorType, ...] = self.body.types(
            tuple(port.value for port in self.body.outputs)
        )
        return types

    def infer(self, check: Checks, *inputs: TensorType) -> Types:
        count = self._sequences
        if len(inputs) not in (count, count + self.states):
            diagnostic = errors.sequences.ScanInputs(check.site, count, self.states, len(inputs))
            check.fail(diagnostic)
        wanted = self._inputs()
        sequences = inputs[:count]
        for x, step in zip(sequences, wanted, strict=False):
            check.rank(x, step.rank + 1)
            check.equal(sequences[0].shape[1], x.shape[1], "the lengths of the sequences")
            self._expect(check, x.with_shape(x.shape[0], *x.shape[2:]), step, "a sequence's step")
        for found, state in zip(inputs[count:], wanted[count:], strict=False):
            self._expect(check, found, state, "a first state")
        if len(inputs) == count:
            self._expect_sizes(check, sequences)
        steps, next_states = self._outputs()[: self.outputs], self._outputs()[self.outputs :]
        length = sequences[0].shape[1]
        results = steps if self.last else tuple(_in_time(step, length) for step in steps)
        results += next_states if self.give_states else ()
        return results if len(results) > 1 else results[0]

    def _expect(self, check: Checks, found: TensorType, wanted: TensorType, what: str) -> None:
        check.same_dtype(wanted, found)
        check.rank(found, wanted.rank)
        for a, b in zip(found.shape, wanted.shape, strict=True):
            check.equal(a, b, f"the sizes of {what}")

    def _expect_sizes(self, check: Checks, sequences: tuple[TensorType, ...]) -> None:
        """Zeros can be made: every size of a state is a number, or an axis of a sequence."""
        for state in self._inputs()[self._sequences :]:
            for size in state.shape:
                if not isinstance(size, int) and _place(size, sequences) is None:
                    what = "the size of a state that starts with zeros"
                    check.fail(errors.shapes.SymbolicSize(check.site, what, size))

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        return {
            weight.name: WeightType(weight.shape, weight.dtype, weight.trainable)
            for weight in self.body.weights()
        }

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """The body's at every step."""
        step: Dim = 0
        for node in self.body.nodes:
            types = self.body.types(node.inputs), self.body.types(node.outputs)
            step = step + node.layer.flops(*types)
        return step * inputs[0].shape[1]

    def to_torch(self, *inputs: TensorType) -> Module:
        sequences = inputs[: self._sequences]
        zeros = tuple(
            (tuple(_size(size, sequences) for size in state.shape), state.dtype)
            for state in self._inputs()[self._sequences :]
        )  # even where first states flow in: another use of the same weights may have none
        args: tuple[Any, ...] = (self.body, self._sequences, self.outputs)
        names = [name for name in ("reverse", "last", "give_states") if getattr(self, name)]
        target = "archc.compiler.support.scan:Scan"
        return Module(target, (*args, zeros) if zeros else args, {}, dict.fromkeys(names, True))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str | tuple[str, ...]:
        """ONNX puts states before sequences, in the body too, and time before the batch."""
        count = self._sequences
        first = list(inputs[count:]) or [
            onnx.op("Expand", onnx.number(0, state.dtype), onnx.shape(state.shape))
            for state in self._inputs()[count:]
        ]
        sequences = [_swapped(onnx, x, onnx.type(x).rank) for x in inputs[:count]]
        ports, results = self.body.inputs, self.body.outputs
        body = replace(
            self.body,
            inputs=(*ports[count:], *ports[:count]),
            outputs=(*results[self.outputs :], *results[: self.outputs]),
        )
        directions: dict[str, Any] = {}
        if self.reverse:
            directions = {
                "scan_input_directions": [1] * count,
                "scan_output_directions": [1] * self.outputs,
            }
        found = onnx.ops(
            "Scan",
            self.states + self.outputs,
            *first,
            *sequences,
            body=onnx.subgraph(body, ""),
            num_scan_inputs=count,
            **directions,
        )
        final, steps = found[: self.states], found[self.states :]
        types = self._outputs()
        values = [self._result(onnx, y, type_) for y, type_ in zip(steps, types, strict=False)]
        values += final if self.give_states else ()
        return tuple(values) if len(values) > 1 else values[0]

    def _result(self, onnx: OnnxBuilder, y: str, step: TensorType) -> str:
        if self.last:
            return onnx.op("Gather", y, onnx.number(0 if self.reverse else -1, I64), axis=0)
        return _swapped(onnx, y, step.rank + 1)


def _in_time(step: TensorType, length: Dim) -> TensorType:
    return step.with_shape(step.shape[0], length, *step.shape[1:])


def _swapped(onnx: OnnxBuilder, x: str, rank: int) -> str:
    return onnx.op("Transpose", x, perm=[1, 0, *range(2, rank)])


def _place(size: Dim, sequences: tuple[TensorType, ...]) -> tuple[int, int] | None:
    """A sequence and an axis of it that has a size."""
    for index, x in enumerate(sequences):
        if size in x.shape:
            return index, x.shape.index(size)
    return None


def _size(size: Dim, sequences: tuple[TensorType, ...]) -> int | tuple[int, int]:
    """A size of a state: a number, or the sequence and axis that have it."""
    if isinstance(size, int):
        return size
    place = _place(size, sequences)
    return place if place is not None else (0, 0)
