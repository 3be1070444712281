"""Whether a graph and its weights are whole.

Comes in: a graph and weights. Goes out: what is wrong with them, or nothing. Every value is made
once and before it is read, every type is what its layer infers, and the weights are those that are
declared.
"""

from collections.abc import Iterator

from ...grammar.diagnostic import Fault
from ..checks import Checks
from ..errors.base import Site
from ..facts import Facts, Truth
from ..graph import Graph, Node
from ..types import DType, TensorType
from ._edit import Array, Weights


def problems(graph: Graph, weights: Weights) -> Iterator[str]:
    """One sentence for each thing that is wrong."""
    yield from _values(graph)
    yield from _names(graph)
    facts = stated_facts(graph)
    for node in graph.nodes:
        yield from _types(graph, node, facts)
    yield from _scopes(graph)
    yield from _weights(graph, weights)


def changed_ports(before: Graph, after: Graph) -> Iterator[str]:
    """Inputs, outputs and stated facts are the contract with whoever runs the graph."""
    for kind in ("inputs", "outputs"):
        old, new = (
            [(port.name, graph.values[port.value]) for port in getattr(graph, kind)]
            for graph in (before, after)
        )
        if old != new:
            yield f"the {kind} were {old} and are {new}"
    if before.checks != after.checks:
        yield "the stated facts are others"


def stated_facts(graph: Graph) -> Facts:
    """What the checker took for granted while it inferred the graph's types."""
    facts = Facts()
    for check in graph.checks:
        facts = facts.assume(check.operator, check.left, check.right)
    return facts


def _values(graph: Graph) -> Iterator[str]:
    made = {port.value for port in graph.inputs}
    for node in graph.nodes:
        for value in node.inputs:
            if value not in made:
                yield f"{node.name} reads value {value} before it is made"
        for value in node.outputs:
            if value in made:
                yield f"{node.name} makes value {value} again"
            made.add(value)
    for port in graph.outputs:
        if port.value not in made:
            yield f"nothing makes the output {port.name}"
    for value in range(len(graph.values)):
        if value not in made:
            yield f"nothing makes value {value}"


def _names(graph: Graph) -> Iterator[str]:
    seen: set[str] = set()
    for node in graph.nodes:
        if node.name in seen:
            yield f"two nodes are named {node.name}"
        seen.add(node.name)


def _types(graph: Graph, node: Node, facts: Facts) -> Iterator[str]:
    types, declared = graph.types(node.inputs), graph.types(node.outputs)
    try:
        found = node.layer.infer(Checks(facts, Site(node.layer.name, node.span)), *types)
    except Fault as fault:
        yield f"{node.name} refuses its inputs: {fault.diagnostic.message()}"
        return
    inferred = found if isinstance(found, tuple) else (found,)
    same = len(inferred) == len(declared) and all(
        _same(left, right, facts) for left, right in zip(inferred, declared, strict=True)
    )
    if not same:
        texts = (", ".join(map(str, items)) for items in (inferred, declared))
        yield "{} gives {}, declared are {}".format(node.name, *texts)


def _same(left: TensorType, right: TensorType, facts: Facts) -> bool:
    return (left.dtype, left.rank) == (right.dtype, right.rank) and all(
        a == b or facts.decide("==", a, b) is Truth.PROVED
        for a, b in zip(left.shape, right.shape, strict=True)
    )


def _scopes(graph: Graph) -> Iterator[str]:
    open_: list[int] = []
    for scope in graph.scopes:
        while open_ and scope.start >= open_[-1]:
            open_.pop()
        most = open_[-1] if open_ else len(graph.nodes)
        if not 0 <= scope.start < scope.end <= most:
            yield f"the scope {scope.path} holds [{scope.start}, {scope.end}) of {most} nodes"
        open_.append(scope.end)


def _weights(graph: Graph, weights: Weights) -> Iterator[str]:
    declared = {weight.name: weight for weight in graph.weights()}
    yield from (f"the weight {name} is missing" for name in declared.keys() - weights.keys())
    yield from (f"no node owns the weight {name}" for name in weights.keys() - declared.keys())
    for name in declared.keys() & weights.keys():
        array, weight = weights[name], declared[name]
        if array.shape != weight.shape or not _holds(array, weight.dtype):
            found = f"{array.dtype}{list(array.shape)}"
            yield f"the weight {name} is {weight.dtype}{list(weight.shape)} and {found} here"
    for node in graph.nodes:
        for target in node.tied.values():
            if target not in declared:
                yield f"{node.name} is tied to {target}, which no node owns"


def _holds(array: Array, dtype: DType) -> bool:
    return bool(array.dtype.name == dtype.numpy)
