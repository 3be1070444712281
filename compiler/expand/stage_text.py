"""The stages of a text whose outcomes can be told: layers, choices and vocabularies of them,
chains, braces, `repeat` and `residual`.

Comes in: an expression, and the names that it reads. Goes out: a stage of `outcomes.py`, in which a
choice stands for all of its options and an argument for all of its values; None for anything else.
Nothing is decided or evaluated.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..dims import Axis
from ..hyperparameter import Hyperparameter, IntKind, Kind, SizeKind, Symbol
from ..layer import Layer
from ..types import DTYPES
from . import decisions, fragments, matching, meanings, outcomes, vocabularies
from .alike import options_of
from .decisions import Alternatives, Domain, Integers
from .environment import Environment
from .holding import Identity
from .outcomes import Stage
from .remembered import by_identity
from .rough import MOST_SETTINGS, SomeNumber, Unsure
from .values import Combinator, LayerReference, LayerStage, VocabularyValue
from .written import literal

FEW = 8
"""So many numbers of a range are looked at one by one."""
WHOLE = IntKind | SizeKind
"""What a layer takes for a whole number and nothing else, so that it need not know which."""
MOST_TURNS = 100
NONE_KNOWN: Mapping[str, Any] = {}


def stage_of(node: ast.Node, env: Environment) -> Stage | None:
    """The stage that stands in a text, with the names of a scope; None where it is none of those
    whose outcomes are told.
    """
    if env.binds_inside(_names_in(node)):
        return _told(node, env)
    return _of_file(Identity(node), env.file)


def _of_scope(node: ast.Node, env: Environment) -> Stage:
    found = stage_of(node, env)
    if found is None:
        raise Unsure
    return found


def options_told(node: ast.Choice | ast.Optional, env: Environment) -> tuple[Stage | None, ...]:
    """The stages of all options of a choice, in their order; a stage may be left out last."""
    if env.binds_inside(_names_in(node)):
        return _options(node, env)
    return _options_of_file(Identity(node), env.file)


@lru_cache(maxsize=1_000)
def _options_of_file(node: Identity, home: Environment) -> tuple[Stage | None, ...]:
    return _options(node.node, home)


def _options(node: ast.Choice | ast.Optional, env: Environment) -> tuple[Stage | None, ...]:
    found = [_told(item, env) for item in options_of(node)]
    return (*found, outcomes.PASSES) if isinstance(node, ast.Optional) else tuple(found)


@lru_cache(maxsize=10_000)
def _of_file(node: Identity, home: Environment) -> Stage | None:
    """The stage of a text that reads the names of its file alone."""
    return _told(node.node, home)


def _told(node: ast.Node, env: Environment) -> Stage | None:
    return _tried(lambda: _read(node, env))


def _tried(read: Callable[[], Stage]) -> Stage | None:
    try:
        return read()
    except Exception:  # a kind of hyperparameter from outside may raise anything
        return None


@by_identity
def _names_in(node: ast.Node) -> frozenset[str]:
    """The names that a text reads; a `?` reads those of all layers."""
    if isinstance(node, ast.Open):
        return _names_in(_built_in())
    own = {node.id} if isinstance(node, ast.Name) else set[str]()
    return frozenset(own.union(*map(_names_in, ast.children(node))))


def _read(node: Any, env: Environment) -> Stage:
    way = _WAYS.get(type(node))
    if way is None:
        raise Unsure
    return way(node, env)


def _choice(node: ast.Choice, env: Environment) -> Stage:
    return outcomes.one_of(_read(item, env) for item in node.options)


def _pipeline(node: ast.Pipeline, env: Environment) -> Stage:
    return outcomes.chain(_read(item, env) for item in node.stages)


def _body(body: ast.Body, env: Environment) -> Stage:
    if not body.statements:
        return outcomes.PASSES
    only = fragments.only_result(body)
    if only is None:
        raise Unsure
    return _read(only, env)


def _name(node: ast.Name | ast.Attribute, env: Environment) -> Stage:
    match meanings.meaning(node, env):
        case LayerReference(layer=layer):
            return outcomes.layer_call(layer, ())
        case LayerStage(layer=layer):
            return _of_values(layer)
    raise Unsure


def _of_values(layer: Layer) -> Stage:
    pairs = [(item.name, (getattr(layer, item.name),)) for item in layer.hyperparameters()]
    return outcomes.layer_call(type(layer), pairs)


def _call(node: ast.Call, env: Environment) -> Stage:
    meant = meanings.meaning(node.function, env)
    if node.body is not None:
        return _with_body(node, meant, env)
    match meant:
        case LayerReference(layer=layer):
            return _layer(layer, node, env)
        case LayerStage(layer=layer) if not node.arguments:
            return _of_values(layer)
        case Combinator(name="any"):
            return _any(node, env)
    raise Unsure


def _any(node: ast.Call, env: Environment) -> Stage:
    found = [meanings.meaning(argument.value, env) for argument in node.arguments]
    if len(found) != 1 or not isinstance(found[0], VocabularyValue):
        raise Unsure
    return _vocabulary(Identity(found[0].choice), found[0].home)


@lru_cache(maxsize=1_000)
def _vocabulary(choice: Identity, home: Environment) -> Stage:
    return _read(choice.node, home)


@cache
def _built_in() -> ast.Choice:
    """The built-in vocabulary, the same for each `?` of a text."""
    return vocabularies.built_in(Identity(ast.Open(span=NOWHERE)))


def _open(node: ast.Open, env: Environment) -> Stage:
    return _of_scope(_built_in(), env)


def _with_body(node: ast.Call, meant: Any, env: Environment) -> Stage:
    assert node.body is not None
    if not isinstance(meant, Combinator):
        raise Unsure
    inner = _body(node.body, env)
    if meant.name == "residual":
        return outcomes.residual(inner)
    if meant.name != "repeat" or len(node.arguments) != 1:
        raise Unsure
    counts = _values(node.arguments[0].value, None, env)
    if not all(type(item) is int and item <= MOST_TURNS for item in counts):
        raise Unsure
    return outcomes.one_of(outcomes.turns(inner, count) for count in counts)


def settled(
    layer: type[Layer], node: ast.Call, env: Environment, values: Mapping[str, Any]
) -> Stage | None:
    """A call of a layer of which some settings are known."""
    return _tried(lambda: _layer(layer, node, env, values))


def _layer(
    layer: type[Layer], node: ast.Call, env: Environment, known: Mapping[str, Any] = NONE_KNOWN
) -> Stage:
    matched = matching.matched(layer, Identity(node))  # type: ignore[arg-type]
    if any(slot.item.name != slot.name or slot.node is None for slot in matched.slots):
        raise Unsure
    names = {slot.name for slot in matched.slots}
    if not names | set(matched.extra) >= matched.given.by_name.keys():
        raise Unsure  # names of its own, as those of `rearrange`
    if "weight" in matched.extra:
        raise Unsure  # one that is made elsewhere has another limit
    pairs = [
        (
            slot.name,
            (known[slot.name],) if slot.name in known else _values(slot.node, slot.item, env),
        )
        for slot in matched.slots
    ]
    return outcomes.layer_call(layer, pairs)


def _values(node: Any, item: Hyperparameter | None, env: Environment) -> tuple[Any, ...]:
    """What an argument may be, in the form that the layer takes; what it refuses is left out."""
    accept: Callable[[Any], Any] = (lambda value: value) if item is None else item.kind.accept
    found = []
    for value in islice(_plain_values(node, item, env), MOST_SETTINGS + 1):
        try:
            found.append(value if isinstance(value, Axis) else accept(value))
        except (ValueError, OverflowError):
            continue
    if len(found) > MOST_SETTINGS:
        raise Unsure
    return tuple(found)


def _plain_values(node: Any, item: Hyperparameter | None, env: Environment) -> Iterator[Any]:
    match node:
        case ast.Choice(options=options):
            for option in options:
                yield from _plain_values(option, item, env)
        case ast.Range() as numbers:
            ends = [literal(end) for end in (node.low, node.high, node.step) if end is not None]
            if not all(isinstance(end, int | float) for end in ends):
                raise Unsure
            yield from _of_domain(
                decisions.range_of(numbers, *ends),
                item.name if item else "",
                item.kind if item else None,
            )
        case ast.Open() if item is not None:
            domain = decisions.own_domain(item)
            if domain is None:
                raise Unsure
            yield from _of_domain(domain, item.name, item.kind)
        case ast.Name(id=name):
            yield _named(name, item, env)
        case _:
            value = literal(node)
            if not isinstance(value, int | float | str | bool | tuple):
                raise Unsure
            yield value


def _named(name: str, item: Hyperparameter | None, env: Environment) -> Any:
    """What a bare word stands for: a value of the scope, or a word of the hyperparameter's own."""
    bound = env.find(name)
    if bound is not None:
        if type(bound.value) not in (int, float, str, bool, tuple):
            raise Unsure
        return bound.value
    if item is None:
        raise Unsure
    return Symbol(name) if name in item.kind.symbols else DTYPES.get(name, name)


def is_of_many(domain: Domain) -> bool:
    """Whether the numbers of a domain are too many to be looked at one by one."""
    return isinstance(domain, Integers) and domain.low >= 0 and len(domain) > FEW


def _of_domain(domain: Domain, name: str, kind: Kind | None) -> Iterator[Any]:
    """The decisions of a domain; of many numbers, one that nobody knows. A real number decides no
    structure, so any stands for all.
    """
    match domain:
        case Alternatives(options=options):
            yield from options
        case Integers(low=low, high=high) if is_of_many(domain) and isinstance(kind, WHOLE):
            yield SomeNumber(name, low, high)
        case Integers(low=low, high=high, step=step):
            yield from range(low, high + 1, step)
        case _:
            yield domain.low


_WAYS: Mapping[type, Callable[[Any, Environment], Stage]] = {
    ast.Choice: _choice,
    ast.Optional: lambda node, env: outcomes.one_of([_read(node.stage, env), outcomes.PASSES]),
    ast.Open: _open,
    ast.Labelled: lambda node, env: _read(node.stage, env),
    ast.Pipeline: _pipeline,
    ast.Fragment: lambda node, env: _body(node.body, env),
    ast.Name: _name,
    ast.Attribute: _name,
    ast.Call: _call,
}
