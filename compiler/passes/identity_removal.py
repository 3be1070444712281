"""Removes what hands its input on, and what undoes what went before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ..graph import Graph, Node
from ..layers.permute import Permute
from ..types import TensorType
from ._edit import Edit
from ._pass import Property
from ._rules import Chain, New, Result, Rule, RulePass, Same

Test = Callable[[Any, TensorType, TensorType], bool]
"""Whether a layer with these settings hands its input on, given the types before and after."""


def _always(layer: Any, x: TensorType, y: TensorType) -> bool:
    return True


def _same_type(layer: Any, x: TensorType, y: TensorType) -> bool:
    return x == y


def _number_is(neutral: int, either_side: bool = True) -> Test:
    def test(layer: Any, x: TensorType, y: TensorType) -> bool:
        return layer.number == neutral and (either_side or not layer.reversed)

    return test


def _window_of_one(layer: Any, x: TensorType, y: TensorType) -> bool:
    kernel = layer.kernel if isinstance(layer.kernel, tuple) else (layer.kernel,)
    return set(kernel) == {1} and x == y


_HANDS_ON: Mapping[str, Test] = {
    # Nothing in inference.
    **dict.fromkeys(("identity", "stop_gradient", "noise"), _always),
    **dict.fromkeys(("dropout", "dropout_channels", "drop_path"), _always),
    # The order of the elements stays, and so do the axes.
    **dict.fromkeys(("reshape", "flatten", "expand", "cast", "pad"), _same_type),
    "slice": lambda layer, x, y: x == y and layer.step == 1,
    "upsample": lambda layer, x, y: x == y and layer.mode != "bicubic",
    "concat": lambda layer, x, y: x == y,
    # Axes that stay where they are.
    "transpose": lambda layer, x, y: layer.a % x.rank == layer.b % x.rank,
    "permute": lambda layer, x, y: _order(layer, x.rank) == (*range(x.rank),),
    "channel_shuffle": lambda layer, x, y: layer.groups == 1,
    **dict.fromkeys(("maxpool", "avgpool"), _window_of_one),
    # Neutral numbers.
    "add": _number_is(0),
    "mul": _number_is(1),
    "sub": _number_is(0, either_side=False),
    "div": _number_is(1, either_side=False),
    "pow": lambda layer, x, y: layer.exponent == 1,
}
"""Layers of one input that give it unchanged, and when."""

_REORDERING = frozenset({"transpose", "permute"})
_RESHAPING = frozenset({"reshape", "flatten", "squeeze", "unsqueeze"})
_IDEMPOTENT = frozenset({"relu", "relu6", "abs", "sign", "floor", "round", "hardtanh", "clip"})


def _hands_on(edit: Edit, nodes: Chain) -> Result:
    (node,) = nodes
    return Same(node.inputs[0]) if _is_identity(node, edit.types) else None


def _is_identity(node: Node, types: Callable[[tuple[int, ...]], tuple[TensorType, ...]]) -> bool:
    test = _HANDS_ON.get(node.layer.name)
    if test is None or len(node.inputs) != 1 or len(node.outputs) != 1:
        return False
    (x,), (y,) = types(node.inputs), types(node.outputs)
    return test(node.layer, x, y)


def _reordered(edit: Edit, nodes: Chain) -> Result:
    """Two orders of axes are one, and none where the second undoes the first."""
    first, second = nodes
    (x,) = edit.types(first.inputs)
    inner, outer = _order(first.layer, x.rank), _order(second.layer, x.rank)
    order = tuple(inner[axis] for axis in outer)
    if order == (*range(x.rank),):
        return Same(first.inputs[0])
    return New(replace(second, layer=Permute(axes=order), inputs=first.inputs))


def _order(layer: Any, rank: int) -> tuple[int, ...]:
    """For each axis of the output the one of the input that it was."""
    if layer.name == "permute":
        return tuple(axis % rank for axis in layer.axes)
    order = list(range(rank))
    order[layer.a], order[layer.b] = order[layer.b], order[layer.a]
    return tuple(order)


def _reshaped_back(edit: Edit, nodes: Chain) -> Result:
    first, second = nodes
    same = edit.types(first.inputs) == edit.types(second.outputs)
    return Same(first.inputs[0]) if same else None


def _done_before(edit: Edit, nodes: Chain) -> Result:
    first, second = nodes
    return Same(first.outputs[0]) if first.layer == second.layer else None


def _negated_twice(edit: Edit, nodes: Chain) -> Result:
    return Same(nodes[0].inputs[0])


def _left_over(graph: Graph) -> str:
    return next((node.name for node in graph.nodes if _is_identity(node, graph.types)), "")


NO_IDENTITIES = Property("every node does something in inference", _left_over)

_NEGATION = frozenset({"neg"})
_RULES = (
    Rule((frozenset(_HANDS_ON),), _hands_on),
    Rule((_REORDERING, _REORDERING), _reordered),
    Rule((_RESHAPING, _RESHAPING), _reshaped_back),
    Rule((_IDEMPOTENT, _IDEMPOTENT), _done_before),
    Rule((_NEGATION, _NEGATION), _negated_twice),
)


@dataclass(frozen=True, slots=True)
class IdentityRemoval(RulePass):
    """Takes out layers that give their input unchanged in inference, axes that are put back where
    they were, and what has been done just before.
    """

    ensures: ClassVar[tuple[Property, ...]] = (NO_IDENTITIES,)

    def rules(self) -> tuple[Rule, ...]:
        return _RULES
