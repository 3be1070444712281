"""Putting what stands in parentheses to the names that a layer or a block declares.

Comes in: a call. Goes out: its arguments by name, and for a layer in the order in which they are
worked out; nothing is evaluated here. May be assumed: the text alone decides, so it is done once.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import record
from ...grammar.span import Span
from .. import errors
from ..hyperparameter import Hyperparameter, InitKind, NamedKind
from ..layer import Layer
from . import written
from .holding import Identity


@record
class Given:
    """The arguments of a call by the name of the hyperparameter each is for."""

    what: str
    span: Span
    by_name: Mapping[str, ast.Expression]


def match(
    node: ast.Call | None,
    what: str,
    names: Sequence[str],
    span: Span,
    *,
    by_name_only: Sequence[str] = (),
    any_name: bool = False,
) -> Given:
    """Positions and keywords put to names. Raises a Fault for one too many, an unknown or a
    repeated one; with `any_name` no name is unknown.
    """
    known = (*names, *by_name_only)
    by_name: dict[str, ast.Expression] = {}
    if node is None:
        return Given(what, span, by_name)
    for place, argument in enumerate(node.arguments):
        if argument.name is None and place >= len(names):
            raise Fault(errors.calls.TooManyArguments(argument.span, what, tuple(names)))
        name = names[place] if argument.name is None else argument.name
        if name not in known and not any_name:
            raise Fault(errors.calls.UnknownHyperparameter(argument.span, what, name, known))
        if name in by_name:
            raise Fault(errors.calls.GivenTwice(argument.span, what, name, by_name[name].span))
        by_name[name] = argument.value
    return Given(what, node.span, by_name)


def of_function(function: ast.Function, node: ast.Call | None, span: Span) -> Given:
    """What a call gives a block."""
    if node is None:
        return Given(function.name, span, {})
    return _of_function(Identity(function), Identity(node))


@lru_cache(maxsize=8_192)
def _of_function(function: Identity, call: Identity) -> Given:
    names = [item.name for item in function.node.hyperparameters]
    return match(call.node, function.node.name, names, call.node.span)


@record
class Slot:
    """A hyperparameter as a call gives it: `node` is None where it is missing, or where it takes
    the names that no other hyperparameter has. `written` is what is open in it, where the text
    alone tells; a `literal` decides nothing.
    """

    item: Hyperparameter
    name: str
    node: Any
    written: "written.Written | None"
    literal: bool


@record
class Matched:
    """What a call gives a layer, in the order in which it is worked out."""

    given: Given
    slots: tuple[Slot, ...]
    extra: Sequence[str]


@lru_cache(maxsize=8_192)
def matched(layer: type[Layer], call: Identity) -> Matched:
    """What a call gives a layer."""
    return match_layer(layer, call.node, None)


def match_layer(layer: type[Layer], node: ast.Call | None, span: Span | None) -> Matched:
    """What a call gives a layer, or a name without a call at `span`."""
    collector, names, extra = call_names(layer)  # type: ignore[arg-type]
    where = node.span if node is not None else span
    assert where is not None
    open_names = collector is not None
    given = match(node, layer.name, names, where, by_name_only=extra, any_name=open_names)
    slots = [
        _slot(item, given.by_name.get(item.name))
        for item in layer.hyperparameters()
        if item is collector or item.name in given.by_name or item.required
    ]
    return Matched(given, tuple(slots), [name for name in extra if name in given.by_name])


def _slot(item: Hyperparameter, node: ast.Expression | None) -> Slot:
    if node is None or isinstance(item.kind, InitKind):
        return Slot(item, item.name, node, None, literal=False)
    literal = isinstance(node, ast.Number | ast.String | ast.Bool)
    return Slot(item, item.name, node, written.written(node), literal)


@cache
def call_names(layer: type[Layer]) -> tuple[Hyperparameter | None, list[str], list[str]]:
    """The hyperparameter that takes all other names, those for positions, and those beside them."""
    declared = layer.hyperparameters()
    collector = next((item for item in declared if isinstance(item.kind, NamedKind)), None)
    names = [item.name for item in declared if item != collector and not item.name.startswith("_")]
    extra = [name for name in _EXTRA if layer.primary_weight and name not in names]
    return collector, names, extra


_EXTRA = ("init", "weight")
