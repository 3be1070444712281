"""Names that no file binds: layers, combinators, functions of compile time; and what to say when a
name is none of them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ...grammar.diagnostic import Diagnostic
from ...grammar.span import Span
from .. import errors
from ..registry import find_layer, layer_names
from .compile_time import FUNCTIONS
from .environment import Environment
from .values import Combinator, CompileTimeFunction, LayerReference, LayerStage

COMBINATORS = frozenset({"repeat", "fork", "residual", "share", "scan", "any", "some"})
MANY = 2_000


def find_name(name: str) -> Any:
    """What a name means everywhere, or None."""
    if name in COMBINATORS:
        return Combinator(name)
    if name in FUNCTIONS:
        return CompileTimeFunction(name)
    layer = find_layer(name)
    return None if layer is None else LayerReference(layer)


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
    return name if name.isidentifier() and find_layer(name) is not None else ""
