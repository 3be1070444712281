"""Normalisation by neighbouring channels."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import one_of, option, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._normalising import Normalising

_END = 2**62


class LocalResponseNorm(Normalising):
    """x / (k + alpha / size * s) ** beta, where s adds up the squares in `size` neighbouring
    channels, zeros beyond the ends.

    Shapes: [N, C, *S] -> the same. Source: Krizhevsky et al. 2012, section 3.3.
    """

    example: ClassVar[str] = "x -> local_response_norm(5)"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, C, H, W]", "f32[N, 6, T]")

    size: int = required(one_of(3, 5))
    alpha: float = option(default=1e-4)
    beta: float = option(default=0.75)
    k: float = option(default=1.0)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 3, 5)
        check.floating(x)
        check.setting(self.size >= 1, "size", self.size, "at least 1")
        check.setting(self.alpha >= 0, "alpha", self.alpha, "at least 0")
        check.setting(self.k > 0, "k", self.k, "above 0")
        return x

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements * (self.size + 5)

    def to_torch(self, *inputs: TensorType) -> Call:
        # In one dimension: of images and volumes PyTorch takes a view of the squares, which one
        # with reordered axes has not, and their mean, which has no kernel in f16 and bf16 on a CPU.
        one = inputs[0].rank == 3
        x, back = ("{0}", "") if one else ("{0}.flatten(2)", ".reshape({0}.shape)")
        settings = "{size}, alpha={alpha}, beta={beta}, k={k}"
        return Call(f"F.local_response_norm({x}, {settings}){back}", dict(vars(self)))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """Runtimes know images, odd sizes and positive settings; else shifted squares add up."""
        (x,) = inputs
        type_ = onnx.type(x)
        settings = {"alpha": self.alpha, "beta": self.beta, "bias": self.k}
        if type_.rank == 4 and self.size % 2 and self.alpha > 0 and self.beta > 0:
            return onnx.op("LRN", x, size=self.size, **settings)
        scale = onnx.number(self.alpha / self.size, type_.dtype)
        below = onnx.op("Mul", self._neighbours(onnx, x, type_), scale)
        below = onnx.op("Add", below, onnx.number(self.k, type_.dtype))
        return onnx.op("Div", x, onnx.op("Pow", below, onnx.number(self.beta, type_.dtype)))

    def _neighbours(self, onnx: OnnxBuilder, x: str, type_: TensorType) -> str:
        after = [0] * (type_.rank - 2)
        widths = [0, self.size // 2, *after, 0, (self.size - 1) // 2, *after]
        squares = onnx.op("Pad", onnx.op("Mul", x, x), onnx.ints(widths))
        total = ""
        for start in range(self.size):
            stop = start - self.size + 1 or _END
            part = onnx.op("Slice", squares, *map(onnx.ints, ([start], [stop], [1])))
            total = onnx.op("Add", total, part) if total else part
        return total
