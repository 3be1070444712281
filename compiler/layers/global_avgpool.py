"""The mean over all spatial axes."""

from typing import ClassVar

from ._global_pooling import GlobalPooling


class GlobalAvgpool(GlobalPooling):
    """The mean of each channel over all spatial axes, which go. Shapes: [N, C, *S] -> [N, C]."""

    example: ClassVar[str] = "x -> global_avgpool -> dense(10)"
    function: ClassVar[str] = "mean"
    onnx_op: ClassVar[str] = "ReduceMean"
