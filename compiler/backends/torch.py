"""The back end `torch`: a graph as an `nn.Module`.

Comes in: a checked graph. Goes out: a module whose submodules stand where the graph's paths say, so
that the keys of its `state_dict` are the names of the graph's weights, and whose `forward` is
straight-line code that was compiled once. Inputs go by position or name; one output comes back as a
tensor, several as a tuple in declared order, which `torch.compile` and `torch.export` both carry.
"""

import hashlib
import keyword
import linecache
import math
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ...grammar.diagnostic import InternalError
from .. import initialisers
from ..dims import Axis, names, python
from ..graph import Graph, Node, RuntimeCheck
from ..hyperparameter import Initialiser
from ..lowering import Call, Function, Module, TorchCode
from ..spelling import (
    arguments,
    call,
    closed,
    function_names,
    identifier,
    literal,
    parameter_names,
    quoted,
    solve,
    symbol_names,
    symbols_in,
    symbols_of,
)
from ..support import expect
from ..types import DType, Shape
from ..variables import Step, name_values


class Scope(nn.Module):
    """A block, labelled fragment or turn: it holds layers under their names and is not called."""

    def __init__(self, function: str = "") -> None:
        super().__init__()
        self._function = function

    def _get_name(self) -> str:
        return self._function or "Scope"


class Network(nn.Module):
    """The root of a compiled graph. `code` is the source of its `forward`."""

    code: str = ""
    _dtypes: tuple[torch.dtype, ...] = ()

    def _apply(self, fn: Any, recurse: bool = True) -> "Network":
        """Keeps `_dtypes`, what the inputs must be, in step with casts such as `.half()`."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._dtypes = tuple(fn(torch.empty(0, dtype=dtype)).dtype for dtype in self._dtypes)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Classes made at run time cannot be found by name; their source can travel.
        return _revive, (type(self).__name__, self.code), self.__getstate__()  # type: ignore[no-untyped-call]


_classes: "weakref.WeakValueDictionary[tuple[str, str], type[Network]]" = (
    weakref.WeakValueDictionary()
)


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
    with _drawing(seed):
        module = _module(graph, init)
    if dtype is not None or torch.device(device) != torch.device("cpu"):
        module.to(device=device, dtype=dtype)
    return module


@contextmanager
def _drawing(seed: int) -> Iterator[None]:
    """Seeds the CPU's generator alone, and puts it back afterwards."""
    before = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(before)


_DRAWS = frozenset(
    getattr(torch.Tensor, name)
    for name in ("bernoulli_", "exponential_", "log_normal_", "normal_", "random_", "uniform_")
) | frozenset(
    getattr(nn.init, name)
    for name in dir(nn.init)
    if name.endswith("_")
    and name.startswith(("kaiming", "normal", "orthogonal", "sparse", "trunc", "uniform", "xavier"))
)


class _Undrawn(TorchFunctionMode):
    """Skips random draws into tensors in this thread alone; constants and buffers are set."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _DRAWS:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))


def _drawn(kind: type[nn.Module], args: Sequence[Any], kwargs: Mapping[str, Any]) -> nn.Module:
    return kind(*args, **kwargs)


def _undrawn(kind: type[nn.Module], args: Sequence[Any], kwargs: Mapping[str, Any]) -> nn.Module:
    """A layer with right buffers whose weights hold whatever was in memory."""
    if not kind.__module__.startswith("torch.nn.modules."):
        with _Undrawn():
            return kind(*args, **kwargs)
    # PyTorch's own layers draw in `reset_parameters` alone, after they have set their buffers.
    made: nn.Module = _without_reset(kind)(*args, **kwargs)  # type: ignore[arg-type]
    made.__class__ = kind
    return made


@cache
def _without_reset(kind: type[nn.Module]) -> type[nn.Module]:
    return type(kind.__name__, (kind,), {"reset_parameters": lambda self: None})


# --- Submodules ----------------------------------------------------------------------------------


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
            made = (_drawn if init else _undrawn)(resolve(code.target), args, kwargs)
            _attach(root, node.owner, made, functions)
            if init and node.initialiser is not None:
                _initialise(root, node, node.initialiser)
    for node in graph.nodes:
        _tie(root, node)
    root.__class__ = _class(
        identifier(graph.name or "Network"), _Writer(graph, codes, root).text(checked)
    )
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


_ROOTS = {"torch": torch, "nn": nn, "F": nn.functional, "math": math}


def resolve(target: str) -> Any:
    """`nn.Conv2d`, or `package.module:Class`."""
    if ":" in target:
        module, _, name = target.partition(":")
        return getattr(import_module(module), name)
    head, *rest = target.split(".")
    found: Any = _ROOTS[head]
    for name in rest:
        found = getattr(found, name)
    return found


def _attach(root: nn.Module, owner: str, leaf: nn.Module, functions: Mapping[str, str]) -> None:
    # Entries of `_modules` may have any name, while `add_module` refuses `forward` or `train`.
    *scopes, last = owner.split(".")
    parent, path = root, ""
    for name in scopes:
        path = f"{path}.{name}" if path else name
        if name not in parent._modules:
            parent._modules[name] = Scope(functions.get(path, ""))
        parent = _child(parent, name)
    parent._modules[last] = leaf


def _child(module: nn.Module, name: str) -> nn.Module:
    child = module._modules[name]
    if child is None:
        raise InternalError(f"the submodule {name} is missing")
    return child


def _at(root: nn.Module, path: str) -> nn.Module:
    for name in path.split("."):
        root = _child(root, name)
    return root


def _initialise(root: nn.Module, node: Node, initialiser: Initialiser) -> None:
    """Draws the layer's trained weight anew, as the program asks."""
    weight = getattr(_at(root, node.owner), node.layer.primary_weight or "weight")
    statement = initialisers.torch_statement(initialiser).format(weight="weight")
    exec(statement, {**_ROOTS, "weight": weight})


def _tie(root: nn.Module, node: Node) -> None:
    """Puts other nodes' weights in the place of the node's own."""
    for name, other in node.tied.items():
        path, _, weight = other.rpartition(".")
        setattr(_at(root, node.owner), name, getattr(_at(root, path), weight))


# --- Forward -------------------------------------------------------------------------------------


class _Writer:
    """Writes the source of `forward`."""

    def __init__(self, graph: Graph, codes: Sequence[TorchCode], root: nn.Module) -> None:
        self.graph = graph
        self.codes = codes
        self.root = root
        self.functions = function_names(codes)
        self.parameters = parameter_names(graph, self.functions)
        self.spelling = symbol_names(graph.symbols(), {*self.parameters, *self.functions})
        self.ports = [graph.values[port.value].shape for port in graph.inputs]
        self.device = identifier("device", [*self.parameters, *self.spelling.values()])
        self.imports: dict[str, str] = {}

    def text(self, checked: bool) -> str:
        body = [*self._prologue(checked), *self._statements()]
        header = [
            "import math",
            "",
            "import torch",
            "from torch import nn",
            "from torch.nn import functional as F",
            "",
            f"from {expect.__name__.rpartition('.')[0]} import expect",
            *(f"from {module} import {name}" for name, module in self.imports.items()),
        ]
        head = f"def forward({', '.join(['self', *self.parameters])}):"
        return "\n".join([*header, "", "", head, *(f"    {line}" for line in body), ""])

    def _prologue(self, checked: bool) -> list[str]:
        """Checks of the inputs, then the sizes that the body refers to, then checks of those."""
        tensors = list(zip(self.parameters, self.ports, strict=True))
        wanted = _symbols_needed(self.graph, self.codes, self.ports if checked else ())
        bindings = solve(wanted, tensors, self.spelling)
        sizes = [f"{self.spelling[symbol]} = {text}" for symbol, text in bindings.items()]
        if any(isinstance(code, Call) and "{device}" in code.template for code in self.codes):
            tensor = next((f"{name}.device" for name in self.parameters), "None")
            sizes.append(f"{self.device} = {tensor}")
        if not checked:
            return sizes
        return [
            *self._input_checks(),
            *sizes,
            *self._size_checks(bindings),
            *map(self._fact, self.graph.checks),
        ]

    def _input_checks(self) -> Iterator[str]:
        for index, (port, name) in enumerate(zip(self.graph.inputs, self.parameters, strict=True)):
            sizes = literal(_fixed(self.ports[index]))
            yield f"expect.tensor({name}, {quoted(port.name)}, {sizes}, self._dtypes[{index}])"

    def _size_checks(self, bindings: Mapping[str, str]) -> Iterator[str]:
        """Checks of the axes that are bound elsewhere or calculated from others."""
        read = set(bindings.values())
        for port, name, shape in zip(self.graph.inputs, self.parameters, self.ports, strict=True):
            for axis, size in _stated(shape):
                found = f"{name}.shape[{axis}]"
                if found not in read and names(size) <= bindings.keys():
                    texts = f"{quoted(port.name)}, {axis}, {quoted(str(size))}"
                    yield f"expect.size({found}, {python(size, self.spelling)}, {texts})"

    def _fact(self, check: RuntimeCheck) -> str:
        left, right = literal(check.left, self.spelling), literal(check.right, self.spelling)
        shown = f"{check.left} {check.operator} {check.right}"
        sizes = ", ".join(
            f"{quoted(name)}: {self.spelling[name]}"
            for name in sorted(symbols_in((check.left, check.right)))
        )
        holds = f"{left} {check.operator} {right}"
        return f"expect.fact({holds}, {quoted(shown)}, {quoted(check.message)}, {{{sizes}}})"

    def _statements(self) -> list[str]:
        graph = self.graph
        steps = [
            Step(node.inputs, node.outputs, node.name.rpartition(".")[2]) for node in graph.nodes
        ]
        ports = zip(graph.inputs, self.parameters, strict=True)
        results = [port.value for port in graph.outputs]
        taken = {*self.spelling.values(), *self.functions, self.device}
        variables = name_values(steps, {port.value: name for port, name in ports}, results, taken)
        lines = []
        for node, code, released in zip(graph.nodes, self.codes, variables.released, strict=True):
            inputs = [variables.of[value] for value in node.inputs]
            left = ", ".join(variables.of[value] for value in node.outputs)
            lines.append(f"{left} = {self._value(node, code, inputs)}  # {node.name}")
            if released:
                lines.append(f"del {', '.join(released)}")
        return [*lines, f"return {', '.join(variables.of[value] for value in results)}"]

    def _value(self, node: Node, code: TorchCode, inputs: list[str]) -> str:
        if isinstance(code, Call):
            return call(code, inputs, self._literal, self._function)
        text, module = "self", self.root
        for name in node.owner.split("."):
            child = _child(module, name)
            text = _access(text, module, name, child)
            module = child
        options = {key: literal(value) for key, value in code.options.items()}
        return f"{text}({arguments(inputs, options)})"

    def _literal(self, name: str, value: Any, beside_operator: bool) -> str:
        if name == "device":
            return self.device
        return closed(literal(value, self.spelling), beside_operator)

    def _function(self, function: Function) -> str:
        module, _, name = function.target.partition(":")
        self.imports[name] = module
        return name


def _access(text: str, parent: nn.Module, name: str, child: nn.Module) -> str:
    """How code reaches a submodule, whatever its name."""
    if getattr(parent, name, None) is not child:
        return f"{text}._modules[{quoted(name)}]"
    if name.isidentifier() and not keyword.iskeyword(name):
        return f"{text}.{name}"
    return f"getattr({text}, {quoted(name)})"


def _fixed(shape: Shape) -> tuple[int | None, ...]:
    return tuple(None if isinstance(size, Axis) else size for size in shape)


def _stated(shape: Shape) -> list[tuple[int, Axis]]:
    return [(axis, size) for axis, size in enumerate(shape) if isinstance(size, Axis)]


def _symbols_needed(graph: Graph, codes: Sequence[TorchCode], ports: Sequence[Shape]) -> set[str]:
    """The symbols in calls and checks, and those that inputs mention otherwise than once, bare."""
    needed = set(symbols_in(tuple((check.left, check.right) for check in graph.checks)))
    needed.update(*(symbols_of(code) for code in codes if isinstance(code, Call)))
    plain: set[str] = set()
    for shape in ports:
        for _, size in _stated(shape):
            found = names(size)
            if found & plain or str(size) not in found:
                needed |= found
            plain |= found
    return needed


# --- Classes -------------------------------------------------------------------------------------


def _class(name: str, code: str) -> type[Network]:
    """The class of all modules with this code."""
    found = _classes.get((name, code))
    if found is not None:
        return found
    digest = hashlib.sha256(code.encode()).hexdigest()[:12]
    filename = f"<archc {name} {digest}>"
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(compile(code, filename, "exec"), namespace)
    made = type(name, (Network,), {"forward": namespace["forward"], "code": code})
    # Tracebacks read the source from here, for as long as the class lives.
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    weakref.finalize(made, linecache.cache.pop, filename, None)
    _classes[(name, code)] = made
    return made


def _revive(name: str, code: str) -> Network:
    """An empty module of a pickled class; its state follows."""
    kind = _class(name, code)
    return kind.__new__(kind)
