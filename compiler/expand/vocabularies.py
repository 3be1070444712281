"""`?` as a stage and `any(Vocabulary)`: any layer of a vocabulary; `some([…], n)`: a subset of a
list.

The built-in vocabulary is every layer that maps one tensor to one and declares domains for all that
it must be given, written as a `vocabulary` in `.arch` and read like any other.
"""

from collections.abc import Sequence
from dataclasses import fields
from functools import cache, lru_cache
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.parse import parse
from ...grammar.span import NOWHERE
from .. import errors
from ..checks import Checks
from ..errors.base import Site
from ..facts import Facts
from ..hyperparameter import Between, BoolKind, Hyperparameter, OneOf
from ..layer import Layer
from ..registry import BrokenLayer, all_layers
from ..types import BOOL, F32, I64, TensorType
from . import decisions, evaluate, pipelines
from .context import Context
from .environment import Environment
from .holding import Identity
from .lookup import unusable
from .values import STAGES, FragmentStage, Results, Tensor, VocabularyValue, describe


@cache
def built_in_text() -> str:
    """The built-in vocabulary as `.arch` writes it. Raises BrokenLayer where a layer from outside
    cannot be used.
    """
    entries = [_entry(layer) for layer in all_layers() if _usable(layer)]
    return "vocabulary BuiltIn {\n" + "".join(f"    {entry}\n" for entry in entries) + "}\n"


def _usable(layer: type[Layer]) -> bool:
    """A layer from one tensor to one, whose required hyperparameters all have domains."""
    low, high = layer.arity
    single = low <= 1 and (high is None or high >= 1) and layer.family not in ("joining", "sources")
    items = layer.hyperparameters()
    if not single or not all(not item.required or _spelled(item) is not None for item in items):
        return False
    return _outputs(layer, {}) == 1


def _entry(layer: type[Layer]) -> str:
    """The layer with the domains of its hyperparameters, those left out that may make it give
    several tensors.
    """
    pairs = [
        (item.name, _spelled(item)) for item in layer.hyperparameters() if _keeps_one(layer, item)
    ]
    inside = ", ".join(f"{name} = {domain}" for name, domain in pairs if domain is not None)
    return f"{layer.name}({inside})" if inside else layer.name


def _keeps_one(layer: type[Layer], item: Hyperparameter) -> bool:
    if not isinstance(item.kind, BoolKind):
        return True
    return all(_outputs(layer, {item.name: value}) == 1 for value in (False, True))


_LIKELY = tuple(
    TensorType(dtype, (16,) * rank)
    for dtype, rank in ((F32, 4), (F32, 3), (F32, 2), (I64, 2), (BOOL, 2))
)


def _outputs(layer: type[Layer], settings: dict[str, Any]) -> int:
    """How many tensors a layer makes of one: of the first that it accepts among some that flow
    often; 0 where it wants more than one, 1 where it accepts none of them.
    """
    required = {item.name: _first(item) for item in layer.hyperparameters() if item.required}
    stage = layer(**required, **settings)
    check = Checks(Facts(), Site(layer.name, NOWHERE))
    for likely in _LIKELY:
        try:
            check.inputs((likely,), *layer.arity)
            found = stage.infer(check, likely)
        except Fault as fault:
            if isinstance(fault.diagnostic, errors.shapes.WrongInputCount):
                return 0
            continue
        return len(found) if isinstance(found, tuple) else 1
    return 1


def _first(item: Hyperparameter) -> Any:
    """The first value of a domain."""
    match item.domain:
        case Between(low=low):
            return item.kind.accept(low)
        case OneOf(options=options):
            return item.kind.accept(options[0])
        case _:
            return False


def _spelled(item: Hyperparameter) -> str | None:
    if item.domain is not None:
        return str(item.domain)
    return "true | false" if isinstance(item.kind, BoolKind) else None


@lru_cache(maxsize=1000)
def built_in(key: Identity) -> ast.Choice:
    """The built-in vocabulary as one choice of stages, for one `?` of the text: each has nodes of
    its own, by which what is decided for them is told apart.
    """
    try:
        text = built_in_text()
    except BrokenLayer as broken:  # leaving it out would change what is searched
        raise unusable(broken, key.node.span) from None
    parsed = parse(text, "<built-in vocabulary>")
    (declaration,) = parsed.program.declarations
    assert isinstance(declaration, ast.Vocabulary) and not parsed.reports
    return ast.Choice(declaration.entries, span=declaration.span)


def any_of(node: ast.Call, env: Environment, context: Context) -> FragmentStage:
    """`any(Vocabulary)` as a stage that is still to be chosen."""
    if len(node.arguments) != 1:
        raise Fault(errors.spaces.NotAVocabulary(node.span, f"{len(node.arguments)} arguments"))
    value = evaluate.evaluate(node.arguments[0].value, env, context)
    if not isinstance(value, VocabularyValue):
        raise Fault(errors.spaces.NotAVocabulary(node.arguments[0].span, describe(value)))
    if not value.choice.options:
        raise Fault(errors.spaces.EmptyVocabulary(node.span, value.choice.span, value.name))
    stage = FragmentStage(own_choice(Identity(node), Identity(value.choice)), value.home)
    context.session.meant[context.decided_at, id(node)] = stage
    return stage


@lru_cache(maxsize=100_000)
def own_choice(call: Identity, choice: Identity) -> ast.Choice:
    """The vocabulary's choice for one `any` of the text: with nodes of its own, by which what is
    decided for two of them is told apart.
    """
    return _copied(choice.node)  # type: ignore[no-any-return]


def _copied(value: Any) -> Any:
    if type(value) is tuple:  # a span is one of its own kind
        return tuple(_copied(item) for item in value)
    if not isinstance(value, ast.Node):
        return value
    return type(value)(**{item.name: _copied(getattr(value, item.name)) for item in fields(value)})


def some(node: ast.Call, env: Environment, context: Context) -> Any:
    """The chosen items: tensors side by side, a list of numbers or other values, or a fork of
    stages.
    """
    items, _ = parts_of_some(node)
    kept = subset(node, env, context)
    if any(pipelines.is_stage(items[place], env, context) for place in kept):
        return _side_by_side(node, kept, env, context)
    results: list[Any] = []
    mark = context.session.hold(id(node), kept, results)
    for place in kept:
        results.append(evaluate.evaluate(items[place], env, context))
        context.session.moved(mark)
    context.session.release(mark)
    if results and all(isinstance(item, Tensor) for item in results):
        return evaluate.together(results)
    plain = results or items
    if not any(isinstance(item, (Tensor, Results, *STAGES, *_FLOWING)) for item in plain):
        context.session.meant[context.decided_at, id(node)] = results
        return tuple(results)
    return _side_by_side(node, kept, env, context)


def parts_of_some(node: ast.Call) -> tuple[Sequence[ast.Expression], ast.Expression]:
    """The items of `some` and the number of them that it keeps."""
    values = [argument.value for argument in node.arguments]
    if len(values) != 2 or not isinstance(values[0], ast.List):
        raise Fault(errors.spaces.BadSubset(node.span))
    return values[0].items, values[1]


def subset(node: ast.Call, env: Environment, context: Context) -> tuple[int, ...]:
    """The positions of the items that `some` keeps."""
    items, size = parts_of_some(node)
    return decisions.subset(node, len(items), _sizes(size, len(items), env, context), context)


def _side_by_side(
    node: ast.Call, kept: tuple[int, ...], env: Environment, context: Context
) -> FragmentStage:
    """Stages that are kept, named as they are among all: what is open in them is decided where they
    are applied.
    """
    items, _ = parts_of_some(node)
    fork = _fork(Identity(node), kept)
    context.session.name_as(fork, _fork(Identity(node), tuple(range(len(items)))))
    stage = FragmentStage(fork, env)
    context.session.meant[context.decided_at, id(node)] = stage
    return stage


@lru_cache(maxsize=100_000)
def _fork(key: Identity, kept: tuple[int, ...]) -> ast.Call:
    """A fork of the items of `some` that are kept: one node for each subset, by which states tell
    it again.
    """
    node = key.node
    items = node.arguments[0].value.items
    branches = tuple(ast.Result(items[place], span=items[place].span) for place in kept)
    body = ast.Body(branches, span=node.span)
    return ast.Call(ast.Name("fork", span=node.span), (), body, span=node.span)


_FLOWING = ast.Name, ast.Call, ast.Pipeline, ast.Fragment, ast.Labelled
"""What may make a tensor or a stage, where nothing was taken and so nothing evaluated."""


def _sizes(node: ast.Expression, count: int, env: Environment, context: Context) -> Sequence[int]:
    """How many of so many items may be kept: the sizes asked for that a subset can have."""
    if isinstance(node, ast.Range):
        low, high, step = decisions.ends(node, env, context)
    else:
        low = high = evaluate.number(node, env, context)
        step = None
    step = 1 if step is None else step
    whole = all(type(number) is int for number in (low, high, step))
    if not whole or step < 1 or (isinstance(node, ast.Range) and node.log):
        raise Fault(errors.spaces.BadSubset(node.span))
    first = low if low >= 0 else low % step
    return range(first, min(high, count) + 1, step)
