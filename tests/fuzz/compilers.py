"""What PyTorch's own compiler and exporter make of a module.

Comes in: a program. Goes out: the reason why the eager module and the compiled one, or PyTorch's
ONNX model of it, disagree. At one choice of sizes: a compiled module is made for the sizes it sees.
"""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from dataclasses import replace

import onnxruntime
import torch
from archc.compiler import verify as verifying
from archc.compiler.backends import torch as torch_backend
from archc.compiler.graph import Graph
from differential import Verdict, _judge_at, _refusal, _with_all, graph_of

BACKEND = "inductor"
EXPORTER_CANNOT = {
    "UnsupportedOperatorError": "the exporter knows no such operator",
    "No ONNX function found": "the exporter knows no such operator",
    "SyntaxError": "FX cannot name a module `for`, which a `for` without a label is called",
    "NOT_IMPLEMENTED": "ONNX Runtime has no kernel",
}
"""What their exporter or runtime refuses outright, by a piece of its text: said, and not ours."""


def judge_compiled(text: str, seed: int, backend: str = BACKEND) -> Verdict:
    """The eager module and `torch.compile`'s of it, in evaluation mode."""
    graph = graph_of(text)
    if isinstance(graph, Verdict):
        return graph
    module, inputs = _made(graph, seed)
    torch._dynamo.reset()
    with _quiet():
        try:
            compiled = torch.compile(module, backend=backend)
            return _judged(graph, seed, verifying._runner(compiled), inputs)
        except Exception as error:  # whatever a compiler raises is the finding
            return Verdict(problem=f"torch.compile: {type(error).__name__}: {error}"[:600])


def judge_exported(text: str, seed: int) -> Verdict:
    """The eager module and `torch.onnx.export`'s model of it in ONNX Runtime."""
    graph = graph_of(text)
    if isinstance(graph, Verdict):
        return graph
    module, inputs = _made(graph, seed)
    with _quiet():
        try:
            program = torch.onnx.export(module, inputs, dynamo=True, opset_version=20)
            model = program.model_proto.SerializeToString()
            session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        except Exception as error:
            reason = next((why for what, why in EXPORTER_CANNOT.items() if what in str(error)), "")
            return Verdict(skipped=reason) if reason else _refusal(error)
    # What is an output too is renamed.
    read = {item.name.removesuffix("_orig"): item.name for item in session.get_inputs()}

    def run(tensors: verifying.Tensors) -> verifying.Tensors:
        named = zip((port.name for port in graph.inputs), tensors, strict=True)
        feed = {read[name]: tensor.numpy() for name, tensor in named if name in read}
        return tuple(map(torch.as_tensor, session.run(None, feed)))

    return _judged(graph, seed, run, inputs)


def _made(graph: Graph, seed: int) -> tuple[torch.nn.Module, verifying.Tensors]:
    module = torch_backend.build(graph, seed=seed).eval()
    generator = torch.Generator().manual_seed(seed)
    sizes = verifying._choices(graph, 2, seed)[-1]
    return module, verifying.random_inputs(graph, sizes, generator)


def _judged(graph: Graph, seed: int, run: verifying.Run, inputs: verifying.Tensors) -> Verdict:
    whole = torch_backend.build(_with_all(graph), seed=seed).eval()
    found = _judge_at(graph, seed, whole, run, inputs)
    return replace(found, problem=found.problem.replace("onnx eval", "theirs"))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Both talk much."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
