"""Cosine."""

from typing import ClassVar

from ._mathematics import Mathematical


class Cos(Mathematical):
    """The cosine of an angle in radians. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> cos"
    function: ClassVar[str] = "cos"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Cos",)
