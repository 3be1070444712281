"""Options that are alike: which of them was taken shows in the graph and nowhere else.

`let op = any(Operations)` makes its choice long before `op` is used, and what was chosen has to be
remembered until then. Ten such names of seven options each would make 7^10 states, though most
spaces are written so that every operation fits where any does. So while one explores, the recipe
holds `Each` in the place of the decision, and where it is applied, all options are applied to what
flows in. Where they give the same types, nothing that follows can tell them apart, and one state
stands for all. Where they do not, or where something else asks what was decided, `Apart` is raised:
the space begins anew, and tells the options of that choice apart from then on.

Comes in: a choice that was made with a name, and what flows into it. Goes out: what flows out.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import record, replaced
from ..dims import AxisTooLarge
from .context import Context
from .environment import Environment
from .remembered import by_identity
from .retrying import Mark, Refused
from .session import Poisoned
from .values import Results, Tensor

Apply = Callable[[ast.Expression, tuple[Tensor, ...], Environment, Context], Any]


@record
class Each:
    """In the place of a decision: any option of the choice, which is known by its node's id."""

    choice: int


class Apart(Exception):
    """The options of a choice are not alike; None: those of no choice may be taken for it."""

    def __init__(self, each: Each | None) -> None:
        self.choice = None if each is None else each.choice
        super().__init__()


MOST_APART = 8
"""So many choices are told apart one by one, each at the price of beginning anew; then all are."""


class Partition:
    """Which choices of a space have options that are told apart: none, to begin with."""

    __slots__ = ("apart", "none_alike", "whole")

    def __init__(self) -> None:
        self.apart: set[int] = set()
        self.none_alike = False
        self.whole: set[int] = set()  # choices whose options are all known to make sense

    def tell_apart(self, found: Apart) -> None:
        """From now on the options of a choice are not taken for alike."""
        if found.choice is not None:
            self.apart.add(found.choice)
        self.none_alike |= found.choice is None or len(self.apart) > MOST_APART

    def takes(self, node: ast.Expression) -> bool:
        """Whether the options of a choice are taken for alike: stages in which nothing else is
        chosen.
        """
        if self.none_alike or id(node) in self.apart:
            return False
        return isinstance(node, ast.Choice | ast.Optional) and _is_of_stages(node)


@by_identity
def _is_of_stages(node: ast.Choice | ast.Optional) -> bool:
    return all(isinstance(item, _STAGES) and not is_open(item) for item in options_of(node))


def options_of(node: ast.Choice | ast.Optional) -> Sequence[ast.Expression]:
    """The options that are written: an optional stage may be left out too."""
    return node.options if isinstance(node, ast.Choice) else (node.stage,)


_STAGES = ast.Name, ast.Attribute, ast.Call, ast.Labelled, ast.Pipeline, ast.Fragment
_OPEN = ast.Choice, ast.Range, ast.Optional, ast.Open


def is_open(node: ast.Node) -> bool:
    """Whether anything is to be decided in a piece of text."""
    return draws(node) or isinstance(node, _OPEN) or any(map(is_open, ast.children(node)))


def draws(node: ast.Node) -> bool:
    """Whether a node is `any(Vocabulary)` or `some([…], n)`."""
    called = node.function if isinstance(node, ast.Call) and node.body is None else None
    return isinstance(called, ast.Name) and called.id in ("any", "some")


def applied(
    apply: Apply,
    node: ast.Choice | ast.Optional,
    inputs: tuple[Tensor, ...],
    env: Environment,
    context: Context,
    each: Each,
) -> Any:
    """What flows out of any of the options. Raises Apart where that is not the same."""
    session, builder = context.session, context.builder
    nested = isinstance(session.decider, _Nobody)  # all combinations would have to be tried
    if nested or context.memory is not None or context.cell is not None:
        raise Apart(each)
    count = len(node.options) if isinstance(node, ast.Choice) else 2
    facts, bound, start = builder.facts, builder.obligations(), len(builder.nodes)
    largest = [builder.parameters, builder.activations, session.spent]
    flow, seen, nodes, mark = None, None, list[Any](), Mark(context)
    decider, session.decider = session.decider, _Nobody(session.decider, each)
    try:
        for place in range(count):
            mark.restore()
            taken = replaced(context, frozen={**context.frozen, id(node): place})
            flow = apply(node, inputs, env, taken)
            types = _types(flow)
            same = builder.facts is facts and builder.obligations() == bound
            if not same or seen not in (None, types):
                raise Apart(each)
            seen = types
            sizes = builder.parameters, builder.activations, session.spent
            largest = [max(pair) for pair in zip(largest, sizes, strict=True)]
            nodes = max(nodes, builder.nodes[start:], key=len)
    except (Fault, Refused, AxisTooLarge, Poisoned):
        raise Apart(each) from None
    finally:
        session.decider = decider
    builder.parameters, builder.activations, session.spent = largest
    builder.nodes[start:] = nodes  # limits are to hold for the largest; nobody reads the graph
    return flow


def _types(flow: Tensor | Results) -> Any:
    if isinstance(flow, Tensor):
        return flow.type
    return tuple(item.type for item in flow.items), flow.names


class _Nobody:
    """Stands in for whoever decides while options are compared: a choice within one is its own."""

    def __init__(self, decider: Any, each: Each) -> None:
        self.made = decider.made
        self.each = each

    def decide(self, *_: Any) -> NoReturn:
        raise Apart(self.each)

    def mark(self) -> None:
        """There is nothing to go back to."""

    def retry(self, _: None, refusal: Exception) -> NoReturn:
        raise refusal

    def note_applied(self, *_: Any) -> None:
        """Nothing was decided for it here."""

    def take_for_alike(self, _: ast.Expression) -> None:
        """What is decided already was decided elsewhere."""
