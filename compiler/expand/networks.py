"""A network from its declaration to its graph: on its own, or on inputs of given types."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.span import Span
from .. import cost, errors
from ..dims import AxisTooLarge
from ..facts import Facts
from ..graph import Graph
from ..types import TensorType
from . import functions, hyperparameters, signatures
from .builder import GraphBuilder
from .context import Context, step_into
from .environment import Environment
from .naming import FreshNames
from .session import Poisoned, Session
from .values import FunctionReference, FunctionStage, Tensor


def expand(
    reference: FunctionReference, overrides: Mapping[str, Any], session: Session, program: str
) -> Graph | None:
    """The graph of a network with its defaults, or with `overrides` in their place. None where
    anything was reported.
    """

    def graph(context: Context) -> Graph:
        span = reference.function.name_span
        stage = hyperparameters.bind_function(reference, None, None, context, span, overrides)
        env = functions.environment_of(stage)
        inputs = [_input(port, env, context) for port in reference.function.inputs]
        return _graph(stage, inputs, env, context, program)

    return _expanded(reference, graph, session)


def expand_on(
    reference: FunctionReference,
    types: Sequence[TensorType | None],
    call: tuple[ast.Call | None, Environment, Span],
    session: Session,
    program: str,
) -> Graph | None:
    """The graph of a network on inputs of these types, as a use of it has it; of an input without
    one its declaration says what it is. `call` is the use: its arguments, where their names are
    sought, its place. None where anything was reported.
    """
    node, outside, span = call
    function = reference.function

    def graph(context: Context) -> Graph:
        stage = hyperparameters.bind_function(reference, node, outside, context, span)
        env = functions.environment_of(stage)
        inputs = []
        for port, type_ in zip(function.inputs, types, strict=True):
            assert port.name is not None
            if type_ is None:
                inputs.append(_input(port, env, context))
                continue
            tensor = context.builder.value(type_, span)
            signatures.bind_inputs(function, (port,), (tensor,), env, context, span)
            inputs.append((port.name, tensor))
        inner = context.enter(step_into(function.kind, function.name, span), function)
        return _graph(stage, inputs, env, inner, program)

    return _expanded(reference, graph, session)


def _expanded(
    reference: FunctionReference, make: Callable[[Context], Graph], session: Session
) -> Graph | None:
    function = reference.function
    builder = GraphBuilder(session.limits, Facts())
    if session.reads is not None and session.reads.builder is None:
        session.reads.builder = builder
    if session.holds is not None or session.reads is not None:
        builder.watch = session.decider.watch
    session.entered.add(id(function))
    session.begin()
    before = len(session.reports)
    try:
        names = session.names_in(function.body)
        graph = make(Context(session, builder, names, home=reference.home, made=FreshNames(names)))
    except Fault as fault:
        session.report(fault.diagnostic)
        return None
    except Poisoned:
        return None
    except AxisTooLarge:
        session.report(errors.limits.AxisTooComplex(function.name_span))
        return None
    except RecursionError:
        session.report(errors.limits.NestedTooDeep(function.name_span, function.name))
        return None
    finally:
        builder.watch = None  # whoever watches knows the builder: neither would be let go
    found = [report for report in session.reports[before:] if report.is_error]
    return None if found else graph


def _graph(
    stage: FunctionStage,
    inputs: Sequence[tuple[str, Tensor]],
    env: Environment,
    context: Context,
    program: str,
) -> Graph:
    function = stage.reference.function
    context.builder.batch = cost.batch_axes(tensor.type for _, tensor in inputs)
    outputs = functions.results_of(function, env, context)
    names = signatures.check_outputs(function, outputs, env, context)
    named = [_output_name(place, name, len(outputs)) for place, name in enumerate(names)]
    return context.builder.finish(
        function.name,
        inputs,
        list(zip(named, outputs, strict=True)),
        stage.values,
        program,
    )


def _input(port: ast.Port, env: Environment, context: Context) -> tuple[str, Tensor]:
    assert port.name is not None
    type_ = signatures.network_input(port, env, context)
    tensor = context.builder.value(type_, port.span)
    env.replace(port.name, tensor, port.span)
    return port.name, tensor


def _output_name(place: int, name: str | None, count: int) -> str:
    if name is not None:
        return name
    return "output" if count == 1 else f"output_{place}"
