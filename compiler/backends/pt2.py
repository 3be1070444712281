"""The back end `pt2`: a module as a file of `torch.export`.

Comes in: a built module and its graph. Goes out: a `.pt2` file whose symbolic axes are dynamic
under their names. Stated facts such as `T % 8 == 0` and `T >= 16` become part of the axes.
"""

import ast
import json
import keyword
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.export import Dim as ExportDim

from ..dims import Axis, Dim, Quotient, Symbol, evaluate, names, terms_of
from ..graph import Graph, RuntimeCheck
from ..samples import integer_bound, shape_of, sizes_for

_HIGHEST = 100_000


EXTRA = "archc.json"


class ExportError(ValueError):
    """The exporter cannot express the network; the text says what and why."""


def export_pt2(
    module: nn.Module, graph: Graph, path: str | Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Writes `module`, built from `graph`, in the mode it is in. Raises ExportError.

    Layers whose names Python or PyTorch reserve (`for`, `train`) get an underscore at the end.
    `metadata` are kept as JSON in the extra file `archc.json`, which `torch.export.load` gives.
    """
    inputs = example_inputs(graph, module)
    free = exportable(module)
    try:
        try:
            exported = torch.export.export(free, inputs, dynamic_shapes=dynamic_shapes(graph))
        except RuntimeError:
            # Some operators tell axes of size 1 from others: leave out what shrinks to that.
            shapes = dynamic_shapes(graph, least=2)
            exported = torch.export.export(free, inputs, dynamic_shapes=shapes)
        torch.export.save(exported, path, extra_files={EXTRA: json.dumps(dict(metadata or {}))})
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise ExportError(f"torch.export refuses {graph.name}: {_reason(error, graph)}") from error


def _reason(error: Exception, graph: Graph) -> str:
    if any(node.layer.name == "scan" for node in graph.nodes):
        return (
            "it unrolls a cell over its sequence, so that axis needs a fixed size "
            f"(`--set T=128`); {str(error).strip()}"
        )
    return str(error).strip()


def example_inputs(graph: Graph, module: nn.Module) -> tuple[torch.Tensor, ...]:
    """Inputs of sizes that hold all stated facts, none of them 0 or 1, which would be fixed."""
    choices = [
        sizes for sizes in sizes_for(graph, 3, least=2) if min(sizes.values(), default=2) > 1
    ]
    if not choices:
        raise ExportError(f"no sizes above 1 were found that hold all that {graph.name} requires")
    sizes = choices[-1]
    weight = next(module.parameters(), torch.empty(0))
    made = []
    for port in graph.inputs:
        type_ = graph.values[port.value]
        shape = shape_of(type_.shape, sizes)
        if type_.dtype.is_float:
            dtype = weight.dtype if weight.is_floating_point() else torch.float32
            made.append(torch.zeros(shape, dtype=dtype, device=weight.device))
        else:
            high = 2 if type_.dtype.is_bool else integer_bound(graph, port.value, sizes)
            dtype = getattr(torch, type_.dtype.torch.removeprefix("torch."))
            made.append(torch.randint(high, shape, device=weight.device).to(dtype))
    return tuple(made)


# --- Axes


def dynamic_shapes(graph: Graph, least: int = 1) -> tuple[dict[int, Any], ...]:
    """For each input its dynamic axes, as `torch.export` wants them.

    `least` bounds them so that no size inside that follows from one axis is below it.
    """
    dims = {
        symbol: _dimension(symbol, graph.checks, _lowest(graph, symbol, least))
        for symbol in graph.symbols()
    }
    return tuple(
        {
            position: _spelled(size, dims)
            for position, size in enumerate(graph.values[port.value].shape)
            if isinstance(size, Axis)
        }
        for port in graph.inputs
    )


def _lowest(graph: Graph, symbol: str, least: int) -> int | None:
    """The smallest size of an axis at which no size that follows from it is below `least`."""
    derived = {
        size
        for value in graph.values
        for size in value.shape
        if isinstance(size, Axis) and names(size) == {symbol} and str(size) != symbol
    }
    if least == 1 or not derived:
        return None
    sizes = range(1, _HIGHEST)
    return next((x for x in sizes if all(evaluate(d, {symbol: x}) >= least for d in derived)), None)


def _dimension(symbol: str, checks: tuple[RuntimeCheck, ...], low: int | None) -> tuple[Any, int]:
    """A dimension and a factor: together they are the axis, with the facts stated of it alone."""
    factor, high = 1, None
    for check in checks:
        if names(check.left) | names(check.right) == {symbol}:
            factor = math.lcm(factor, _modulus(check, symbol))
            below, above = _bounds(check, symbol)
            low = max(low or below, below) if below is not None else low
            high = min(high or above, above) if above is not None else high
    name = symbol if factor == 1 else f"{symbol}_over_{factor}"
    least = None if low is None else -(-low // factor)
    most = None if high is None else high // factor
    return ExportDim(name, min=least, max=most), factor


def _modulus(check: RuntimeCheck, symbol: str) -> int:
    """k of `symbol % k == 0`, which arrives as `symbol - k * (symbol // k)`; else 1."""
    difference = check.left - check.right
    atoms = [atom for monomial in terms_of(difference) for atom in monomial]
    for atom in atoms:
        if isinstance(atom, Quotient) and isinstance(atom.denominator, int):
            k = atom.denominator
            if check.operator == "==" and difference == atom.numerator % k and _is(atom, symbol):
                return k
    return 1


def _is(atom: Quotient, symbol: str) -> bool:
    return str(atom.numerator) == symbol


def _bounds(check: RuntimeCheck, symbol: str) -> tuple[int | None, int | None]:
    """The least and the greatest that a comparison with a number leaves."""
    left, operator, right = check.left, check.operator, check.right
    if isinstance(left, int):
        left, right = right, left
        operator = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
    if str(left) != symbol or not isinstance(right, int):
        return None, None
    low = {">=": right, ">": right + 1}.get(operator)
    high = {"<=": right, "<": right - 1}.get(operator)
    return low, high


def _spelled(size: Dim, dims: dict[str, tuple[Any, int]]) -> Any:
    """An axis linear in one symbol as an expression of its dimension; any other is inferred."""
    terms = terms_of(size)
    symbols = [monomial for monomial in terms if monomial]
    if len(symbols) != 1 or len(symbols[0]) != 1 or not isinstance(symbols[0][0], Symbol):
        return ExportDim.AUTO
    dimension, factor = dims[symbols[0][0].name]
    scale, constant = factor * terms[symbols[0]], terms.get((), 0)
    scaled = dimension if scale == 1 else scale * dimension
    return scaled if constant == 0 else scaled + constant


# --- Names that the exporter cannot bear


def exportable(module: nn.Module) -> nn.Module:
    """The module itself, or one over the same layers in which every name can be an attribute."""
    code = getattr(module, "code", None)
    if code is None or not any(_is_reserved(*item) for item in _held(module)):
        return module
    tree = ast.unparse(_Renamed().visit(ast.parse(code)))
    namespace: dict[str, Any] = {}
    exec(compile(tree, f"<exported {type(module).__name__}>", "exec"), namespace)
    copy = _renamed(module)
    kind = type(type(module).__name__, (nn.Module,), {"forward": namespace["forward"]})
    copy.__class__ = kind
    return copy


def _held(module: nn.Module) -> list[tuple[nn.Module, str]]:
    return [(parent, name) for parent in module.modules() for name in parent._modules]


def _is_reserved(parent: nn.Module, name: str) -> bool:
    return keyword.iskeyword(name) or getattr(parent, name, None) is not parent._modules[name]


def _renamed(module: nn.Module) -> nn.Module:
    """A shallow copy, of containers alone, that shares every layer with the original."""
    copy = nn.Module.__new__(type(module))
    copy.__dict__ = dict(module.__dict__)
    copy._modules = {
        f"{name}_" if _is_reserved(module, name) else name: (
            child if child is None or not child._modules else _renamed(child)
        )
        for name, child in module._modules.items()
    }
    return copy


class _Renamed(ast.NodeTransformer):
    """Turns `getattr(self, "for")` and `self._modules["train"]` into attributes."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(name))]):
                if keyword.iskeyword(name):
                    return ast.Attribute(owner, f"{name}_", ast.Load())
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Subscript(
                value=ast.Attribute(value=owner, attr="_modules"),
                slice=ast.Constant(value=str(name)),
            ):
                return ast.Attribute(owner, f"{name}_", ast.Load())
        return node
