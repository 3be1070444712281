"""The notation of einops, `"n (h d) t -> n h t d"`: read, matched with a shape, and carried out.

Comes in: a pattern, a shape, and sizes by name. Goes out: a `Plan` of reshape, reduction,
permutation, expansion and reshape, which prints itself for PyTorch and ONNX. `_rearranging.py` puts
the questions to the checker.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..dims import Dim
from ..lowering import Call, OnnxBuilder
from ..types import Shape, product
from ._form import onnx_reshape, torch_sizes
from ._onnx import reduce, transposed

ELLIPSIS = "..."
ARROW = "->"
_TOKEN = re.compile(r"->|\.\.\.|[A-Za-z_][A-Za-z0-9_]*|\d+|[^\s]")

Axis = tuple[str, ...]
"""The factors of one axis; none is an axis of size 1. The ellipsis alone is `("...",)`."""
Side = tuple[Axis, ...]


class PatternError(ValueError):
    """A pattern that cannot be read, with the offset at fault."""

    def __init__(self, position: int, reason: str) -> None:
        self.position = position
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps from a shape to another; a step that changes nothing is left out.

    `folded` are axes of `split` to be reduced away, `order` permutes those that stay, and `fresh`
    are the places in `spread` that hold new axes.
    """

    shape: Shape
    split: Shape
    folded: tuple[int, ...]
    order: tuple[int, ...]
    fresh: tuple[int, ...]
    spread: Shape
    merged: Shape

    def to_torch(self, fold: str = "") -> Call:
        """`fold` reduces: `.mean(dim={folded})`."""
        template, values = (
            "{0}",
            {"split": torch_sizes(self.split), "merged": torch_sizes(self.merged)},
        )
        if self.split != self.shape:
            template += ".reshape({split})"
        if self.folded:
            template += fold
        if self.order != tuple(range(len(self.order))):
            template += ".permute({order})"
        template += "".join(f".unsqueeze({axis})" for axis in self.fresh)
        if self.fresh:
            template += ".expand({spread})"
        if self.merged != self.spread:
            template += ".reshape({merged})"
        sizes = tuple(size if axis in self.fresh else -1 for axis, size in enumerate(self.spread))
        return Call(
            template, {**values, "folded": self.folded, "order": self.order, "spread": sizes}
        )

    def to_onnx(self, onnx: OnnxBuilder, x: str, fold: str = "") -> str:
        """`fold` is the operator that reduces."""
        y = onnx_reshape(onnx, x, self.shape, self.split)
        if self.folded:
            y = reduce(onnx, fold, y, self.folded, keep=False)
        y = transposed(onnx, y, self.order)
        if self.fresh:
            y = onnx.op("Unsqueeze", y, onnx.ints(self.fresh))
            sizes = [size if axis in self.fresh else 1 for axis, size in enumerate(self.spread)]
            y = onnx.op("Expand", y, onnx.shape(sizes))
        y = onnx_reshape(onnx, y, self.spread, self.merged)
        return y if y != x else onnx.op("Identity", x)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Both sides of an arrow."""

    left: Side
    right: Side

    def names(self) -> tuple[str, ...]:
        """Every name, in the order of first use."""
        return tuple(
            dict.fromkeys(
                name for name in (*flat(self.left), *flat(self.right)) if name != ELLIPSIS
            )
        )

    def for_rank(self, rank: int) -> "Pattern | None":
        """The pattern with the ellipsis written out for a tensor with so many axes; None where it
        does not fit.
        """
        hidden = rank - len(self.left) + 1 if (ELLIPSIS,) in self.left else 0
        if hidden < 0 or ((ELLIPSIS,) not in self.left and len(self.left) != rank):
            return None
        names = [f"...{index}" for index in range(hidden)]
        return Pattern(_written_out(self.left, names), _written_out(self.right, names))

    def plan(self, shape: Shape, sizes: Mapping[str, Dim]) -> Plan:
        """The steps for a shape that fits; at most one factor of each axis has no size."""
        known = dict(sizes)
        for size, factors in zip(shape, self.left, strict=True):
            for name in factors:
                if name not in known:
                    known[name] = size // product(
                        known[other] for other in factors if other != name
                    )
        before, after = flat(self.left), flat(self.right)
        kept = [name for name in before if name in after]
        return Plan(
            shape=shape,
            split=tuple(known[name] for name in before),
            folded=tuple(index for index, name in enumerate(before) if name not in after),
            order=tuple(kept.index(name) for name in after if name in before),
            fresh=tuple(index for index, name in enumerate(after) if name not in before),
            spread=tuple(known[name] for name in after),
            merged=tuple(product(known[name] for name in factors) for factors in self.right),
        )


def flat(side: Side) -> list[str]:
    """The names of a side in order."""
    return [name for factors in side for name in factors]


def parse(text: str) -> Pattern:
    """The pattern that a text says. Raises PatternError."""
    tokens = [(match.group(), match.start()) for match in _TOKEN.finditer(text)]
    arrows = [index for index, (token, _) in enumerate(tokens) if token == ARROW]
    if len(arrows) != 1:
        position = tokens[arrows[1]][1] if arrows else len(text)
        raise PatternError(position, "a pattern has one `->`")
    left = _side(tokens[: arrows[0]])
    right = _side(tokens[arrows[0] + 1 :])
    return Pattern(left, right)


def _side(tokens: Sequence[tuple[str, int]]) -> Side:
    axes: list[Axis] = []
    opened: int | None = None
    group: list[str] = []
    seen: set[str] = set()
    for token, position in tokens:
        if token == "(":
            if opened is not None:
                raise PatternError(position, "parentheses do not nest")
            opened, group = position, []
        elif token == ")":
            if opened is None:
                raise PatternError(position, "nothing is open here")
            axes.append(tuple(group))
            opened = None
        else:
            if token == ELLIPSIS and opened is not None:
                raise PatternError(position, "`...` stands outside parentheses")
            names = _names(token, position, seen)
            if opened is None:
                axes.append(names)
            group.extend(names)
    if opened is not None:
        raise PatternError(opened, "this parenthesis is not closed")
    return tuple(axes)


def _names(token: str, position: int, seen: set[str]) -> Axis:
    if token == "1":
        return ()
    if token != ELLIPSIS and not (token.isascii() and token.isidentifier()):
        number = token.isdigit()
        reason = "write a name and give its size" if number else f"`{token}` means nothing here"
        raise PatternError(position, reason)
    if token in seen:
        raise PatternError(position, f"{token} stands twice on this side")
    seen.add(token)
    return (token,)


def _written_out(side: Side, names: Sequence[str]) -> Side:
    result: list[Axis] = []
    for factors in side:
        if factors == (ELLIPSIS,):
            result += [(name,) for name in names]
        else:
            result.append(factors)
    return tuple(result)
