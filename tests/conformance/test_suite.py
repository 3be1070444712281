"""The conformance suite notices what it is there for: layers with one mistake each must fail it."""

from collections.abc import Mapping
from typing import ClassVar

import pytest
from archc.compiler.checks import Checks
from archc.compiler.hyperparameter import option
from archc.compiler.layer import Layer, WeightType
from archc.compiler.lowering import Call, Module, OnnxBuilder
from archc.compiler.types import TensorType
from archc.grammar.diagnostic import InternalError
from layer_calls import parse
from test_layers import test_random_calls_agree_with_pytorch_and_onnx_runtime as suite


class Doubling(Layer):
    """Twice the input: right in every respect, so that each mistake below is the only one."""

    example: ClassVar[str] = "x -> doubling"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, T]", "f32[N, 4, T]")

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.floating(inputs[0])
        return inputs[0]

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("{0} * 2")

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Mul", inputs[0], onnx.number(2, onnx.type(inputs[0]).dtype))


class WrongShape(Doubling):
    """Forgets an axis in its rule."""

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.rank(inputs[0], 1, -1)
        return super().infer(check, *inputs).with_shape(*inputs[0].shape[1:])


class WrongValues(Doubling):
    """Trebles in ONNX."""

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Mul", inputs[0], onnx.number(3, onnx.type(inputs[0]).dtype))


class TooGenerous(Doubling):
    """Accepts integers and scalars, which PyTorch refuses."""

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        return inputs[0]

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("F.glu(torch.cat(({0}, {0}), dim=1), dim=1)")


class HiddenWeight(Doubling):
    """Has a weight in PyTorch that it does not declare."""

    def to_torch(self, *inputs: TensorType) -> Module:
        return Module("nn.PReLU")


class DeclaredWeight(Doubling):
    """Declares a weight that PyTorch does not have."""

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        return {"weight": WeightType((1,))}


class WrongForSomeSizes(Doubling):
    """Proves for free axes what only holds for other sizes than 3."""

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.setting(3 not in inputs[0].shape, "size", 3, "other than 3")
        return super().infer(check, *inputs)


class CutGradient(Doubling):
    """Detaches its input, and does not say so."""

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("{0}.detach() * 2")


class Picky(Doubling):
    """Refuses nearly every call."""

    wanted: int = option(default=7)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.rank(inputs[0], self.wanted)
        return super().infer(check, *inputs)


def test_a_right_layer_passes() -> None:
    told: dict[str, object] = {}
    suite(Doubling, False, told.__setitem__)
    counts = told["calls"]
    assert isinstance(counts, dict) and counts["onnx"] and counts["symbolic"]


@pytest.mark.parametrize(
    "wrong",
    [
        WrongShape, WrongValues, TooGenerous, HiddenWeight, DeclaredWeight, WrongForSomeSizes,
        CutGradient, Picky,
    ],
)  # fmt: skip
def test_a_layer_with_one_mistake_fails(wrong: type[Layer]) -> None:
    with pytest.raises((AssertionError, RuntimeError, InternalError, IndexError, ExceptionGroup)):
        suite(wrong, False, lambda name, value: None)


def test_typical_calls_are_read_as_they_are_written() -> None:
    ports, settings = parse(Picky, "f32[N, 4], i64[] -> picky(wanted=2)")
    assert [(str(dtype), labels) for dtype, labels in ports] == [("f32", ("N", 4)), ("i64", ())]
    assert settings == {"wanted": 2}
