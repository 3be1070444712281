"""What a network demands of its inputs while it runs: rank, sizes, dtype, and stated facts.

`torch.fx` records these calls instead of looking into them, so that a network stays traceable.
"""

from collections.abc import Mapping

import torch
from torch import fx

fx.wrap("tensor")
fx.wrap("size")
fx.wrap("fact")


def tensor(
    found: torch.Tensor, name: str, sizes: tuple[int | None, ...], dtype: torch.dtype
) -> None:
    """The input has as many axes as `sizes`, each of the given size unless None, and the dtype."""
    shape = found.shape
    if len(shape) != len(sizes):
        raise ValueError(
            f"input {name!r}: {_axes(len(sizes))} expected, found {_axes(len(shape))}, "
            f"{_text(shape)}"
        )
    for axis, wanted in enumerate(sizes):
        if wanted is not None and shape[axis] != wanted:
            raise ValueError(
                f"input {name!r}: axis {axis} must have size {wanted}, "
                f"found {shape[axis]} in {_text(shape)}"
            )
    if found.dtype != dtype and not _autocast(found, dtype):
        raise ValueError(f"input {name!r}: dtype {dtype} expected, found {found.dtype}")


def size(found: int, wanted: int, name: str, axis: int, expression: str) -> None:
    """An axis has the size that other inputs, or its own divisibility, ask of it."""
    if found != wanted:
        raise ValueError(
            f"input {name!r}: axis {axis} must be {expression} = {wanted}, found {found}"
        )


def fact(holds: bool, text: str, message: str, sizes: Mapping[str, int]) -> None:
    """A fact that the program requires of its axes."""
    if not holds:
        values = ", ".join(f"{name} = {value}" for name, value in sizes.items())
        reason = f": {message}" if message not in ("", text) else ""
        raise ValueError(f"the network requires {text}, but {values}{reason}")


def _autocast(found: torch.Tensor, dtype: torch.dtype) -> bool:
    """Under autocast a float is cast where it is used."""
    if not (found.dtype.is_floating_point and dtype.is_floating_point):
        return False
    return torch.is_autocast_enabled(found.device.type)


def _axes(count: int) -> str:
    return "1 axis" if count == 1 else f"{count} axes"


def _text(shape: torch.Size) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"
