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


def transposed_sizes(
    check: Checks,
    sizes: Sequence[Dim],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Pairs,
    dilation: Sequence[int],
    extra: Sequence[int],
) -> tuple[Dim, ...]:
    """(S - 1) * stride - before - after + dilation * (kernel - 1) + extra + 1 for each axis, each
    proved positive.
    """
    result: list[Dim] = []
    for size, k, s, d, e, (before, after) in zip(
        sizes, kernel, stride, dilation, extra, padding, strict=True
    ):
        bound = f"below the stride or the dilation: below {max(s, d)}"
        check.setting(e < max(s, d), "output_padding", e, bound)
        check.at_least(size, 1, "a spatial size")
        found = (size - 1) * s - before - after + d * (k - 1) + e + 1
        check.at_least(found, 1, "the output, less the padding that is cut off,")
        result.append(found)
    return tuple(result)


def expect_filters(check: Checks, x: TensorType, filters: TensorType) -> tuple[int, ...]:
    """The sizes of the kernel of `[F, C, *K]`, as numbers: filters for an image that `expect_image`
    passed.
    """
    check.same_dtype(x, filters)
    check.rank(filters, x.rank, x.rank)
    kernel = tuple(check.known(size, "the size of the kernel") for size in filters.shape[2:])
    for size in kernel:
        check.at_least(size, 1, "the size of the kernel")
    return kernel


def kernel_of(filters: TensorType) -> tuple[int, ...]:
    """The sizes of the kernel of filters that `expect_filters` passed."""
    return tuple(size for size in filters.shape[2:] if isinstance(size, int))


def symmetric(padding: Pairs) -> bool:
    """Whether every axis is padded alike on both sides, as PyTorch's modules can do it."""
    return all(before == after for before, after in padding)


def torch_pad(padding: Pairs) -> tuple[int, ...]:
    """The widths in the order of `F.pad`: the last axis first."""
    return tuple(width for pair in reversed(padding) for width in pair)


def onnx_pads(padding: Pairs) -> list[int]:
    """All widths before, then all widths after."""
    return [before for before, _ in padding] + [after for _, after in padding]


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


def plain_window(settings: dict[str, Any], rank: int) -> dict[str, Any]:
    """The plain settings of a layer that pads `same` unless told: `same` too where the numbers say
    so, and `same` can be said.
    """
    if settings["padding"] == "same":
        return settings
    space = rank - 2
    kernel, dilation = spread(settings["kernel"], space), spread(settings["dilation"], space)
    even = all((k - 1) * d % 2 == 0 for k, d in zip(kernel, dilation, strict=True))
    alike = paddings(settings["padding"], kernel, dilation) == paddings("same", kernel, dilation)
    return settings | {"padding": "same"} if even and alike else settings


def channels_of(x: TensorType) -> int:
    """The channels of an input that `expect_image` passed."""
    channels = x.shape[1]
    assert isinstance(channels, int)
    return channels
