"""What a layer makes of input types, worked out once: shapes, weights and costs are pure functions
of a layer and types.

Comes in: a layer, and the types that flow in, under no facts but that sizes are at least 1. Goes
out: a `Rule`. What is known is kept with the layer object, by the very type objects, which an entry
keeps alive; `same` makes equal types one object, so that they are found again.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..grammar.record import record
from .dims import Dim, substitute
from .layer import Layer, WeightType
from .types import TensorType, product

MOST_RULES = 512
MOST_TYPES = 50_000
_PLACE = "_rules"


@record
class Rule:
    """`outputs` and `weights` for `inputs`; `settled` are costs with sizes put in, as they were
    asked for.
    """

    inputs: tuple[TensorType, ...]
    outputs: tuple[TensorType, ...]
    weights: Mapping[str, WeightType]
    elements: int  # of all outputs for a batch of one
    settled: dict[Any, Dim]


def known(layer: Layer, types: Sequence[TensorType]) -> Rule | None:
    """The rule of a layer for these types, if it was kept."""
    rules = layer.__dict__.get(_PLACE)
    return None if rules is None else rules.get(_key(types))


def _key(types: Sequence[TensorType]) -> Any:
    return id(types[0]) if len(types) == 1 else tuple(map(id, types))


def keep(
    layer: Layer,
    types: Sequence[TensorType],
    outputs: Sequence[TensorType],
    weights: Mapping[str, WeightType],
    elements: int,
) -> Rule:
    """Notes what was worked out; few are kept for one layer."""
    rules = layer.__dict__.setdefault(_PLACE, {})
    if len(rules) >= MOST_RULES:
        rules.clear()
    rule = Rule(tuple(types), tuple(map(same, outputs)), weights, elements, {})
    rules[_key(types)] = rule
    return rule


_types: dict[TensorType, TensorType] = {}


def same(found: TensorType) -> TensorType:
    """One object for all equal types."""
    if len(_types) >= MOST_TYPES:
        _types.clear()
    return _types.setdefault(found, found)


# --- costs ----------------------------------------------------------------------------------------


def params(rule: Rule) -> int:
    """The trained numbers of one use that ties none."""
    found: Any = rule.settled.get("params")
    if found is None:
        shapes = [weight.shape for weight in rule.weights.values() if weight.trainable]
        found = rule.settled["params"] = sum(product(shape) for shape in shapes)
    return found  # type: ignore[no-any-return]


def flops(rule: Rule, layer: Layer, sizes: Mapping[str, int], key: Any) -> Dim:
    """The operations of one use with sizes put in; `key` tells the sizes apart."""
    found = rule.settled.get(key)
    if found is None:
        found = layer.flops(rule.inputs, rule.outputs)
        found = found if isinstance(found, int) else substitute(found, sizes)
        rule.settled[key] = found
    return found
