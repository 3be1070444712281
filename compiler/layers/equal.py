"""Comparison for equality."""

from typing import ClassVar

from ._comparing import Comparing


class Equal(Comparing):
    """Whether x == y, element by element; bools compare too. Shapes broadcast as NumPy's do; the
    result is bool.
    """

    example: ClassVar[str] = "(a, b) -> equal"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4], f32[N, 4]",
        "i64[N, 4], i64[4]",
        "bool[N], bool[N]",
        "i32[N, 4] -> equal(1)",
    )
    operator: ClassVar[str] = "=="
    onnx_op: ClassVar[str] = "Equal"
    ordered: ClassVar[bool] = False
