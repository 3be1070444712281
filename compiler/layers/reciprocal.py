"""Reciprocal."""

from typing import ClassVar

from ._mathematics import Mathematical


class Reciprocal(Mathematical):
    """1 / x. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> reciprocal"
    function: ClassVar[str] = "reciprocal"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Reciprocal",)
