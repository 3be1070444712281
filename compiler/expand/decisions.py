"""Open choices while a program is expanded: where a decision is wanted, what may be decided, and
who decides.

Comes in: a `Choice`, `Range`, `Optional` or `?` where an expression or stage is wanted. Goes out:
what was decided. Without a decider a program with an open choice is no finished network, which is
an error.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from math import comb, log
from typing import Any, Protocol

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import record
from .. import errors
from ..hyperparameter import Between, BoolKind, Hyperparameter, OneOf
from . import alike, evaluate, numbering
from .context import Context, join
from .environment import Environment
from .holding import Identity
from .remembered import by_identity
from .values import OpenReal

NUMBER, SUBSET = "value", "some"  # what a range and a `some` are called that nothing else names
MOST_OPTIONS = 100_000
MOST_NUMBERS = 1_000_000
"""The whole numbers of one range. Their weights are kept, each by itself."""
MOST_WEIGHT = 1e300
"""The weights of one choice together."""


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
    text; of what comes out of a use, its block.
    """

    name: str
    domain: Domain
    node: ast.Expression | ast.Function


class Decider(Protocol):
    """Whoever decides: a sampler, a replayed trace, an explorer of the space."""

    def decide(self, site: Site, context: Context) -> Any:
        """A decision of the site's domain."""


def option(node: ast.Choice | ast.Optional, env: Environment, context: Context) -> Any:
    """The option decided on: an expression; `IDENTITY` for an optional stage that is left out."""
    options = node.options if isinstance(node, ast.Choice) else (node.stage, IDENTITY)
    if replays(node, context):
        _weights(node, len(options), env, context)  # something may be open in them
        return options[_replay(node, context)]
    hint = called(node)
    if node.weights is None:
        return options[decide(node, equally_likely(node), hint, context)]
    weights = _weights(node, len(options), env, context)
    mark = context.session.hold(weights)
    taken = options[decide(node, Alternatives(options, weights), hint, context)]
    context.session.release(mark)
    return taken


def called(node: ast.Choice | ast.Optional) -> str:
    """What a choice is called that nothing else names."""
    return "choice" if isinstance(node, ast.Choice) else f"{_base(node.stage)}?"


@by_identity
def equally_likely(node: ast.Choice | ast.Optional) -> Alternatives:
    """The options of a choice, equally likely: one object, whose tables are made once."""
    return Alternatives(node.options if isinstance(node, ast.Choice) else (node.stage, IDENTITY))


IDENTITY = ast.Fragment(ast.Body((), span=None), span=None)  # type: ignore[arg-type]


def number(node: ast.Range, env: Environment, context: Context) -> Any:
    """The number decided on."""
    low, high, step = ends(node, env, context)
    domain = range_of(node, low, high, step)
    mark = context.session.hold(low, high, step)
    decision = decide(node, domain, NUMBER, context)
    context.session.release(mark)
    return meaning_of(node, domain, decision, context)


def ends(node: ast.Range, env: Environment, context: Context) -> list[Any]:
    """The lower end of a range, the upper end and the step, which may be open themselves."""
    found: list[Any] = []
    mark = context.session.hold(id(node), found)
    for part in (node.low, node.high, node.step):
        found.append(None if part is None else evaluate.number(part, env, context))
        context.session.moved(mark)
    context.session.release(mark)
    return found


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
    context.session.meant[context.decided_at, id(node)] = value
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
        raise Fault(errors.spaces.BadSubset(node.span, count))
    mark = context.session.hold(id(node), tuple(sizes))
    kept = options[decide(node, Alternatives(options), SUBSET, context)]
    context.session.release(mark)
    context.session.meant[context.decided_at, id(node)] = kept
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
    full, number = join(place, name), numbering.number_of(node, context)
    if memory is None:
        site = Site(session.site_name(full, number), domain, node)
        decision = session.decider.decide(site, context)
    else:
        key = f"{context.remembered_as(full)}_{number}", id(node)
        if key not in memory:
            site = Site(session.site_name(full, number), domain, node)
            session.note(memory, key, session.decider.decide(site, context))
        decision = memory[key]
    session.decided[context.decided_at, id(node)] = decision
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
    decision = session.decided[context.decided_at, id(node)] = next(session.replayed)
    return decision


def has_choice(node: ast.Node) -> bool:
    """Whether anything is open in a piece of text."""
    if isinstance(node, (ast.Choice, ast.Range, ast.Optional, ast.Open)):
        return True
    return any(has_choice(child) for child in ast.children(node))


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
    fitting = isinstance(values, tuple) and len(values) == count
    if not fitting or not all(map(_is_weight, values)) or not 0 < sum(values) < MOST_WEIGHT:
        raise Fault(errors.spaces.BadWeights(node.weights.span, count))
    return tuple(float(item) for item in values)


def _is_weight(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


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
    values = _steps(node, float(low), float(high), float(step))
    return Alternatives(values, shares(values, float(step)) if log else None)


def _tidy(number: float) -> float:
    """0.3 where three steps of 0.1 give 0.30000000000000004."""
    return float(f"{number:.12g}")


def shares(values: Sequence[float], step: float) -> tuple[float, ...]:
    """How likely each number of a range is whose logarithm is drawn evenly: as much as it holds of
    the way to the next.
    """
    return tuple([log((value + step) / value) for value in values])


def _steps(node: ast.Range, low: float, high: float, step: float) -> tuple[float, ...]:
    count = int((high - low) / step + 1e-9) + 1
    if count > MOST_OPTIONS:
        raise Fault(errors.spaces.TooManyOptions(node.span, MOST_OPTIONS))
    return tuple(_tidy(low + step * index) for index in range(count))
