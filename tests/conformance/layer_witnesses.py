"""What else knows the shape and the values of a layer: PyTorch, on the meta device and eager, the
printed source, and ONNX Runtime.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime
import torch
from archc.compiler.backends.onnx import export
from archc.compiler.backends.python import class_name, source
from archc.compiler.backends.torch import build
from archc.compiler.checks import Checks
from archc.compiler.errors.base import Site
from archc.compiler.facts import Facts
from archc.compiler.graph import Graph, Node, Port
from archc.compiler.layer import Layer
from archc.compiler.types import BF16, DType, TensorType
from archc.grammar.diagnostic import Fault
from archc.grammar.span import NOWHERE
from torch import nn

TOLERANCE = {"f16": 2e-2, "bf16": 1e-1, "f32": 2e-4, "f64": 1e-5}
"""Relative to the largest element; attributes of ONNX operators are f32 even beside f64."""

RARE = {"f16", "bf16", "f64", "i8", "u8"}
"""Dtypes for which ONNX Runtime and PyTorch's CPU kernels have gaps that are no fault of ours."""


def infer(layer: Layer, inputs: Sequence[TensorType]) -> tuple[TensorType, ...] | Fault:
    """The types that come out by the layer's own rule, or what it refuses."""
    try:
        found = layer.infer(Checks(Facts(), Site(layer.name, NOWHERE)), *inputs)
    except Fault as fault:
        return fault
    return (found,) if isinstance(found, TensorType) else tuple(found)


def graph_of(layer: Layer, inputs: Sequence[TensorType], outputs: Sequence[TensorType]) -> Graph:
    """A graph of one node called `layer`."""
    values = (*inputs, *outputs)
    ins = tuple(range(len(inputs)))
    outs = tuple(range(len(inputs), len(values)))
    return Graph(
        "Conformance",
        values,
        tuple(Port(f"input_{index}", index) for index in ins),
        tuple(Port(f"output_{index}", value) for index, value in enumerate(outs)),
        (Node(layer, ins, outs, "layer", "layer"),),
    )


def is_rare(*types: TensorType) -> bool:
    return any(type_.dtype.name in RARE for type_ in types)


def torch_dtype(dtype: DType) -> torch.dtype:
    found: torch.dtype = getattr(torch, dtype.torch.removeprefix("torch."))
    return found


def random_inputs(types: Sequence[TensorType], seed: int) -> list[torch.Tensor]:
    """Normal floats, and integers that index any axis: 0 first, then 0 or 1."""
    generator = torch.Generator().manual_seed(seed)
    return [_random(type_, generator) for type_ in types]


def _random(type_: TensorType, generator: torch.Generator) -> torch.Tensor:
    shape = [int(size) for size in type_.shape]  # type: ignore[call-overload]
    dtype = torch_dtype(type_.dtype)
    if type_.dtype.is_float:
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)
    return torch.randint(0, 2, shape, generator=generator).to(dtype)


def module_of(graph: Graph) -> nn.Module:
    """The graph as a module with random weights, so that no weight of 1 or 0 hides a mistake."""
    module = build(graph, seed=1)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.dtype.is_floating_point:
                drawn = torch.randn(tensor.shape, generator=generator, dtype=torch.float64) / 2
                tensor.copy_(drawn.abs() + 0.1 if name.endswith("running_var") else drawn)
    return module


def outputs_of(module: nn.Module, inputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    found = module(*inputs)
    return tuple(found) if isinstance(found, tuple) else (found,)


def missing_kernel(error: Exception) -> bool:
    """Whether PyTorch has the operation, but not on this device for this dtype."""
    return isinstance(error, NotImplementedError | RuntimeError) and "not implemented for" in str(
        error
    )


def type_text(tensor: torch.Tensor) -> tuple[str, tuple[int, ...]]:
    return str(tensor.dtype), tuple(tensor.shape)


def source_outputs(
    graph: Graph, weights: Mapping[str, torch.Tensor], batches: Sequence[Sequence[Any]]
) -> list[tuple[torch.Tensor, ...]]:
    """The results of the printed source, which is run as a file would be and loads the same
    weights.
    """
    namespace: dict[str, Any] = {"__name__": "written"}
    exec(compile(source(graph), "<written>", "exec"), namespace)
    module = namespace[class_name(graph)]()
    module.load_state_dict(weights, strict=True)
    module.eval()
    return [outputs_of(module, batch) for batch in batches]


def onnx_outputs(
    graph: Graph, weights: Mapping[str, torch.Tensor], opset: int, batches: Sequence[Sequence[Any]]
) -> list[list[np.ndarray[Any, Any]]] | None:
    """The results for each batch of inputs; None where the runtime lacks the operator for a rare
    dtype.
    """
    if any(type_.dtype == BF16 for type_ in graph.values):
        return None  # NumPy, through which the data would go, has no such dtype
    model = export(graph, weights, opset=opset)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        names = [item.name for item in session.get_inputs()]
        return [
            session.run(None, dict(zip(names, map(_array, batch), strict=True)))
            for batch in batches
        ]
    except Exception as error:
        gap = "NOT_IMPLEMENTED" in str(error) or "Could not find an implementation" in str(error)
        gap |= "does not support double yet" in str(error)
        if is_rare(*graph.values) and (gap or "is invalid" in str(error)):
            return None
        raise


def _array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = tensor.detach().numpy()
    return found


def assert_close(actual: np.ndarray[Any, Any], expected: torch.Tensor, dtype: DType) -> None:
    """Equal integers; floats within the tolerance of their dtype, infinities and NaNs in the same
    places.
    """
    wanted = expected.detach().numpy()
    assert actual.shape == wanted.shape
    assert actual.dtype == wanted.dtype
    if not dtype.is_float:
        np.testing.assert_array_equal(actual, wanted)
        return
    finite = wanted[np.isfinite(wanted)]
    scale = max(1.0, float(np.abs(finite).max(initial=0)))
    tolerance = TOLERANCE[dtype.name]
    np.testing.assert_allclose(
        actual.astype(np.float64),
        wanted.astype(np.float64),
        rtol=tolerance,
        atol=tolerance * scale,
        equal_nan=True,
    )
