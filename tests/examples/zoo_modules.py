"""Networks of the zoo as modules in evaluation mode."""

from collections.abc import Mapping
from pathlib import Path

import torch
from archc.compiler.backends import torch as backend
from archc.compiler.check import check_file
from archc.compiler.graph import Graph
from torch import Tensor, nn

ZOO = Path(__file__).parents[2] / "examples" / "zoo"


def graph_of(name: str, network: str, values: Mapping[str, object] | None = None) -> Graph:
    return check_file(ZOO / f"{name}.arch").graph(network, values)


def built(name: str, network: str, values: Mapping[str, object] | None = None) -> nn.Module:
    return backend.build(graph_of(name, network, values)).eval()


def result(module: nn.Module, *inputs: Tensor) -> Tensor:
    with torch.no_grad():
        found: Tensor = module(*inputs)
    return found
