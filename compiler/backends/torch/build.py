"""From a graph to its module.

Comes in: a checked graph. Goes out: a module with its weights drawn, tied and on their device.
"""

from typing import Any

import torch
from torch import nn

from ....grammar.collector import collection_paused
from ... import initialisers
from ...graph import Graph, Node
from ...hyperparameter import Initialiser
from ...lowering import Module
from ...spelling import identifier
from ...types import DType
from .drawing import drawing, drawn, undrawn
from .forward import Writer
from .network import Network, class_of
from .targets import ROOTS, resolve
from .tree import at, attach


def build(
    graph: Graph,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    seed: int = 0,
    init: bool = True,
) -> Network:
    """The graph as a module in training mode.

    The same `seed` gives the same weights on every device; the global generators stay as they are.
    `dtype` casts floating-point weights and inputs. `init=False` leaves random weights unset, for
    those who load weights next.
    """
    with drawing(seed), collection_paused():
        module = _module(graph, init)
    if dtype is not None or torch.device(device) != torch.device("cpu"):
        module.to(device=device, dtype=dtype)
    return module


def _module(graph: Graph, init: bool, *, checked: bool = True) -> Network:
    """The module of a graph, or of one nested in it, whose inputs are not `checked` again."""
    codes = [node.layer.to_torch(*graph.types(node.inputs)) for node in graph.nodes]
    functions = {scope.path: scope.function for scope in graph.scopes}
    root = Network()
    owners: set[str] = set()
    for node, code in zip(graph.nodes, codes, strict=True):
        if isinstance(code, Module) and node.owner not in owners:
            owners.add(node.owner)
            args = [_argument(value, init) for value in code.args]
            kwargs = {name: _argument(value, init) for name, value in code.kwargs.items()}
            made = (drawn if init else undrawn)(resolve(code.target), args, kwargs)
            attach(root, node.owner, made, functions)
            if init and node.initialiser is not None:
                _initialise(root, node, node.initialiser)
    for node in graph.nodes:
        _tie(root, node)
    kind = class_of(identifier(graph.name or "Network"), Writer(graph, codes, root).text(checked))
    object.__setattr__(root, "__class__", kind)  # a layer may have this name too
    root._dtypes = tuple(_dtype(graph.values[port.value].dtype) for port in graph.inputs)
    return root


def _argument(value: Any, init: bool) -> Any:
    match value:
        case Graph():
            return _module(value, init, checked=False)
        case DType():
            return _dtype(value)
        case tuple():
            return tuple(_argument(item, init) for item in value)
        case _:
            return value


def _dtype(dtype: DType) -> torch.dtype:
    found: torch.dtype = resolve(dtype.torch)
    return found


def _initialise(root: nn.Module, node: Node, initialiser: Initialiser) -> None:
    """Draws the layer's trained weight anew, as the program asks."""
    weight = getattr(at(root, node.owner), node.layer.primary_weight or "weight")
    statement = initialisers.torch_statement(initialiser).format(weight="weight")
    exec(statement, {**ROOTS, "weight": weight})


def _tie(root: nn.Module, node: Node) -> None:
    """Puts other nodes' weights in the place of the node's own."""
    for name, other in node.tied.items():
        path, _, weight = other.rpartition(".")
        setattr(at(root, node.owner), name, getattr(at(root, path), weight))
