"""Building the module of ResNet-50 against the constructor of the same network written by hand.

Both draw PyTorch's default initial values from one seed. Ours is the way from a checked graph. The
second bar is ours against ours: without initialisation, as one builds who loads weights next. What
PyTorch's `load_state_dict` then takes is in the last line.
"""

from collections.abc import Mapping
from functools import partial

import torch
from archc.compiler.backends.torch import build
from archc.compiler.check import check_text
from archc.compiler.graph import Graph
from harness import PROGRAMS, Bar, Report, main, require
from reference.resnet import ResNet, resnet50
from reference.weights import copied
from torch import Tensor, nn

TURNS = 41


def by_hand(seed: int = 0) -> ResNet:
    torch.manual_seed(seed)
    return resnet50()


def loaded(graph: Graph, weights: Mapping[str, Tensor]) -> nn.Module:
    """Our module around weights that are there, as after reading them from a file."""
    module = build(graph, init=False)
    module.load_state_dict(weights, assign=True)
    return module


class Fresh:
    """Builds the network under a new name each time, so that no code of an earlier one serves.

    The graphs are checked beforehand: building is what is measured.
    """

    def __init__(self, text: str) -> None:
        names = (text.replace("ResNet50", f"ResNet50_{number}") for number in range(TURNS + 2))
        self.graphs = iter([check_text(named).graph() for named in names])

    def __call__(self) -> nn.Module:
        return build(next(self.graphs))


def measure(report: Report) -> None:
    torch.set_num_threads(1)
    text = (PROGRAMS / "resnet50.arch").read_text(encoding="utf-8")
    graph = check_text(text).graph()
    module = build(graph)
    copied(module, by_hand())
    weights = module.state_dict()
    require(
        all(map(torch.equal, weights.values(), build(graph).state_dict().values())),
        "the same seed gives other weights",
    )
    first = Fresh(text)
    report.compare("first build of a graph", first, by_hand, turns=TURNS, bar=Bar(most=1.05))
    ours, bare = partial(build, graph), partial(build, graph, init=False)
    report.compare("another build of the graph", ours, by_hand, turns=TURNS, bar=Bar(most=1.05))
    faster = Bar(least=10, faster=True)
    report.compare("build without init, against with", bare, ours, turns=TURNS, bar=faster)
    report.compare(
        "build without init + load_state_dict(assign=True), against by hand with init",
        partial(loaded, graph, weights),
        by_hand,
        turns=TURNS,
    )


if __name__ == "__main__":
    main("build", "Building the module of ResNet-50, against a constructor by hand", measure)
