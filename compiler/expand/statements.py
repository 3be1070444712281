"""Running the statements of a body, one after another; a broken one is set aside and the rest goes
on.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import replaced
from ...grammar.span import Span
from .. import errors
from ..dims import AxisTooLarge
from . import evaluate, freezing, loops, recursion, requirements, retrying, stages
from .context import Context, join
from .environment import Environment
from .session import Poisoned
from .values import STAGES, Instance, Poison, Results, Tensor, describe

Inputs = tuple[Tensor, ...] | None


def run_body(
    body: ast.Body,
    env: Environment,
    context: Context,
    inputs: Inputs = None,
    *,
    is_statement: bool = False,
) -> Any:
    """The value of a body's result: None without one, Poison where it is broken.

    With `inputs` the body is a stage and its result is fed with them; without, the result is a
    value. One that `is_statement` has none.
    """
    running = _Running(body, env, context, inputs)
    running.run()
    result, done = running.kept
    wanted = body.statements and not is_statement
    if done is None and wanted and not isinstance(result, Poison):
        raise Fault(errors.flow.NoResult(body.span))
    return result


class _Running:
    """A body that is being run. `kept` are its result and the statement that gave it."""

    def __init__(self, body: ast.Body, env: Environment, context: Context, inputs: Inputs) -> None:
        self.body = body
        self.env = env
        self.context = context
        self.inputs = inputs
        self.kept: list[Any] = [None, None]
        self.start = len(context.builder.nodes)

    def run(self) -> None:
        body, env, context = self.body, self.env, self.context
        self.hold = requirements.body_hold(body, env, context, self.start)
        self.mark = context.session.hold(self.hold)
        # either may decide what a file leaves open
        self.settled = requirements.settle_early(body, env, context)
        limit = recursion.tightened(body, env, context)
        if limit is not None:
            requirements.ask(self.hold, frozenset({"layers"}), context)
            context.session.ahead.begin(limit, context.builder, self.mark)
        if context.session.holds is not None and not env.rebinds:
            retrying.statements(body, self.step, self.kept, env, context)
        else:
            for position in range(len(body.statements)):
                self.step(position)
        context.session.release(self.mark)
        broken = isinstance(self.kept[0], Poison)
        requirements.settle_costs(body, env, context, self.start, broken=broken)

    def step(self, position: int) -> None:
        """One statement; a broken one is set aside."""
        statement, context = self.body.statements[position], self.context
        if id(statement) in self.settled:
            return
        if context.session.full:
            raise Poisoned
        self.hold.position = position
        # bodies around it read what it binds
        context.session.moved(0 if self.env.rebinds else self.mark)
        context.session.promise(self.mark, self.body, position + 1)
        context.session.follows(self.mark, self.body, position, self.env)
        try:
            self._carry_out(statement)
        except Fault as fault:
            _report(fault, statement, context)
            self._set_aside(statement)
        except AxisTooLarge:
            context.session.report(errors.limits.AxisTooComplex(statement.span), context.trail)
            self._set_aside(statement)
        except Poisoned:
            self._set_aside(statement)

    def _carry_out(self, statement: ast.Statement) -> None:
        done = self.kept[1]
        if done is not None and not isinstance(statement, (ast.Require, ast.Broken)):
            raise Fault(errors.flow.AfterResult(statement.span, done.span))
        if isinstance(statement, ast.Result) and not _binds_only(statement, self.body):
            self.kept[1] = statement
            self.kept[0] = _result(statement, self.env, self.context, self.inputs)
        elif isinstance(statement, ast.Limit):
            recursion.expect_limit(statement, self.body, self.env, self.context)
        else:
            _run(statement, self.env, self.context)

    def _set_aside(self, statement: ast.Statement) -> None:
        self.kept[0] = _set_aside(statement, self.env, self.context, self.kept[0])


def _result(statement: ast.Result, env: Environment, context: Context, inputs: Inputs) -> Any:
    if inputs is None:
        return evaluate.evaluate(statement.value, env, context)
    try:
        return stages.apply(statement.value, inputs, env, context)
    except Fault as fault:
        raise _in_braces(fault, statement.value) from None


def _in_braces(fault: Fault, result: ast.Expression) -> Fault:
    """Braces that something flows into and that end with a tensor: taken for a body."""
    head = result.stages[0] if isinstance(result, ast.Pipeline) else result
    match fault.diagnostic:
        case errors.flow.NotAStage(span=span, found=found) as refused if (
            span == head.span and found.startswith("a tensor")
        ):
            return Fault(replace(refused, ends_braces=True))
    return fault


def _binds_only(statement: ast.Statement, body: ast.Body) -> bool:
    return loops.binds_only(statement, last=statement is body.statements[-1])


def _run(statement: ast.Statement, env: Environment, context: Context) -> None:
    match statement:
        case ast.Result():
            loops.run(statement.value, env, context)
        case ast.Bind():
            _bind(statement, env, context)
        case ast.Let():
            _let(statement, env, context)
        case ast.Instance():
            _instance(statement, env, context)
        case ast.Next():
            _next(statement, env, context)
        case ast.Require():
            requirements.settle(statement, env, context)
        case ast.Broken():
            raise Poisoned
        case _:
            raise AssertionError(statement)


def _bind(statement: ast.Bind, env: Environment, context: Context) -> None:
    value = evaluate.evaluate(statement.value, env, context)
    if not isinstance(value, (Tensor, Results, Poison, *STAGES)):
        raise Fault(errors.flow.LetWanted(statement.span, statement.targets[0], describe(value)))
    flow = evaluate.as_tensors(value, statement.value, context)
    if len(statement.targets) == 1:
        env.bind(statement.targets[0], flow, statement.span)
        return
    tensors = stages.flatten(flow)
    if len(tensors) != len(statement.targets):
        raise Fault(
            errors.flow.WrongValueCount(statement.span, len(statement.targets), len(tensors))
        )
    for name, tensor in zip(statement.targets, tensors, strict=True):
        if name != "_":
            env.bind(name, tensor, statement.span)


def _let(statement: ast.Let, env: Environment, context: Context) -> None:
    hinted = replaced(context, hint=statement.name) if context.naming else context
    reads = context.session.reads
    mark = 0 if reads is None else reads.open()
    value = freezing.freeze(evaluate.handed_on(statement.value, env, hinted), hinted)
    if isinstance(value, (Tensor, Results)):
        raise Fault(errors.flow.LetOfTensor(statement.span, statement.name, describe(value)))
    env.bind(statement.name, value, statement.span)
    if reads is not None:
        reads.name(env.here(statement.name), reads.close(mark))


def _instance(statement: ast.Instance, env: Environment, context: Context) -> None:
    hinted = replaced(context, hint=statement.name) if context.naming else context
    reads = context.session.reads
    mark = 0 if reads is None else reads.open()
    value = freezing.freeze(evaluate.evaluate(statement.stage, env, hinted), hinted)
    if not isinstance(value, STAGES) or isinstance(value, Instance):
        raise Fault(errors.flow.NotAStage(statement.stage.span, describe(value), ""))
    name = context.names.by_stage.get(id(statement)) or context.fresh(statement.name)
    owner = join(context.owner, name)
    written = (context.place, id(statement.stage))
    instance = Instance(value, owner, statement.span, context.builder, written, *context.once(name))
    env.bind(statement.name, instance, statement.span)
    if reads is not None:
        reads.name(env.here(statement.name), reads.close(mark))


def _next(statement: ast.Next, env: Environment, context: Context) -> None:
    cell = context.cell
    if cell is None:
        raise Fault(errors.cells.NextOutsideCell(statement.span, statement.state))
    if statement.state not in cell.names:
        raise Fault(errors.cells.UnknownState(statement.span, statement.state, cell.names))
    if statement.state in cell.following:
        raise Fault(errors.cells.NextTwice(statement.span, statement.state))
    value = evaluate.tensors(statement.value, env, context)
    if not isinstance(value, Tensor):
        raise Fault(errors.flow.WrongValueCount(statement.span, 1, len(value.items)))
    cell.following[statement.state] = value
    env.update(statement.state, value, statement.span)


def _report(fault: Fault, statement: ast.Statement, context: Context) -> None:
    """An open choice is reported together with all others of the statement."""
    context.session.report(fault.diagnostic, context.trail)
    if fault.diagnostic.code == "E226":
        for span in open_choices(statement):
            context.session.report(errors.calls.OpenChoice(span), context.trail)


def open_choices(node: ast.Node) -> Iterator[Span]:
    """Where choices stand, those inside of others left out."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Choice | ast.Range | ast.Optional | ast.Open):
            yield node.span
        else:
            waiting.extend(ast.children(node))


def _set_aside(statement: ast.Statement, env: Environment, context: Context, result: Any) -> Any:
    """The names that a broken statement would have bound raise no further errors."""
    for name in _names(statement):
        env.update(name, Poison(), _place(statement))
    if context.cell is not None and _sets_state(statement):
        # A state of another name may have been meant: none of them counts as never set.
        for name in context.cell.names:
            context.cell.following.setdefault(name, Poison())
    if isinstance(statement, ast.Broken) and not statement.names and result is None:
        return Poison()  # perhaps it was the result
    failed = isinstance(statement, ast.Result) and not loops.binds_only(statement)
    return Poison() if failed else result


def _sets_state(statement: ast.Statement) -> bool:
    return isinstance(statement, ast.Next | ast.Broken)


def _names(statement: ast.Statement) -> tuple[str, ...]:
    match statement:
        case ast.Bind(targets=names) | ast.Broken(names=names):
            return names
        case ast.Let(name=name) | ast.Instance(name=name) | ast.Next(state=name):
            return (name,)
        case ast.Result(value=value):
            return loops.names_bound(value) if loops.binds_only(statement) else ()
        case _:
            return ()


def _place(statement: ast.Statement) -> Span:
    return statement.span
