"""Programs of a few lines, run by PyTorch, by the written source and by ONNX Runtime at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from archc.compiler.backends.onnx import export
from archc.compiler.backends.python.source import source
from archc.compiler.backends.torch import build
from archc.compiler.check import check_text
from archc.compiler.graph import Graph
from torch import nn

OPSETS = (17, 20, 23)


@dataclass(frozen=True)
class Ran:
    """A network in evaluation mode and what it gave; the other back ends gave the same."""

    graph: Graph
    module: nn.Module
    outputs: tuple[torch.Tensor, ...]


def _graph(program: str) -> Graph:
    checked = check_text(program)
    faults = [report.diagnostic.message() for report in checked.reports if report.is_error]
    assert not faults, faults
    return checked.graphs[checked.networks[-1]]


def _written(graph: Graph) -> nn.Module:
    """The module that the back end `python` writes."""
    space: dict[str, Any] = {"__name__": "written"}
    exec(compile(source(graph), "<written>", "exec"), space)
    module: nn.Module = space[graph.name]().eval()
    return module


def _outputs(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    found = module(*inputs)
    return found if isinstance(found, tuple) else (found,)


@pytest.fixture
def run() -> Callable[..., Ran]:
    """`run(program, *inputs)`: the last network of a program, on all back ends, with the `weights`
    given or its own.
    """

    def run(
        program: str, *inputs: torch.Tensor, weights: Mapping[str, torch.Tensor] | None = None
    ) -> Ran:
        graph = _graph(program)
        module = build(graph).eval()
        if weights is not None:
            module.load_state_dict(weights)
        outputs = _outputs(module, inputs)
        written = _written(graph)
        written.load_state_dict(module.state_dict())
        for expected, found in zip(outputs, _outputs(written, inputs), strict=True):
            torch.testing.assert_close(found, expected, equal_nan=True)
        for opset in OPSETS:
            model = export(graph, dict(module.state_dict()), opset=opset)
            session = onnxruntime.InferenceSession(
                model.SerializeToString(), providers=["CPUExecutionProvider"]
            )
            names = [port.name for port in session.get_inputs()]
            feed = {name: x.numpy() for name, x in zip(names, inputs, strict=True)}
            for expected, array in zip(outputs, session.run(None, feed), strict=True):
                wanted = expected.detach().numpy()
                np.testing.assert_allclose(array, wanted, rtol=1e-4, atol=1e-5)
        return Ran(graph, module, tuple(output.detach() for output in outputs))

    return run


@pytest.fixture
def graph_of() -> Callable[[str], Graph]:
    """`graph_of(program)`: the typed graph of the last network."""
    return _graph


@pytest.fixture
def errors_of() -> Callable[[str], list[tuple[str, str]]]:
    """`errors_of(program)`: the code and message of every error, in order."""

    def errors_of(program: str) -> list[tuple[str, str]]:
        reports = check_text(program).reports
        return [(r.code, r.diagnostic.message()) for r in reports if r.is_error]

    return errors_of
