"""Braces that stand as statements: a `for`, `repeat` or `if` without a result binds tensors anew
for what follows it.

Comes in: a statement of a body. Goes out: nothing; tensors that the body around it had bound before
may be others afterwards. Other names live for one turn.
"""

from collections.abc import Sequence

from ...grammar import ast
from . import combinators, evaluate, stages, statements
from .context import Context
from .environment import Environment
from .naming import last_part
from .session import Poisoned
from .values import Poison


def binds_only(statement: ast.Statement, *, last: bool = True) -> bool:
    """Whether a statement is such braces. A broken one in them may have been their result, which
    would have been the result of the body around them where they stand `last`.
    """
    return isinstance(statement, ast.Result) and _binds_only(statement.value, last)


def _binds_only(node: ast.Expression, last: bool) -> bool:
    match node:
        case ast.Labelled(stage=stage):
            return not isinstance(stage, ast.If) and _binds_only(stage, last)
        case ast.For(body=body):
            return _without_result([body], last)
        case ast.Call(body=body) if body is not None and last_part(node.function) == "repeat":
            return _without_result([body], last)
        case ast.If():
            return _without_result([body for body in (node.then, node.otherwise) if body], last)
        case _:
            return False


def _without_result(bodies: Sequence[ast.Body], last: bool) -> bool:
    """Whether the bodies hold statements, of which none is a result."""
    found = [statement for body in bodies for statement in body.statements]
    if last and any(isinstance(statement, ast.Broken) for statement in found):
        return False
    results = [statement for statement in found if isinstance(statement, ast.Result)]
    return bool(found) and all(map(binds_only, results))


def names_bound(node: ast.Node) -> tuple[str, ...]:
    """The names of tensors that are bound somewhere in a piece of text."""
    found = list(node.targets) if isinstance(node, ast.Bind) else []
    for child in ast.children(node):
        found += names_bound(child)
    return tuple(found)


def run(node: ast.Expression, env: Environment, context: Context) -> None:
    """Carries such braces out."""
    match node:
        case ast.Labelled(stage=stage):
            run(stage, env, context)
        case ast.If():
            _branch(node, env, context)
        case ast.For():
            turns = combinators.turns_of_for(node, (), env, context)
            for turn, item in enumerate(turns.items):
                inner = Environment(env, rebinds=True)
                combinators.bind_targets(node, item, turn, inner)
                mark = context.session.hold(id(node), turns.items[turn + 1 :])
                context.session.promise(mark, node.body, times=len(turns.items) - turn - 1)
                _turn(node.body, f"{turns.path}.{turn}", inner, context)
                context.session.release(mark)
        case ast.Call():
            assert node.body is not None
            turns = combinators.turns_of_repeat(node, (), env, context)
            for turn in turns.items:
                mark = context.session.hold(id(node), turn, len(turns.items))
                context.session.promise(mark, node.body, times=len(turns.items) - turn - 1)
                inner = Environment(env, rebinds=True)
                _turn(node.body, f"{turns.path}.{turn}", inner, context)
                context.session.release(mark)


def _branch(node: ast.If, env: Environment, context: Context) -> None:
    taken = node.then if evaluate.decided(node.condition, env, context) else node.otherwise
    if taken is not None:
        _run_body(taken, Environment(env, rebinds=True), context)


def _turn(body: ast.Body, path: str, env: Environment, context: Context) -> None:
    context.session.spend(body.span, stages.SCOPE_WORK)
    inner = context.open(path, body)
    scope = context.builder.begin(inner.path, "turn", "", {}, ())
    _run_body(body, env, inner)
    rebound = [bound.value for bound in env.rebound.values() if not isinstance(bound.value, Poison)]
    tensors = [item for flow in rebound for item in stages.flatten(flow)]
    context.builder.end(scope, tensors)


def _run_body(body: ast.Body, env: Environment, context: Context) -> None:
    result = statements.run_body(body, env, context, is_statement=True)
    if isinstance(result, Poison):
        raise Poisoned
