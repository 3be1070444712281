"""Negation."""

from typing import ClassVar

from ._mathematics import Mathematical


class Neg(Mathematical):
    """-x, for floats and signed integers. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> neg"
    function: ClassVar[str] = "neg"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Neg",)
    accepts: ClassVar[str] = "signed"
