"""Comparison: less."""

from typing import ClassVar

from ._comparing import Comparing


class Less(Comparing):
    """Whether x < y, element by element. Shapes broadcast as NumPy's do; the result is bool."""

    example: ClassVar[str] = "(a, b) -> less"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4], f32[N, 1]",
        "f32[N, 4] -> less(0.5)",
        "i64[N] -> less(1, True)",
    )
    operator: ClassVar[str] = "<"
    onnx_op: ClassVar[str] = "Less"
