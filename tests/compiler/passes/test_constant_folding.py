"""What depends on no input is computed beforehand."""

import pytest
from archc.compiler.backends.torch.arrays import evaluate
from archc.compiler.passes import ConstantFolding, DeadCode
from pass_runs import graph_of, on_image, run, weights_of

FOLD = ConstantFolding(evaluate)


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
