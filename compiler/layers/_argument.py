"""Where the largest or smallest element stands: `argmax argmin`."""

from typing import ClassVar

from ..checks import Checks
from ..lowering import Call, OnnxBuilder
from ..types import I64, TensorType
from ._reduction import Reduction


class Argument(Reduction):
    """The index, in i64, of an extreme element along one axis; of equal elements the first one."""

    floats: ClassVar[bool] = False
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C] -> _(axes=[1])",
        "f32[N, H, W] -> _(axes=-2)",
        "i32[N, T] -> _(axes=[0])",
    )

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.setting(len(self.axes) == 1, "axes", list(self.axes), "exactly one axis")
        return super().infer(check, *inputs).with_dtype(I64)

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call(self.template, {"axis": self.axes[0], "keep": self.keep})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op(self.onnx_op, inputs[0], axis=self.axes[0], keepdims=int(self.keep))
