"""Comparison: greater."""

from typing import ClassVar

from ._comparing import Comparing


class Greater(Comparing):
    """Whether x > y, element by element. Shapes broadcast as NumPy's do; the result is bool."""

    example: ClassVar[str] = "(a, b) -> greater"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4], f32[N, 1]",
        "f32[N, 4] -> greater(0.5)",
        "i64[N] -> greater(1, True)",
    )
    operator: ClassVar[str] = ">"
    onnx_op: ClassVar[str] = "Greater"
