"""Binding what stands in parentheses to hyperparameters: of a layer, and of a block."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import record, replaced
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
from . import decisions, evaluate, refusals
from .builder import GraphBuilder
from .context import Context
from .environment import Environment
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


@record
class Given:
    """The arguments of a call by the name of the hyperparameter each is for."""

    what: str
    span: Span
    by_name: Mapping[str, ast.Expression]


def match(
    node: ast.Call | None,
    what: str,
    names: Sequence[str],
    span: Span,
    *,
    by_name_only: Sequence[str] = (),
    any_name: bool = False,
) -> Given:
    """Positions and keywords put to names. Raises a Fault for one too many, an unknown or a
    repeated one; with `any_name` no name is unknown.
    """
    known = (*names, *by_name_only)
    by_name: dict[str, ast.Expression] = {}
    if node is None:
        return Given(what, span, by_name)
    for place, argument in enumerate(node.arguments):
        if argument.name is None and place >= len(names):
            raise Fault(errors.calls.TooManyArguments(argument.span, what, tuple(names)))
        name = names[place] if argument.name is None else argument.name
        if name not in known and not any_name:
            raise Fault(errors.calls.UnknownHyperparameter(argument.span, what, name, known))
        if name in by_name:
            raise Fault(errors.calls.GivenTwice(argument.span, what, name, by_name[name].span))
        by_name[name] = argument.value
    return Given(what, node.span, by_name)


_EXTRA = ("init", "weight")
_DECIDED = (ast.Number, ast.String, ast.Bool, ast.Name)
"""Arguments in which no choice can stand."""


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
    declared = layer.hyperparameters()
    session = context.session
    _expect_hope(layer, node, context)
    under = _named(node, layer.name, context) if node is not None and context.naming else ""
    collector, names, extra = _call_names(layer)  # type: ignore[arg-type]
    where = node.span if node is not None else span
    assert where is not None
    open_names = collector is not None
    given = (
        match(node, layer.name, names, where, by_name_only=extra, any_name=open_names)
        if node is None or collector is not None
        else _matched(layer, Identity(node))  # type: ignore[arg-type]
    )
    values = {}
    made = [] if session.holds is None else [session.decider.made]
    for item in declared:
        if item is collector:
            others = [name for name in given.by_name if name not in (*names, *extra)]
            values[item.name] = _sizes_by_name(others, given, env, context)
        elif item.name in given.by_name:
            assert env is not None
            mark = session.hold(tuple(values.items()))
            values[item.name] = _argument(item, given, env, context, under)
            session.release(mark)
        elif item.required:
            raise Fault(
                errors.calls.MissingHyperparameter(where, layer.name, item.name, _usage(declared))
            )
        if made:
            made.append(session.decider.made)
    tied: Mapping[str, WeightReference] = {}
    initialiser = None
    if extra and not given.by_name.keys().isdisjoint(_EXTRA):
        tied, initialiser = _extras(layer, given, extra, env, context)
    stage = _stage(layer, values, tied, initialiser)
    if made and made[-1] > made[0]:
        reals = _reals(values, declared, given, made)
        session.argued = decisions.Argued(stage.layer, declared, made, reals)
    return stage


def _reals(
    values: Mapping[str, Any],
    declared: Sequence[Hyperparameter],
    given: Given,
    made: Sequence[int],
) -> Sequence[tuple[str, int]]:
    """The hyperparameters that are numbers of real ranges as they are, with their decisions."""
    if not any(type(value) is OpenReal for value in values.values()):
        return ()
    return [
        (item.name, before)
        for item, before, after in zip(declared, made, made[1:], strict=False)
        if after == before + 1
        and type(values.get(item.name)) is OpenReal
        and isinstance(given.by_name[item.name], (ast.Open, ast.Range))
    ]


@lru_cache(maxsize=8_192)
def _matched(layer: type[Layer], call: Identity) -> Given:
    """What a call gives a layer that declares all its names."""
    _, names, extra = _call_names(layer)  # type: ignore[arg-type]
    return match(call.node, layer.name, names, call.node.span, by_name_only=extra)


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
    if not tied and initialiser is None and all(type(v) in _ATOMS for v in values.values()):
        return _known_stage(layer, **values)  # type: ignore[arg-type]
    return LayerStage(layer(**values), tied, initialiser)


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


_ATOMS = frozenset({int, float, bool, str})


@lru_cache(maxsize=8_192, typed=True)
def _known_stage(layer: type[Layer], **values: Any) -> LayerStage:
    """A layer with simple values: one object, with which its shapes are kept (`rules.py`)."""
    return LayerStage(layer(**values))


@cache
def _plain_stage(layer: type[Layer]) -> LayerStage:
    """A layer as its defaults have it."""
    return LayerStage(layer())


@cache
def _call_names(layer: type[Layer]) -> tuple[Hyperparameter | None, list[str], list[str]]:
    """The hyperparameter that takes all other names, those for positions, and those beside them."""
    declared = layer.hyperparameters()
    collector = next((item for item in declared if isinstance(item.kind, NamedKind)), None)
    names = [item.name for item in declared if item != collector and not item.name.startswith("_")]
    extra = [name for name in _EXTRA if layer.primary_weight and name not in names]
    return collector, names, extra


def _extras(
    layer: type[Layer],
    given: Given,
    extra: Sequence[str],
    env: Environment | None,
    context: Context,
) -> tuple[dict[str, WeightReference], Initialiser | None]:
    tied, initialiser = {}, None
    if "weight" in extra and "weight" in given.by_name:
        node = given.by_name["weight"]
        assert env is not None and layer.primary_weight is not None
        value = evaluate.evaluate(node, env, context)
        if not isinstance(value, WeightReference):
            raise Fault(
                errors.calls.WrongKind(
                    node.span, layer.name, "weight", "a weight such as emb.weight", describe(value)
                )
            )
        tied[layer.primary_weight] = value
    if "init" in extra and "init" in given.by_name:
        assert env is not None
        initialiser = read_initialiser(given.by_name["init"], env, context)
    return tied, initialiser


def read_initialiser(node: ast.Expression, env: Environment, context: Context) -> Initialiser:
    """`init=he` or `init=normal(0.02)`: names of initialisers, whatever layers are called."""
    match node:
        case ast.Name(id=name) if env.find(name) is None:
            found = Initialiser(name, {})
        case ast.Call(function=ast.Name(id=name)):
            order = initialisers.settings_of(name)
            given = match(node, name, order, node.span)
            found = Initialiser(
                name,
                {
                    key: evaluate.evaluate(value, env, context)
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


def _named(node: ast.Call | None, what: str, context: Context) -> str:
    return (context.name_of(node) if node is not None else None) or context.hint or what


def _argument(
    item: Hyperparameter, given: Given, env: Environment, context: Context, under: str
) -> Any:
    """One hyperparameter of a layer; `?` is any value of its domain. `under` is what its choices
    are named after, while one decides.
    """
    node = given.by_name[item.name]
    if isinstance(node, ast.Open):
        hint = f"{under}.{item.name}" if under else ""
        return item.kind.accept(decisions.any_value(node, item, given.what, context, hint))
    if under and not isinstance(node, _DECIDED):
        context = replaced(context, hint=f"{under}.{item.name}")
    return _accept(item.kind, item.name, node, given.what, env, context)


def _accept(
    kind: Kind, name: str, node: ast.Expression, what: str, env: Environment, context: Context
) -> Any:
    if isinstance(kind, InitKind):
        return read_initialiser(node, env, context)
    if isinstance(kind, StrKind) and isinstance(node, ast.Name):
        _expect_text(node, env)
    value = evaluate.evaluate(node, env, context, kind.symbols)
    try:
        return kind.accept(value)
    except (ValueError, OverflowError):
        if isinstance(value, Axis):
            raise Fault(
                errors.calls.AxisAsHyperparameter(node.span, what, name, str(value))
            ) from None
        raise Fault(
            errors.calls.WrongKind(node.span, what, name, str(kind), describe(value))
        ) from None


def _sizes_by_name(
    names: Sequence[str], given: Given, env: Environment | None, context: Context
) -> tuple[tuple[str, Any], ...]:
    """The arguments that a layer does not declare, for `rearrange("n (h d) -> n h d", h=8)`."""
    sizes = []
    for name in sorted(names):
        assert env is not None
        node = given.by_name[name]
        sizes.append((name, _accept(SizeKind(), name, node, given.what, env, context)))
    return tuple(sizes)


def _expect_text(node: ast.Name, env: Environment) -> None:
    """A bare word where a text is wanted is a text without its quotes, if it is nothing else."""
    if env.find(node.id) is None and find_name(node.id) is None:
        raise Fault(errors.names.UnknownName(node.id, node.span, (), True))


def _usage(declared: Sequence[Hyperparameter]) -> str:
    return ", ".join(item.name for item in declared if item.required)
