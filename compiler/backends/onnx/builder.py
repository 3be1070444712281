"""What a layer sees while it lowers itself to ONNX, and how a list of layers becomes nodes.

Comes in: a graph; nested ones come through `subgraph`. Goes out: its nodes, inputs and outputs. A
result is named as the layer that made it, outputs and inputs as they are declared, and a step
inside a layer `layer/Operator`. Weights, constants and sizes stand in the outermost graph.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NoReturn

import onnx
from onnx import helper

from ....grammar.diagnostic import Fault, InternalError
from ... import errors
from ...dims import Axis, Dim
from ...graph import Graph, Node
from ...types import I64, DType, TensorType
from .arrays import Array
from .sizes import Sizes
from .store import Store

_POOLS = frozenset({"MaxPool", "AveragePool"})
"""ONNX Runtime (seen in 1.31, below opset 21) makes a `Pad` of zeros before one of these the pool's
own padding, which for `MaxPool` is below all numbers, and refuses wide ones. A `Sum` of one tensor
keeps them apart.
"""


class Builder:
    """Lowers one graph; implements `lowering.OnnxBuilder`."""

    def __init__(
        self, graph: Graph, store: Store, outer: "Builder | None" = None, prefix: str = ""
    ) -> None:
        self.graph = graph
        self.store = store
        self.opset = store.opset
        self.nodes: list[onnx.NodeProto] = []
        self._outer = outer
        self._prefix = prefix
        self._names: dict[int, str] = {}
        self._types: dict[str, TensorType] = {}
        self._current: Node | None = None
        self._steps: list[onnx.NodeProto] = []
        self._doc = ""
        self._texts: dict[int, str] = {}
        self._computed: dict[tuple[Any, ...], str] = {}
        for port in graph.inputs:
            self._define(port.value, store.names.fresh(self._path(port.name)))
        self._declared = [store.names.fresh(self._path(port.name)) for port in graph.outputs]
        self._wanted = {
            port.value: name
            for port, name in zip(reversed(graph.outputs), reversed(self._declared), strict=True)
        }
        inputs = {self._names[port.value]: graph.values[port.value] for port in graph.inputs}
        self._sizes: Sizes = Sizes(
            inputs, self._emit_size, lambda size: self.ints([size]), outer._sizes if outer else None
        )

    # --- a whole graph

    def lower(self) -> "Builder":
        """Adds the nodes of every layer, and names the outputs that no layer made so."""
        for node in self.graph.nodes:
            self._lower_node(node)
        for port, name in zip(self.graph.outputs, self._declared, strict=True):
            source = self._names[port.value]
            if source != name:
                self._emit("Identity", [source], [name], f"{name}/Identity")
        return self

    def inputs(self) -> list[onnx.ValueInfoProto]:
        return [self._info(self._names[port.value], port.value) for port in self.graph.inputs]

    def outputs(self) -> list[onnx.ValueInfoProto]:
        pairs = zip(self.graph.outputs, self._declared, strict=True)
        return [self._info(name, port.value) for port, name in pairs]

    def between(self) -> Iterator[onnx.ValueInfoProto]:
        """The types of the results that are neither inputs nor outputs."""
        made = {name for node in self.nodes for name in node.output} - set(self._declared)
        for value, name in self._names.items():
            if name in made:
                made.remove(name)
                yield self._info(name, value)

    def _info(self, name: str, value: int) -> onnx.ValueInfoProto:
        type_ = self.graph.values[value]
        shape = [size if isinstance(size, int) else str(size) for size in type_.shape]
        return helper.make_tensor_value_info(name, type_.dtype.onnx, shape, self._text(value))

    def _define(self, value: int, name: str) -> None:
        self._names[value] = name
        self._types[name] = self.graph.values[value]
        self.store.dtypes.define(name, self.graph.values[value].dtype)

    def _path(self, name: str) -> str:
        """A name of this graph as it is called in the outermost one."""
        return (
            name
            if self._outer is None
            else self._outer._path(self._outer._inside(self._prefix, name))
        )

    def _inside(self, prefix: str, name: str) -> str:
        return ".".join(part for part in (self._node.name, prefix, name) if part)

    # --- a layer

    @property
    def _node(self) -> Node:
        assert self._current is not None  # set while a layer lowers itself
        return self._current

    def _lower_node(self, node: Node) -> None:
        self._current = node
        self._steps = []
        self._doc = self._describe(node)
        try:
            found = node.layer.to_onnx(self, *(self._names[value] for value in node.inputs))
        except NotImplementedError as error:
            self.fail(str(error) or "the layer says nothing about ONNX")
        results = (found,) if isinstance(found, str) else tuple(found)
        if len(results) != len(node.outputs):
            raise InternalError(
                f"{node.layer.name} made {len(results)} ONNX values for {node.name}"
            )
        if len(self._steps) == 1:
            self._steps[0].name = self._path(node.name)
        renamed: dict[str, str] = {}
        for slot, (value, result) in enumerate(zip(node.outputs, results, strict=True)):
            if result not in renamed:
                renamed[result] = self._name_result(node, slot, value, result)
            self._define(value, renamed[result])

    def _describe(self, node: Node) -> str:
        ins = ", ".join(self._text(value) for value in node.inputs)
        outs = ", ".join(self._text(value) for value in node.outputs)
        return f"{node.layer.name}: {ins} -> {outs}"

    def _text(self, value: int) -> str:
        if value not in self._texts:
            self._texts[value] = str(self.graph.values[value])
        return self._texts[value]

    def _name_result(self, node: Node, slot: int, value: int, result: str) -> str:
        """Names what the layer made as the layer; what it only handed on keeps its name."""
        if not any(result in step.output for step in self._steps):
            return result
        own = node.name if len(node.outputs) == 1 else f"{node.name}.{slot}"
        name = self._wanted.get(value) or self.store.names.fresh(self._path(own))
        for step in self._steps:
            _replace(step.input, result, name)
            _replace(step.output, result, name)
        return name

    def _emit(
        self,
        op_type: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        name: str,
        doc: str = "",
        **attributes: Any,
    ) -> onnx.NodeProto:
        while inputs and not inputs[-1]:
            inputs = inputs[:-1]
        proto = onnx.NodeProto(
            op_type=op_type, input=inputs, output=outputs, name=name, doc_string=doc
        )
        floats = _float_attributes(op_type, self.opset)
        for key, value in attributes.items():
            if value is not None:
                proto.attribute.append(_attribute(key, value, key in floats))
        self.nodes.append(proto)
        return proto

    # --- the protocol

    def op(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        return self.ops(op_type, 1, *inputs, **attributes)[0]

    def ops(self, op_type: str, outputs: int, *inputs: str, **attributes: Any) -> tuple[str, ...]:
        node = self._node
        if op_type in _POOLS and self._is_padded(inputs[0]):
            inputs = (self.op("Sum", inputs[0]), *inputs[1:])
        name = self.store.steps.fresh(f"{self._path(node.name)}/{op_type}")
        made = [name] if outputs == 1 else [f"{name}.{slot}" for slot in range(outputs)]
        results = [self.store.names.fresh(result) for result in made]
        refusal = self.store.dtypes.refusal(op_type, inputs)
        if refusal:
            self.fail(refusal)
        self.store.dtypes.follow(op_type, inputs, results)
        step = self._emit(op_type, inputs, results, name, self._doc, **attributes)
        self._steps.append(step)
        return tuple(results)

    def _is_padded(self, value: str) -> bool:
        """Whether a `Pad` makes a value, perhaps through identities."""
        for step in reversed(self.nodes):
            if value in step.output:
                if step.op_type != "Identity":
                    return step.op_type == "Pad"
                value = step.input[0]
        return False

    def constant(self, value: Any, dtype: DType) -> str:
        wanted = self._path(self._node.name) if self._current is not None else "size"
        return self.store.constant(value, dtype, wanted)

    def number(self, value: Any, dtype: DType) -> str:
        if not isinstance(value, Axis):
            return self.constant(value, dtype)
        doc = str(value)
        scalar = self._once("Squeeze", self._sizes.value(value), doc=doc)
        return scalar if dtype == I64 else self._once("Cast", scalar, doc=doc, to=dtype.onnx)

    def ints(self, values: Sequence[int]) -> str:
        return self.constant(list(values), I64)

    def weight(self, name: str, transform: Callable[[Array], Array] | None = None) -> str:
        full, shape, dtype = self._find(name)
        if transform is None:
            return self.store.weight(full, shape, dtype)
        return self.store.variant(full, transform(self.store.array(full, shape, dtype)), dtype)

    def shape(self, sizes: Sequence[Dim]) -> str:
        plain = [size for size in sizes if isinstance(size, int)]
        if len(plain) == len(sizes):
            return self.ints(plain)
        parts = [self._sizes.value(size) for size in sizes]
        doc = f"[{', '.join(map(str, sizes))}]"
        return parts[0] if len(parts) == 1 else self._once("Concat", *parts, doc=doc, axis=0)

    def type(self, value: str) -> TensorType:
        return self._types[value]

    def subgraph(self, graph: Graph, prefix: str) -> onnx.GraphProto:
        inner = Builder(graph, self.store, self, prefix).lower()
        return helper.make_graph(
            inner.nodes,
            self._path(self._inside(prefix, graph.name)),
            inner.inputs(),
            inner.outputs(),
            value_info=list(inner.between()),
        )

    def fail(self, reason: str) -> NoReturn:
        node = self._node
        site = node.span, node.layer.name, self._path(node.name)
        raise Fault(errors.lowering.CannotLower(*site, "ONNX", reason))

    # --- what the protocol rests on

    def _find(self, name: str) -> tuple[str, tuple[int, ...], DType]:
        """The full name and type of a weight of the layer; a tied one is another layer's."""
        node = self._node
        found = node.layer.weights(*self.graph.types(node.inputs))[name]
        local = node.tied.get(name, f"{node.owner}.{name}")
        full = local if self._outer is None else self._outer._full_name(self._prefix, local)
        return full, found.shape, found.dtype

    def _full_name(self, prefix: str, local: str) -> str:
        """A nested graph's weight here: a weight of the layer that holds that graph."""
        name = f"{prefix}.{local}" if prefix else local
        full = self._node.tied.get(name, f"{self._node.owner}.{name}")
        return full if self._outer is None else self._outer._full_name(self._prefix, full)

    def _once(self, op_type: str, *inputs: str, doc: str, **attributes: Any) -> str:
        key = op_type, inputs, tuple(attributes.items())
        if key not in self._computed:
            self._computed[key] = self._emit_size(op_type, *inputs, doc=doc, **attributes)
        return self._computed[key]

    def _emit_size(
        self, op_type: str, *inputs: str, doc: str, wanted: str = "", **attributes: Any
    ) -> str:
        name = self.store.names.fresh(f"size/{wanted or op_type}")
        self._emit(op_type, inputs, [name], self.store.steps.fresh(name), doc, **attributes)
        return name


def _replace(names: Any, old: str, new: str) -> None:
    for index, name in enumerate(names):
        if name == old:
            names[index] = new


@cache
def _float_attributes(op_type: str, opset: int) -> frozenset[str]:
    """The attributes that the operator wants as floats, so that a layer may pass 1 for 1.0."""
    schema, kinds = onnx.defs.get_schema(op_type, opset, ""), onnx.defs.OpSchema.AttrType
    return frozenset(
        name for name, item in schema.attributes.items() if item.type in (kinds.FLOAT, kinds.FLOATS)
    )


def _attribute(name: str, value: Any, is_float: bool) -> onnx.AttributeProto:
    if isinstance(value, DType):
        value = value.onnx
    if isinstance(value, tuple | list):
        kind = onnx.AttributeProto.FLOATS if is_float else None
        empty = onnx.AttributeProto.INTS if not value else None
        items = [float(item) for item in value] if is_float else list(value)
        return helper.make_attribute(name, items, attr_type=kind or empty)
    return helper.make_attribute(name, float(value) if is_float else value)
