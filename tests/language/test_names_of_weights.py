"""The names of weights: the path of functions, then the label or the layer's name."""

from typing import Any

import archc
import pytest
import torch

PART = "block Part on x { x -> dense(4) -> relu -> dense(4) }\n"


def network(body: str, before: str = "") -> str:
    return f"{before}network Net on x: f32[N, 4] -> f32[N, _] {{\n    {body}\n}}\n"


CASES = {
    "x -> dense(4) -> dense(4)": ["dense", "dense_2"],
    "x -> first: dense(4) -> dense(4)": ["first", "dense"],
    "x -> dense: dense(4) -> dense(4)": ["dense", "dense_2"],
    "x -> dense_2: dense(4) -> dense(4) -> dense(4)": ["dense_2", "dense", "dense_3"],
    "x -> Part -> Part": ["Part.dense", "Part.dense_2", "Part_2.dense", "Part_2.dense_2"],
    "x -> head: Part": ["head.dense", "head.dense_2"],
    "x -> repeat(2) { dense(4) }": ["repeat.0.dense", "repeat.1.dense"],
    "x -> tower: repeat(2) { dense(4) }": ["tower.0.dense", "tower.1.dense"],
    "x -> for w in [4, 5] { dense(w) }": ["for.0.dense", "for.1.dense"],
    "x -> { dense(4) -> dense(4) }": ["dense", "dense_2"],
    "x -> part: { dense(4) -> dense(4) }": ["part.dense", "part.dense_2"],
    "x -> fork { dense(4), dense(4) } -> add": ["dense", "dense_2"],
    "x -> residual { dense(4) } -> dense(2)": ["dense", "dense_2"],
    # counted before any choice is made
    "x -> if 1 == 2 { dense(4) } else { dense(4) } -> dense(4)": ["dense_2", "dense_3"],
    "x -> if 1 == 1 { a: dense(4) } else { a: dense(5) }": ["a"],
    # recipes are fresh, layers are shared
    "let f = dense(4)\n    x -> f -> f": ["f", "f_2"],
    "let f = { dense(4) -> relu }\n    x -> f -> f": ["f.dense", "f_2.dense"],
    "layer f = dense(4)\n    x -> f -> f": ["f"],
    "layer f = Part\n    x -> f -> f": ["f.dense", "f.dense_2"],
    "layer f = dense(4)\n    x -> repeat(3) { f -> dense(4) }": [
        "f",
        "repeat.0.dense",
        "repeat.1.dense",
        "repeat.2.dense",
    ],
    "layer f = dense(4)\n    x -> f: dense(4) -> f": ["f", "f_2"],
    "x -> share(3) { dense(4) }": ["share.dense"],
}


@pytest.mark.parametrize("body", CASES)
def test_owners(body: str, graph: Any) -> None:
    found = graph(network(body, PART if "Part" in body else ""))
    weights = [weight.name for weight in found.weights() if weight.name.endswith(".weight")]
    assert [name.removesuffix(".weight") for name in weights] == CASES[body]
    assert len({node.name for node in found.nodes}) == len(found.nodes)


def test_a_cell_under_scan(graph: Any) -> None:
    text = (
        "cell Step(units: int) on x: [N, D] with h: [N, units] {\n"
        "    next h = (x, h) -> concat(axis=1) -> dense(units)\n    h\n}\n"
        "network Net on x: f32[N, T, 4] { x -> scan(Step(4)) -> scan(Step(4)) }\n"
    )
    names = [weight.name for weight in graph(text).weights()]
    assert names == [
        "Step.dense.weight", "Step.dense.bias", "Step_2.dense.weight", "Step_2.dense.bias",
    ]  # fmt: skip


WORDS = ["class", "None", "forward", "__class__", "__debug__", "__init__", "__secret", "len"]


@pytest.mark.parametrize("word", WORDS)
def test_any_word_may_name_a_layer_and_an_input(word: str) -> None:
    """In the module and in the source, which loads its weights by the same names."""
    text = f"network Net on {word}: f32[N, 4] -> f32[N, 4] {{ {word} -> {word}: dense(4) }}"
    model = archc.compile(text)
    module = model.torch().eval()
    namespace: dict[str, Any] = {"__name__": "written"}
    exec(compile(model.python(), "<written>", "exec"), namespace)
    written = namespace["Net"]().eval()
    assert list(module.state_dict()) == [f"{word}.weight", f"{word}.bias"]
    written.load_state_dict(module.state_dict())
    x = torch.ones(2, 4)
    assert torch.equal(module(x), written(x))
