"""Error function."""

from typing import ClassVar

from ._mathematics import Mathematical


class Erf(Mathematical):
    """The Gaussian error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.
    Shapes: any -> the same.
    """

    example: ClassVar[str] = "x -> erf"
    function: ClassVar[str] = "erf"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Erf",)
