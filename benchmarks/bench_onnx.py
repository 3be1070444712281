"""ONNX export of ResNet-50: ours from the checked graph against `torch.onnx.export` of the module.

Both take a network with the same weights and give a model in memory. Both models run in ONNX
Runtime on the same images, and must agree with PyTorch and with one another.
"""

import contextlib
import io
import logging
import statistics
import time
import warnings
from functools import partial
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from archc.compiler.backends import onnx as ours
from archc.compiler.backends.torch import build
from archc.compiler.check import check_text
from harness import EXAMPLES, PROGRAMS, Bar, Report, main, require
from reference.resnet import BasicBlock, Bottleneck, ResNet, resnet18, resnet50
from reference.weights import copied
from torch import Tensor, nn

TOLERANCE = 1e-5
NAME = "image"


def by_torch(module: nn.Module, images: Tensor) -> Any:
    """PyTorch's exporter, its messages kept off the terminal."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        program = torch.onnx.export(
            module,
            (images,),
            dynamo=True,
            opset_version=20,
            input_names=[NAME],
            dynamic_shapes=({0: "N"},),
        )
    return program


def settled(module: ResNet, images: Tensor) -> ResNet:
    """With running statistics of real activations, so that outputs depend on the images: those of a
    fresh network hardly do. Branches end in a small gain, as in Goyal et al. 2017 (section 5.1):
    with random weights and a gain of 1, PyTorch itself is 1e-4 away from its result in f64.
    """
    for block in module.modules():
        if isinstance(block, Bottleneck | BasicBlock):
            nn.init.constant_(
                (block.bn3 if isinstance(block, Bottleneck) else block.bn2).weight, 0.2
            )
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in norms:
        layer.momentum = 1.0
    with torch.no_grad():
        module.train()
        module(images)
    for layer in norms:
        layer.momentum = 0.1
    module.eval()
    return module


def answer(model: onnx.ModelProto, images: Tensor) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, {NAME: images.numpy()})[0]


def difference(a: Any, b: Any) -> float:
    """The largest, beside the largest number of the second."""
    return float(np.abs(a - b).max() / max(1.0, float(np.abs(b).max())))


def measure(report: Report) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    images = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    file = PROGRAMS / "resnet50.arch"
    if report.quick:  # the exporter of PyTorch takes its time
        file = EXAMPLES / "resnet18.arch"
    text = file.read_text(encoding="utf-8")
    graph = check_text(text).graph()
    torch.manual_seed(0)
    reference = settled((resnet18 if report.quick else resnet50)(), images)
    module = build(graph).eval()
    copied(reference, module)
    weights = module.state_dict()
    with torch.inference_mode():
        wanted = module(images).numpy()
    mine = answer(ours.export(graph, weights), images)
    theirs = answer(by_torch(reference, images).model_proto, images)
    found = {
        "largest difference from PyTorch": difference(mine, wanted),
        "torch.onnx.export's difference from PyTorch": difference(theirs, wanted),
        "largest difference between the two": difference(mine, theirs),
        "tolerance": TOLERANCE,
        "largest output": float(np.abs(wanted).max()),
        "deviation of an output over the images": float(wanted.std(0).mean()),
    }
    require(difference(mine, wanted) <= TOLERANCE, f"outputs differ from PyTorch: {found}")
    require(difference(mine, theirs) <= TOLERANCE, f"the two models differ: {found}")
    row = report.compare(
        "ONNX export",
        partial(ours.export, graph, weights),
        partial(by_torch, reference, images),
        turns=5,
        bar=Bar(least=10, faster=True),
        clock=time.perf_counter,
    )
    whole = [_seconds(text, weights) for _ in range(report.turns(5))]
    report.facts = {
        **found,
        "seconds from text to ONNX": statistics.median(whole),
        "torch.onnx.export against text to ONNX": row.reference / statistics.median(whole),
    }


def _seconds(text: str, weights: dict[str, Tensor]) -> float:
    begin = time.perf_counter()
    ours.export(check_text(text).graph(), weights)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main("onnx", "ONNX export of ResNet-50, against torch.onnx.export", measure)
