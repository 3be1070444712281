"""Collects the nodes of a graph, proves each one's types, and stops a program that grows beyond its
limits.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any

from ...grammar.diagnostic import Fault
from ...grammar.span import Span
from .. import errors, initialisers, rules
from ..checks import Checks
from ..dims import Axis, AxisTooLarge, evaluate, names
from ..errors.base import Site
from ..facts import Facts
from ..graph import Graph, Node, Port, RuntimeCheck, Scope
from ..layer import Layer, WeightType
from ..types import TensorType
from . import outside
from .retelling import NO_NAMES, names_told, remaining_checks, retold_nodes
from .session import Limits
from .values import LayerStage, Tensor, WeightReference

MOST_AXES = 64
WATCHED = 64
"""After so many nodes, and at the end of each turn, whoever watches a graph looks at it."""
NOTHING: Mapping[str, str] = {}


class GraphBuilder:
    """A graph that grows in the order of the program. That of a cell is part of an `outer` one."""

    def __init__(self, limits: Limits, facts: Facts, outer: "GraphBuilder | None" = None) -> None:
        self.limits = limits
        self.outer = outer
        self.facts = facts
        self.values: list[TensorType] = []
        self.nodes: list[Node] = []
        self.scopes: list[Any] = []  # those that have begun wait as tuples of what is known
        self.checks: list[RuntimeCheck] = []
        self.batch: Mapping[str, int] = {}
        self.watch: Callable[[GraphBuilder], None] | None = None
        self.parameters = 0
        self.activations = 0
        self.owned: dict[str, tuple[Mapping[str, WeightType], Span]] = {}
        self._ties: list[tuple[str, WeightType, WeightReference]] = []

    @property
    def outermost(self) -> "GraphBuilder":
        """The graph of the network that this one will be part of."""
        return self if self.outer is None else self.outer.outermost

    def value(self, type_: TensorType, span: Span) -> Tensor:
        """A new value of the graph."""
        self.values.append(type_)
        return Tensor(len(self.values) - 1, type_, span)

    def add(
        self, stage: LayerStage, inputs: Sequence[Tensor], name: str, owner: str, span: Span
    ) -> tuple[Tensor, ...]:
        """Applies a layer: a node, its outputs' types, its weights. Raises a Fault where the layer
        refuses its inputs.
        """
        try:
            return self._add(stage, inputs, name, owner, span)
        except AxisTooLarge:
            raise Fault(errors.limits.AxisTooComplex(span)) from None

    def _add(
        self, stage: LayerStage, inputs: Sequence[Tensor], name: str, owner: str, span: Span
    ) -> tuple[Tensor, ...]:
        layer = stage.layer
        self._count_node(span)
        plain = not self.facts.assumptions
        types = [item.type for item in inputs]
        rule = rules.known(layer, types) if plain else None
        if rule is not None:
            results: Sequence[TensorType] = rule.outputs
            self._count_elements(rule.elements, span)
            weights = rule.weights
            if weights:
                self._own(weights, owner, stage, inputs, span)
        else:
            results, weights = self._worked_out(layer, inputs, span)
            elements = sum(map(_elements, results))
            self._count_elements(elements, span)
            self._own(weights, owner, stage, inputs, span)
            if plain:
                results = rules.keep(layer, types, results, weights, elements).outputs
        if stage.initialiser is not None:
            _check_initialiser(stage, weights, site_of(layer, inputs, span))
        outputs = tuple([self.value(type_, span) for type_ in results])
        tied = stage.tied
        self.nodes.append(
            Node(
                layer,
                tuple([item.id for item in inputs]),
                tuple([item.id for item in outputs]),
                name,
                owner,
                span,
                {key: f"{tie.owner}.{tie.name}" for key, tie in tied.items()} if tied else NOTHING,
                stage.initialiser,
            )
        )
        return outputs

    def _worked_out(
        self, layer: Layer, inputs: Sequence[Tensor], span: Span
    ) -> tuple[Sequence[TensorType], Mapping[str, WeightType]]:
        """The types of the outputs and the weights."""
        types = [item.type for item in inputs]
        if self.facts.assumptions:
            types = [self.normal(type_) for type_ in types]
        site = site_of(layer, inputs, span)
        check = Checks(self.facts, site)
        check.inputs(types, *layer.arity)
        try:
            inferred = self._inferred(layer, check, types)
            weights = layer.weights(*types)
        except (Fault, AxisTooLarge):
            raise
        except Exception as error:
            outside.refuse(site, error)
            raise
        return inferred if isinstance(inferred, tuple) else (inferred,), weights

    def _inferred(
        self, layer: Layer, check: Checks, types: Sequence[TensorType]
    ) -> TensorType | tuple[TensorType, ...]:
        found = layer.infer(check, *types)
        for type_ in found if isinstance(found, tuple) else (found,):
            if len(type_.shape) > MOST_AXES:
                check.fail(errors.limits.TooManyAxes(check.site, type_.rank, MOST_AXES))
        return found

    def normal(self, type_: TensorType) -> TensorType:
        """The type under the facts known so far."""
        if not self.facts.assumptions:
            return type_
        shape = tuple(self.facts.normal(size) for size in type_.shape)
        return type_ if shape == type_.shape else type_.with_shape(*shape)

    def obligations(self) -> tuple[int, int]:
        """How much is to be settled at the end: checks of the inputs, and tied weights."""
        return len(self.checks), len(self._ties)

    # --- taking back

    def mark(self) -> tuple[Any, ...]:
        """What `restore` takes back to."""
        return (
            len(self.nodes),
            len(self.values),
            len(self.scopes),
            len(self.owned),
            len(self.checks),
            len(self._ties),
            self.facts,
            self.parameters,
            self.activations,
        )

    def restore(self, mark: tuple[Any, ...]) -> None:
        """As it was: all that was added since is dropped."""
        nodes, values, scopes, owned, checks, ties, *others = mark
        self.facts, self.parameters, self.activations = others
        del self.nodes[nodes:], self.values[values:], self.scopes[scopes:]
        del self.checks[checks:], self._ties[ties:]
        while len(self.owned) > owned:
            self.owned.popitem()

    # --- scopes

    def begin(
        self,
        path: str,
        kind: str,
        function: str,
        values: Mapping[str, Any],
        inputs: Sequence[Tensor],
    ) -> int:
        """Opens a scope and returns its number for `end`."""
        ids = tuple([item.id for item in inputs])
        self.scopes.append((path, kind, function, values, len(self.nodes), ids))
        return len(self.scopes) - 1

    def end(self, scope: int, outputs: Sequence[Tensor]) -> None:
        path, kind, function, values, start, ids = self.scopes[scope]
        if kind == "turn" and self.watch is not None:
            self.watch(self)
        made = tuple([item.id for item in outputs])
        end = len(self.nodes)
        self.scopes[scope] = Scope(path, kind, function, values, start, end, ids, made)

    def open_paths(self) -> list[str]:
        """The paths of the scopes that have begun and not ended."""
        return [scope[0] for scope in self.scopes if isinstance(scope, tuple)]

    # --- weights

    def owned_shapes(self, owner: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The shapes of the weights below a path, as far as they are made."""
        return tuple(
            (f"{path}.{name}", weight.shape)
            for path, (weights, _) in self.owned.items()
            if path == owner or path.startswith(owner + ".")
            for name, weight in weights.items()
        )

    def _own(
        self,
        weights: Mapping[str, WeightType],
        owner: str,
        stage: LayerStage,
        inputs: Sequence[Tensor],
        span: Span,
    ) -> None:
        if not weights:
            return
        earlier = self.owned.get(owner)
        if earlier is not None:
            if earlier[0] is not weights:
                self._same_weights(owner, weights, earlier, site_of(stage.layer, inputs, span))
            return
        self.owned[owner] = (weights, span)
        for name, weight in weights.items():
            tie = stage.tied.get(name)
            if tie is not None:
                self._ties.append((owner, weight, tie))
            else:
                self._count_weight(name, weight, stage.layer, inputs, span)

    def _same_weights(
        self,
        owner: str,
        weights: Mapping[str, WeightType],
        earlier: tuple[Mapping[str, WeightType], Span],
        site: Site,
    ) -> None:
        for name, weight in weights.items():
            first = earlier[0].get(name)
            if first != weight:
                shapes = (None if first is None else list(first.shape), list(weight.shape))
                raise Fault(
                    errors.weights.SharedShapesDiffer(site, owner, name, *shapes, earlier[1])
                )

    def _check_ties(self) -> None:
        for owner, weight, tie in self._ties:
            found = self.owned.get(tie.owner)
            if found is None:
                raise Fault(errors.weights.TiedToNothing(tie.span, tie.owner))
            source = found[0].get(tie.name)
            if source is None:
                raise Fault(errors.weights.UnknownWeight(tie.span, tie.name, tuple(found[0])))
            if source.shape != weight.shape:
                shapes = (list(weight.shape), list(source.shape))
                raise Fault(errors.weights.TiedShapesDiffer(tie.span, owner, *shapes, found[1]))

    # --- limits

    def _count_node(self, span: Span) -> None:
        if len(self.nodes) >= self.limits.nodes:
            raise Fault(errors.limits.TooManyNodes(span, self.limits.nodes, None))
        if self.watch is not None and len(self.nodes) % WATCHED == WATCHED - 1:
            self.watch(self)

    def _count_weight(
        self, name: str, weight: WeightType, layer: Layer, inputs: Sequence[Tensor], span: Span
    ) -> None:
        size = prod(weight.shape)
        if size > self.limits.weight:
            site = site_of(layer, inputs, span)
            raise Fault(
                errors.limits.WeightTooLarge(site, name, list(weight.shape), self.limits.weight)
            )
        if weight.trainable:
            self.parameters += size
        if self.parameters > self.limits.parameters:
            raise Fault(
                errors.limits.TooManyParameters(span, self.parameters, self.limits.parameters)
            )

    def _count_elements(self, elements: int, span: Span) -> None:
        self.activations += elements
        if self.activations > self.limits.activations:
            raise Fault(
                errors.limits.TooManyActivations(span, self.activations, self.limits.activations)
            )

    # --- the end

    def finish(
        self,
        name: str,
        inputs: Sequence[tuple[str, Tensor]],
        outputs: Sequence[tuple[str, Tensor]],
        hyperparameters: Mapping[str, Any],
        program: str,
    ) -> Graph:
        """The graph, its types in the form that all the facts give them."""
        self._check_ties()
        values, told = tuple(self.values), NO_NAMES
        if self.facts.assumptions:
            values = tuple(self.normal(type_) for type_ in self.values)
            before = [tensor.type for _, tensor in inputs]
            told = names_told(before, [values[tensor.id] for _, tensor in inputs], self.facts)
        return Graph(
            name,
            values,
            tuple(Port(port, value.id) for port, value in inputs),
            tuple(Port(port, value.id) for port, value in outputs),
            tuple(retold_nodes(self.nodes, told)),
            tuple(self.scopes),
            tuple(remaining_checks(self.checks, told)),
            hyperparameters,
            program,
        )


def _check_initialiser(stage: LayerStage, weights: Mapping[str, WeightType], site: Site) -> None:
    assert stage.initialiser is not None
    weight = weights.get(stage.layer.primary_weight or "")
    if weight is None:
        raise Fault(errors.sources.BadInitialiser(site, "there is no weight to fill here"))
    try:
        initialisers.check_shape(stage.initialiser, weight.shape)
    except ValueError as error:
        raise Fault(errors.sources.BadInitialiser(site, str(error))) from None


def site_of(layer: Layer, inputs: Sequence[Tensor], span: Span) -> Site:
    """Where a layer is applied, for messages."""
    return Site(layer.name, span, tuple([(item.span, item.type) for item in inputs]))


def _elements(type_: TensorType) -> int:
    """The elements for a batch of one, symbolic axes counted as one."""
    shape = type_.shape
    if shape and not isinstance(shape[0], int):
        shape = shape[1:]
    return max(0, prod([size if isinstance(size, int) else _at_one(size) for size in shape]))


@lru_cache(maxsize=8_192)
def _at_one(size: Axis) -> int:
    return evaluate(size, dict.fromkeys(names(size), 1))
