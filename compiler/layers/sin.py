"""Sine."""

from typing import ClassVar

from ._mathematics import Mathematical


class Sin(Mathematical):
    """The sine of an angle in radians. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> sin"
    function: ClassVar[str] = "sin"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Sin",)
