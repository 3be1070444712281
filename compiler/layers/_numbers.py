"""Numbers that stand beside tensors, and so must fit their dtype."""

from collections.abc import Iterator

from .. import errors
from ..checks import Checks
from ..dims import Axis
from ..types import DType


def fits(value: object, dtype: DType) -> bool:
    """Whether a dtype holds a number; a symbolic axis is an integer, and floats hold any number."""
    if isinstance(value, bool) or dtype.is_bool:
        return isinstance(value, bool) and dtype.is_bool
    if dtype.is_float:
        return True
    if isinstance(value, Axis):
        return True
    if not isinstance(value, int):
        return False
    low, high = integer_range(dtype)
    return low <= value <= high


def integer_range(dtype: DType) -> tuple[int, int]:
    """The least and the greatest value of an integer dtype."""
    if dtype.name.startswith("u"):
        return 0, 2**dtype.bits - 1
    return -(2 ** (dtype.bits - 1)), 2 ** (dtype.bits - 1) - 1


def expect_fit(check: Checks, value: object, dtype: DType) -> None:
    """Refuses a number that the dtype cannot hold."""
    if not fits(value, dtype):
        check.fail(errors.sources.DoesNotFit(check.site, str(value), str(dtype)))


def numbers_in(value: object) -> Iterator[object]:
    """The numbers of a nested list, in order."""
    if isinstance(value, tuple):
        for item in value:
            yield from numbers_in(item)
    else:
        yield value
