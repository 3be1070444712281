"""`archc compile -O`: a graph and its state dict made cheaper to run.

Comes in: a graph and the state dict of its module. Goes out: a graph that computes the same in
evaluation mode, up to rounding, the state dict of its module, and what was done.
"""

from collections.abc import Mapping

import torch

from ..grammar.record import record
from .backends.torch.arrays import evaluate, state_of, to_array
from .graph import Graph
from .passes import Step
from .passes import optimise as run_passes


@record
class Optimised:
    """A graph for inference, the state dict of its module, and the passes that changed
    something.
    """

    graph: Graph
    state: Mapping[str, torch.Tensor]
    steps: tuple[Step, ...]


def optimise(graph: Graph, state: Mapping[str, torch.Tensor]) -> Optimised:
    """Runs all passes. `state` holds every weight of the graph; tied ones may stand twice."""
    weights = {weight.name: to_array(state[weight.name]) for weight in graph.weights()}
    found = run_passes(graph, weights, evaluate)
    return Optimised(found.graph, state_of(found.graph, found.weights), found.steps)
