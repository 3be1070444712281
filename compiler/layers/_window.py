"""A window that slides over spatial axes: its settings, and the sizes that come out under
PyTorch's rules.
"""

from collections.abc import Sequence

from ...grammar.record import record
from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import shorten
from ._spatial import Pairs, symmetric, torch_pad, window_sizes


@record
class Window:
    """One entry for each spatial axis; with `ceil` the last window may hang over the end of the
    input.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    ceil: bool

    @property
    def reach(self) -> tuple[int, ...]:
        """From the first to the last element of the window, both counted."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def covered(self) -> tuple[tuple[int, int], ...]:
        """The padding under which rounding down gives the sizes that `ceil` asks for.

        Rounding up is rounding down with stride - 1 more behind. PyTorch drops a last window that
        starts behind the input, though: then as many start as there are places in front, which is
        a padding of reach - 1.
        """
        if not self.ceil:
            return self.padding
        axes = zip(self.padding, self.stride, self.reach, strict=True)
        return tuple(
            (before, min(after + stride - 1, reach - 1)) for (before, after), stride, reach in axes
        )

    @property
    def overhang(self) -> Pairs:
        """What `covered` adds to the padding."""
        pairs = zip(self.covered, self.padding, strict=True)
        return [(0, covered - after) for (_, covered), (_, after) in pairs]

    @property
    def native(self) -> bool:
        """Whether PyTorch's own pooling can do it: padding alike on both sides, at most half the
        kernel.
        """
        pairs = zip(self.padding, self.kernel, strict=True)
        return symmetric(self.padding) and all(2 * before <= k for (before, _), k in pairs)

    def sizes(self, check: Checks, sizes: Sequence[Dim]) -> tuple[Dim, ...]:
        """The sizes that come out, each proved positive, once every window is sure to hold an
        element of the input.
        """
        axes = zip(sizes, self.reach, self.padding, self.dilation, strict=True)
        for size, reach, pair, dilation in axes:
            check.at_least(size, 1, "a spatial size")
            if any(pair):
                half = f"at most {reach // 2}, half of the kernel"
                check.setting(2 * max(pair) <= reach, "padding", list(pair), half)
                check.at_least(size, dilation, "a padded axis under a dilated window")
        return window_sizes(check, sizes, self.kernel, self.stride, self.covered, self.dilation)

    def arguments(self) -> str:
        """The arguments of PyTorch's own pooling after the input; those at their default are left
        out.
        """
        parts = [str(shorten(self.kernel))]
        if self.stride != self.kernel:
            parts.append(f"stride={shorten(self.stride)}")
        if any(before for before, _ in self.padding):
            parts.append(f"padding={shorten(tuple(before for before, _ in self.padding))}")
        if any(d != 1 for d in self.dilation):
            parts.append(f"dilation={shorten(self.dilation)}")
        return ", ".join(parts + (["ceil_mode=True"] if self.ceil else []))


def widths(padding: Pairs) -> str:
    """A padding in the order of `F.pad`, as source."""
    return str(torch_pad(padding))
