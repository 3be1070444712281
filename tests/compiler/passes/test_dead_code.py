"""What no output needs is removed; weights and scopes follow."""

import numpy as np
from archc.compiler.passes import BatchnormFolding, DeadCode, IdentityRemoval
from pass_runs import on_image, run


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
