"""A look at how large a repeated body will become, before it is expanded: 146 bytes can ask for
10^12 layers.
"""

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from .context import Context
from .environment import Environment
from .naming import last_part


def refuse_bomb(
    node: ast.Call | ast.For, count: int, body: ast.Body, env: Environment, context: Context
) -> None:
    """Raises a Fault where `count` turns of the body exceed what the limit leaves."""
    builder = context.builder
    asked = count * max(1, lexical_size(body, env))
    if len(builder.nodes) + asked > builder.limits.nodes:
        raise Fault(errors.limits.TooManyNodes(node.span, builder.limits.nodes, asked))


def lexical_size(node: object, env: Environment) -> int:
    """At least so many layers does a piece of program make, as far as its text and the names at
    hand tell.
    """
    match node:
        case ast.Body():
            return sum(lexical_size(item, env) for item in node.statements)
        case ast.Bind() | ast.Result() | ast.Next():
            return lexical_size(node.value, env)
        case ast.Pipeline():
            return sum(lexical_size(item, env) for item in node.stages)
        case ast.Labelled():
            return lexical_size(node.stage, env)
        case ast.Fragment():
            return lexical_size(node.body, env)
        case ast.Call(body=None):
            return 1
        case ast.Call():
            return _repeated(node, env)
        case ast.Binary():
            return lexical_size(node.left, env) + lexical_size(node.right, env)
        case _:
            return 0


def _repeated(node: ast.Call, env: Environment) -> int:
    inner = lexical_size(node.body, env)
    if last_part(node.function) not in ("repeat", "share") or not node.arguments:
        return inner
    return inner * _count(node.arguments[0].value, env)


def _count(node: ast.Expression, env: Environment) -> int:
    match node:
        case ast.Number(value=int() as value):
            return max(value, 0)
        case ast.Name(id=name):
            bound = env.find(name)
            value = bound.value if bound is not None else None
            return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0
        case _:
            return 0
