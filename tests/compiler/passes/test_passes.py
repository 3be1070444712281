"""Each pass on programs written for it: what it changes, what it leaves alone, what it computes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from archc.compiler.backends.torch.arrays import evaluate
from archc.compiler.passes import (
    BatchnormFolding,
    CommonSubexpressions,
    ConstantFolding,
    DeadCode,
    IdentityRemoval,
    Pass,
    Property,
)
from archc.compiler.passes._edit import Edit
from archc.grammar.diagnostic import InternalError
from pass_runs import graph_of, run, weights_of

TIED = "layer c = conv(4, 3, bias=false)"
FOLD = ConstantFolding(evaluate)


def on_image(body: str) -> str:
    """A network whose output has four axes."""
    head = "network Net on x: f32[N, 4, H, W] -> f32[N, _, _, _]"
    return f"{head} {{\nrequire H >= 4\nrequire W >= 4\n{body}\n}}\n"


# --- Batch norm folding


@pytest.mark.parametrize(
    "layer",
    [
        "conv(6, 3)",
        "conv(6, 3, bias=false)",
        "conv(6, 3, groups=2, stride=2, padding=[[1, 0], [0, 1]])",
        "depthwise(3, multiplier=2)",
        "depthwise(3, bias=false)",
        "conv_transpose(6, 3)",
        "conv_transpose(6, 4, stride=2, padding=1, groups=2, bias=false)",
    ],
)
@pytest.mark.parametrize("norm", ["batchnorm", "batchnorm(affine=false, eps=0.01)"])
def test_a_batch_norm_is_folded(layer: str, norm: str) -> None:
    found = run(on_image(f"x -> {layer} -> {norm} -> relu"), BatchnormFolding())
    assert found.names() == [layer.partition("(")[0], "relu"]
    assert found.after.nodes[0].layer.bias
    assert set(found.left) == {f"{found.names()[0]}.{name}" for name in ("weight", "bias")}


@pytest.mark.parametrize("dtype", ["f16", "bf16", "f64"])
def test_a_batch_norm_is_folded_in_other_dtypes(dtype: str) -> None:
    text = f"network Net on x: {dtype}[N, 4] -> {dtype}[N, 6] {{ x -> dense(6) -> batchnorm }}"
    found = run(text, BatchnormFolding())
    assert found.layers() == {"dense": 1}


@pytest.mark.parametrize("space", ["T", "D, H, W"])
def test_a_batch_norm_is_folded_in_one_and_three_dimensions(space: str) -> None:
    holes = ", ".join("_" * len(space.split(",")))
    head = f"network Net on x: f32[N, 4, {space}] -> f32[N, 6, {holes}]"
    found = run(
        f"{head} {{ x -> conv_transpose(4, 3, groups=2) -> batchnorm -> conv(6, 3) -> batchnorm }}",
        BatchnormFolding(),
    )
    assert found.layers() == {"conv": 1, "conv_transpose": 1}


@pytest.mark.parametrize(
    "body",
    [
        "y = x -> conv(4, 3)\n y + (y -> batchnorm)",
        "layer c = conv(4, 3)\n (x -> c -> batchnorm) + (x -> relu -> c)",
        "layer c = conv(4, 3)\n (x -> conv(4, 3, weight=c.weight) -> batchnorm) + (x -> relu -> c)",
        "layer c = conv(4, 3)\n (x -> c -> batchnorm) + (x -> conv(4, 3, weight=c.weight))",
        "x -> conv(4, 3) -> relu -> batchnorm",
        "x -> batchnorm -> conv(4, 3)",
    ],
)
def test_a_batch_norm_stays_where_folding_would_change_something_else(body: str) -> None:
    found = run(on_image(body), BatchnormFolding())
    assert not found.changed
    assert found.after is found.before


def test_a_batch_norm_over_the_steps_of_a_sequence_is_not_folded() -> None:
    text = "network Net on x: f32[N, 5, 4] -> f32[N, 5, 6] { x -> dense(6) -> batchnorm }"
    assert not run(text, BatchnormFolding()).changed


def test_two_batch_norms_in_a_row_are_folded_into_one_layer() -> None:
    found = run(
        on_image("x -> conv(4, 3, bias=false) -> batchnorm -> batchnorm"), BatchnormFolding()
    )
    assert found.names() == ["conv"]


def test_shared_batch_norms_are_folded_into_layers_of_their_own() -> None:
    body = "layer b = batchnorm\n (x -> conv(4, 3) -> b) + (x -> conv(4, 1) -> b)"
    found = run(on_image(body), BatchnormFolding())
    assert found.layers() == {"conv": 2, "add": 1}


def test_weights_that_would_overflow_are_not_folded() -> None:
    text = "network Net on x: f16[N, 4] -> f16[N, 6] { x -> dense(6) -> batchnorm }"
    weights = weights_of(graph_of(text))
    weights["batchnorm.weight"] = np.full(6, 6e4, np.float16)
    weights["dense.weight"] = np.full((6, 4), 100, np.float16)
    after, left, changed = BatchnormFolding().run(graph_of(text), weights)
    assert not changed
    assert left is weights
    assert len(after.nodes) == 2


def test_folding_is_exact_where_it_can_be() -> None:
    text = "network Net on x: f64[N, 2] -> f64[N, 2] { x -> dense(2) -> batchnorm(eps=1.0) }"
    weights = {
        "dense.weight": np.array([[1.0, 2.0], [3.0, 4.0]]),
        "dense.bias": np.array([1.0, -1.0]),
        "batchnorm.weight": np.array([2.0, 4.0]),
        "batchnorm.bias": np.array([0.5, 0.25]),
        "batchnorm.running_mean": np.array([3.0, 1.0]),
        "batchnorm.running_var": np.array([3.0, 15.0]),
        "batchnorm.num_batches_tracked": np.array(7),
    }
    found = run(text, BatchnormFolding(), weights=weights)
    np.testing.assert_array_equal(found.left["dense.weight"], [[1, 2], [3, 4]])
    np.testing.assert_array_equal(found.left["dense.bias"], [-1.5, -1.75])


# --- Identities


@pytest.mark.parametrize(
    "stages",
    [
        "identity",
        "dropout(0.5)",
        "dropout_channels(0.5)",
        "drop_path(0.5)",
        "noise(0.1)",
        "stop_gradient",
        "reshape([N, 4, H, W])",
        "flatten(1, 1)",
        "expand([N, 4, H, W])",
        "cast(f32)",
        "pad(0)",
        "slice(axis=2, start=0, stop=H)",
        "upsample(1)",
        "concat(axis=1)",
        "transpose(1, 1)",
        "transpose(1, 3) -> transpose(-1, -3)",
        "permute([0, 2, 3, 1]) -> permute([0, 3, 1, 2])",
        "permute([0, 2, 1, 3]) -> transpose(1, 2)",
        "permute([0, 2, 3, 1]) -> permute([0, 2, 3, 1]) -> permute([0, 2, 3, 1])",
        "flatten(2) -> reshape([N, 4, H, W])",
        "unsqueeze(1) -> squeeze(1)",
        "channel_shuffle(1)",
        "maxpool(1)",
        "avgpool(1)",
        "pow(1)",
        "neg -> neg",
    ],
)
def test_what_hands_its_input_on_is_removed(stages: str) -> None:
    found = run(on_image(f"x -> sigmoid -> {stages} -> tanh"), IdentityRemoval(), DeadCode())
    assert found.names() == ["sigmoid", "tanh"]


@pytest.mark.parametrize("text", ["x + 0", "0 + x", "x * 1", "1.0 * x", "x - 0", "x / 1"])
def test_neutral_numbers_are_removed(text: str) -> None:
    assert run(on_image(text), IdentityRemoval()).names() == []


@pytest.mark.parametrize(
    "stages",
    [
        "roll([1], axes=[2])",
        "cast(f64) -> cast(f32)",
        "transpose(2, 3)",
        "permute([0, 1, 3, 2])",
        "transpose(1, 2) -> relu -> transpose(1, 2)",
        "flatten(2)",
        "pad([[0, 1]])",
        "slice(axis=1, start=1)",
        "slice(axis=1, start=0, step=4)",
        "channel_shuffle(2)",
        "clip(0, 1) -> clip(0, 2)",
        "relu -> relu6",
        "neg -> relu -> neg",
        "maxpool(1, stride=2)",
    ],
)
def test_what_changes_its_input_stays(stages: str) -> None:
    found = run(
        on_image(f"x -> {stages} -> flatten(1) -> reshape([N, _, 1, 1])"), IdentityRemoval()
    )
    assert not found.changed


@pytest.mark.parametrize("text", ["0 - x", "1 / x", "x + 1", "x * 0", "x - 1"])
def test_other_numbers_stay(text: str) -> None:
    assert not run(on_image(text), IdentityRemoval()).changed


def test_two_orders_of_axes_become_one() -> None:
    found = run(
        on_image("x -> transpose(1, 2) -> permute([0, 1, 3, 2]) -> transpose(1, 3)"),
        IdentityRemoval(),
        DeadCode(),
    )
    assert found.layers() == {"permute": 1}
    assert found.after.nodes[0].layer.axes == (0, 1, 3, 2)


def test_what_is_done_twice_in_a_row_is_done_once() -> None:
    found = run(
        on_image("x -> relu -> relu -> relu -> clip(0, 1) -> clip(0, 1)"), IdentityRemoval()
    )
    assert found.layers() == {"relu": 1, "clip": 1}


def test_an_input_may_become_an_output() -> None:
    text = (
        "network Net on x: f32[N, 4] -> f32[N, 4], f32[N, 4] { (x -> identity, x -> dropout(0.1)) }"
    )
    found = run(text, IdentityRemoval())
    assert [port.value for port in found.after.outputs] == [0, 0]


# --- Dead code


def test_what_no_output_needs_is_removed_with_its_weights() -> None:
    body = """
        unread = x -> conv(8, 3) -> split(2, axis=1)
        (a, b) = x -> conv(8, 3) -> split(2, axis=1)
        a
    """
    found = run(on_image(body), DeadCode())
    assert found.layers() == {"conv": 1, "split": 1}
    assert set(found.left) == {"conv_2.weight", "conv_2.bias"}


def test_an_input_that_nothing_reads_stays() -> None:
    text = """
    network Net on x: f32[N, 4], y: f32[N, D] -> f32[N, 4] {
        unread = y -> relu
        x -> relu
    }
    """
    found = run(text, DeadCode())
    assert [port.name for port in found.after.inputs] == ["x", "y"]


def test_a_tied_weight_outlives_its_owner() -> None:
    text = """
    network Net on x: f32[N, 4] -> f32[N, 4], f32[N, 4] {
        layer a = dense(4, bias=false)
        unread = x -> a
        (x -> b: dense(4, weight=a.weight), x -> relu -> c: dense(4, weight=a.weight))
    }
    """
    found = run(text, DeadCode())
    assert set(found.left) == {"b.weight", "b.bias", "c.bias"}
    assert [node.tied for node in found.after.nodes if node.tied] == [{"weight": "b.weight"}]
    np.testing.assert_array_equal(found.left["b.weight"], found.weights["a.weight"])


def test_scopes_follow_their_nodes() -> None:
    text = """
    block Drop on x { x -> dropout(0.1) }
    block Two on x { x -> Drop -> conv(4, 3) -> batchnorm -> dropout(0.2) }
    network Net on x: f32[N, 4, H, W] -> f32[N, 4, H, W] { x -> repeat(2) { Two -> relu } -> Drop }
    """
    found = run(text, IdentityRemoval(), DeadCode(), BatchnormFolding())
    scopes = {scope.path: (scope.start, scope.end) for scope in found.after.scopes if scope.path}
    assert scopes == {
        "repeat.0": (0, 2), "repeat.0.Two": (0, 1), "repeat.1": (2, 4), "repeat.1.Two": (2, 3),
    }  # fmt: skip


# --- Common subexpressions


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("(x -> relu) + (x -> relu)", 2),
        ("(x -> relu -> exp) + (x -> relu -> exp)", 3),
        ("y = x -> relu\n (x + y) * (y + x)", 3),
        ("y = x -> relu\n (x - y) * (y - x)", 4),
        ("layer c = conv(4, 3)\n (x -> c) + (x -> c)", 2),
        ("(x -> conv(4, 3)) + (x -> conv(4, 3))", 3),
        ("(x -> dropout(0.1)) + (x -> dropout(0.1))", 3),
        ("(x * constant(1.0)) + (x * constant(1.0))", 3),
        ("(x -> clip(0, 1)) + (x -> clip(0, 2))", 3),
        (f"{TIED}\n (x -> c) + (x -> conv(4, 3, bias=false, weight=c.weight))", 2),
        ("(x -> split(2, axis=1) -> concat) + (x -> split(2, axis=1) -> concat)", 3),
    ],
)  # fmt: skip
def test_what_is_computed_twice_is_computed_once(body: str, left: int) -> None:
    assert len(run(on_image(body), CommonSubexpressions()).after.nodes) == left


def test_a_constant_of_another_dtype_is_another_value() -> None:
    body = "(x * constant(1.0)) + (x * (constant(1) -> cast(f32)))"
    assert not run(on_image(body), CommonSubexpressions()).changed


# --- Constants


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("x * (constant([1.0, 2.0]) -> exp -> sum(axes=[0]))", {"constant", "mul"}),
        ("x * (constant(2.0) + constant(3.0))", {"constant", "mul"}),
        ("x + (arange(4) -> embedding(4, 8) -> mean(axes=1) -> reshape([4, 1, 1]))",
         {"constant", "add"}),
        ("x + (parameter([4, 1, 100]) -> tanh -> mean(axes=[2], keep=true))", {"constant", "add"}),
        ("x * (parameter([4, 300]) -> softmax(axis=1) -> sum(axes=[1]) -> reshape([4, 1, 1]))",
         {"constant", "mul"}),
    ],
)  # fmt: skip
def test_what_depends_on_no_input_is_computed_beforehand(body: str, left: set[str]) -> None:
    found = run(on_image(body), FOLD, DeadCode())
    assert set(found.layers()) == left
    assert found.left == {}


def test_a_long_constant_becomes_a_weight() -> None:
    text = (
        "network Net on x: f32[N, 20, 30] -> f32[N, 20, 30] {\n"
        " x + (arange(20) -> embedding(20, 30) -> tanh)\n}"
    )
    found = run(text, FOLD, DeadCode())
    assert found.layers() == {"parameter": 1, "add": 1}
    assert {name: array.shape for name, array in found.left.items()} == {"tanh.weight": (20, 30)}


@pytest.mark.parametrize(
    "body",
    [
        "x * (arange(H) -> cast(f32) -> sum(axes=[0]))",
        "x + constant(0.5)",
        "x + (parameter([1]) -> expand([300, 300]) -> mean(axes=[0, 1]) -> log)",
        "x * parameter([4, 1, 1])",
    ],
)
def test_what_cannot_be_known_or_is_no_gain_stays(body: str) -> None:
    text = on_image(body)
    before = graph_of(text)
    after, _, _ = FOLD.run(before, weights_of(before))
    layers = {node.layer.name for node in after.nodes}
    assert layers == {node.layer.name for node in before.nodes} or "expand" in body


def test_weights_that_others_use_stay() -> None:
    text = """
    network Net on text: i64[N, 4] -> f32[N, 4, 6] {
        layer words = embedding(6, 6)
        (text -> words) + (arange(4) -> words -> tanh) -> dense(6, weight=words.weight)
    }
    """
    found = run(text, FOLD, DeadCode())
    assert found.layers() == {"embedding": 1, "constant": 1, "add": 1, "dense": 1}
    assert set(found.left) == {"words.weight", "dense.bias"}


def test_a_folded_layer_does_not_take_the_name_of_weights_in_use() -> None:
    text = """
    network Net on text: i64[N, 40] -> f32[N, 40, 10] {
        layer words = embedding(40, 10)
        (arange(40) -> words) + (text -> words)
    }
    """
    found = run(text, FOLD, DeadCode())
    assert found.layers() == {"embedding": 1, "parameter": 1, "add": 1}
    assert set(found.left) == {"words.weight", "words_3.weight"}


# --- The base class


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
