"""Exponential function."""

from typing import ClassVar

from ._mathematics import Mathematical


class Exp(Mathematical):
    """e to the power of x. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> exp"
    function: ClassVar[str] = "exp"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Exp",)
