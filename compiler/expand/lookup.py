"""Names that no file binds: layers, combinators, functions of compile time, initialisers that no
layer is called like; and what to say when a name is none of them.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Diagnostic, Fault
from ...grammar.span import Span
from .. import errors
from ..hyperparameter import Initialiser, InitKind
from ..layer import Layer
from ..registry import BrokenLayer, find_layer, has_layer, layer_names
from .compile_time import FUNCTIONS
from .environment import Environment
from .values import Combinator, CompileTimeFunction, LayerReference, LayerStage

COMBINATORS = frozenset({"repeat", "fork", "residual", "share", "scan", "any", "some"})
MANY = 2_000


def find_name(name: str) -> Any:
    """What a name means everywhere, or None; a BrokenLayer for one that cannot be had."""
    if name in COMBINATORS:
        return Combinator(name)
    if name in FUNCTIONS:
        return CompileTimeFunction(name)
    try:
        layer = find_layer(name)
    except BrokenLayer as broken:
        return broken
    return None if layer is None else _reference(layer)  # type: ignore[arg-type]


@cache
def _reference(layer: type[Layer]) -> LayerReference:
    return LayerReference(layer)


def meaning(node: ast.Name, env: Environment, symbols: Sequence[str]) -> Any:
    """What a name that no file binds stands for. Raises a Fault where that is nothing."""
    found = find_name(node.id)
    if found is None and node.id in InitKind.symbols:
        return Initialiser(node.id, {})
    if found is None:
        raise Fault(unknown_name(node.id, node.span, env, symbols))
    if isinstance(found, BrokenLayer):
        raise unusable(found, node.span)
    return found


def layer_of(name: str, span: Span) -> type[Layer] | None:
    """The layer of a name, or None. Raises a Fault for one that cannot be had."""
    try:
        return find_layer(name)
    except BrokenLayer as broken:
        raise unusable(broken, span) from None


def unusable(broken: BrokenLayer, span: Span) -> Fault:
    """What is said where a layer from outside is wanted and cannot be had."""
    return Fault(errors.layers.LayerUnusable(span, broken.name, broken.origin, broken.reason))


def built_in() -> Iterable[str]:
    return [*layer_names(), *COMBINATORS, *FUNCTIONS]


def unknown_name(
    name: str, span: Span, env: Environment, symbols: Sequence[str] = ()
) -> Diagnostic:
    """The diagnostic for a name that stands for nothing; it finds the nearest that do."""
    known = {*env.names(), *built_in(), *symbols}
    if len(known) > MANY:  # whoever binds thousands of names waits for nothing else
        known = {item for item in known if item[0] == name[0]}
    return errors.names.UnknownName(name, span, tuple(sorted(known)))  # type: ignore[no-any-return]


def layer_stage(name: str, **settings: Any) -> LayerStage:
    """A layer of the built-in vocabulary, for constructs that stand for one."""
    layer = find_layer(name)
    assert layer is not None, name
    return LayerStage(layer(**settings))


def hidden_layer(name: str) -> str:
    """The name again if a layer is called so, else nothing: a local name may hide it."""
    return name if name.isidentifier() and has_layer(name) else ""
