"""Tensors of indices: what PyTorch and ONNX both take as such."""

from .. import errors
from ..checks import Checks
from ..types import TensorType


def expect_indices(check: Checks, indices: TensorType) -> None:
    """Refuses all but i32 and i64: PyTorch reads u8 as a mask, and ONNX has no smaller ones."""
    if indices.dtype.name not in ("i32", "i64"):
        wanted = "i32 or i64 for its indices, integer dtypes"
        check.fail(errors.shapes.WrongDType(check.site, wanted, str(indices.dtype)))
