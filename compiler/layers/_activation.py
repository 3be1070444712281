"""What activations share: one float input, the same type out, an operator in each back end."""

from typing import ClassVar

from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._elementwise import Elementwise


class Activation(Elementwise):
    """`template` is the PyTorch expression, in which hyperparameters stand by name; `onnx_op` an
    operator of one input.

    A layer whose ONNX form is more than one operator overrides `to_onnx`.
    """

    family: ClassVar[str] = "activation"
    template: ClassVar[str]
    onnx_op: ClassVar[str]

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call(self.template, dict(vars(self)))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op(self.onnx_op, inputs[0])
