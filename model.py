"""A checked network as Python sees it.

Comes in: a graph, and what it was compiled from. Goes out: `Model`, which knows its shapes and
costs without building anything, and makes PyTorch modules, ONNX models and source on demand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .compiler import cost
from .compiler.dims import Dim
from .compiler.graph import Graph
from .compiler.hash import graph_hash
from .compiler.program import Program
from .compiler.types import TensorType
from .lazy import lazy_module

if TYPE_CHECKING:
    import torch
    from networkx import MultiDiGraph
    from onnx import ModelProto
    from torch.nn import Module

    from .compiler import connections, drawing
    from .compiler.backends import onnx as onnx_backend
    from .compiler.backends import python as python_backend
    from .compiler.backends import torch as torch_backend

    Device = torch.device | str
    DType = torch.dtype
else:
    torch = lazy_module("torch")
    connections = lazy_module(".compiler.connections", __package__)
    drawing = lazy_module(".compiler.drawing", __package__)
    onnx_backend = lazy_module(".compiler.backends.onnx", __package__)
    python_backend = lazy_module(".compiler.backends.python", __package__)
    torch_backend = lazy_module(".compiler.backends.torch", __package__)

Axis = int | str
"""The size of an axis: a number, or the text of an expression over symbolic axes."""


@dataclass(frozen=True, slots=True)
class ModelPort:
    """An input or output: symbolic axes stand in `shape` as text, `("N", 3, "H", "W")`."""

    name: str
    dtype: str
    shape: tuple[Axis, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class ModelLayer:
    """One applied layer: its unique name, the kind of layer, the shapes of its outputs, its cost
    for a batch of one.
    """

    name: str
    layer: str
    shapes: tuple[tuple[Axis, ...], ...]
    params: int
    flops: Axis

    @property
    def shape(self) -> tuple[Axis, ...]:
        """The shape of its first output."""
        return self.shapes[0]


@dataclass(frozen=True)
class Model:
    """A checked network. Nothing is built until `torch`, `onnx` or `python` is called.

    `program` and `values` are what it was compiled from; equal models compute the same graph.
    """

    graph: Graph
    program: Program = field(compare=False, repr=False)
    values: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.graph.name

    @cached_property
    def inputs(self) -> tuple[ModelPort, ...]:
        return tuple(_port(port.name, self.graph.values[port.value]) for port in self.graph.inputs)

    @cached_property
    def outputs(self) -> tuple[ModelPort, ...]:
        return tuple(_port(port.name, self.graph.values[port.value]) for port in self.graph.outputs)

    @cached_property
    def params(self) -> int:
        """The trained numbers; shared weights count once."""
        return cost.params(self.graph)

    @cached_property
    def flops(self) -> Axis:
        """Operations of one forward pass for one example, a multiply-add counting as two. Where
        axes other than the batch are symbolic it is the text of an expression over them.
        """
        return _axis(cost.flops_dim(self.graph, cost.sizes_of(self.graph)))

    @cached_property
    def layers(self) -> tuple[ModelLayer, ...]:
        """Every applied layer in the order of the program."""
        return tuple(
            ModelLayer(
                row.node.name,
                row.node.layer.name,
                tuple(_shape(item) for item in row.outputs),
                row.params,
                _axis(row.flops),
            )
            for row in cost.rows(self.graph)
        )

    @cached_property
    def hash(self) -> str:
        """The same for isomorphic graphs, stable between releases of one version."""
        return graph_hash(self.graph)

    def torch(
        self,
        device: "Device" = "cpu",
        dtype: "DType | str | None" = None,
        seed: int = 0,
        init: bool = True,
    ) -> "Module":
        """A new module in training mode, whose `state_dict` follows the program's labels.

        `dtype` casts floating-point weights and inputs; a text is a dtype of the language, such as
        `"bf16"`. `seed` gives the same weights on every device. `init=False` leaves the weights
        unset, for those who load some next.
        """
        kind = _torch_dtype(dtype) if isinstance(dtype, str) else dtype
        return torch_backend.build(self.graph, device=device, dtype=kind, seed=seed, init=init)

    def onnx(self, opset: int = 20, weights: "Mapping[str, Any] | None" = None) -> "ModelProto":
        """The network in evaluation mode as an ONNX model.

        `weights` are tensors by name, as in a `state_dict`; without them the model has those of
        `torch(seed=0)`, and its metadata say that it is not trained. Raises ValueError for weights
        that do not fit, or for another opset than 17 to 23.
        """
        given = self.torch().state_dict() if weights is None else weights
        metadata = {"archc.trained": "false"} if weights is None else {}
        return onnx_backend.export(self.graph, given, opset=opset, metadata=metadata)

    def python(self) -> str:
        """Stand-alone PyTorch source that needs torch alone and loads the same `state_dict`."""
        return python_backend.source(self.graph)

    def networkx(self) -> "MultiDiGraph":
        """Inputs, layers and outputs as nodes, the values between them as edges."""
        return connections.to_networkx(self.graph)

    def __hash__(self) -> int:
        return hash(self.hash)

    def __str__(self) -> str:
        return drawing.draw(self.graph, "txt")

    def __repr__(self) -> str:
        ports = f"{', '.join(map(str, self.inputs))} -> {', '.join(map(str, self.outputs))}"
        return f"<Model {self.name} on {ports}, {self.params:,} parameters>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "image/svg+xml": drawing.draw(self.graph, "svg")}


def _torch_dtype(name: str) -> "DType":
    known = {
        "f16": torch.float16,
        "bf16": torch.bfloat16,
        "f32": torch.float32,
        "f64": torch.float64,
    }
    if name not in known:
        raise ValueError(f"the dtype is one of {', '.join(known)}, not {name!r}")
    return known[name]


def _port(name: str, found: TensorType) -> ModelPort:
    return ModelPort(name, found.dtype.name, _shape(found))


def _shape(found: TensorType) -> tuple[Axis, ...]:
    return tuple(_axis(size) for size in found.shape)


def _axis(size: Dim) -> Axis:
    return size if isinstance(size, int) else str(size)
