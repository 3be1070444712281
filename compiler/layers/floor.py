"""Rounding down."""

from typing import ClassVar

from ._mathematics import Mathematical


class Floor(Mathematical):
    """The greatest whole number that is not above x, as a float. Its gradient is 0. Shapes: any ->
    the same.
    """

    example: ClassVar[str] = "x -> floor"
    function: ClassVar[str] = "floor"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Floor",)
