"""Batch norms go into the layer before them, where nothing else would change."""

import numpy as np
import pytest
from archc.compiler.passes import BatchnormFolding
from pass_runs import graph_of, on_image, run, weights_of


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
