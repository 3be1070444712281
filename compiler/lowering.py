"""How a layer says what it becomes: once for PyTorch (module and source alike), once for ONNX.

A layer describes its PyTorch form as data. The back end `torch` carries the description out, the
back end `python` prints it: one description, two results, which therefore cannot disagree.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from ..grammar.record import record
from .dims import Dim
from .types import DType, TensorType

if TYPE_CHECKING:
    import numpy as np

    from .graph import Graph


@record
class Module:
    """An `nn.Module`, built once and called with the layer's inputs in order.

    `target` is a name under torch (`nn.Conv2d`) or `package.module:Class` for a class of our own in
    `compiler/support/`, one file each, which needs torch alone: the back end `python` copies its
    source. Arguments are Python literals, tuples of them, `DType`s and `Graph`s (which become
    modules themselves).
    `options` are literals, passed by name at every call: what two uses that share weights may
    differ in.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@record
class Call:
    """An expression over the inputs: `{0}`, `{1}` stand for them, `{*}` for all of them with commas
    between.

    `{name}` stands for `values[name]`: a literal, a `DType`, a Dim or a tuple of such; a symbolic
    Dim is spelled through the sizes of tensors at hand. `{device}` stands for the device of a
    tensor at hand, for layers that make tensors from nothing (`arange`). Names that templates may
    use: `torch`, `nn`, `F` (torch.nn.functional), `math`, and functions of our own written `{fn}`
    with `values["fn"] = Function("package.module:function")`.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


@record
class Function:
    """A function of our own in `compiler/support/`, for use in a `Call`."""

    target: str


TorchCode = Module | Call


class OnnxBuilder(Protocol):
    """What a layer may do while it lowers itself to ONNX. Values are referred to by name."""

    opset: int

    def op(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node with one output and returns the output's name. An empty input name means an
        absent one.
        """

    def ops(self, op_type: str, outputs: int, *inputs: str, **attributes: Any) -> tuple[str, ...]:
        """Adds a node with several outputs."""

    def constant(self, value: Any, dtype: DType) -> str:
        """An initializer of a number, list or array."""

    def number(self, value: Any, dtype: DType) -> str:
        """A scalar of a dtype; a symbolic Dim is computed at run time."""

    def ints(self, values: Sequence[int]) -> str:
        """A one-dimensional i64 initializer."""

    def weight(
        self,
        name: str,
        transform: "Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]] | None" = None,
    ) -> str:
        """One of the layer's weights by its PyTorch name (`weight`, `weight_ih_l0`), rearranged if
        asked.
        """

    def shape(self, sizes: Sequence[Dim]) -> str:
        """An i64 vector of sizes; symbolic ones are computed from the network's inputs at run
        time.
        """

    def type(self, value: str) -> TensorType:
        """The type of one of the layer's inputs."""

    def subgraph(self, graph: "Graph", prefix: str) -> Any:
        """A GraphProto of a nested graph (the body of a Scan)."""

    def fail(self, reason: str) -> NoReturn:
        """Refuses: ONNX, or this opset, cannot express the layer."""
