"""What layers with a window over spatial axes share: sizes, dtypes, and the spelling of padding for
PyTorch and ONNX.
"""

from collections.abc import Sequence
from typing import Any

from ..checks import Checks
from ..dims import Dim
from ..types import TensorType

Pairs = Sequence[tuple[int, int]]


def expect_image(check: Checks, x: TensorType) -> tuple[int, tuple[Dim, ...]]:
    """The channels, as a number, and the spatial sizes of `[N, C, *S]` with one to three spatial
    axes.
    """
    check.rank(x, 3, 5)
    check.floating(x)
    return check.known(x.shape[1], "the number of input channels"), x.shape[2:]


def window_sizes(
    check: Checks,
    sizes: Sequence[Dim],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Pairs,
    dilation: Sequence[int],
) -> tuple[Dim, ...]:
    """(S + before + after - dilation * (kernel - 1) - 1) // stride + 1 for each axis, each proved
    positive.
    """
    result: list[Dim] = []
    for size, k, s, (before, after), d in zip(
        sizes, kernel, stride, padding, dilation, strict=True
    ):
        room = size + before + after - d * (k - 1) - 1
        check.at_least(room + 1, 1, "the input with its padding, less the kernel's reach,")
        result.append(room // s + 1)
    return tuple(result)


def symmetric(padding: Pairs) -> bool:
    """Whether every axis is padded alike on both sides, as PyTorch's modules can do it."""
    return all(before == after for before, after in padding)


def torch_pad(padding: Pairs) -> tuple[int, ...]:
    """The widths in the order of `F.pad`: the last axis first."""
    return tuple(width for pair in reversed(padding) for width in pair)


def onnx_pads(padding: Pairs) -> list[int]:
    """All widths before, then all widths after."""
    return [before for before, _ in padding] + [after for _, after in padding]


def shorten(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """One integer where all axes agree: `3` reads better than `(3, 3)` in generated source."""
    return values[0] if len(set(values)) == 1 else values


def spread(value: int | tuple[int, ...], count: int) -> tuple[int, ...]:
    """A spatial hyperparameter as one integer for each of `count` axes, once `Checks.per_axis` has
    passed it.
    """
    return (value,) * count if isinstance(value, int) else value


def paddings(
    padding: str | int | tuple[Any, ...], kernel: Sequence[int], dilation: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """A padding in any of its forms as (before, after) for each axis, once `Checks.paddings` has
    passed it.
    """
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        return tuple(
            ((k - 1) * d // 2, (k - 1) * d // 2) for k, d in zip(kernel, dilation, strict=True)
        )
    items = (padding,) * len(kernel) if isinstance(padding, int) else tuple(padding)
    return tuple(item if isinstance(item, tuple) else (item, item) for item in items)


def channels_of(x: TensorType) -> int:
    """The channels of an input that `expect_image` passed."""
    channels = x.shape[1]
    assert isinstance(channels, int)
    return channels
