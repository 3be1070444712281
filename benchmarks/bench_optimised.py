"""ResNet-50 for inference after `archc compile -O`, against PyTorch's eager module.

The same weights in all forms, with running statistics of random images, and the same numbers shown
to come out before anything is timed. One thread on the CPU, batch 1. ONNX Runtime folds batch norms
too while it loads a model: what -O adds is what every other runtime gains.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from archc.compiler.backends import onnx as onnx_backend
from archc.compiler.backends.torch import build
from archc.compiler.check import check_file
from archc.compiler.graph import Graph
from archc.compiler.optimise import optimise
from harness import PROGRAMS, Bar, Report, Work, main, require
from torch import Tensor, nn

SIDE = 224
QUICK_SIDE = 64
FASTER = Bar(least=1.0, faster=True)


def trained(graph: Graph) -> nn.Module:
    """A module whose running statistics are those of some images: a new one's are 0 and 1."""
    module = build(graph).train()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _ in range(4):
            module(torch.rand(8, 3, QUICK_SIDE, QUICK_SIDE, generator=generator))
    return module.eval()


def loaded(graph: Graph, state: Mapping[str, Tensor]) -> nn.Module:
    module = build(graph, init=False)
    module.load_state_dict(state)
    return module.eval()


def session(
    graph: Graph, state: Mapping[str, Tensor], folder: Path
) -> onnxruntime.InferenceSession:
    path = folder / "model.onnx"
    onnx_backend.save(onnx_backend.export(graph, state), path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def eager(module: nn.Module, x: Tensor) -> Work:
    def run() -> np.ndarray:
        with torch.inference_mode():
            result: np.ndarray = module(x).numpy()
            return result

    return run


def in_runtime(made: onnxruntime.InferenceSession, x: Tensor) -> Work:
    array = x.numpy()
    return lambda: made.run(None, {"image": array})[0]


def measure(report: Report) -> None:
    torch.set_num_threads(1)
    side = QUICK_SIDE if report.quick else SIDE
    x = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    graph = check_file(PROGRAMS / "resnet50.arch").graph()
    module = trained(graph)
    found = optimise(graph, module.state_dict())
    reference = eager(module, x)
    with tempfile.TemporaryDirectory() as folder:
        plain = in_runtime(session(graph, module.state_dict(), Path(folder)), x)
        fast = in_runtime(session(found.graph, found.state, Path(folder)), x)
    folded = eager(loaded(found.graph, found.state), x)
    for name, work in (("onnx", plain), ("onnx -O", fast), ("module -O", folded)):
        gap = float(np.abs(work() - reference()).max() / np.abs(reference()).max())
        require(gap < 1e-4, f"{name} differs by {gap:.1e}")
        report.facts[f"largest difference of {name}, relative"] = gap
    cases = (
        (".onnx -O in ONNX Runtime, reference: eager", fast, reference),
        (".onnx in ONNX Runtime, reference: eager", plain, reference),
        (".onnx -O in ONNX Runtime, reference: .onnx there", fast, plain),
        ("module -O, reference: eager", folded, reference),
    )
    for what, ours, theirs in cases:
        bar = Bar(least=0.95, faster=True) if theirs is plain else FASTER
        report.compare(what, ours, theirs, turns=31, number=2, bar=bar)
    report.facts |= {
        "images": f"1 x 3 x {side} x {side}",
        "layers": f"{len(graph.nodes)}, after -O {len(found.graph.nodes)}",
    }


if __name__ == "__main__":
    main("optimised", "ResNet-50 after -O against eager PyTorch, batch 1", measure)
