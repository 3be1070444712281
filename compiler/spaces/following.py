"""Deciding an expansion so that it makes a given program, as far as that is known.

Comes in: the program that is sought, and what was learned of earlier expansions. Goes out: the
trace that gives the program, or the decisions that a layer rests on which the program does not
have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...grammar import ast
from ...grammar.record import replaced
from ..expand.builder import GraphBuilder
from ..expand.context import Context
from ..expand.decisions import Alternatives, Domain, Integers, Reals, Site
from ..expand.environment import Environment
from ..expand.lookup import find_name
from ..expand.matching import Slot
from ..expand.reads import Numbers, Reads
from ..expand.values import LayerReference, Tensor
from ..graph import Graph
from ..hash import UNORDERED, graph_hash
from ..hyperparameter import spell
from ..layer import Layer
from . import hints, training
from .learned import Asked, Learned, Literal, Mismatch
from .states import decisions_of
from .target import Matching, Target
from .trace import Trace

if TYPE_CHECKING:
    from .space import Space

FEW_NUMBERS = 64
"""Of a longer range only numbers are tried that stand in the layer."""


@dataclass(slots=True)
class Question:
    """Which decisions of a space make a program: with its layers in their order, or in any.
    `settings` are what its `train` blocks decide.
    """

    space: "Space"
    target: Target
    hash: str
    settings: Mapping[int, Any]
    ordered: bool
    hints: Mapping[int, ast.Expression] = field(default_factory=dict)  # hints.py
    learned: Learned = field(default_factory=Learned)
    furthest: int = -1
    required: bool = False  # whether a requirement ended a way
    reason: str = "no program of the space has the same inputs and outputs"

    def note(self, place: int, found: str, argument: str = "") -> None:
        """Keeps how far the best way came, and what the space would have there, if anything."""
        if place <= self.furthest:
            return
        self.furthest = place
        if place >= len(self.target.layers):
            self.reason = f"the program ends after {place} layers, where the space has {found}"
            return
        wanted = self.target.layers[place]
        differs = f"not {found}" if found else "where the space ends"
        if wanted == found:
            what = f"and `{argument}` is" if argument else "its settings or inputs are"
            differs = f"{what} not offered"
        self.reason = f"layer {place + 1} of the program is {wanted}, {differs}"

    def refuse(self, reason: str) -> None:
        """All layers are there, and something else is wrong."""
        self.furthest, self.reason = len(self.target.layers), reason


class Follower:
    """Decides an expansion: at each choice the first option that is not known to be wrong."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.reads = Reads()
        self.matching = Matching(question.target, question.ordered)
        self.made: list[Literal] = []
        self.sites: list[Site] = []
        self._numbers: dict[Literal, int] = {}
        self._asked: list[Asked] = []
        self._arguments: dict[int, _Argument] = {}
        self._left_out: dict[int, Mapping[int, str]] = {}  # stages that a choice need not try
        self.trained: set[int] = set()  # decisions of `train`, which the graph does not rest on

    @property
    def decisions(self) -> list[Any]:
        return [decision for _, decision in self.made]

    def graph(self) -> Graph:
        """Expands the space. Raises DeadEnd where the checker refuses it, and Mismatch."""
        question = self.question
        return question.space.process.network.follow(self, self.reads, question.target.room)

    def decide(self, site: Site, context: Context) -> Any:
        self.compare()
        decision = self._first(site)
        number, literal = len(self.made), (site.name, decision)
        self.made.append(literal)
        self.sites.append(site)
        self._numbers[literal] = number
        if context.path == training.PATH and context.builder is not self.reads.builder:
            self.trained.add(number)
        if context.memory is None:
            self.reads.note({number})
        else:
            self.reads.note_at_once(number)
        return decision

    def _first(self, site: Site) -> Any:
        asked = Asked(site.name, tuple(self._candidates(site)), frozenset(self.reads.all()))
        decision, rests = self.question.learned.first(asked, self._numbers)
        if rests is not None:
            raise Mismatch(rests)
        self._asked.append(asked)
        return decision

    def exhausted(self, rests: Numbers) -> Numbers | None:
        """What it rests on that no other option is left where the last of some decisions was made;
        None where one is.
        """
        last = max(rests)
        before = {literal: number for number, literal in enumerate(self.made[:last])}
        return self.question.learned.first(self._asked[last], before)[1]

    def _candidates(self, site: Site) -> Sequence[Any]:
        """The decisions that may be right, in order; the one that the text hints at before all."""
        found, written = self._possible(site), self.question.hints.get(id(site.node))
        hinted = None if written is None else hints.decision(site.domain, written)
        if hinted is None or hinted not in found:
            return found
        return [hinted, *(item for item in found if item != hinted)]

    def _possible(self, site: Site) -> Sequence[Any]:
        domain = site.domain
        if id(site.node) in self.question.settings:
            return [self.question.settings[id(site.node)]]
        if isinstance(domain, Reals):
            return [_marker(domain, len(self.sites))]
        argument = self._arguments.pop(id(site.node), None)
        if argument is not None:
            found = argument.decisions(domain)
            if not found:
                self.question.note(self.matching.layers, argument.layer, argument.told)
            return found
        out = self._left_out.pop(id(site.node), {})
        found = [decision for decision in decisions_of(domain) if decision not in out]
        if not found:  # of options without weight nothing is said
            self.question.note(self.matching.layers, out[decisions_of(domain)[0]])
        return found

    def expect_one_of(
        self,
        node: ast.Choice | ast.Optional,
        inputs: Sequence[Tensor],
        env: Environment,
        context: Context,
    ) -> None:
        """One of some stages is about to be taken: those that begin with a layer which the program
        does not have there need not be tried.
        """
        if context.builder is not self.reads.builder or not isinstance(node, ast.Choice):
            return
        self.compare()
        values, out = [item.id for item in inputs], dict[int, str]()
        for place, option in enumerate(node.options):
            layer = _layer_of(option, env)
            if layer is not None and not self._may_be(layer, values):
                out[place] = layer.name
        self._left_out[id(node)] = out

    def _may_be(self, layer: type[Layer], inputs: Sequence[int]) -> bool:
        """Whether the program may have such a layer there."""
        if layer.name == "identity" or layer.name in UNORDERED:
            return True
        return bool(self.matching.open(layer, inputs))

    def expect(
        self, layer: type[Layer], inputs: Sequence[Tensor], slots: Sequence[Slot], context: Context
    ) -> None:
        """A layer is about to be made of inputs, once its arguments are known. Raises Mismatch
        where the program has no such layer there.
        """
        if context.builder is not self.reads.builder:
            return
        self.compare()
        values = [item.id for item in inputs]
        if not self._may_be(layer, values):
            self.question.note(self.matching.layers, layer.name)
            raise Mismatch(self.reads.all())
        found = self.matching.open(layer, values)
        rank = inputs[0].type.rank if inputs else 0
        self._arguments = {
            id(slot.node): _Argument(slot, rank, [sought.layer for sought in found])
            for slot in slots
            if found and _tells(layer, slot) and id(slot.node) not in context.frozen
        }

    def watch(self, _: GraphBuilder) -> None:
        """The graph has grown."""
        self.compare()

    def compare(self) -> None:
        """Raises Mismatch where a layer is not one of the program's."""
        builder = self.reads.builder
        if builder is None:
            return
        met = self.matching.take(builder.nodes, builder.values)
        if met is not None:
            self.question.note(self.matching.layers, met.name)
            raise Mismatch(self.reads.before(met.place))

    def at_the_end(self, graph: Graph) -> Trace:
        """The trace, once the program is whole. Raises Mismatch."""
        self.compare()
        question, matching = self.question, self.matching
        if matching.layers < len(question.target.layers):
            question.note(matching.layers, "")
            raise Mismatch(self._rests())
        trace = None
        if matching.outputs(graph) == question.target.outputs:
            trace = self._settled()
        if trace is None:
            raise Mismatch(self._rests())
        return trace

    def _rests(self) -> set[int]:
        """What the whole graph rests on."""
        assert self.reads.builder is not None
        return self.reads.before(len(self.reads.builder.nodes)) - self.trained

    def _settled(self) -> Trace | None:
        """The trace, with the numbers of real ranges read from the program's layers."""
        decisions = self.decisions
        for place, site in enumerate(self.sites):
            if isinstance(site.domain, Reals):
                value = self.matching.numbers.get(decisions[place], decisions[place])
                if not site.domain.low <= value <= site.domain.high:
                    self.question.refuse(f"{value} is outside the range of {site.name}")
                    return None
                decisions[place] = value
        return self.traced(decisions)

    def traced(self, decisions: Sequence[Any]) -> Trace | None:
        """The trace of decisions, if they make the program and costs are what is required."""
        space = self.question.space
        if graph_hash(space.process.network.replay(decisions).graph) != self.question.hash:
            return None
        trace = space.trace_of_decisions(decisions)
        self.question.required |= trace is None
        return trace


def _marker(domain: Reals, number: int) -> float:
    """A number of a range that no other choice would take, by which it is found again."""
    return domain.low + (domain.high - domain.low) * ((number * 0.6180339887498949) % 1.0)


def _layer_of(option: ast.Expression, env: Environment) -> type[Layer] | None:
    """The layer that an option begins with, where its text alone tells."""
    match option:
        case ast.Labelled(stage=stage):
            return _layer_of(stage, env)
        case ast.Call(function=ast.Name(id=name), body=None) | ast.Name(id=name):
            found = find_name(name) if env.find(name) is None else None
            return found.layer if isinstance(found, LayerReference) else None
    return None


def _tells(layer: type[Layer], slot: Slot) -> bool:
    """Whether what is decided is an argument itself, which makes the layer right or wrong."""
    decided = slot.written is not None or isinstance(slot.node, ast.Open)
    return decided and not layer.exchanges


class _Argument:
    """An argument that is about to be decided, of a layer that is one of those found there."""

    def __init__(self, slot: Slot, rank: int, found: Sequence[Layer]) -> None:
        self.slot, self.rank, self.found = slot, rank, found
        self.layer, self.name = found[0].name, slot.name
        self.told = f"{slot.name}={spell(getattr(found[0], slot.name))}"
        self._plain = [layer.plain(rank) for layer in found]

    def decisions(self, domain: Domain) -> Sequence[Any]:
        """The decisions that the program may have made, in order."""
        decisions = decisions_of(domain)
        if isinstance(domain, Integers) and len(domain) > FEW_NUMBERS:
            settings = [value for plain in self._plain for value in plain.values()]
            numbers = {value for value in settings if type(value) is int}
            decisions = sorted(number for number in numbers if number in decisions)
        return [item for item in decisions if self._fits(self._value(domain, item))]

    def _value(self, domain: Domain, decision: Any) -> Any:
        written = self.slot.written
        if written is not None and written.values:
            return written.values[decision]
        return domain.options[decision] if isinstance(domain, Alternatives) else decision

    def _fits(self, value: Any) -> bool:
        """Whether the value, in the place of the program's own, makes the same layer."""
        try:
            settings = {self.name: self.slot.item.kind.accept(value)}
            others = [replaced(layer, **settings).plain(self.rank) for layer in self.found]
        except (ValueError, OverflowError):
            return True  # the checker says what is wrong with it
        return any(other == plain for other, plain in zip(others, self._plain, strict=True))
