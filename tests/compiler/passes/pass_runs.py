"""Programs through passes, and what the graphs before and after compute."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from archc.compiler import verify as verifying
from archc.compiler.backends import torch as torch_backend
from archc.compiler.backends.torch.arrays import state_of, to_array
from archc.compiler.check import check_text
from archc.compiler.graph import Graph
from archc.compiler.passes import Pass, Weights


@dataclass(frozen=True)
class Ran:
    """A graph before and after, with its weights."""

    before: Graph
    after: Graph
    weights: Weights
    left: Weights
    changed: bool

    def layers(self) -> Counter[str]:
        return Counter(node.layer.name for node in self.after.nodes)

    def names(self) -> list[str]:
        return [node.name for node in self.after.nodes]

    def difference(self) -> verifying.VerifyReport:
        return verifying.compare(
            (self.before, state_of(self.before, self.weights)),
            (self.after, state_of(self.after, self.left)),
        )


def graph_of(text: str) -> Graph:
    checked = check_text(text)
    checked.raise_errors()
    return checked.graph()


def on_image(body: str) -> str:
    """A network whose output has four axes."""
    head = "network Net on x: f32[N, 4, H, W] -> f32[N, _, _, _]"
    return f"{head} {{\nrequire H >= 4\nrequire W >= 4\n{body}\n}}\n"


def weights_of(graph: Graph, seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights; running statistics and scales that are not those of a new module."""
    state = torch_backend.build(graph, seed=seed).state_dict()
    generator = torch.Generator().manual_seed(seed)
    made = {}
    for weight in graph.weights():
        tensor = state[weight.name].clone()
        if weight.name.endswith("running_var"):
            tensor = torch.rand(tensor.shape, generator=generator, dtype=torch.float64) + 0.5
        elif tensor.is_floating_point() and "norm" in weight.name:
            tensor = torch.randn(tensor.shape, generator=generator, dtype=torch.float64)
        made[weight.name] = to_array(tensor.to(state[weight.name].dtype))
    return made


def run(text: str, *passes: Pass, weights: Mapping[str, np.ndarray] | None = None) -> Ran:
    """Runs passes one after the other, and compares what the graphs compute."""
    before = graph_of(text)
    given: Weights = weights_of(before) if weights is None else weights
    after, left, changed = before, given, False
    for item in passes:
        after, left, now = item.run(after, left)
        changed |= now
        again = item.run(after, left)
        assert not again.changed, f"a second run of {type(item).__name__} changed something"
    ran = Ran(before, after, given, left, changed)
    report = ran.difference()
    assert report.ok, f"{text}\n{report}"
    return ran
