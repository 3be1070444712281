"""Open choices while a program is expanded: where a decision is wanted, what may be decided, and
who decides.

Comes in: a `Choice`, `Range`, `Optional` or `?` where an expression or stage is wanted. Goes out:
what was decided. Without a decider a program with an open choice is no finished network, which is
an error.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from math import comb
from typing import Any, Protocol

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import record, replaced
from .. import errors
from ..hyperparameter import Between, BoolKind, Hyperparameter, OneOf
from . import alike, evaluate, vocabularies
from .context import Context, join
from .environment import Environment
from .holding import Identity
from .remembered import by_identity
from .values import Combinator, FragmentStage, LayerReference, OpenLet, OpenReal, decisions_key

MOST_OPTIONS = 100_000
MOST_NUMBERS = 1_000_000
"""The whole numbers of one range. Their weights are kept, each by itself."""


@record
class Alternatives:
    """One of some options, which are expressions or plain values. A decision is a position."""

    options: tuple[Any, ...]
    weights: tuple[float, ...] | None = None


@record
class Integers:
    """Whole numbers from `low` to `high`, both included, `step` apart. A decision is the number."""

    low: int
    high: int
    step: int = 1
    log: bool = False

    def __len__(self) -> int:
        return (self.high - self.low) // self.step + 1


@record
class Reals:
    """Real numbers from `low` to `high`. A decision is the number; it decides no structure."""

    low: float
    high: float
    log: bool = False


Domain = Alternatives | Integers | Reals


@record
class Site:
    """A decision that is wanted: its stable name, what may be decided, and the choice in the
    text.
    """

    name: str
    domain: Domain
    node: ast.Expression


class Decider(Protocol):
    """Whoever decides: a sampler, a replayed trace, an explorer of the space."""

    def decide(self, site: Site, context: Context) -> Any:
        """A decision of the site's domain."""


def option(node: ast.Choice | ast.Optional, env: Environment, context: Context) -> Any:
    """The option decided on: an expression; `IDENTITY` for an optional stage that is left out."""
    options = node.options if isinstance(node, ast.Choice) else (node.stage, IDENTITY)
    if replays(node, context):
        return options[_replay(node, context)]
    hint = "choice" if isinstance(node, ast.Choice) else f"{_base(node.stage)}?"
    if node.weights is None:
        return options[decide(node, equally_likely(node), hint, context)]
    weights = _weights(node, len(options), env, context)
    return options[decide(node, Alternatives(options, weights), hint, context)]


@by_identity
def equally_likely(node: ast.Choice | ast.Optional) -> Alternatives:
    """The options of a choice, equally likely: one object, whose tables are made once."""
    return Alternatives(node.options if isinstance(node, ast.Choice) else (node.stage, IDENTITY))


IDENTITY = ast.Fragment(ast.Body((), span=None), span=None)  # type: ignore[arg-type]


def number(node: ast.Range, env: Environment, context: Context) -> Any:
    """The number decided on."""
    low, high = (evaluate.number(part, env, context) for part in (node.low, node.high))
    step = None if node.step is None else evaluate.number(node.step, env, context)
    domain = range_of(node, low, high, step)
    return meaning_of(node, domain, decide(node, domain, "value", context), context)


def range_of(node: ast.Range, low: Any, high: Any, step: Any = None) -> Domain:
    _expect_numbers(node, low, high, step)
    return _range(Identity(node), low, high, step, node.log)


def any_value(
    node: ast.Open, item: Hyperparameter, what: str, context: Context, hint: str = ""
) -> Any:
    """A value of the hyperparameter's own domain."""
    domain = own_domain(item)
    if domain is None:
        raise Fault(errors.spaces.NoDomain(node.span, what, item.name))
    hint = hint or context.hint or item.name
    return meaning_of(node, domain, settle(node, domain, hint, context), context)


def meaning_of(node: ast.Expression, domain: Domain, decision: Any, context: Context) -> Any:
    """The value that a decision stands for."""
    value = domain.options[decision] if isinstance(domain, Alternatives) else decision
    context.session.meant[context.place, id(node)] = value
    if not isinstance(domain, Reals):
        return value
    context.session.has_reals = True
    return OpenReal(value)


@by_identity
def own_domain(item: Hyperparameter) -> Domain | None:
    """What a hyperparameter declares for search."""
    match item.domain:
        case Between(low, high, step, log):
            if isinstance(low, float) or isinstance(high, float):
                return Reals(float(low), float(high), log)
            return Integers(int(low), int(high), int(step or 1), log)
        case OneOf(options):
            return Alternatives(options)
        case _ if isinstance(item.kind, BoolKind):
            return Alternatives((True, False))
        case _:
            return None


def subset(node: ast.Call, count: int, sizes: Sequence[int], context: Context) -> tuple[int, ...]:
    """Positions of the items that `some` keeps, in order."""
    if sum(comb(count, size) for size in sizes) > MOST_OPTIONS:
        raise Fault(errors.spaces.TooManyOptions(node.span, MOST_OPTIONS))
    options = tuple(kept for size in sizes for kept in combinations(range(count), size))
    if not options:
        raise Fault(errors.spaces.BadRange(node.span, "no subset has such a size"))
    kept = options[decide(node, Alternatives(options), "some", context)]
    context.session.meant[context.place, id(node)] = kept
    return kept


def decide(node: ast.Expression, domain: Domain, hint: str, context: Context) -> Any:
    """Settles one choice, named after the hyperparameter that is being evaluated or by `hint`."""
    return settle(node, domain, context.hint or hint, context)


def settle(node: ast.Expression, domain: Domain, name: str, context: Context) -> Any:
    """Settles a choice: by what was frozen with the name it belongs to, or by the decider."""
    frozen, session, memory = context.frozen, context.session, context.memory
    if frozen and id(node) in frozen:
        if type(frozen[id(node)]) is alike.Each:
            raise alike.Apart(frozen[id(node)])
        return frozen[id(node)]
    if session.decider is None:
        raise Fault(errors.calls.OpenChoice(node.span))
    if memory is None and session.replayed is not None:
        return _replay(node, context)
    place = context.place
    full = join(place, name)
    if memory is None:
        decision = session.decider.decide(Site(session.site_name(full), domain, node), context)
    else:
        key = full.removeprefix(context.memory_root)
        if key not in memory:
            site = Site(session.site_name(full), domain, node)
            session.note(memory, key, session.decider.decide(site, context))
        decision = memory[key]
    session.decided[place, id(node)] = decision
    return decision


def replays(node: ast.Expression, context: Context) -> bool:
    """Whether a choice is settled by what was decided before, and by nothing else."""
    return (
        context.session.replayed is not None
        and context.memory is None
        and id(node) not in context.frozen
    )


def _replay(node: ast.Expression, context: Context) -> Any:
    session = context.session
    assert session.replayed is not None
    decision = session.decided[context.place, id(node)] = next(session.replayed)
    return decision


def of_file(let: OpenLet, context: Context) -> Any:
    """The value of a file's own `let`, whose choices are made once for the whole program."""
    session, declaration = context.session, let.declaration
    if declaration.name not in session.lets:
        if session.decider is None:
            raise Fault(errors.calls.OpenChoice(declaration.value.span))
        outside = replaced(
            context, path="", prefix="", hint=declaration.name, frozen={}, memory=None
        )
        value = freeze(evaluate.evaluate(declaration.value, let.home, outside), outside)
        session.note(session.lets, declaration.name, value)
    return session.lets[declaration.name]


def has_choice(node: ast.Node) -> bool:
    """Whether anything is open in a piece of text."""
    if isinstance(node, (ast.Choice, ast.Range, ast.Optional, ast.Open)):
        return True
    return any(has_choice(child) for child in ast.children(node))


def freeze(value: Any, context: Context) -> Any:
    """A recipe that gets a name makes every choice in its text now, once for that name; a list
    those of its items.
    """
    if context.session.decider is None or _is_settled(value):
        return value
    if isinstance(value, tuple):
        return _freeze_items(value, context)
    frozen: dict[int, Any] = {}
    _freeze(value.expression, value.environment, context, frozen)
    _take_for_alike(value.expression, frozen, context)
    return replaced(value, frozen=frozen)


def _take_for_alike(node: ast.Expression, frozen: dict[int, Any], context: Context) -> None:
    """While one explores, what was taken for a whole recipe is left open until it is used."""
    session = context.session
    if session.apart is None or not isinstance(node, ast.Choice | ast.Optional):
        return
    if id(node) not in session.apart and alike.may_be_alike(node):
        frozen[id(node)] = alike.Each(id(node))
        session.took_alike = True
        session.decider.take_for_alike(node)


def _is_settled(value: Any) -> bool:
    """Whether no recipe is in a value whose choices may be left to make."""
    if type(value) is tuple:
        return all(map(_is_settled, value))
    return type(value) is not FragmentStage or bool(value.frozen)


def _freeze_items(items: tuple[Any, ...], context: Context) -> tuple[Any, ...]:
    frozen: list[Any] = []
    mark = context.session.hold(items, frozen)
    for item in items:
        frozen.append(freeze(item, context))
        context.session.moved(mark)
    context.session.release(mark)
    return tuple(frozen)


def _freeze(node: Any, env: Environment, context: Context, frozen: dict[int, Any]) -> None:
    """Decides the choices below a node in the order of the text, and only where they can matter."""
    mark = context.session.hold(decisions_key(frozen))
    match node:
        case ast.Choice() | ast.Optional():
            taken = option(node, env, context)
            frozen[id(node)] = context.session.decided[context.place, id(node)]
            _freeze(taken, env, context, frozen)
        case ast.Range():
            number(node, env, context)
            frozen[id(node)] = context.session.decided[context.place, id(node)]
        case ast.Call():
            _freeze_call(node, env, context, frozen)
        case ast.If():
            for child in _branches(node, env, context):
                _freeze(child, env, context, frozen)
        case _:
            for child in _children(node):
                _freeze(child, env, context, frozen)
    context.session.release(mark)


def _freeze_call(
    node: ast.Call, env: Environment, context: Context, frozen: dict[int, Any]
) -> None:
    function = evaluate.evaluate(node.function, env, context)
    if isinstance(function, Combinator) and function.name == "any":
        stage = vocabularies.any_of(node, env, context)
        _freeze(stage.expression, stage.environment, context, frozen)
        return
    if isinstance(function, Combinator) and function.name == "some" and len(node.arguments) == 2:
        vocabularies.subset(node, env, context)
        frozen[id(node)] = context.session.decided[context.place, id(node)]
    what = node.function.span.text if node.function.span else "stage"
    items = function.layer.hyperparameters() if isinstance(function, LayerReference) else ()
    for place, argument in enumerate(node.arguments):
        name = argument.name or (items[place].name if place < len(items) else str(place))
        inner = replaced(context, hint=f"{context.hint}.{what}.{name}")
        if isinstance(argument.value, ast.Open):
            item = next((item for item in items if item.name == name), None)
            if item is None:
                raise Fault(errors.spaces.NoDomain(argument.span, what, name))
            any_value(argument.value, item, what, inner)
            key = id(argument.value)
            frozen[key] = context.session.decided[context.place, key]
        else:
            _freeze(argument.value, env, inner, frozen)
    if node.body is not None:
        _freeze(node.body, env, context, frozen)


def _branches(node: ast.If, env: Environment, context: Context) -> list[Any]:
    """The branch that will be taken; all of them where that depends on what is not known yet."""
    try:
        taken = evaluate.decided(node.condition, env, context)
    except Fault:
        return _children(node)
    branch = node.then if taken else node.otherwise
    return [] if branch is None else [branch]


def _children(node: Any) -> list[Any]:
    """The nodes directly below one."""
    found: list[Any] = []
    for name in getattr(node, "__slots__", ()):
        value = getattr(node, name)
        parts = value if isinstance(value, tuple) else (value,)
        found += [part for part in parts if isinstance(part, ast.Node)]
    return found


def _base(stage: ast.Expression) -> str:
    match stage:
        case ast.Labelled(label=label):
            return label
        case ast.Call(function=ast.Name(id=name)) | ast.Name(id=name):
            return name
        case ast.Call(function=ast.Attribute(name=name)) | ast.Attribute(name=name):
            return name
        case _:
            return "stage"


def _weights(
    node: ast.Choice | ast.Optional, count: int, env: Environment, context: Context
) -> tuple[float, ...] | None:
    if node.weights is None:
        return None
    values = evaluate.number(node.weights, env, context)
    good = isinstance(values, tuple) and all(
        isinstance(item, (int, float)) and item >= 0 for item in values
    )
    if not good or len(values) != count or sum(values) <= 0:
        raise Fault(errors.spaces.BadWeights(node.weights.span, count))
    return tuple(float(item) for item in values)


def _expect_numbers(node: ast.Range, *found: Any) -> None:
    numbers = [item for item in found if item is not None]
    if not all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in numbers):
        raise Fault(errors.spaces.BadRange(node.span, "both ends must be numbers"))


@lru_cache(maxsize=8_192, typed=True)
def _range(key: Identity, low: Any, high: Any, step: Any, log: bool) -> Domain:
    node = key.node
    if low > high:
        raise Fault(errors.spaces.BadRange(node.span, f"{low} is above {high}"))
    if log and low <= 0:
        raise Fault(errors.spaces.BadRange(node.span, "`log` needs ends above 0"))
    if step is not None and step <= 0:
        raise Fault(errors.spaces.BadRange(node.span, "`step` must be above 0"))
    if not any(isinstance(item, float) for item in (low, high, step)):
        if (high - low) // (step or 1) >= MOST_NUMBERS:
            raise Fault(errors.spaces.TooManyOptions(node.span, MOST_NUMBERS))
        return Integers(low, high, step or 1, log)
    if step is None:
        return Reals(float(low), float(high), log)
    return _steps(node, float(low), float(high), float(step))


def _tidy(number: float) -> float:
    """0.3 where three steps of 0.1 give 0.30000000000000004."""
    return float(f"{number:.12g}")


def _steps(node: ast.Range, low: float, high: float, step: float) -> Alternatives:
    count = int((high - low) / step + 1e-9) + 1
    if count > MOST_OPTIONS:
        raise Fault(errors.spaces.TooManyOptions(node.span, MOST_OPTIONS))
    return Alternatives(tuple(_tidy(low + step * index) for index in range(count)))
