"""Absolute value."""

from typing import ClassVar

from ._mathematics import Mathematical


class Abs(Mathematical):
    """|x|, for floats and integers. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> abs"
    function: ClassVar[str] = "abs"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Abs",)
    accepts: ClassVar[str] = "numeric"
