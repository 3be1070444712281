"""Zeros propagated away: the graph that is left of one where `zero` cuts connections.

Comes in: a checked graph. Goes out: the same with sums rid of terms that are zero, and whatever is
zero throughout replaced by one constant for each type. Layers that make zeros of zeros pass them
on. What a batch norm or another affine normalisation learns to add is left out of account, as
NAS-Bench-201 does when it counts different cells; so the result serves to tell architectures apart
(`archc count --distinct --simplify`) and is no rewrite for execution.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from .graph import Graph, Node, Port
from .hyperparameter import Sizes, required
from .layer import Layer
from .types import DType, TensorType

_KEEP = frozenset(
    (
        "abs", "adaptive_avgpool", "adaptive_maxpool", "avgpool", "batchnorm", "broadcast",
        "cast", "celu", "channel_shuffle", "cumsum", "drop_path", "dropout",
        "dropout_channels", "elu", "erf", "expand", "flatten", "floor", "gelu",
        "global_avgpool", "global_maxpool", "glu", "groupnorm", "hardswish", "identity",
        "instancenorm", "layernorm", "leaky_relu", "local_response_norm", "max", "maxpool",
        "mean", "min", "mish", "neg", "norm", "permute", "pixel_shuffle", "pixel_unshuffle",
        "prelu", "prod", "rearrange", "relu", "relu6", "reshape", "resize", "rmsnorm", "roll",
        "rotary", "round", "select", "selu", "sign", "silu", "sin", "slice", "softsign",
        "split", "sqrt", "square", "squeeze", "stop_gradient", "sum", "tanh", "transpose",
        "unsqueeze", "unwindows", "upsample", "windows", "zero",
    )
)  # fmt: skip
"""Layers that make zeros of zeros, whatever their settings."""
_KEEP_WITHOUT_BIAS = frozenset({"conv", "conv_transpose", "dense", "depthwise"})


class Nothing(Layer):
    """Zeros of a type: stands in a graph for all that is zero."""

    arity: ClassVar[tuple[int, int | None]] = (0, 0)

    dtype: DType = required()
    shape: Sizes = required()


def without_zeros(graph: Graph) -> Graph:
    """The graph with zeros propagated away. Names of nodes stay; scopes are dropped."""
    work = _Propagation(graph)
    for node in graph.nodes:
        work.visit(node)
    outputs = tuple(Port(port.name, work.value(port.value)) for port in graph.outputs)
    return replace(
        graph,
        values=tuple(work.values),
        nodes=(*work.constants.values(), *work.nodes),
        outputs=outputs,
        scopes=(),
    )


class _Propagation:
    """The nodes that are kept so far, and what became of each value."""

    def __init__(self, graph: Graph) -> None:
        self.values = list(graph.values)
        self.nodes: list[Node] = []
        self.constants: dict[TensorType, Node] = {}
        self._zero: set[int] = set()
        self._same: dict[int, int] = {}

    def value(self, number: int) -> int:
        """What a value became: itself, an earlier one, or the zeros of its type."""
        number = self._same.get(number, number)
        return self._nothing(self.values[number]) if number in self._zero else number

    def _nothing(self, type_: TensorType) -> int:
        known = self.constants.get(type_)
        if known is None:
            self.values.append(type_)
            layer = Nothing(type_.dtype, type_.shape)
            made, name = len(self.values) - 1, f"nothing {len(self.constants)}"
            known = self.constants[type_] = Node(layer, (), (made,), name, name)
        return known.outputs[0]

    def visit(self, node: Node) -> None:
        """Drops a node that is zero or adds nothing, and keeps any other."""
        inputs = [self._same.get(value, value) for value in node.inputs]
        zeros = [value for value in inputs if value in self._zero]
        if node.layer.name == "zero" or (zeros and self._is_zero(node.layer, inputs, zeros)):
            self._zero.update(node.outputs)
            return
        if zeros and _plain(node.layer, "add"):
            inputs = self._summed(node, inputs, zeros)
            if len(inputs) == 1:
                self._same[node.outputs[0]] = inputs[0]
                return
        self.nodes.append(replace(node, inputs=tuple(map(self.value, inputs))))

    def _is_zero(self, layer: Layer, inputs: Sequence[int], zeros: Sequence[int]) -> bool:
        if _plain(layer, "mul"):
            return True
        if len(zeros) < len(inputs):
            return False
        if layer.name in _KEEP_WITHOUT_BIAS:
            return not getattr(layer, "bias", True)
        joins = any(_plain(layer, name) for name in ("add", "sub", "maximum", "minimum"))
        return joins or layer.name in _KEEP or layer.name in ("concat", "stack")

    def _summed(self, node: Node, inputs: Sequence[int], zeros: Sequence[int]) -> list[int]:
        """The terms that are not zero, if they have the sum's shape without the others."""
        kept = [value for value in inputs if value not in zeros]
        whole = self.values[node.outputs[0]]
        fits = any(self.values[value] == whole for value in kept)
        return kept if fits else list(inputs)


def _plain(layer: Layer, name: str) -> bool:
    """Whether a layer joins tensors alone, without a number beside them."""
    return layer.name == name and getattr(layer, "number", None) is None
