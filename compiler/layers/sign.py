"""Sign."""

from typing import ClassVar

from ._mathematics import Mathematical


class Sign(Mathematical):
    """-1, 0 or 1, in the dtype of x. Its gradient is 0. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> sign"
    function: ClassVar[str] = "sign"
    onnx_ops: ClassVar[tuple[str, ...]] = ("Sign",)
    accepts: ClassVar[str] = "numeric"
