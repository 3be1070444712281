"""What pooling layers with a sliding window share."""

from typing import Annotated, Any, ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import (
    Auto,
    Padding,
    PaddingKind,
    Spatial,
    SpatialKind,
    one_of,
    option,
    required,
)
from ..layer import Layer
from ..types import TensorType, product
from ._spatial import paddings, spread
from ._window import Window

Stride = Annotated[int | tuple[int, ...] | str, Auto(SpatialKind(), ("kernel",))]


class Pooling(Layer):
    """A window that slides over the spatial axes of `[N, C, *S]`; it moves by its own size unless
    told.
    """

    family: ClassVar[str] = "pooling"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, C, 8, 9]", "f32[N, C, 9]", "f32[N, C, 6, 7, 8]")

    kernel: Spatial = required(one_of(2, 3))
    stride: Stride = option(default="kernel", domain=one_of(1, 2))
    padding: Padding = option(default="valid")

    def plain(self, rank: int) -> dict[str, Any]:
        settings, space = super().plain(rank), rank - 2
        if settings["stride"] == settings["kernel"]:
            settings["stride"] = "kernel"
        if self.padding == "same":
            kernel, dilation = spread(self.kernel, space), spread(self.spacing(), space)
            settings["padding"] = PaddingKind().plain(paddings("same", kernel, dilation), rank)
        return settings

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 3, 5)
        check.floating(x)
        space = x.rank - 2
        kernel = check.per_axis(self.kernel, space, "kernel")
        dilation = check.per_axis(self.spacing(), space, "dilation")
        if not isinstance(self.stride, str):
            check.per_axis(self.stride, space, "stride")
        check.paddings(self.padding, kernel, dilation)
        return x.with_shape(*x.shape[:2], *self.window(x).sizes(check, x.shape[2:]))

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """One for each element under the window."""
        return outputs[0].elements * product(self.window(inputs[0]).kernel)

    def spacing(self) -> int | tuple[int, ...]:
        """The dilation, for layers that have one."""
        return 1

    def rounds_up(self) -> bool:
        """The layer's `ceil`."""
        raise NotImplementedError

    def window(self, x: TensorType) -> Window:
        """The window over the spatial axes of `x`, once `infer` has passed the settings."""
        space = x.rank - 2
        kernel, dilation = spread(self.kernel, space), spread(self.spacing(), space)
        return Window(
            kernel,
            kernel if isinstance(self.stride, str) else spread(self.stride, space),
            paddings(self.padding, kernel, dilation),
            dilation,
            self.rounds_up(),
        )
