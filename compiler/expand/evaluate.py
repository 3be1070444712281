"""Expressions and their values: tensors, numbers, lists, and stages that wait to be applied."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from ..hyperparameter import WILDCARD, Initialiser, Symbol
from ..types import DTYPES
from . import (
    arguments,
    arithmetic,
    attributes,
    compile_time,
    decisions,
    freezing,
    functions,
    indexing,
    infix,
    lists,
    operators,
    pipelines,
    sizes,
    stages,
    statements,
    vocabularies,
)
from .context import Context
from .environment import Environment
from .lookup import meaning
from .session import Poisoned
from .values import (
    STAGES,
    Combinator,
    CompileTimeFunction,
    Condition,
    FragmentStage,
    FunctionReference,
    FunctionStage,
    Instance,
    LayerReference,
    LayerStage,
    Poison,
    Results,
    Tensor,
    describe,
)


def evaluate(
    node: ast.Expression, env: Environment, context: Context, symbols: Sequence[str] = ()
) -> Any:
    """The value of an expression. `symbols` are the bare words that stand for themselves here."""
    session = context.session
    session.spent += 1
    if session.spent > session.allowed:
        session.spend(node.span, 0)
    kind = type(node)
    if kind in _LITERALS:
        return node.value  # type: ignore[union-attr]
    reading = _READING_WORDS.get(kind)
    if reading is not None:
        return reading(node, env, context, symbols)
    return _WAYS.get(kind, _no_value)(node, env, context)


_LITERALS = frozenset({ast.Number, ast.String, ast.Bool})


def handed_on(
    node: ast.Expression, env: Environment, context: Context, symbols: Sequence[str] = ()
) -> Any:
    """The value of an expression that is passed on as it is: the items of a list are not read by
    that.
    """
    reads = context.session.reads
    if reads is None:
        return evaluate(node, env, context, symbols)
    reads.handed_on.add(id(node))
    value = evaluate(node, env, context, symbols)
    reads.handed_on.discard(id(node))
    return value


def _no_value(node: ast.Expression, env: Environment, context: Context) -> NoReturn:
    raise Fault(errors.names.NotAValue(node.span))


def _open(node: ast.Open, env: Environment, context: Context) -> NoReturn:
    raise Fault(errors.spaces.NoDomain(node.span))


def _option(
    node: ast.Choice | ast.Optional, env: Environment, context: Context, symbols: Sequence[str]
) -> Any:
    return chosen(decisions.option(node, env, context), env, context, symbols)


def _index(node: ast.Index, env: Environment, context: Context) -> Any:
    reads = context.session.reads
    if reads is None:
        return indexing.index(node, evaluate(node.value, env, context), env, context)
    found = indexing.index(node, handed_on(node.value, env, context), env, context)
    reads.seen(node, found)
    return found


def _fragment(node: ast.Expression, env: Environment, context: Context) -> FragmentStage:
    return FragmentStage(node, env)


def _labelled(node: ast.Labelled, env: Environment, context: Context) -> Any:
    """A labelled layer without inputs is a tensor, as it is without the label; else a fragment."""
    stage = node.stage
    head = stage.function if isinstance(stage, ast.Call) and stage.body is None else stage
    if isinstance(head, (ast.Name, ast.Attribute)) and pipelines.makes_tensors(
        evaluate(head, env, context)
    ):
        return as_tensors(evaluate(stage, env, context), stage, context)
    return FragmentStage(node, env)


def chosen(option: Any, env: Environment, context: Context, symbols: Sequence[str] = ()) -> Any:
    """The value of an option that was decided on: its own, or that of its expression."""
    if isinstance(option, ast.Expression):
        return evaluate(option, env, context, symbols)
    return option


def number(node: ast.Expression, env: Environment, context: Context) -> Any:
    """A value that is no tensor and no stage."""
    value = evaluate(node, env, context)
    if isinstance(value, _NO_NUMBERS):
        raise Fault(errors.values.NotCompileTime(node.span, describe(value)))
    return value


_NO_NUMBERS = Tensor, Results, *STAGES


def items(node: ast.Expression, env: Environment, context: Context) -> Any:
    """What a `for` goes through: a list, or tensors, which `zip` takes beside lists."""
    if isinstance(node, ast.Call) and node.body is None and node.arguments:
        function = evaluate(node.function, env, context)
        if isinstance(function, CompileTimeFunction) and function.name == "zip":
            return compile_time.call("zip", node, _each(items, node, env, context))
    value = evaluate(node, env, context)
    if isinstance(value, Results):
        return value.items
    if isinstance(value, (Tensor, *STAGES)):
        raise Fault(errors.values.NotCompileTime(node.span, describe(value)))
    return value


def _counted(node: ast.Expression, env: Environment, context: Context) -> Any:
    """As `items`, for what only counts them."""
    reads = context.session.reads
    if reads is None:
        return items(node, env, context)
    reads.handed_on.add(id(node))
    found = items(node, env, context)
    reads.handed_on.discard(id(node))
    return found


def tensors(node: ast.Expression, env: Environment, context: Context) -> Tensor | Results:
    """A value that flows: one tensor or several."""
    return as_tensors(evaluate(node, env, context), node, context)


def as_tensors(value: Any, node: ast.Expression, context: Context) -> Tensor | Results:
    """The value as tensors; a layer without inputs makes its tensor here."""
    if isinstance(value, (Tensor, Results)):
        return value
    if isinstance(value, LayerReference | LayerStage) and value.layer.arity[0] == 0:
        return stages.apply_value(value, (), node, context)
    if (
        isinstance(value, Instance)
        and isinstance(value.stage, LayerStage)
        and value.stage.layer.arity[0] == 0
    ):
        return stages.apply_value(value, (), node, context)
    if isinstance(value, FunctionReference | FunctionStage):
        reference = value.reference if isinstance(value, FunctionStage) else value
        if not reference.function.inputs:
            return stages.apply_value(value, (), node, context)
    if isinstance(value, STAGES):
        if isinstance(node, ast.If):
            stage = (
                "" if isinstance(value, FragmentStage) and _incomplete(node) else describe(value)
            )
            raise Fault(errors.control.IfNeedsElse(node.span, stage))
        raise Fault(errors.flow.NothingFlows(node.span, describe(value)))
    if isinstance(value, Poison):
        raise Poisoned
    raise Fault(errors.flow.NotATensor(node.span, describe(value)))


def _incomplete(node: ast.If) -> bool:
    """Whether an `if` without an `else` stands somewhere along its `else if`s."""
    other = node.otherwise
    while other is not None:
        first = other.statements[0] if len(other.statements) == 1 else None
        inner = first.value if isinstance(first, ast.Result) else None
        if not isinstance(inner, ast.If):
            return False
        other = inner.otherwise
    return True


def condition(node: ast.Expression, env: Environment, context: Context) -> "bool | Condition":
    """A yes-or-no question."""
    value = evaluate(node, env, context)
    if isinstance(value, (bool, Condition)):
        return value
    raise Fault(errors.control.NotACondition(node.span, describe(value)))


def decided(node: ast.Expression, env: Environment, context: Context) -> bool:
    """A question that must be settled now."""
    answer = condition(node, env, context)
    if isinstance(answer, Condition):
        raise Fault(errors.control.ConditionUnknown(node.span, answer.text))
    return answer


def _name(node: ast.Name, env: Environment, context: Context, symbols: Sequence[str]) -> Any:
    bound = env.find(node.id)
    if bound is not None:
        return freezing.value_of(bound, node, context)
    if node.id in symbols:
        return Symbol(node.id)
    if node.id in DTYPES:
        return DTYPES[node.id]
    return meaning(node, env, symbols)


def _call(node: ast.Call, env: Environment, context: Context) -> Any:
    if node.body is not None:
        return FragmentStage(node, env)
    function = evaluate(node.function, env, context)
    if isinstance(function, LayerReference):
        return arguments.bind_layer(function, node, env, context)
    context.session.flowing = None  # what flows in meets no layer among the arguments
    if isinstance(function, CompileTimeFunction):
        given = _plain_arguments(node, env, context, tensors=function.name == "len")
        value = compile_time.call(function.name, node, given)
        return sizes.bounded(value, node, context.session) if isinstance(value, tuple) else value
    if isinstance(function, Combinator) and function.name == "some":
        return vocabularies.some(node, env, context)
    if isinstance(function, Initialiser):
        return arguments.read_initialiser(node, env, context)
    if isinstance(function, STAGES):
        return stages.call(function, node, env, context)
    raise Fault(errors.calls.NotCallable(node.span, describe(function)))


def together(items: list[Tensor]) -> Results | Tensor:
    """Several tensors as one value."""
    return items[0] if len(items) == 1 else Results(tuple(items), (None,) * len(items))


def _plain_arguments(
    node: ast.Call, env: Environment, context: Context, *, tensors: bool
) -> list[Any]:
    """The arguments of a compile-time function; several `tensors` count as a list where it counts
    them.
    """
    for argument in node.arguments:
        if argument.name is not None:
            raise Fault(errors.calls.NoKeywords(argument.span, argument.name))
    read = _counted if tensors else number
    return _each(read, node, env, context)


def _each(
    read: Callable[..., Any], node: ast.Call, env: Environment, context: Context
) -> list[Any]:
    """The arguments of a call, read one after another."""
    found: list[Any] = []
    mark = context.session.hold(id(node), found)
    for argument in node.arguments:
        found.append(read(argument.value, env, context))
        context.session.moved(mark)
    context.session.release(mark)
    return found


def _unary(node: ast.Unary, env: Environment, context: Context) -> Any:
    if node.operator == "not":
        return arithmetic.negate(condition(node.operand, env, context))
    value = evaluate(node.operand, env, context)
    if isinstance(value, Tensor):
        return operators.negative(node, value, context)
    return arithmetic.negative(node, value)


def _if(node: ast.If, env: Environment, context: Context) -> Any:
    """The branch taken, as a value; as a stage when its result is one."""
    if decided(node.condition, env, context):
        body = node.then
    elif node.otherwise is not None:
        body = node.otherwise
    else:
        return FragmentStage(node, env)
    if context.session.decider is not None and pipelines.ends_in_stage(body, env, context):
        return FragmentStage(node, env)
    if context.session.reads is not None:
        context.session.reads.passed_on(node, functions.result_of(body))
    value = statements.run_body(body, Environment(env), context)
    if isinstance(value, STAGES) and pipelines.makes_tensors(value):
        return as_tensors(value, functions.result_of(body), context)
    return FragmentStage(node, env) if value is None or isinstance(value, STAGES) else value


_READING_WORDS: Mapping[type, Callable[..., Any]] = {
    ast.Name: _name,
    ast.Binary: lambda node, env, context, words: infix.binary(node, env, context, words),
    ast.Choice: _option,
    ast.Optional: _option,
    ast.List: lambda node, env, context, words: lists.items(node, env, context, words),
    ast.Tuple: lambda node, env, context, words: lists.items(node, env, context, words),
}
"""What may hold words that stand for themselves."""
_WAYS: Mapping[type, Callable[..., Any]] = {
    ast.Call: _call,
    ast.Pipeline: lambda node, env, context: pipelines.pipeline(node, env, context),
    ast.Unary: _unary,
    ast.Attribute: lambda node, env, context: attributes.attribute(node, env, context),
    ast.Index: _index,
    ast.If: _if,
    ast.Wildcard: lambda *_: WILDCARD,
    ast.Fragment: _fragment,
    ast.For: _fragment,
    ast.Labelled: _labelled,
    ast.Range: lambda node, env, context: decisions.number(node, env, context),
    ast.Open: _open,
}
"""How the value of each other form is found."""
