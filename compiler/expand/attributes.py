"""`results.name`, `module.name`, `layer.weight`: what stands behind a point."""

from typing import Any, NoReturn

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from . import evaluate, freezing
from .context import Context
from .environment import Environment
from .values import Instance, Namespace, Results, Tensor, WeightReference, describe


def attribute(node: ast.Attribute, env: Environment, context: Context) -> Any:
    """The value. Raises a Fault where nothing has that name."""
    value = evaluate.evaluate(node.value, env, context)
    match value:
        case Results():
            return _output(node, value)
        case Namespace():
            bound = value.exports.here(node.name)
            if bound is None:
                raise Fault(
                    errors.modules.NotExported(node.span, node.name, value.name, _exports(value))
                )
            return freezing.value_of(bound, node, context)
        case Instance(owner=owner):
            return WeightReference(owner, node.name, node.span)
        case _:
            _no_attribute(node, value)


def _exports(module: Namespace) -> tuple[str, ...]:
    return tuple(sorted(module.exports.names()))


def _output(node: ast.Attribute, value: Results) -> Tensor:
    for name, tensor in zip(value.names, value.items, strict=True):
        if name == node.name:
            return tensor
    named = tuple(name for name in value.names if name is not None)
    raise Fault(errors.names.NoSuchOutput(node.span, node.name, named))


def _no_attribute(node: ast.Attribute, value: object) -> NoReturn:
    raise Fault(errors.names.NoAttribute(node.span, node.name, describe(value)))
