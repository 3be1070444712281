"""Natural logarithm."""

from typing import ClassVar

from ._mathematics import Mathematical


class Log(Mathematical):
    """The natural logarithm; minus infinity at 0, not a number below. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> log"
    function: ClassVar[str] = "log"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Log",)
