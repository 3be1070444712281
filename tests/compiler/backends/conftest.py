"""Graphs built by hand, one layer at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from archc.compiler.checks import Checks
from archc.compiler.dims import Dim
from archc.compiler.errors.base import Site
from archc.compiler.facts import Facts
from archc.compiler.graph import Graph, Node, Port, RuntimeCheck, Scope
from archc.compiler.hyperparameter import Initialiser
from archc.compiler.layer import Layer
from archc.compiler.registry import find_layer
from archc.compiler.types import DTYPES, TensorType
from archc.grammar.span import NOWHERE


class Builder:
    """Names layers as the language does: the path of scopes, then the label or the layer's name."""

    def __init__(self, name: str = "Net") -> None:
        self.name = name
        self.values: list[TensorType] = []
        self.inputs: list[Port] = []
        self.nodes: list[Node] = []
        self.scopes: list[Scope] = []
        self.checks: list[RuntimeCheck] = []
        self.path: list[str] = []

    def input(self, name: str, dtype: str, *shape: Dim) -> int:
        self.values.append(TensorType(DTYPES[dtype], shape))
        self.inputs.append(Port(name, len(self.values) - 1))
        return len(self.values) - 1

    def add(
        self,
        layer: str | Layer,
        *inputs: int,
        label: str = "",
        owner: str = "",
        tied: Mapping[str, str] | None = None,
        initialiser: Initialiser | None = None,
        **settings: Any,
    ) -> int:
        outputs = self.add_all(
            layer, *inputs, label=label, owner=owner, tied=tied, initialiser=initialiser, **settings
        )
        assert len(outputs) == 1
        return outputs[0]

    def add_all(
        self,
        layer: str | Layer,
        *inputs: int,
        label: str = "",
        owner: str = "",
        tied: Mapping[str, str] | None = None,
        initialiser: Initialiser | None = None,
        **settings: Any,
    ) -> tuple[int, ...]:
        kind = find_layer(layer) if isinstance(layer, str) else None
        made = kind(**settings) if kind is not None else layer
        assert isinstance(made, Layer)
        types = tuple(self.values[value] for value in inputs)
        check = Checks(Facts(), Site(made.name, NOWHERE))
        found = made.infer(check, *types)
        results = found if isinstance(found, tuple) else (found,)
        outputs = tuple(range(len(self.values), len(self.values) + len(results)))
        self.values += results
        name = self._free(".".join([*self.path, label or made.name]))
        self.nodes.append(
            Node(made, inputs, outputs, name, owner or name, NOWHERE, tied or {}, initialiser)
        )
        return outputs

    def _free(self, name: str) -> str:
        names, count, found = {node.name for node in self.nodes}, 2, name
        while found in names:
            found, count = f"{name}_{count}", count + 1
        return found

    @contextmanager
    def scope(
        self, path: str, *inputs: int, kind: str = "block", function: str = "", **settings: Any
    ) -> Iterator[list[int]]:
        """Opens a scope; the results are to be appended to the list that it gives."""
        self.path += path.split(".")
        outputs: list[int] = []
        place, start = len(self.scopes), len(self.nodes)
        full = ".".join(self.path)
        yield outputs
        scope = Scope(
            full, kind, function, settings, start, len(self.nodes), inputs, tuple(outputs)
        )
        self.scopes.insert(place, scope)
        del self.path[-len(path.split(".")) :]

    def require(self, operator: str, left: Dim, right: Dim, message: str = "") -> None:
        self.checks.append(RuntimeCheck(operator, left, right, message))

    def graph(self, **outputs: int) -> Graph:
        return Graph(
            self.name,
            tuple(self.values),
            tuple(self.inputs),
            tuple(Port(name, value) for name, value in outputs.items()),
            tuple(self.nodes),
            tuple(self.scopes),
            tuple(self.checks),
        )


def residual(builder: Builder, x: int, width: int, stride: int = 1) -> int:
    """The block of the language's page: two convolutions beside a skip."""
    channels = builder.values[x].shape[1]
    y = builder.add("conv", x, filters=width, kernel=3, stride=stride)
    y = builder.add("relu", builder.add("batchnorm", y))
    y = builder.add("batchnorm", builder.add("conv", y, filters=width, kernel=3))
    skip = x
    if stride != 1 or channels != width:
        skip = builder.add("conv", x, filters=width, kernel=1, stride=stride, label="skip")
        skip = builder.add("batchnorm", skip)
    return builder.add("relu", builder.add("add", y, skip))


@pytest.fixture
def builder() -> Builder:
    return Builder()


@pytest.fixture
def digits(builder: Builder) -> Graph:
    """A small residual network with turns, blocks and a symbolic batch."""
    from archc.compiler.dims import axis  # noqa: PLC0415

    image = builder.input("image", "f32", axis("N"), 1, axis("H"), 8)
    x = builder.add("conv", image, filters=4, kernel=3, label="stem")
    x = builder.add("relu", builder.add("batchnorm", x))
    for turn, (width, stride) in enumerate([(4, 1), (4, 1), (8, 2)]):
        with builder.scope(f"repeat.{turn}", x, kind="turn") as turn_outputs:
            with builder.scope("Residual", x, function="Residual", width=width) as outputs:
                x = residual(builder, x, width, stride)
                outputs.append(x)
            turn_outputs.append(x)
    return builder.graph(y=x)
