"""Square root."""

from typing import ClassVar

from ._mathematics import Mathematical


class Sqrt(Mathematical):
    """The square root; not a number below 0. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> sqrt"
    function: ClassVar[str] = "sqrt"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Sqrt",)
