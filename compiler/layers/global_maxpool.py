"""The maximum over all spatial axes."""

from typing import ClassVar

from ._global_pooling import GlobalPooling


class GlobalMaxpool(GlobalPooling):
    """The maximum of each channel over all spatial axes, which go. Shapes: [N, C, *S] -> [N, C]."""

    example: ClassVar[str] = "x -> global_maxpool -> dense(10)"
    function: ClassVar[str] = "amax"
    onnx_op: ClassVar[str] = "ReduceMax"
