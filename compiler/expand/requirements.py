"""`require`: proved, it vanishes; refuted, it is an error at the use; unknown, it becomes a fact
and a check at run time.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import cost, errors
from ..graph import RuntimeCheck
from . import closed, evaluate, recursion
from .context import Context
from .environment import Environment
from .holding import NO_COSTS, BodyHold, CellHold, MemoryHold
from .lookup import find_name
from .remembered import by_identity
from .session import Poisoned
from .values import Condition

COSTS = frozenset({"params", "flops", "activations", "layers", "longest_path"})


def settle_early(body: ast.Body, env: Environment, context: Context) -> set[int]:
    """Settles the requirements whose names are known when the body begins: they hold for the whole
    body.

    Returns the statements dealt with, by id; those about costs are among them and wait for
    `settle_costs`.
    """
    done: set[int] = set()
    for statement in _required(body):
        names = _names(statement)
        if names & COSTS:
            done.add(id(statement))
        elif all(env.find(name) is not None or find_name(name) is not None for name in names):
            done.add(id(statement))
            _guarded(statement, env, context)
    return done


def body_hold(body: ast.Body, env: Environment, context: Context, start: int) -> BodyHold:
    """What a running body depends on, with the costs that its requirements ask of."""
    hold = BodyHold(body, env, context.builder, start, NO_COSTS)
    if context.session.holds is not None:
        ask(hold, _costs_read(body, context), context)
    return hold


def ask(hold: BodyHold, costs: frozenset[str], context: Context) -> None:
    """A body will be asked of costs."""
    session = context.session
    if session.uses is not None:
        session.uses.expect_known(costs)
    elif costs and session.closed is not None:
        raise closed.CostsWanted
    hold.costs |= costs


def costs_asked(context: Context) -> frozenset[str]:
    """The costs that will be asked of a program once it is whole, or of a body that is open."""
    session = context.session
    opened = [item.costs for item in session.holds or () if isinstance(item, BodyHold | CellHold)]
    return NO_COSTS.union(session.deferred_costs, *opened)


def cell_hold(context: Context, following: Mapping[str, Any]) -> CellHold:
    """What a running cell depends on: its costs are no part of the network's until it is whole."""
    return CellHold(context.builder, costs_asked(context), following)


def memory_hold(memory: Mapping[Any, Any], context: Context) -> MemoryHold | None:
    """What the turns that are still to come depend on. Their types are those of the first, so it
    matters to costs alone.
    """
    return MemoryHold(memory) if costs_asked(context) else None


@by_identity
def _names(statement: ast.Require) -> frozenset[str]:
    """What a requirement reads."""
    return frozenset(names_read(statement.condition))


@by_identity
def _required(body: ast.Body) -> Sequence[ast.Require]:
    """The requirements that a body states."""
    return [item for item in body.statements if isinstance(item, ast.Require)]


def _costs_read(body: ast.Body, context: Context) -> frozenset[str]:
    required = [item for item in _required(body) if _settled_here(item, context)]
    return NO_COSTS.union(*map(_names, required)) & COSTS


def _settled_here(statement: ast.Require, context: Context) -> bool:
    return id(statement) not in context.session.deferred


def settle_costs(
    body: ast.Body, env: Environment, context: Context, start: int, *, broken: bool
) -> None:
    """Settles what is required of costs, once every node of the body is there; what is broken
    costs less than it would.
    """
    if broken:
        return
    recursion.settle_nodes(body, env, context, start)
    for statement in _required(body):
        if not _settled_here(statement, context):
            continue
        if _names(statement) & COSTS:
            scope = Environment(env)
            try:
                _bind_costs(statement, scope, context, start)
            except Fault as fault:
                context.session.report(fault.diagnostic, context.trail)
                continue
            _guarded(statement, scope, context)


def _bind_costs(statement: ast.Require, env: Environment, context: Context, start: int) -> None:
    for name in _names(statement) & COSTS:
        hidden = env.find(name)
        if hidden is not None:
            raise Fault(errors.facts.CostHidden(statement.span, name, hidden.span))
        env.replace(name, _cost(name, statement, context, start), statement.span)


def _cost(name: str, statement: ast.Require, context: Context, start: int) -> int:
    """The cost of the nodes since `start`. Raises a Fault where it depends on axes that only the
    data know.
    """
    builder = context.builder
    part = cost.Stretch(builder.nodes[start:], builder.values)
    match name:
        case "params":
            return cost.params(part)
        case "layers":
            return cost.layers(part)
        case "longest_path":
            return cost.longest_path(part)
    measure = cost.flops_dim if name == "flops" else cost.activations_dim
    total = measure(part, builder.batch)
    if not isinstance(total, int):
        raise Fault(errors.facts.CostNeedsSizes(statement.span, name, str(total)))
    return total


def _guarded(statement: ast.Require, env: Environment, context: Context) -> None:
    try:
        settle(statement, env, context)
    except Fault as fault:
        context.session.report(fault.diagnostic, context.trail)
    except Poisoned:
        return


def settle(statement: ast.Require, env: Environment, context: Context) -> None:
    """Raises a Fault for a requirement that is refuted or that nothing can check."""
    reads = context.session.reads
    mark = 0 if reads is None else reads.open()
    answer = evaluate.condition(statement.condition, env, context)
    if answer is True:
        if reads is not None:
            reads.close(mark)  # nothing rests on what holds
        return
    if reads is not None:
        reads.note(reads.close(mark))
    if isinstance(answer, Condition):
        _assume(statement, answer, context)
        return
    values = {name: env.find(name) for name in sorted(_names(statement))}
    shown = {name: bound.value for name, bound in values.items() if bound is not None}
    raise _refuted(statement, shown, context)


def _refuted(statement: ast.Require, shown: dict[str, Any], context: Context) -> Fault:
    use = context.trail[-1].span if context.trail else statement.span
    found = ", ".join(f"{name} is {value}" for name, value in shown.items())
    return Fault(errors.facts.RequirementFails(statement.span, use, statement.message or "", found))


def _assume(statement: ast.Require, condition: Condition, context: Context) -> None:
    if condition.comparisons is None:
        raise Fault(errors.facts.NotExpressible(statement.span, condition.text))
    builder = context.builder
    for operator, left, right in condition.comparisons:
        try:
            builder.facts = builder.facts.assume(operator, left, right)
        except ValueError:
            raise _refuted(statement, {}, context) from None
        text = statement.message or f"{left} {operator} {right}"
        builder.checks.append(RuntimeCheck(operator, left, right, text))


def names_read(node: object) -> Iterator[str]:
    """The names that an expression reads; those of functions that it calls are none."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Call():
            for argument in node.arguments:
                yield from names_read(argument.value)
        case ast.Node():
            for child in ast.children(node):
                yield from names_read(child)
