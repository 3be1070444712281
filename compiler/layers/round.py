"""Rounding."""

from typing import ClassVar

from ._mathematics import Mathematical


class Round(Mathematical):
    """The nearest whole number as a float, the even one of two equally near. Its gradient is 0.
    Shapes: any -> the same.
    """

    example: ClassVar[str] = "x -> round"
    function: ClassVar[str] = "round"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Round",)
