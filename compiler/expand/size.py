"""A look at how large a repeated body will become, before it is expanded: 146 bytes can ask for
10^12 layers.
"""

from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from ..registry import built_in_names
from .context import Context
from .environment import Environment
from .naming import last_part
from .values import FunctionReference, LayerReference, LayerStage


def refuse_bomb(
    node: ast.Call | ast.For, count: int, body: ast.Body, env: Environment, context: Context
) -> None:
    """Raises a Fault where `count` turns of the body exceed what the limit leaves."""
    if count <= 1 or context.session.replayed is not None:  # what is replayed was seen before
        return
    builder = context.builder
    sizes = _Sizes()
    asked = count * max(1, sizes.size(body, env))
    context.session.spend(node.span, sizes.visited)
    if len(builder.nodes) + asked > builder.limits.nodes:
        raise Fault(errors.limits.TooManyNodes(node.span, builder.limits.nodes, asked))


class _Sizes:
    """At least so many layers does a piece of program make, as far as its text and the names at
    hand tell. Blocks are looked into once.
    """

    def __init__(self) -> None:
        self.functions: dict[int, int] = {}
        self.visited = 0

    def size(self, node: object, env: Environment) -> int:
        self.visited += 1
        match node:
            case ast.Body():
                return sum([self.size(item, env) for item in node.statements])
            case ast.Bind() | ast.Result() | ast.Next():
                return self.size(node.value, env)
            case ast.Pipeline():
                return sum([self.size(item, env) for item in node.stages])
            case ast.Binary():
                return self.size(node.left, env) + self.size(node.right, env)
            case _:
                return self._stage(node, env)

    def _stage(self, node: object, env: Environment) -> int:
        match node:
            case ast.Labelled():
                return self.size(node.stage, env)
            case ast.Fragment():
                return self.size(node.body, env)
            case ast.Name():
                return self._named(node, env)
            case ast.Call(body=None):
                return self._named(node.function, env)
            case ast.Call():
                return self._repeated(node, env)
            case ast.For():
                return self.size(node.body, env) * self._length(node.iterable, env)
            case _:
                return 0

    def _named(self, node: ast.Expression, env: Environment) -> int:
        """What applying a name makes: one for a layer, what its body makes for a block."""
        if not isinstance(node, ast.Name):
            return 0
        bound = env.find(node.id)
        if bound is None:
            return int(node.id in built_in_names())
        match bound.value:
            case FunctionReference() as reference:
                return self._function(reference)
            case LayerReference() | LayerStage():
                return 1
            case _:
                return 0

    def _function(self, reference: FunctionReference) -> int:
        key = id(reference.function)
        if key not in self.functions:
            self.functions[key] = 0  # a block within itself adds nothing that is sure
            inner = Environment(reference.home)
            for item in reference.function.hyperparameters:
                inner.replace(item.name, None, item.span)
            self.functions[key] = self.size(reference.function.body, inner)
        return self.functions[key]

    def _repeated(self, node: ast.Call, env: Environment) -> int:
        inner = self.size(node.body, env)
        if last_part(node.function) not in ("repeat", "share") or not node.arguments:
            return inner
        return inner * max(_value(node.arguments[0].value, env), 0)

    def _length(self, node: ast.Expression, env: Environment) -> int:
        match node:
            case ast.List(items=items):
                return len(items)
            case ast.Call(function=ast.Name(id="range"), arguments=(argument,)):
                return max(_value(argument.value, env), 0)
            case _:
                return 0


def _value(node: ast.Expression, env: Environment) -> int:
    """A whole number that is plain to see, else 0."""
    found: Any = node.value if isinstance(node, ast.Number) else None
    if isinstance(node, ast.Name):
        bound = env.find(node.id)
        found = bound.value if bound is not None else None
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
