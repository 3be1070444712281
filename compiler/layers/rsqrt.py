"""Reciprocal square root."""

from typing import ClassVar

from ._mathematics import Mathematical


class Rsqrt(Mathematical):
    """1 / sqrt(x), as in a normalisation. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> rsqrt"
    function: ClassVar[str] = "rsqrt"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Sqrt", "Reciprocal")
    cost: ClassVar[int] = 2
