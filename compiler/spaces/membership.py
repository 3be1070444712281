"""Whether a program belongs to a space: the first trace that gives it, or why there is none.

Comes in: a space and a finished program, perhaps edited by hand. The space is expanded decision by
decision, and a way is left as soon as its layers differ from the program's; so few expansions
decide it, however large the space.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...grammar.diagnostic import ProgramError
from ...grammar.parse import parse
from ..expand.context import Context
from ..expand.decisions import Reals, Site
from ..graph import Graph, Node
from ..hash import graph_hash
from ..layer import Layer
from ..program import Program
from ..types import TensorType
from .dead import DeadEnd
from .drawn import graph_of
from .process import SpaceLimit
from .states import decisions_of
from .trace import Trace

if TYPE_CHECKING:
    from .space import Space

MOST_EXPANSIONS = 5_000
MOST_ENUMERATED = 2_000


@dataclass(frozen=True, slots=True)
class Membership:
    """True where a program belongs to a space: `trace` is the first that gives it; else `reason`
    says why not.
    """

    trace: Trace | None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.trace is not None


def find(space: "Space", program: Program | str) -> Membership:
    """The first trace in the order of enumeration that gives the program's graph."""
    try:
        target = graph_of(_program_of(program), space.name)
    except ProgramError as error:
        return Membership(
            None, f"it is no finished program: {error.diagnostics[0].diagnostic.message()}"
        )
    search = _Search(space, target)
    trace = search.run()
    if trace is not None:
        return Membership(trace)
    if search.runs >= MOST_EXPANSIONS:
        return Membership(None, f"{MOST_EXPANSIONS:,} expansions found no trace that gives it")
    trace = _by_hash(space, graph_hash(target))
    return Membership(trace) if trace else Membership(None, search.reason)


def _program_of(program: Program | str) -> Program:
    if isinstance(program, Program):
        return program
    parsed = parse(program, "<memory>")
    if parsed.reports:
        raise ProgramError(parsed.reports)
    return Program(parsed.program)


def _by_hash(space: "Space", wanted: str) -> Trace | None:
    """A program whose layers stand in another order: small spaces are looked through."""
    try:
        if not space.size <= MOST_ENUMERATED:
            return None
    except SpaceLimit:
        return None
    return next((item.trace for item in space.enumerate() if item.hash == wanted), None)


class _Mismatch(Exception):
    """The layers so far are not those of the program."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """A node as it is compared: identities dropped, weights' owners by the place of the first."""

    layer: Layer
    inputs: tuple[int, ...]
    owner: int
    tied: Mapping[str, str]
    initialiser: Any


@lru_cache(maxsize=4_096)
def _plain(layer: Layer, rank: int) -> Layer:
    """The layer in the one spelling of all that mean the same."""
    return type(layer)(**layer.plain(rank))


class _Listing:
    """The nodes of a graph without identities, as it grows."""

    def __init__(self) -> None:
        self.layers: list[_Layer] = []
        self.position = 0
        self._values: dict[int, int] = {}
        self._made = 0
        self._owners: dict[str, int] = {}

    def take(self, nodes: Sequence[Node], values: Sequence[TensorType]) -> None:
        """Adds the nodes that are new; `values` are all that they read."""
        for node in nodes[self.position :]:
            self._add(node, values[node.inputs[0]].rank if node.inputs else 0)
        self.position = len(nodes)

    def _value(self, number: int) -> int:
        """A value by the layer that made it; one of the network's inputs by its number."""
        return self._values.get(number, -1 - number)

    def outputs(self, graph: Graph) -> list[int]:
        return [self._value(port.value) for port in graph.outputs]

    def _add(self, node: Node, rank: int) -> None:
        if node.layer.name == "identity":
            self._values[node.outputs[0]] = self._value(node.inputs[0])
            return
        owner = self._owners.setdefault(node.owner, len(self.layers))
        inputs = tuple(self._value(number) for number in node.inputs)
        layer = _plain(node.layer, rank) if node.layer.has_spellings() else node.layer
        self.layers.append(_Layer(layer, inputs, owner, node.tied, node.initialiser))
        for number in node.outputs:
            self._values[number] = self._made
            self._made += 1


class _Follower:
    """Decides an expansion by a prefix, then by first options, as long as the layers agree."""

    def __init__(self, search: "_Search", prefix: Sequence[int]) -> None:
        self.search = search
        self.prefix = prefix
        self.places: list[int] = []
        self.sites: list[Site] = []
        self.decisions: list[Any] = []
        self.listing = _Listing()

    def decide(self, site: Site, context: Context) -> Any:
        if not context.prefix:
            self.listing.take(context.builder.nodes, context.builder.values)
            self.search.compare(self)
        place = self.prefix[len(self.places)] if len(self.places) < len(self.prefix) else 0
        self.places.append(place)
        self.sites.append(site)
        if isinstance(site.domain, Reals):
            self.decisions.append(_marker(site.domain, len(self.sites)))
        else:
            self.decisions.append(decisions_of(site.domain)[place])
        return self.decisions[-1]


def _marker(domain: Reals, number: int) -> float:
    """A number of a range that no other choice would take, by which it is found again."""
    return domain.low + (domain.high - domain.low) * ((number * 0.6180339887498949) % 1.0)


class _Search:
    """Depth first through the decisions."""

    def __init__(self, space: "Space", target: Graph) -> None:
        self.space = space
        self.target = _Listing()
        self.target.take(target.nodes, target.values)
        self.outputs = self.target.outputs(target)
        self.hash = graph_hash(target)
        self.runs = 0
        self.furthest = -1
        self.reason = "no program of the space has the same inputs and outputs"

    def run(self) -> Trace | None:
        prefix: list[int] | None = []
        while prefix is not None and self.runs < MOST_EXPANSIONS:
            self.runs += 1
            follower = _Follower(self, prefix)
            trace = self._expand(follower)
            if trace is not None:
                return trace
            prefix = _next(follower)
        return None

    def _expand(self, follower: _Follower) -> Trace | None:
        try:
            graph = self.space.process.expand(follower, exploring=False).graph
            follower.listing.take(graph.nodes, graph.values)
            self.compare(follower, whole=True)
        except (_Mismatch, DeadEnd):
            return None
        if follower.listing.outputs(graph) != self.outputs:
            return None
        return self._settled(follower)

    def compare(self, follower: _Follower, *, whole: bool = False) -> None:
        """Raises _Mismatch where the layers so far are not the first of the program."""
        found, wanted = follower.listing.layers, self.target.layers
        loose = any(isinstance(site.domain, Reals) for site in follower.sites)
        for place, layer in enumerate(found):
            other = wanted[place] if place < len(wanted) else None
            if other is None or not _alike(layer, other, loose):
                self._note(place, layer, other)
                raise _Mismatch
        if whole and len(found) < len(wanted):
            self._note(len(found), None, wanted[len(found)])
            raise _Mismatch

    def _note(self, place: int, found: _Layer | None, wanted: _Layer | None) -> None:
        """Keeps how far the best way came, and what the space would have there."""
        if place <= self.furthest:
            return
        self.furthest = place
        there = wanted.layer.name if wanted else "no layer"
        here = found.layer.name if found else "no layer"
        differs = "its settings or inputs are not offered" if there == here else f"not {here}"
        self.reason = f"layer {place + 1} of the program is {there}, {differs}"

    def _settled(self, follower: _Follower) -> Trace | None:
        """The trace, with the numbers of real ranges read from the program's layers."""
        decisions = list(follower.decisions)
        pairs = zip(follower.listing.layers, self.target.layers, strict=True)
        known = {
            mine: theirs for one, two in pairs for mine, theirs in _numbers(one.layer, two.layer)
        }
        for place, site in enumerate(follower.sites):
            if isinstance(site.domain, Reals):
                value = known.get(decisions[place], decisions[place])
                if not site.domain.low <= value <= site.domain.high:
                    self.reason = f"{value} is outside the range of {site.name}"
                    self.furthest = len(self.target.layers)
                    return None
                decisions[place] = value
        if graph_hash(self.space.process.replay(decisions).graph) != self.hash:
            return None
        return self.space.trace_of_decisions(decisions)


def _alike(first: _Layer, second: _Layer, loose: bool) -> bool:
    same = (first.inputs, first.owner, first.initialiser) == (
        second.inputs,
        second.owner,
        second.initialiser,
    )
    if not same or len(first.tied) != len(second.tied):
        return False
    if first.layer == second.layer:
        return True
    if not loose or type(first.layer) is not type(second.layer):
        return False
    return all(
        isinstance(mine, float) and isinstance(theirs, float)
        for mine, theirs in _values(first.layer, second.layer)
        if mine != theirs
    )


def _values(first: Layer, second: Layer) -> list[tuple[Any, Any]]:
    names = [item.name for item in fields(first)]  # type: ignore[arg-type]
    return [(getattr(first, name), getattr(second, name)) for name in names]


def _numbers(first: Layer, second: Layer) -> list[tuple[float, float]]:
    pairs = _values(first, second)
    return [(mine, theirs) for mine, theirs in pairs if isinstance(mine, float) and mine != theirs]


def _next(follower: _Follower) -> list[int] | None:
    """The positions of the next way in order, None after the last."""
    places = list(follower.places)
    while places:
        domain = follower.sites[len(places) - 1].domain
        if places[-1] + 1 < len(decisions_of(domain)):
            places[-1] += 1
            return places
        places.pop()
    return None
