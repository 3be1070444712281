"""Layers and what blocks were given, as the program writes them.

Comes in: a layer, or names with values, which may be stages. Goes out: one line of text. Braces of
several lines are not written out.
"""

from collections.abc import Iterable

from ...grammar.print import print_expression
from ..expand.values import (
    FragmentStage,
    FunctionReference,
    FunctionStage,
    Instance,
    LayerReference,
    LayerStage,
)
from ..graph import Graph
from ..hyperparameter import spell
from ..layer import Layer


def spell_layer(layer: Layer) -> str:
    """The layer as the program writes it: what is required by position, options where set."""
    items = layer.hyperparameters()
    positional = [("", getattr(layer, item.name)) for item in items if item.required]
    cells = [pair for pair in positional if isinstance(pair[1], Graph)]
    positional = cells or positional  # what else a cell brings, the program does not write
    named = [
        (item.name, getattr(layer, item.name))
        for item in items
        if not item.required and getattr(layer, item.name) != item.default
    ]
    return f"{layer.name}{spell_arguments([*positional, *named])}"


def spell_arguments(items: Iterable[tuple[str, object]]) -> str:
    """Arguments in parentheses, those without a name by position; nothing where there are none."""
    texts = [f"{name}={_spelled(value)}" if name else _spelled(value) for name, value in items]
    return f"({', '.join(texts)})" if texts else ""


def _spelled(value: object) -> str:
    match value:
        case Graph(name=name):
            return name
        case tuple():
            return f"[{', '.join(map(_spelled, value))}]"
        case LayerReference(layer=layer):
            return layer.name
        case LayerStage(layer=layer):
            return spell_layer(layer)
        case FunctionReference(function=function):
            return function.name
        case FunctionStage(reference=reference, values=values):
            return f"{reference.function.name}{spell_arguments(values.items())}"
        case Instance(stage=stage):
            return _spelled(stage)
        case FragmentStage(expression=expression):
            text = print_expression(expression)
            return text if "\n" not in text else "{ … }"
        case _:
            return spell(value)
