"""Convolutions in the text, and what they were given."""

from collections.abc import Iterator
from typing import Any

from .....grammar import ast
from ..calls import called
from ..tree import Path
from ..view import View, stage_calls

NAMES = frozenset({"conv", "depthwise", "conv_transpose"})


def stage_of(stage: Any) -> str:
    """The layer or block that a stage is a use of; nothing for braces."""
    while isinstance(stage, ast.Labelled):
        stage = stage.stage
    if isinstance(stage, ast.Call) and stage.body is not None:
        return ""
    return called(stage) if isinstance(stage, (ast.Call, ast.Name, ast.Attribute)) else ""


def is_convolution(stage: Any) -> bool:
    return stage_of(stage) in NAMES


def convolutions(view: View, key: str) -> Iterator[tuple[Path, Any, int, Any]]:
    """Path, node and function of each convolution, and what it has for a hyperparameter, where that
    is one and the same wherever the text is used.
    """
    for path, node, function in stage_calls(view):
        if called(node) not in NAMES or key not in view.signature(called(node)):
            continue
        values = {getattr(layer, key, None) for layer in view.applied(node)}
        if len(values) == 1:
            yield path, node, function, values.pop()
