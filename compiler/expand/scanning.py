"""`scan(cell)`: a cell over axis 1, its body a graph of its own inside one node."""

from collections.abc import Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import replaced
from ...grammar.span import Span
from .. import errors
from ..errors.base import Site
from ..graph import Graph
from ..types import TensorType
from . import evaluate, functions, hyperparameters, matching, requirements, signatures, stages
from .arithmetic import is_number
from .builder import GraphBuilder
from .context import CellStates, Context, join, step_into
from .environment import Environment
from .lookup import layer_stage
from .session import Poisoned
from .values import FunctionReference, FunctionStage, Instance, Poison, Tensor, describe

OPTIONS = ("cell", "reverse", "last", "states")


def apply(
    node: ast.Call,
    inputs: Sequence[Tensor],
    name: str,
    owner: str,
    env: Environment,
    context: Context,
) -> "stages.Flow":
    """The sequences of outputs, or their last turn, and with `states=true` the last states."""
    given = matching.match(node, "scan", OPTIONS, node.span)
    if "cell" not in given.by_name:
        raise Fault(errors.cells.ScanNeedsCell(node.span, "nothing"))
    mark = context.session.hold(*inputs)
    stage, owner, inside = _cell(given.by_name["cell"], name, owner, env, context)
    options = _options(stage, given, name, env, context)
    context.session.release(mark)
    function = stage.reference.function
    context.session.entered.add(id(function))
    count = len(function.inputs)
    if len(inputs) not in (count, count + len(function.states)):
        site = Site("scan", node.span, tuple((item.span, item.type) for item in inputs))
        raise Fault(errors.sequences.ScanInputs(site, count, len(function.states), len(inputs)))
    sequences, starts = inputs[:count], inputs[count:]
    written = inside.written or (context.place, id(node))
    context.session.applied.setdefault(written, (join(context.place, name), stage))
    inside = replaced(inside, written=None)
    given_first = starts or any(state.initial is not None for state in function.states)
    mark = context.session.hold(id(node), options, stage if given_first else None, *starts)
    body, types, outer_env = _body(stage, sequences, name, node.span, inside)
    context.session.hold(id(function), tuple(body.values[port.value] for port in body.outputs))
    first = _first_states(function, types, starts, outer_env, node.span, context)
    context.session.release(mark)
    layer = layer_stage(
        "scan",
        body=body,
        states=len(function.states),
        outputs=len(body.outputs) - len(function.states),
        reverse=options["reverse"],
        last=options["last"],
        give_states=options["states"],
    )
    outputs = context.builder.add(
        layer, [*sequences, *first], join(context.path, name), owner, node.span
    )
    names_out = [port.name for port in function.outputs] or [None] * (
        len(body.outputs) - len(function.states)
    )
    states_out = [state.name for state in function.states] if options["states"] else []
    return stages.gather(outputs, [*names_out, *states_out])


def _cell(
    node: ast.Expression, name: str, owner: str, env: Environment, context: Context
) -> tuple[FunctionStage, str, Context]:
    """The cell, the path of its weights, and where its body stands."""
    value: Any = evaluate.evaluate(node, env, context)
    inside = context
    if isinstance(value, Instance):
        if value.home is not context.builder:
            raise Fault(errors.weights.SharedIntoCell(node.span, node.span.text, value.span))
        inside = context.inside(value, join(context.place, name))
        owner, value = value.owner, value.stage
    if isinstance(value, FunctionReference):
        value = hyperparameters.bind_function(value, None, None, inside, node.span)
    if not isinstance(value, FunctionStage) or value.reference.function.kind != "cell":
        raise Fault(errors.cells.ScanNeedsCell(node.span, describe(value)))
    return value, owner, inside


def _options(
    stage: FunctionStage,
    given: "matching.Given",
    name: str,
    env: Environment,
    context: Context,
) -> dict[str, bool]:
    """What else a scan is told, which may be open as the cell's own hyperparameters were."""
    found: dict[str, bool] = {}
    mark = context.session.hold(stage, found)
    for key in OPTIONS[1:]:
        found[key] = _option(key, given, name, env, context)
        context.session.moved(mark)
    context.session.release(mark)
    return found


def _option(
    key: str, given: "matching.Given", name: str, env: Environment, context: Context
) -> bool:
    if key not in given.by_name:
        return False
    node = given.by_name[key]
    if context.naming:
        context = replaced(context, hint=f"{name}.{key}")
    value = evaluate.number(node, env, context)
    if not isinstance(value, bool):
        raise Fault(
            errors.calls.WrongKind(node.span, "scan", key, "true or false", describe(value))
        )
    return value


def _body(
    stage: FunctionStage, sequences: Sequence[Tensor], name: str, use: Span, context: Context
) -> tuple[Graph, list[TensorType], Environment]:
    """The graph of one turn, from the elements and the states to the outputs and the next
    states.
    """
    function = stage.reference.function
    outer = context.builder
    inner = GraphBuilder(outer.limits, outer.facts, outer)
    inner.batch = outer.batch
    own = CellStates(tuple(s.name for s in function.states))
    inside = replaced(context, builder=inner, cell=own, prefix=join(context.place, name))
    home = stage.reference.home
    inside = replaced(inside, path="", owner="").open("", function.body, owner="", home=home)
    inside = inside.enter(step_into("cell", function.name, use), function)
    mark = context.session.hold(requirements.cell_hold(inside, own.following))
    env = functions.environment_of(stage)
    signature = context.session.hold(stage, *sequences)  # it may name what a file leaves open
    elements = [
        inner.value(_element(tensor, function, use, context), tensor.span) for tensor in sequences
    ]
    signatures.bind_inputs(function, function.inputs, elements, env, inside, use)
    types = [
        signatures.state_type(state, env, inside, elements[0].type) for state in function.states
    ]
    context.session.release(signature)
    start_env = Environment(env)
    states = [
        inner.value(type_, state.span) for type_, state in zip(types, function.states, strict=True)
    ]
    for state, tensor in zip(function.states, states, strict=True):
        env.replace(state.name, tensor, state.span)
    context.session.hold(*states)  # their next ones are to fit
    outputs = functions.results_of(function, env, inside)
    names = signatures.check_outputs(function, outputs, env, inside)
    following = [
        _next(state, tensor, inside) for state, tensor in zip(function.states, states, strict=True)
    ]
    ports: tuple[ast.Port | ast.State, ...] = (*function.inputs, *function.states)
    ports_in = [(p.name or "_", t) for p, t in zip(ports, (*elements, *states), strict=True)]
    ports_out = [
        (name or f"output_{place}", tensor)
        for place, (name, tensor) in enumerate(zip(names, outputs, strict=True))
    ]
    ports_out += [
        (f"next_{s.name}", tensor) for s, tensor in zip(function.states, following, strict=True)
    ]
    outer.facts = inner.facts
    outer.checks += inner.checks
    context.session.release(mark)
    graph = inner.finish(function.name, ports_in, ports_out, stage.values, "")
    return graph, types, start_env


def _element(tensor: Tensor, function: ast.Function, use: Span, context: Context) -> TensorType:
    """The type of one turn: the sequence without axis 1."""
    type_ = context.builder.normal(tensor.type)
    if type_.rank < 2:
        raise Fault(errors.cells.NoSequence(use, function.name, str(type_)))
    return type_.with_shape(type_.shape[0], *type_.shape[2:])


def _next(state: ast.State, before: Tensor, context: Context) -> Tensor:
    assert context.cell is not None
    after: Any = context.cell.following.get(state.name)
    if isinstance(after, Poison):
        raise Poisoned
    if after is None:
        raise Fault(errors.cells.StateNeverSet(state.span, state.name))
    if not signatures.same_type(before.type, after.type, context.builder.facts):
        raise Fault(
            errors.cells.StateChangesShape(
                after.span, state.span, state.name, str(before.type), str(after.type)
            )
        )
    return after  # type: ignore[no-any-return]


def _first_states(
    function: ast.Function,
    types: Sequence[TensorType],
    starts: Sequence[Tensor],
    env: Environment,
    use: Span,
    context: Context,
) -> Sequence[Tensor]:
    """The states before the first turn: those that flow in, or the declared ones, or none at all,
    which means zeros.
    """
    if starts:
        for state, type_, tensor in zip(function.states, types, starts, strict=True):
            if not signatures.same_type(
                type_, context.builder.normal(tensor.type), context.builder.facts
            ):
                raise Fault(
                    errors.cells.StateChangesShape(
                        use, state.span, state.name, str(type_), str(tensor.type)
                    )
                )
        return starts
    if all(state.initial is None for state in function.states):
        return ()
    pairs = zip(function.states, types, strict=True)
    return [_declared(state, type_, env, use, context) for state, type_ in pairs]


def _declared(
    state: ast.State, type_: TensorType, env: Environment, use: Span, context: Context
) -> Tensor:
    """The declared first value, spread to the state's shape."""
    value = 0 if state.initial is None else evaluate.evaluate(state.initial, env, context)
    if is_number(value):
        stage = layer_stage(
            "constant", value=float(value) if type_.dtype.is_float else value, dtype=type_.dtype
        )
        path = join(context.path, context.fresh("constant"))
        (tensor,) = context.builder.add(stage, (), path, path, use)
    else:
        assert state.initial is not None
        (tensor,) = stages.flatten(evaluate.as_tensors(value, state.initial, context))
    path = join(context.path, context.fresh("expand"))
    (spread,) = context.builder.add(
        layer_stage("expand", shape=type_.shape), (tensor,), path, path, use
    )
    if not signatures.same_type(type_, spread.type, context.builder.facts):
        raise Fault(
            errors.cells.StateChangesShape(
                use, state.span, state.name, str(type_), str(spread.type)
            )
        )
    return spread
