"""The source of a module's `forward`: checks of the inputs, then one line for each layer.

Comes in: a graph, what its layers are in PyTorch, and the tree of submodules. Goes out: text.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import nn

from ...dims import Axis, names, python
from ...graph import Graph, Node, RuntimeCheck
from ...lowering import Call, Function, TorchCode
from ...spelling import (
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
from ...support import expect
from ...types import Shape
from ...variables import Step, name_values
from .tree import access, child_of


class Writer:
    """Writes the source of `forward`."""

    def __init__(self, graph: Graph, codes: Sequence[TorchCode], root: nn.Module) -> None:
        self.graph = graph
        self.codes = codes
        self.functions = function_names(codes)
        self.parameters = parameter_names(graph, self.functions)
        self.spelling = symbol_names(graph.symbols(), {*self.parameters, *self.functions})
        self.ports = [graph.values[port.value].shape for port in graph.inputs]
        self.device = identifier("device", [*self.parameters, *self.spelling.values()])
        self.reached = {"": ("self", root)}
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
        text, _ = self._reach(node.owner)
        options = {key: literal(value) for key, value in code.options.items()}
        return f"{text}({arguments(inputs, options)})"

    def _reach(self, path: str) -> tuple[str, nn.Module]:
        """The code that reaches a submodule, and the submodule."""
        found = self.reached.get(path)
        if found is None:
            parent, _, name = path.rpartition(".")
            text, module = self._reach(parent)
            child = child_of(module, name)
            found = self.reached[path] = access(text, module, name, child), child
        return found

    def _literal(self, name: str, value: Any, beside_operator: bool) -> str:
        if name == "device":
            return self.device
        return closed(literal(value, self.spelling), beside_operator)

    def _function(self, function: Function) -> str:
        module, _, name = function.target.partition(":")
        self.imports[name] = module
        return name


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
