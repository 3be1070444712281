"""Windows put together to an image again."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import Size, one_of, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form
from ._pattern import Plan, parse


class Unwindows(Form):
    """Undoes `windows(size)` for an image of the given height and width.

    Shapes: [N * (height / size) * (width / size), size * size, C] -> [N, C, height, width].
    """

    example: ClassVar[str] = "x -> windows(7) -> attend -> unwindows(7, 14, 14)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[6, 4, C] -> unwindows(2, 4, 6)",
        "f32[4, 9, 2] -> unwindows(3, 3, 6)",
    )

    size: int = required(one_of(4, 7, 8))
    height: Size = required(one_of(8, 14, 28, 56))
    width: Size = required(one_of(8, 14, 28, 56))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 3)
        check.equal(x.shape[1], self.size**2, "the length of the sequences and size * size")
        for name, length in (("rows", self.height), ("columns", self.width)):
            check.at_least(length, 1, f"the number of {name}")
            check.divides(self.size, length, "pixels of a window", name)
        count = (self.height // self.size) * (self.width // self.size)
        check.divides(count, x.shape[0], "windows of an image", "windows")
        return x.with_shape(*self._plan(x).merged)

    def _plan(self, x: TensorType) -> Plan:
        pattern = parse("(n h w) (a b) c -> n c (h a) (w b)")
        rows, columns = self.height // self.size, self.width // self.size
        return pattern.plan(x.shape, {"h": rows, "w": columns, "a": self.size, "b": self.size})

    def to_torch(self, *inputs: TensorType) -> Call:
        return self._plan(*inputs).to_torch()

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return self._plan(onnx.type(inputs[0])).to_onnx(onnx, inputs[0])
