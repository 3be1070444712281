"""A layer that forgets a precondition."""

from archc.compiler.checks import Checks
from archc.compiler.hyperparameter import required
from archc.compiler.layer import Layer
from archc.compiler.lowering import Call
from archc.compiler.types import TensorType


class Part(Layer):
    """The first of so many equal parts of the last axis."""

    count: int = required()

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        return inputs[0].with_axis(-1, inputs[0].shape[-1] // self.count)

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("{0}.chunk({count}, dim=-1)[0]", {"count": self.count})
