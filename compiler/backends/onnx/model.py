"""The export itself: nodes from the layers, a check of the bare structure, then the weights.

Comes in: a checked graph, weights by full name, an opset. Goes out: a model that
`onnx.checker.check_model(full_check=True)` accepted. The weights enter after the check, which takes
a hundred times as long with them.
"""

from collections.abc import Mapping
from functools import cache
from importlib import metadata as installed
from typing import Any

import onnx
from onnx import helper

from ....grammar.diagnostic import Fault, InternalError, ProgramError, Report
from ...graph import Graph
from ...hash import graph_hash
from .arrays import fill
from .builder import Builder
from .dtypes import NEWEST, Dtypes
from .names import Names
from .store import Store

OPSETS = range(17, NEWEST + 1)
_IR = 10
"""The version of the file format, unless the opset needs a newer one."""


def export(
    graph: Graph,
    weights: Mapping[str, Any],
    *,
    opset: int = 20,
    metadata: Mapping[str, str] | None = None,
) -> onnx.ModelProto:
    """The graph as an ONNX model in evaluation mode.

    `weights` are PyTorch tensors or NumPy arrays by full name, as in a `state_dict`; others than
    the graph's are ignored. `metadata` joins what is always told: version, hash, source, stated
    facts. Raises ValueError for another opset, WeightsError for weights that do not fit, and
    ProgramError for a layer that ONNX cannot express.
    """
    if opset not in OPSETS:
        raise ValueError(f"the opset must be from {OPSETS[0]} to {OPSETS[-1]}, not {opset}")
    names = Names(weight.name for weight in graph.weights())
    store = Store(opset, weights, names, Dtypes(opset))
    try:
        builder = Builder(graph, store).lower()
    except Fault as fault:
        raise ProgramError([Report(fault.diagnostic)]) from None
    model = _structure(graph, builder, opset)
    for key, text in (_facts(graph) | dict(metadata or {})).items():
        model.metadata_props.add(key=key, value=text)
    _check(model, builder)
    for name, (array, dtype) in store.attached.items():
        fill(model.graph.initializer.add(), name, array, dtype)
    return model


def _structure(graph: Graph, builder: Builder, opset: int) -> onnx.ModelProto:
    """The model without weights."""
    proto = helper.make_graph(
        builder.nodes,
        graph.name,
        builder.inputs(),
        builder.outputs(),
        doc_string=_doc(graph),
        value_info=list(builder.between()),
    )
    for name, (array, dtype) in builder.store.constants.items():
        fill(proto.initializer.add(), name, array, dtype)
    imports = [helper.make_opsetid("", opset)]
    ir = max(_IR, helper.find_min_ir_version_for(imports))
    return helper.make_model(
        proto,
        ir_version=ir,
        opset_imports=imports,
        producer_name="archc",
        producer_version=_version(),
    )


def _doc(graph: Graph) -> str:
    inputs = ", ".join(f"{port.name}: {graph.values[port.value]}" for port in graph.inputs)
    outputs = ", ".join(f"{port.name}: {graph.values[port.value]}" for port in graph.outputs)
    return f"{graph.name} on {inputs} -> {outputs}"


@cache
def _version() -> str:
    """Read once: it takes a millisecond, and a stream has a million models."""
    return installed.version("archc")


def _facts(graph: Graph) -> dict[str, str]:
    """What travels with every model. ONNX cannot check stated facts about axes: it carries them."""
    facts = {"archc.version": _version(), "archc.hash": graph_hash(graph)}
    if graph.program:
        facts["archc.source"] = graph.program
    if graph.checks:
        stated = (f"{check.left} {check.operator} {check.right}" for check in graph.checks)
        facts["archc.requires"] = "\n".join(stated)
    return facts


def _check(model: onnx.ModelProto, builder: Builder) -> None:
    """Checks operators, types and shapes, with the weights standing in as inputs."""
    count = len(model.graph.input)
    for name, (array, dtype) in builder.store.attached.items():
        info = helper.make_tensor_value_info(name, dtype.onnx, array.shape)
        model.graph.input.append(info)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise InternalError(
            f"the ONNX model of {model.graph.name} is not valid: {error}"
        ) from error
    del model.graph.input[count:]
