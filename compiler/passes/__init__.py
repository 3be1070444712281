"""Passes that make a graph cheaper to run in inference, and their order.

Comes in: a graph and its weights as NumPy arrays. Goes out: a graph that computes the same in
evaluation mode, its weights, and what each pass did.
"""

from ...grammar.record import record
from ..graph import Graph
from ._edit import Array, Weights
from ._pass import Pass, Property, Rewritten
from .batchnorm_folding import BatchnormFolding
from .common_subexpressions import CommonSubexpressions
from .constant_folding import ConstantFolding, Evaluate
from .dead_code import DeadCode
from .identity_removal import IdentityRemoval

__all__ = [
    "Array",
    "BatchnormFolding",
    "CommonSubexpressions",
    "ConstantFolding",
    "DeadCode",
    "Evaluate",
    "IdentityRemoval",
    "Optimised",
    "Pass",
    "Property",
    "Rewritten",
    "Step",
    "Weights",
    "optimise",
    "passes",
]

_MOST_ROUNDS = 8


@record
class Step:
    """One run of a pass that changed something: its name, and the nodes before and after."""

    name: str
    before: int
    after: int


@record
class Optimised:
    """A graph after all passes, its weights, and what was done."""

    graph: Graph
    weights: Weights
    steps: tuple[Step, ...]


def passes(evaluate: Evaluate) -> tuple[Pass, ...]:
    """The passes in their order; `evaluate` computes constants."""
    return (
        IdentityRemoval(),
        DeadCode(),
        ConstantFolding(evaluate),
        CommonSubexpressions(),
        DeadCode(),
        BatchnormFolding(),
    )


def optimise(graph: Graph, weights: Weights, evaluate: Evaluate) -> Optimised:
    """Runs the passes in their order until none of them changes anything.

    `weights` are those that `graph.weights()` declares, and no others.
    """
    steps: list[Step] = []
    for _ in range(_MOST_ROUNDS):
        changed = False
        for item in passes(evaluate):
            before = len(graph.nodes)
            graph, weights, rewritten = item.run(graph, weights)
            if rewritten:
                steps.append(Step(type(item).__name__, before, len(graph.nodes)))
            changed |= rewritten
        if not changed:
            break
    return Optimised(graph, weights, tuple(steps))
