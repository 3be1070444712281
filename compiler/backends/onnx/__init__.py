"""ONNX, built directly from the typed graph.

Comes in: a checked graph and its weights. Goes out: an `onnx.ModelProto`, checked, and its file.
"""

from .arrays import WeightsError
from .file import save
from .model import OPSETS, export

__all__ = ["OPSETS", "WeightsError", "export", "save"]
