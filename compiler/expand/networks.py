"""A network from its declaration to its graph."""

from collections.abc import Mapping
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import cost, errors
from ..dims import AxisTooLarge
from ..facts import Facts
from ..graph import Graph
from . import functions, hyperparameters, signatures
from .builder import GraphBuilder
from .context import Context
from .session import Poisoned, Session
from .values import FunctionReference, Tensor


def expand(
    reference: FunctionReference, overrides: Mapping[str, Any], session: Session, program: str
) -> Graph | None:
    """The graph of a network with its defaults, or with `overrides` in their place. None where
    anything was reported.
    """
    function = reference.function
    builder = GraphBuilder(session.limits, Facts())
    session.entered.add(id(function))
    session.begin()
    before = len(session.reports)
    try:
        names = session.names_in(function.body)
        context = Context(session, builder, names, taken=set(names.values()))
        graph = _graph(reference, overrides, context, program)
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
    found = [report for report in session.reports[before:] if report.is_error]
    return None if found else graph


def _graph(
    reference: FunctionReference, overrides: Mapping[str, Any], context: Context, program: str
) -> Graph:
    function = reference.function
    span = function.name_span
    stage = hyperparameters.bind_function(reference, None, None, context, span, overrides)
    env = functions.environment_of(stage)
    inputs = [_input(port, env, context) for port in function.inputs]
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


def _input(port: ast.Port, env: Any, context: Context) -> tuple[str, Tensor]:
    assert port.name is not None
    type_ = signatures.network_input(port, env, context)
    tensor = context.builder.value(type_, port.span)
    env.replace(port.name, tensor, port.span)
    return port.name, tensor


def _output_name(place: int, name: str | None, count: int) -> str:
    if name is not None:
        return name
    return "output" if count == 1 else f"output_{place}"
