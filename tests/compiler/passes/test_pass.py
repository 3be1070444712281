"""A pass is held to what it requires and ensures, and to whole graphs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from archc.compiler.passes import Pass, Property
from archc.compiler.passes._edit import Edit
from archc.grammar.diagnostic import InternalError
from pass_runs import graph_of, on_image, weights_of


@dataclass(frozen=True, slots=True)
class Broken(Pass):
    """Does what the test says."""

    change: Callable[[Edit], None]

    def rewrite(self, edit: Edit) -> None:
        self.change(edit)


@dataclass(frozen=True, slots=True)
class Demanding(Pass):
    """Requires that there is no relu, and ensures that there is no conv."""

    requires: ClassVar[tuple[Property, ...]] = (
        Property("no relu", lambda graph: "relu" if _has(graph, "relu") else ""),
    )
    ensures: ClassVar[tuple[Property, ...]] = (
        Property("no conv", lambda graph: "conv" if _has(graph, "conv") else ""),
    )

    def rewrite(self, edit: Edit) -> None:
        pass


def _has(graph: object, layer: str) -> bool:
    return any(node.layer.name == layer for node in graph.nodes)  # type: ignore[attr-defined]


def _drop_weight(edit: Edit) -> None:
    edit.weights["conv.weight"] = edit.weights["conv.weight"][:1]
    edit.changed = True


def _other_layer(edit: Edit) -> None:
    node = edit.node(0)
    assert node is not None
    edit.put(0, replace(node, layer=replace(node.layer, filters=8)))  # type: ignore[type-var]


def _backwards(edit: Edit) -> None:
    node = edit.node(0)
    assert node is not None
    edit.put(0, replace(node, inputs=(2,)))


def _rename(edit: Edit) -> None:
    node = edit.node(0)
    assert node is not None
    edit.put(0, replace(node, name="relu"))


def _shorter_output(edit: Edit) -> None:
    edit.remove(1)
    edit.same(2, 1)
    edit.graph = replace(edit.graph, outputs=())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_drop_weight, r"the weight conv\.weight is f32\[4, 4, 3, 3\] and float32\[1, 4, 3, 3\]"),
        (_other_layer, "conv gives f32.N, 8, H, W., declared are f32.N, 4, H, W."),
        (_backwards, "conv reads value 2 before it is made"),
        (_rename, "two nodes are named relu"),
        (_shorter_output, "the outputs were"),
    ],
)
def test_a_pass_that_breaks_something_is_found_out(
    change: Callable[[Edit], None], said: str
) -> None:
    graph = graph_of(on_image("x -> conv(4, 3) -> relu"))
    with pytest.raises(InternalError, match=f"Broken broke the graph Net: {said}"):
        Broken(change).run(graph, weights_of(graph))


def test_a_pass_is_held_to_what_it_requires_and_ensures() -> None:
    for body, said in (
        ("x -> relu", "needs other graphs: relu breaks: no relu"),
        ("x -> conv(4, 3)", "left something undone: conv breaks: no conv"),
    ):
        graph = graph_of(on_image(body))
        with pytest.raises(InternalError, match=said):
            Demanding().run(graph, weights_of(graph))
    graph = graph_of(on_image("x -> tanh"))
    assert not Demanding().run(graph, {}).changed
