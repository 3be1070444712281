"""Braces as a stage: a body whose result is fed with what flows in."""

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from ..dims import AxisTooLarge
from . import loops, retrying, stages, statements
from .context import Context
from .environment import Environment
from .holding import NO_COSTS, BodyHold
from .remembered import by_identity
from .session import Poisoned
from .values import Poison, Tensor


def run(
    body: ast.Body, inputs: tuple[Tensor, ...], env: Environment, context: Context
) -> "stages.Flow":
    """Braces as a stage: their result, fed with the inputs; empty ones pass them on."""
    if context.session.holds is not None:
        only = only_result(body)
        if only is not None and not env.rebinds:
            return _run_only(body, only, inputs, env, context)
    result = statements.run_body(body, env, context, inputs)
    if result is None:
        return stages.gather(inputs)
    if isinstance(result, Poison):
        raise Poisoned
    return result  # type: ignore[no-any-return]


@by_identity
def only_result(body: ast.Body) -> ast.Expression | None:
    """The stage that is all there is in some braces."""
    if len(body.statements) != 1:
        return None
    (statement,) = body.statements
    plain = isinstance(statement, ast.Result) and not loops.binds_only(statement)
    return statement.value if plain else None  # type: ignore[union-attr]


def _run_only(
    body: ast.Body,
    stage: ast.Expression,
    inputs: tuple[Tensor, ...],
    env: Environment,
    context: Context,
) -> "stages.Flow":
    """As `statements.run_body` while one explores, where nothing is to be set aside."""
    session = context.session
    mark = session.hold(BodyHold(body, env, context.builder, 0, NO_COSTS))
    try:
        if isinstance(stage, ast.Pipeline) or stages.decides(stage):  # they attempt it themselves
            flow = stages.apply(stage, inputs, env, context)
        else:
            flow = retrying.attempt(stages.apply, stage, inputs, env, context)
    except AxisTooLarge:
        raise Fault(errors.limits.AxisTooComplex(stage.span)) from None
    session.release(mark)
    return flow
