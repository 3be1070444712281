"""Modules that are loaded when they are first used, so that naming a source or an augmentation
stays cheap.

Comes in: a module's name. Goes out: a stand-in (`np`, `torch`) that imports it at the first
attribute, and `optional`, which imports what an extra brings and says which extra is missing.
`archc check` reads the settings of sources and augmentations through here without importing numpy,
torch or scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..lazy import lazy_module
from .errors import DataError

__all__ = ["Array", "np", "optional", "torch"]


if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    Array = npt.NDArray[Any]
else:
    np = lazy_module("numpy")
    torch = lazy_module("torch")
    Array = Any


def optional(module: str, package: str, extra: str) -> Any:
    """A module that only an extra installs.

    Raises DataError, with the command that installs it, where it is missing.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise DataError(
            f"this needs {package}, which cannot be imported: {error}",
            f'install it with: pip install "archc[{extra}]"',
        ) from None
