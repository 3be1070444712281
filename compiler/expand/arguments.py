"""Binding what stands in parentheses to hyperparameters: of a layer, and of a block."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import replaced
from ...grammar.span import Span
from .. import errors, initialisers
from ..dims import Axis
from ..facts import Facts
from ..hyperparameter import (
    Hyperparameter,
    Initialiser,
    InitKind,
    Kind,
    NamedKind,
    SizeKind,
    StrKind,
)
from ..layer import Layer
from ..types import DType
from . import decisions, evaluate, matching, reals, refusals, written
from .builder import GraphBuilder
from .context import Context, join
from .environment import Environment
from .grounds import Argued
from .holding import Identity
from .lookup import find_name
from .naming import NO_NAMES
from .remembered import by_identity
from .session import Session
from .values import (
    LayerReference,
    LayerStage,
    OpenReal,
    WeightReference,
    describe,
)


def bind_layer(
    reference: LayerReference,
    node: ast.Call | None,
    env: Environment | None,
    context: Context,
    span: Span | None = None,
) -> LayerStage:
    """A layer with hyperparameters of the kinds that it declares."""
    layer = reference.layer
    if node is None:
        if not any(item.required for item in layer.hyperparameters()):
            return _plain_stage(layer)  # type: ignore[arg-type] # classes are hashable
    elif literal(node):
        return _literal_stage(layer, Identity(node))  # type: ignore[arg-type]
    return _bound(layer, node, env, context, span)


def _bound(
    layer: type[Layer],
    node: ast.Call | None,
    env: Environment | None,
    context: Context,
    span: Span | None,
) -> LayerStage:
    session = context.session
    flowing = session.flowing
    _expect_hope(layer, node, context)
    under = _named(node, layer.name, context) if node is not None and context.naming else ""
    if node is None:
        matched = matching.match_layer(layer, None, span)
    else:
        matched = matching.matched(layer, Identity(node))  # type: ignore[arg-type]
    if flowing is not None and session.reads is not None:
        session.decider.expect(layer, flowing, matched.slots, context)
    given = matched.given
    values: dict[str, Any] = {}
    decider = session.decider if session.holds is not None else None
    base = made = 0 if decider is None else decider.made
    spans: list[tuple[str, int, int]] = []
    mark = session.hold(values)
    for slot in matched.slots:
        if slot.node is None:
            values[slot.name] = _not_given(layer, slot.item, given, env, context, under)
        else:
            values[slot.name] = _argument(slot, slot.node, given.what, env, context, under)
        if decider is not None and not slot.literal and decider.made > made:
            spans.append((slot.name, made, decider.made))
            made = decider.made
            session.moved(mark)
            if session.hope is not None and node is not None and env is not None:
                session.look_on_settings(layer, node, env, values, flowing, context.builder)
    tied: Mapping[str, WeightReference] = {}
    initialiser = None
    if matched.extra:
        tied, initialiser = _extras(layer, given, matched.extra, env, context, under)
    session.release(mark)
    stage = _stage(layer, values, tied, initialiser)
    if spans:
        numbers = [
            (name, before)
            for name, before, after in spans
            if after == before + 1 and isinstance(given.by_name.get(name), (ast.Open, ast.Range))
        ]
        reals = [item for item in numbers if type(values[item[0]]) is OpenReal]
        session.argued = Argued(stage.layer, base, spans, numbers, reals)
    return stage


def _expect_hope(layer: type[Layer], node: ast.Call | None, context: Context) -> None:
    """Refuses a layer that no arguments can help, before they are decided."""
    session = context.session
    if session.flowing is None or node is None:
        return
    if session.holds is not None and not context.builder.facts.assumptions:
        refusals.refuse_hopeless(layer, session.flowing, node.span)
    session.flowing = None  # calls among the arguments are others


def _stage(
    layer: type[Layer],
    values: dict[str, Any],
    tied: Mapping[str, WeightReference],
    initialiser: Initialiser | None,
) -> LayerStage:
    if not tied and initialiser is None and all(map(_is_simple, values.values())):
        return _known_stage(layer, **values)  # type: ignore[arg-type]
    return LayerStage(layer(**values), tied, initialiser)


def _is_simple(value: Any) -> bool:
    kind = type(value)
    return kind in _ATOMS or (kind is tuple and all(type(item) is int for item in value))


@by_identity
def literal(call: ast.Call) -> bool:
    """Whether all arguments of a call are written out, so that it means the same everywhere."""
    return all(_is_literal(argument.value) for argument in call.arguments)


def _is_literal(node: ast.Expression) -> bool:
    if isinstance(node, ast.List):
        return all(map(_is_literal, node.items))
    return isinstance(node, (ast.Number, ast.Bool, ast.String))


@lru_cache(maxsize=8_192)
def _literal_stage(layer: type[Layer], call: Identity) -> LayerStage:
    nowhere = Context(Session(), GraphBuilder(Session().limits, Facts()), NO_NAMES)
    return _bound(layer, call.node, Environment(), nowhere, None)


_ATOMS = frozenset({int, float, bool, str, DType})


@lru_cache(maxsize=8_192, typed=True)
def _known_stage(layer: type[Layer], **values: Any) -> LayerStage:
    """A layer with simple values: one object, with which its shapes are kept (`rules.py`)."""
    return LayerStage(layer(**values))


@cache
def _plain_stage(layer: type[Layer]) -> LayerStage:
    """A layer as its defaults have it."""
    return LayerStage(layer())


def _extras(
    layer: type[Layer],
    given: "matching.Given",
    extra: Sequence[str],
    env: Environment | None,
    context: Context,
    under: str,
) -> tuple[dict[str, WeightReference], Initialiser | None]:
    tied, initialiser = {}, None
    if "weight" in extra and "weight" in given.by_name:
        node = given.by_name["weight"]
        assert env is not None and layer.primary_weight is not None
        value = evaluate.evaluate(node, env, _under(under, "weight", context))
        if not isinstance(value, WeightReference):
            raise Fault(
                errors.calls.WrongKind(
                    node.span, layer.name, "weight", "a weight such as emb.weight", describe(value)
                )
            )
        tied[layer.primary_weight] = value
    if "init" in extra and "init" in given.by_name:
        assert env is not None
        node = given.by_name["init"]
        initialiser = read_initialiser(node, env, _under(under, "init", context))
    return tied, initialiser


def read_initialiser(node: ast.Expression, env: Environment, context: Context) -> Initialiser:
    """`init=he` or `init=normal(0.02)`: names of initialisers, whatever layers are called."""
    match node:
        case ast.Name(id=name) if env.find(name) is None:
            found = Initialiser(name, {})
        case ast.Call(function=ast.Name(id=name)):
            order = initialisers.settings_of(name)
            given = matching.match(node, name, order, node.span)
            found = Initialiser(
                name,
                {
                    key: evaluate.evaluate(value, env, _under(context.hint, key, context))
                    for key, value in given.by_name.items()
                },
            )
        case _:
            value = _as_initialiser(evaluate.evaluate(node, env, context))
            if not isinstance(value, Initialiser):
                raise Fault(
                    errors.weights.BadInitialiser(
                        node.span, f"an initialiser is wanted, not {describe(value)}"
                    )
                )
            found = value
    try:
        return initialisers.check(found)
    except ValueError as error:
        raise Fault(errors.weights.BadInitialiser(node.span, str(error))) from None


def _as_initialiser(value: Any) -> Any:
    """`let start = constant(0.1)` reads as a layer, since layers are called so too."""
    match value:
        case LayerReference(layer=layer) if layer.name == "identity":
            return Initialiser("identity", {})
        case LayerStage(layer=layer) if layer.name == "constant":
            return Initialiser("constant", {"value": vars(layer)["value"]})
        case _:
            return value


def hinted(node: ast.Call | None, what: str, context: Context) -> Context:
    """While one decides, choices among the arguments are named after the stage they belong to."""
    if not context.naming:
        return context
    return replaced(context, hint=_named(node, what, context))


def _under(hint: str, name: str, context: Context) -> Context:
    """While one decides, choices in what is called `name` bear that below the hint."""
    return replaced(context, hint=join(hint, name)) if context.naming else context


def _named(node: ast.Call | None, what: str, context: Context) -> str:
    return (context.name_of(node) if node is not None else None) or context.hint or what


def _argument(
    slot: "matching.Slot",
    node: Any,
    what: str,
    env: Environment | None,
    context: Context,
    under: str,
) -> Any:
    """One hyperparameter of a layer; `?` is any value of its domain. `under` is what its choices
    are named after, while one decides.
    """
    kind, name = slot.item.kind, slot.name
    if slot.literal:
        return _accepted(kind, name, node, what, node.value)
    hint = f"{under}.{name}" if under else ""
    if slot.written is not None:
        value = written.value_of(node, slot.written, hint, context)
        return _accepted(kind, name, node, what, value)
    if isinstance(node, ast.Open):
        return kind.accept(decisions.any_value(node, slot.item, what, context, hint))
    assert env is not None
    if hint and not isinstance(node, ast.Name):  # no choice can stand in a name
        context = replaced(context, hint=hint)
    return _accept(kind, name, node, what, env, context)


def _not_given(
    layer: type[Layer],
    item: Hyperparameter,
    given: "matching.Given",
    env: Environment | None,
    context: Context,
    under: str,
) -> Any:
    """The arguments that a layer does not declare, for `rearrange("n (h d) -> n h d", h=8)`. Raises
    a Fault for a hyperparameter that must be given.
    """
    if not isinstance(item.kind, NamedKind):
        needed = _usage(layer.hyperparameters())
        raise Fault(errors.calls.MissingHyperparameter(given.span, given.what, item.name, needed))
    _, names, extra = matching.call_names(layer)  # type: ignore[arg-type]
    others = [name for name in given.by_name if name not in (*names, *extra)]
    return _sizes_by_name(others, given, env, context, under)


def _accept(
    kind: Kind, name: str, node: ast.Expression, what: str, env: Environment, context: Context
) -> Any:
    if isinstance(kind, InitKind):
        return read_initialiser(node, env, context)
    if isinstance(kind, StrKind) and isinstance(node, ast.Name):
        _expect_text(node, env)
    return _accepted(kind, name, node, what, evaluate.evaluate(node, env, context, kind.symbols))


def _accepted(kind: Kind, name: str, node: ast.Expression, what: str, value: Any) -> Any:
    """The value in the layer's form."""
    try:
        return kind.accept(value)
    except (ValueError, OverflowError):
        if isinstance(value, Axis):
            raise Fault(
                errors.calls.AxisAsHyperparameter(node.span, what, name, str(value))
            ) from None
        reals.refuse_as_size(value, node.span, kind.accept)
        raise Fault(
            errors.calls.WrongKind(node.span, what, name, str(kind), describe(value))
        ) from None


def _sizes_by_name(
    names: Sequence[str],
    given: "matching.Given",
    env: Environment | None,
    context: Context,
    under: str,
) -> tuple[tuple[str, Any], ...]:
    """The arguments that a layer does not declare, for `rearrange("n (h d) -> n h d", h=8)`."""
    sizes = []
    for name in sorted(names):
        assert env is not None
        node = given.by_name[name]
        inner = _under(under, name, context)
        sizes.append((name, _accept(SizeKind(), name, node, given.what, env, inner)))
    return tuple(sizes)


def _expect_text(node: ast.Name, env: Environment) -> None:
    """A bare word where a text is wanted is a text without its quotes, if it is nothing else."""
    if env.find(node.id) is None and find_name(node.id) is None:
        raise Fault(errors.names.UnknownName(node.id, node.span, (), True))


def _usage(declared: Sequence[Hyperparameter]) -> str:
    return ", ".join(item.name for item in declared if item.required)
