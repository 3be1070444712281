"""What layers share that move elements without computing: their cost, and shapes for PyTorch and
ONNX.
"""

from typing import ClassVar

from ..dims import Dim
from ..layer import Layer
from ..lowering import OnnxBuilder
from ..types import Shape, TensorType


class Form(Layer):
    """Moves elements and computes nothing."""

    family: ClassVar[str] = "form"

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return 0


def spell_shape(shape: tuple[object, ...]) -> str:
    """The sizes of a shape as errors write them, without brackets."""
    return ", ".join(map(str, shape))


def torch_sizes(shape: Shape) -> tuple[Dim, ...]:
    """A shape for `Tensor.reshape`: one symbolic size, the hardest to spell, is left to PyTorch as
    -1.
    """
    symbolic = [index for index, size in enumerate(shape) if not isinstance(size, int)]
    if not symbolic:
        return shape
    compound = [index for index in symbolic if not str(shape[index]).isidentifier()]
    inferred = (compound or symbolic)[-1]
    return (*shape[:inferred], -1, *shape[inferred + 1 :])


def onnx_reshape(onnx: OnnxBuilder, x: str, old: Shape, new: Shape) -> str:
    """`x` of shape `old` in shape `new`: 0 copies an axis, -1 infers one, and only the rest is
    computed.
    """
    if old == new:
        return x
    sizes: list[Dim] = [
        0 if not isinstance(size, int) and old[index : index + 1] == (size,) else size
        for index, size in enumerate(new)
    ]
    symbolic = [index for index, size in enumerate(sizes) if not isinstance(size, int)]
    if len(symbolic) > 1:
        return onnx.op("Reshape", x, onnx.shape(new))
    for index in symbolic:
        sizes[index] = -1
    return onnx.op("Reshape", x, onnx.ints([size for size in sizes if isinstance(size, int)]))


def index_text(axis: int, index: str) -> str:
    """`{0}[:, :, index]`: an index on one axis."""
    return "{0}[" + ":, " * axis + index + "]"
