"""The types of values that flow through arrows: a dtype and a shape of exact, possibly symbolic
axes.

Comes in: nothing. Goes out: `DType`, `TensorType` and the table of dtypes.
"""

from collections.abc import Iterable

from ..grammar.record import record
from .dims import Dim


@record
class DType:
    """A scalar type. `kind` is `float`, `int` (signed or not) or `bool`; `onnx` is its code in
    TensorProto.
    """

    name: str
    kind: str
    bits: int
    torch: str
    onnx: int
    numpy: str

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def is_float(self) -> bool:
        return self.kind == "float"

    @property
    def is_int(self) -> bool:
        return self.kind == "int"

    @property
    def is_bool(self) -> bool:
        return self.kind == "bool"

    @property
    def bytes(self) -> int:
        return self.bits // 8

    def __str__(self) -> str:
        return self.name


F16 = DType("f16", "float", 16, "torch.float16", 10, "float16")
BF16 = DType("bf16", "float", 16, "torch.bfloat16", 16, "bfloat16")
F32 = DType("f32", "float", 32, "torch.float32", 1, "float32")
F64 = DType("f64", "float", 64, "torch.float64", 11, "float64")
I8 = DType("i8", "int", 8, "torch.int8", 3, "int8")
U8 = DType("u8", "int", 8, "torch.uint8", 2, "uint8")
I32 = DType("i32", "int", 32, "torch.int32", 6, "int32")
I64 = DType("i64", "int", 64, "torch.int64", 7, "int64")
BOOL = DType("bool", "bool", 8, "torch.bool", 9, "bool")

DTYPES = {dtype.name: dtype for dtype in (F16, BF16, F32, F64, I8, U8, I32, I64, BOOL)}

Shape = tuple[Dim, ...]


@record
class TensorType:
    """A dtype and axes, batch included: `f32[N, 3, 32, 32]`. A scalar has no axes."""

    dtype: DType
    shape: Shape

    def __hash__(self) -> int:
        return hash((self.dtype.name, self.shape))

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def elements(self) -> Dim:
        """The number of elements."""
        return product(self.shape)

    def with_shape(self, *shape: Dim) -> "TensorType":
        return TensorType(self.dtype, shape)

    def with_dtype(self, dtype: DType) -> "TensorType":
        return TensorType(dtype, self.shape)

    def with_axis(self, axis: int, size: Dim) -> "TensorType":
        """The same type with one axis (counted from 0 or from the end) resized."""
        shape = list(self.shape)
        shape[axis] = size
        return TensorType(self.dtype, tuple(shape))

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


def product(sizes: Iterable[Dim]) -> Dim:
    """The exact product of sizes, 1 of none."""
    number = 1
    result: Dim | None = None
    for size in sizes:  # numbers first: a product of expressions takes long
        if isinstance(size, int):
            number *= size
        else:
            result = size if result is None else result * size
    if result is None or number == 1:
        return number if result is None else result
    return result * number
