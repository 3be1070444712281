"""The questions a layer puts while it infers its output: each passes, or raises the diagnostic that
says what failed.

Comes in: the facts known about axes, and the site of the layer for messages. A question has three
answers; refuted and unknown are errors.
"""

from collections.abc import Sequence
from typing import NoReturn

from ..grammar.diagnostic import Diagnostic, Fault
from . import errors
from .dims import Dim
from .errors.base import Site
from .facts import Facts, Truth
from .types import Shape, TensorType


class Checks:
    """Asked by `Layer.infer`."""

    def __init__(self, facts: Facts, site: Site) -> None:
        self.facts = facts
        self.site = site

    def fail(self, diagnostic: Diagnostic) -> NoReturn:
        """Refuses the layer with a diagnostic of its own family (`check.site` fills its `site`)."""
        raise Fault(diagnostic)

    def decide(self, operator: str, left: Dim, right: Dim) -> Truth:
        """The bare answer, for a layer that goes on either way."""
        return self.facts.decide(operator, left, right)

    # --- types

    def inputs(self, found: Sequence[TensorType], low: int, high: int | None) -> None:
        """There are from `low` to `high` inputs; None sets no upper bound."""
        if len(found) >= low and (high is None or len(found) <= high):
            return
        count = (
            f"{low}" if high == low else f"{low} or more" if high is None else f"{low} to {high}"
        )
        count = "no" if (low, high) == (0, 0) else count
        noun = "input" if count == "1" else "inputs"
        self.fail(errors.shapes.WrongInputCount(self.site, f"{count} {noun}", len(found)))

    def rank(self, x: TensorType, low: int, high: int | None = None) -> None:
        """`x` has `low` axes, or from `low` to `high`; `high=-1` sets no upper bound."""
        top = low if high is None else high
        if x.rank >= low and (top < 0 or x.rank <= top):
            return
        wanted = (
            f"at least {low} axes"
            if top < 0
            else f"{low} axes"
            if top == low
            else f"{low} to {top} axes"
        )
        wanted = "1 axis" if wanted == "1 axes" else wanted
        self.fail(errors.shapes.WrongRank(self.site, wanted, x.rank))

    def floating(self, *tensors: TensorType) -> None:
        for x in tensors:
            if not x.dtype.is_float:
                self.fail(errors.shapes.WrongDType(self.site, "a float dtype", str(x.dtype)))

    def integer(self, *tensors: TensorType) -> None:
        for x in tensors:
            if not x.dtype.is_int:
                self.fail(errors.shapes.WrongDType(self.site, "an integer dtype", str(x.dtype)))

    def numeric(self, *tensors: TensorType) -> None:
        for x in tensors:
            if x.dtype.is_bool:
                self.fail(errors.shapes.WrongDType(self.site, "a float or integer dtype", "bool"))

    def wide(self, x: TensorType) -> None:
        """For what adds many elements up: integers of 8 bits would overflow, and ONNX does not add
        them.
        """
        if x.dtype.is_int and x.dtype.bits < 32:
            self.fail(
                errors.shapes.WrongDType(self.site, "a float dtype, i32 or i64", str(x.dtype))
            )

    def boolean(self, *tensors: TensorType) -> None:
        for x in tensors:
            if not x.dtype.is_bool:
                self.fail(errors.shapes.WrongDType(self.site, "bool", str(x.dtype)))

    def same_dtype(self, *tensors: TensorType) -> None:
        found = tuple(dict.fromkeys(str(x.dtype) for x in tensors))
        if len(found) > 1:
            self.fail(errors.shapes.MixedDTypes(self.site, found))

    # --- axes and sizes

    def axis(self, x: TensorType, axis: int, *, extra: int = 0) -> int:
        """The axis counted from 0; `extra` more are allowed (`stack`, `unsqueeze` make a new
        one).
        """
        rank = x.rank + extra
        if not -rank <= axis < rank:
            self.fail(errors.shapes.AxisOutOfRange(self.site, axis, rank))
        return axis % rank

    def axes(self, x: TensorType, axes: Sequence[int]) -> tuple[int, ...]:
        """The axes counted from 0, in the order given, each once."""
        found = tuple(self.axis(x, axis) for axis in axes)
        if len(set(found)) < len(found):
            self.fail(errors.shapes.RepeatedAxis(self.site, tuple(axes)))
        return found

    def equal(self, left: Dim, right: Dim, what: str) -> None:
        """Two sizes are the same; `what` names them in the plural: "the batch sizes"."""
        answer = self.facts.decide("==", left, right)
        if answer is Truth.REFUTED:
            self.fail(errors.shapes.SizesDiffer(self.site, what, left, right))
        if answer is Truth.UNKNOWN:
            self.fail(
                errors.shapes.NotProved(self.site, f"{left} == {right}", f"{what} must be equal")
            )

    def at_least(self, size: Dim, low: Dim, what: str) -> None:
        answer = self.facts.decide(">=", size, low)
        if answer is Truth.REFUTED:
            self.fail(errors.shapes.TooSmall(self.site, what, size, low))
        if answer is Truth.UNKNOWN:
            self.fail(
                errors.shapes.NotProved(
                    self.site, f"{size} >= {low}", f"{what} must be at least {low}"
                )
            )

    def divides(self, divisor: Dim, size: Dim, divisor_name: str, what: str) -> None:
        """`check.divides(groups, channels, "groups", "input channels")`; the divisor is at
        least 1.
        """
        self.at_least(divisor, 1, f"the number of {divisor_name}")
        answer = self.facts.divides(divisor, size)
        if answer is Truth.REFUTED:
            self.fail(errors.shapes.DoesNotDivide(self.site, divisor, divisor_name, size, what))
        if answer is Truth.UNKNOWN:
            fact = f"{spell_factor(size)} % {spell_factor(divisor)} == 0"
            self.fail(
                errors.shapes.NotProved(self.site, fact, f"{divisor_name} must divide the {what}")
            )

    def known(self, size: Dim, what: str) -> int:
        """The size as a number: for whatever decides the shape of a weight."""
        value = self.facts.normal(size)
        if isinstance(value, int):
            return value
        self.fail(errors.shapes.SymbolicSize(self.site, what, size))

    def broadcast(self, *shapes: Shape) -> Shape:
        """The common shape under NumPy's rule, proved axis by axis."""
        result = shapes[0]
        for shape in shapes[1:]:
            result = self._broadcast_two(result, shape)
        return result

    def _broadcast_two(self, left: Shape, right: Shape) -> Shape:
        rank = max(len(left), len(right))
        padded = zip(
            (1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True
        )
        sizes: list[Dim] = []
        for a, b in padded:
            if a == 1 or b == 1:
                sizes.append(b if a == 1 else a)
            elif self.facts.decide("==", a, b) is Truth.PROVED:
                sizes.append(a if isinstance(a, int) else b)
            else:
                texts = (", ".join(map(str, left)), ", ".join(map(str, right)))
                self.fail(errors.shapes.NotBroadcastable(self.site, *texts, (a, b)))
        return tuple(sizes)

    # --- settings

    def setting(self, accepted: bool, name: str, value: object, wanted: str) -> None:
        """A hyperparameter's value is possible; `wanted` completes "it must be …"."""
        if not accepted:
            self.fail(errors.shapes.BadSetting(self.site, name, str(value), wanted))

    def per_axis(
        self, value: int | tuple[int, ...], count: int, name: str, low: int = 1
    ) -> tuple[int, ...]:
        """A spatial hyperparameter as one integer for each of `count` axes, each at least `low`."""
        values = (value,) * count if isinstance(value, int) else value
        if len(values) != count:
            self.fail(errors.shapes.WrongLength(self.site, name, count, len(values)))
        for item in values:
            self.setting(item >= low, name, item, f"at least {low}")
        return values

    def paddings(
        self,
        padding: str | int | tuple[object, ...],
        kernel: Sequence[int],
        dilation: Sequence[int],
    ) -> tuple[tuple[int, int], ...]:
        """A padding in any of its forms as (before, after) for each spatial axis."""
        if padding == "valid":
            return ((0, 0),) * len(kernel)
        if padding == "same":
            return tuple(self._same(k, d) for k, d in zip(kernel, dilation, strict=True))
        items = (padding,) * len(kernel) if isinstance(padding, int) else tuple(padding)
        if len(items) != len(kernel):
            self.fail(errors.shapes.WrongLength(self.site, "padding", len(kernel), len(items)))
        pairs = tuple(item if isinstance(item, tuple) else (item, item) for item in items)
        for pair in pairs:
            self.setting(min(pair) >= 0, "padding", pair, "at least 0 on every side")
        return pairs

    def _same(self, kernel: int, dilation: int) -> tuple[int, int]:
        total = (kernel - 1) * dilation
        if total % 2:
            self.fail(errors.shapes.EvenKernel(self.site, kernel, dilation))
        return total // 2, total // 2


def spell_factor(size: Dim) -> str:
    """A size as one factor: in parentheses when it is a sum or a quotient."""
    text = str(size)
    return f"({text})" if " " in text else text
