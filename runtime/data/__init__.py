"""Data sources: one file each, named as in a `train` block."""

from .dataset import Column, Dataset, Split
from .raw import RawBatch, read_raw
from .registry import load, make_source, source_class, source_settings, sources
from .source import Source, SplitSource
from .transform import Target, Transform

__all__ = [
    "Column",
    "Dataset",
    "RawBatch",
    "Source",
    "Split",
    "SplitSource",
    "Target",
    "Transform",
    "load",
    "make_source",
    "read_raw",
    "source_class",
    "source_settings",
    "sources",
]
