"""Scaled dot-product attention with several heads."""

from typing import Annotated, Any, ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..facts import Truth
from ..hyperparameter import Auto, AutoFloat, IntKind, between, one_of, option, required
from ..layer import Layer
from ..lowering import Module, OnnxBuilder
from ..types import F64, I64, TensorType
from ._form import spell_shape

_LOWEST = {"f16": -65504.0, "bf16": -3.38e38, "f32": -3.4e38, "f64": -1.79e308}


class Attention(Layer):
    """softmax(q k^T * scale + mask) v, for each head; the heads lie side by side in the last axis.

    Inputs `(q, k, v)` or `(q, k, v, mask)`. With fewer `kv_heads` than `heads`, groups of query
    heads share keys and values. `scale` is 1 / sqrt(width of a head) unless given. `causal` lets
    position i read positions up to i. A mask is bool (true: may read; a query that may read nothing
    gets zeros) or a float added to the scores, and is [T, S], [N, T, S] or [N, heads, T, S], with
    sizes of 1 repeated. `dropout` drops attention weights while training.
    Shapes: [N, T, heads * D], [N, S, kv_heads * D], [N, S, kv_heads * E] -> [N, T, heads * E].
    Source: Vaswani et al. 2017; Ainslie et al. 2023 for groups.
    """

    family: ClassVar[str] = "attention"
    arity: ClassVar[tuple[int, int | None]] = (3, 4)
    stochastic: ClassVar[bool] = True
    training: ClassVar[bool] = True
    example: ClassVar[str] = "(q, k, v) -> attention(8, causal=true)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, T, 8], f32[N, S, 8], f32[N, S, 8] -> attention(2)",
        "f32[N, T, 8], f32[N, S, 4], f32[N, S, 6] -> attention(4, kv_heads=2, causal=True)",
        "f32[N, T, 4], f32[N, S, 4], f32[N, S, 4], bool[T, S] -> attention(2, causal=True)",
        "f32[N, T, 4], f32[N, S, 4], f32[N, S, 4], bool[N, 1, S] -> attention(1, dropout=0.5)",
        "f32[N, T, 4], f32[N, S, 4], f32[N, S, 4], f32[N, 2, T, S] -> attention(2, scale=0.3)",
        "f32[N, T, 4], f32[N, S, 4], f32[N, S, 4], f32[N, T, S] -> attention(2, causal=True)",
    )

    heads: int = required(one_of(1, 2, 4, 8))
    kv_heads: Annotated[int | str, Auto(IntKind(), ("heads", "auto"))] = option(default="heads")
    causal: bool = option(default=False)
    dropout: float = option(default=0.0, domain=between(0.0, 0.5))
    scale: AutoFloat = option(default="auto")

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        q, k, v, *masks = inputs
        for x in (q, k, v):
            check.rank(x, 3)
        check.floating(q, k, v)
        check.same_dtype(q, k, v)
        check.setting(0 <= self.dropout < 1, "dropout", self.dropout, "at least 0 and below 1")
        check.equal(q.shape[0], k.shape[0], "the batch sizes of q and k")
        check.equal(q.shape[0], v.shape[0], "the batch sizes of q and v")
        check.equal(k.shape[1], v.shape[1], "the lengths of k and v")
        query, key, value = (check.known(x.shape[2], "the last axis") for x in (q, k, v))
        check.divides(self.heads, query, "heads", "features of q")
        check.divides(self._kv_heads, self.heads, "kv_heads", "heads")
        if query // self.heads * self._kv_heads != key:
            widths = query, self.heads, key, self._kv_heads
            check.fail(errors.sequences.HeadWidths(check.site, *widths))
        check.divides(self._kv_heads, value, "kv_heads", "features of v")
        for mask in masks:
            self._expect_mask(check, q, k, mask)
        return q.with_axis(2, value // self._kv_heads * self.heads)

    def _expect_mask(self, check: Checks, q: TensorType, k: TensorType, mask: TensorType) -> None:
        check.rank(mask, 2, 4)
        if not mask.dtype.is_bool:
            check.floating(mask)
            check.same_dtype(q, mask)
        wanted: tuple[Dim, ...] = (q.shape[0], self.heads, q.shape[1], k.shape[1])
        wanted = {2: wanted[2:], 3: (wanted[0], *wanted[2:]), 4: wanted}[mask.rank]
        for size, want in zip(mask.shape, wanted, strict=True):
            if size == 1:
                continue
            if check.decide("==", size, want) is Truth.REFUTED:
                texts = spell_shape(mask.shape), spell_shape(wanted)
                check.fail(errors.sequences.MaskShape(check.site, *texts))
            check.equal(size, want, "the sizes of the mask and the scores")

    @property
    def _kv_heads(self) -> int:
        return self.kv_heads if isinstance(self.kv_heads, int) else self.heads

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Two matrix products, and four operations for each score: scaling and softmax."""
        q, k, *_ = inputs
        scores = q.shape[0] * q.shape[1] * k.shape[1]
        return scores * (2 * q.shape[2] + 2 * outputs[0].shape[2] + 4 * self.heads)

    def to_torch(self, *inputs: TensorType) -> Module:
        settings: dict[str, Any] = {}
        if self._kv_heads != self.heads:
            settings["kv_heads"] = self._kv_heads
        if self.causal:
            settings["causal"] = True
        if self.dropout:
            settings["dropout"] = self.dropout
        if self.scale != "auto":
            settings["scale"] = self.scale
        return Module("archc.compiler.support.attention:Attention", (self.heads,), settings)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        q, k, v, *masks = inputs
        type_ = onnx.type(q)
        width = _number(type_.shape[2]) // self.heads
        scale = width**-0.5 if isinstance(self.scale, str) else self.scale
        queries = self._heads_of(onnx, q, self.heads, [0, 2, 1, 3])
        # ONNX Runtime fuses a product by one number into the next matmul, where it is an f32.
        exact = onnx.constant([scale] * width, F64) if type_.dtype == F64 else None
        queries = onnx.op("Mul", queries, exact or onnx.number(scale, type_.dtype))
        keys = self._shared(
            onnx, self._heads_of(onnx, k, self._kv_heads, [0, 2, 3, 1]), [width, -1]
        )
        each = _number(onnx.type(v).shape[2]) // self._kv_heads
        values = self._heads_of(onnx, v, self._kv_heads, [0, 2, 1, 3])
        values = self._shared(onnx, values, [-1, each])
        weights = self._weights(onnx, onnx.op("MatMul", queries, keys), inputs)
        y = onnx.op("Transpose", onnx.op("MatMul", weights, values), perm=[0, 2, 1, 3])
        return onnx.op("Reshape", y, onnx.ints([0, 0, -1]))

    def _heads_of(self, onnx: OnnxBuilder, x: str, heads: int, order: list[int]) -> str:
        width = _number(onnx.type(x).shape[2]) // heads
        y = onnx.op("Reshape", x, onnx.ints([0, 0, heads, width]))
        return onnx.op("Transpose", y, perm=order)

    def _shared(self, onnx: OnnxBuilder, x: str, inner: list[int]) -> str:
        """Keys or values repeated for every query head of their group."""
        if self._kv_heads == self.heads:
            return x
        group = self.heads // self._kv_heads
        y = onnx.op("Unsqueeze", x, onnx.ints([2]))
        y = onnx.op("Expand", y, onnx.ints([1, 1, group, 1, 1]))
        return onnx.op("Reshape", y, onnx.ints([0, self.heads, *inner]))

    def _weights(self, onnx: OnnxBuilder, scores: str, inputs: tuple[str, ...]) -> str:
        """Softmax of the scores. A query that may read nothing gets zeros, as in PyTorch."""
        q, k, _, *masks = inputs
        dtype = onnx.type(q).dtype
        allowed = [self._causal(onnx, q, k)] if self.causal else []
        for mask in masks:
            type_ = onnx.type(mask)
            mask = onnx.op("Unsqueeze", mask, onnx.ints([1])) if type_.rank == 3 else mask
            if type_.dtype.is_bool:
                allowed.append(mask)
            else:
                scores = onnx.op("Add", scores, mask)
        if not allowed:
            return onnx.op("Softmax", scores, axis=-1)
        may = onnx.op("And", *allowed) if len(allowed) > 1 else allowed[0]
        lowest = onnx.number(_LOWEST[dtype.name], dtype)
        weights = onnx.op("Softmax", onnx.op("Where", may, scores, lowest), axis=-1)
        return onnx.op("Where", may, weights, onnx.number(0.0, dtype))

    def _causal(self, onnx: OnnxBuilder, q: str, k: str) -> str:
        """[T, S]: whether the query comes no earlier than the key."""
        zero, one = onnx.number(0, I64), onnx.number(1, I64)
        rows = onnx.op("Range", zero, onnx.number(onnx.type(q).shape[1], I64), one)
        columns = onnx.op("Range", zero, onnx.number(onnx.type(k).shape[1], I64), one)
        return onnx.op("GreaterOrEqual", onnx.op("Unsqueeze", rows, onnx.ints([1])), columns)


def _number(size: Dim) -> int:
    assert isinstance(size, int)  # infer proved it
    return size
