"""The hyperparameters of a block, network or cell: what a use gives, and the defaults."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import replaced
from ...grammar.span import Span
from .. import errors
from ..dims import Axis
from ..hyperparameter import (
    Hyperparameter,
    InitKind,
    Kind,
    Symbol,
)
from ..types import DTYPES, DType
from . import alike, arguments, decisions, evaluate, freezing, matching, meanings, reals
from .context import Context, join
from .environment import Environment
from .lookup import layer_of
from .remembered import by_identity
from .values import (
    STAGES,
    Combinator,
    CompileTimeFunction,
    FunctionReference,
    FunctionStage,
    OpenLet,
    OpenReal,
    Results,
    Tensor,
    describe,
)

_TYPES = ("int", "float", "bool", "str", "dtype", "list", "stage")


def bind_function(
    reference: FunctionReference,
    node: ast.Call | None,
    env: Environment | None,
    context: Context,
    span: Span | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> FunctionStage:
    """A block, network or cell with its hyperparameters; defaults may read those before them."""
    function = reference.function
    if node is None and not function.hyperparameters:
        return FunctionStage(reference, {})
    where = node.span if node is not None else span
    assert where is not None
    given = matching.of_function(function, node, where)
    inner = Environment(reference.home)
    values: dict[str, Any] = {}
    if overrides is None:  # the choices of the network itself bear its name already
        context = arguments.hinted(node, function.name, context)
    left_out = context
    if overrides is None and context.session.decider is not None:
        uses = (*context.uses, id(where if node is None else node))
        left_out = replaced(context, home=reference.home, uses=uses)
    for item in function.hyperparameters:
        mark = context.session.hold(tuple(values.items()))
        if overrides is not None and item.name in overrides:
            value = _of_type(item, overrides[item.name], function.name, item.span, context)
        elif item.name in given.by_name:
            assert env is not None
            source = given.by_name[item.name]
            value = _typed(item, source, function.name, env, reference, context)
        elif item.default is not None:
            value = _typed(item, item.default, function.name, inner, reference, left_out)
        else:
            needed = ", ".join(h.name for h in function.hyperparameters if h.default is None)
            raise Fault(errors.calls.MissingHyperparameter(where, function.name, item.name, needed))
        context.session.release(mark)
        values[item.name] = value
        inner.replace(item.name, value, item.span)
    stage = FunctionStage(
        reference,
        values,
        frozenset(given.by_name),
        left_out.decided_at,
        _asks(reference, values, given, lets=bool(context.session.lets)),
    )
    if node is not None and stage.asks and context.session.decider is not None:
        context.session.meant[context.decided_at, id(node)] = reference
    return stage


def _asks(
    reference: FunctionReference, values: Mapping[str, Any], given: "matching.Given", *, lets: bool
) -> bool:
    """Whether a use leaves out what is open, or what is a block that does so; where `lets` of files
    were decided, what reads such a one is open too.
    """
    for item in reference.function.hyperparameters:
        if item.name not in given.by_name and item.default is not None:
            value = values[item.name]
            if _is_open(item) or (isinstance(value, FunctionStage) and value.asks):
                return True
            if lets and _reads_let(item.default, reference.home):
                return True
    return False


def _reads_let(node: ast.Node, home: Environment) -> bool:
    if isinstance(node, ast.Expression) and isinstance(meanings.meaning(node, home), OpenLet):
        return True
    return any(_reads_let(child, home) for child in ast.children(node))


@by_identity
def _is_open(item: ast.Hyperparameter) -> bool:
    return item.default is not None and alike.is_open(item.default)


def _typed(
    item: ast.Hyperparameter,
    source: ast.Expression,
    what: str,
    env: Environment,
    reference: FunctionReference,
    context: Context,
) -> Any:
    kind = borrowed_kind(item)
    if context.naming:
        context = replaced(context, hint=join(context.hint, item.name))
    if isinstance(kind, InitKind):
        return arguments.read_initialiser(source, env, context)
    if isinstance(source, ast.Open):
        value = decisions.any_value(source, declared(item), what, context)
        return _of_type(item, value, what, source.span, context)
    value = evaluate.handed_on(source, env, context, kind.symbols if kind is not None else ())
    return _of_type(item, freezing.freeze(value, context), what, source.span, context)


def borrowed_kind(item: ast.Hyperparameter) -> Kind | None:
    """The kind that `kernel: conv.kernel` borrows, None for a plain type. Raises a Fault for an
    unknown type.
    """
    found = borrowed(item)
    return None if found is None else found.kind


def declared(item: ast.Hyperparameter) -> Hyperparameter:
    """A hyperparameter of a block as layers declare theirs, with the domain that it borrows."""
    found = borrowed(item)
    kind, domain = (Kind(), None) if found is None else (found.kind, found.domain)
    return Hyperparameter(item.name, kind, None, domain)


@by_identity
def borrowed(item: ast.Hyperparameter) -> Hyperparameter | None:
    """The hyperparameter of a layer that `kernel: conv.kernel` borrows, None for a plain type.
    Raises a Fault for an unknown type.
    """
    match item.type:
        case ast.Name(id=name) if name in _TYPES:
            return None
        case ast.Attribute(value=ast.Name(id=layer_name), name=name):
            layer = layer_of(layer_name, item.type.span)
            known = {} if layer is None else {h.name: h for h in layer.hyperparameters()}
            if layer is not None and layer.primary_weight:
                known["init"] = Hyperparameter("init", InitKind(), None)  # of all with weights
            if name in known:
                return known[name]
            raise Fault(
                errors.signatures.UnknownType(item.type.span, f"{layer_name}.{name}", tuple(known))
            )
        case _:
            raise Fault(errors.signatures.UnknownType(item.type.span, item.type.span.text, _TYPES))


def _of_type(item: ast.Hyperparameter, value: Any, what: str, span: Span, context: Context) -> Any:
    """The value in the form its declared type gives it. Raises a Fault where it is of another
    type.
    """
    kind = borrowed_kind(item)
    if kind is not None:
        try:
            return kind.accept(value)
        except (ValueError, OverflowError):
            reals.refuse_as_size(value, span, kind.accept)
            raise Fault(
                errors.calls.WrongKind(span, what, item.name, str(kind), describe(value))
            ) from None
    assert isinstance(item.type, ast.Name)
    accepted = _ACCEPT[item.type.id](value)
    if accepted is None:
        reals.refuse_as_size(value, span, _ACCEPT[item.type.id])
        wanted = _WORDS[item.type.id]
        raise Fault(errors.calls.WrongKind(span, what, item.name, wanted, describe(value)))
    return accepted


def _float(value: Any) -> float | None:
    if isinstance(value, OpenReal):  # keeps its mark
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        with suppress(OverflowError):
            return float(value)
    return None


def _dtype(value: Any) -> DType | None:
    if isinstance(value, Symbol):
        return DTYPES.get(value.name)
    return value if isinstance(value, DType) else None


def _stage(value: Any) -> Any:
    return (
        value
        if isinstance(value, STAGES) and not isinstance(value, (Combinator, CompileTimeFunction))
        else None
    )


def _flows(items: tuple[Any, ...]) -> bool:
    """Whether tensors stand in a list: they flow through ports."""
    return any(
        isinstance(item, Tensor | Results) or (isinstance(item, tuple) and _flows(item))
        for item in items
    )


_ACCEPT = {
    "int": lambda value: (
        value if isinstance(value, (int, Axis)) and not isinstance(value, bool) else None
    ),
    "float": _float,
    "bool": lambda value: value if isinstance(value, bool) else None,
    "str": lambda value: value if isinstance(value, str) else None,
    "dtype": _dtype,
    "list": lambda value: value if isinstance(value, tuple) and not _flows(value) else None,
    "stage": _stage,
}
_WORDS = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "str": "a text in quotes",
    "dtype": "a dtype such as f32",
    "list": "a list",
    "stage": "a layer, a block or a fragment",
}
