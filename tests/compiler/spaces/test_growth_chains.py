"""Chains of edits drawn at random: each step is valid, round-trips, inherits, and the end runs.

`--long` takes 1,000 chains (Real et al. 2017's operators and the general ones alike).
"""

import archc
import pytest
import torch
from archc.compiler.graph import Graph
from archc.compiler.spaces.growth import registry
from archc.compiler.spaces.random import Random

STEPS = 6
PROGRAMS = {
    "linear": """
network Net on x: f32[N, 3, 8, 8] -> f32[N, 5] { x -> flatten -> dense(5) }
train Net { data = digits(), optimizer = sgd(lr=0.1), epochs = 1 }
""",
    "image": """
network Net on x: f32[N, 3, 16, 16] -> f32[N, 5] {
    x -> conv(8, 3) -> batchnorm -> relu -> conv(16, 3, stride=2) -> relu -> global_avgpool
      -> dense(5)
}
""",
    "sequence": """
network Net on x: f32[N, 10, 12] -> f32[N, 5] {
    x -> lstm(16) -> layernorm -> residual { dense(16) -> relu } -> mean(axes=[1]) -> dense(5)
}
""",
    "branches": """
network Net on x: f32[N, 3, 8, 8] -> f32[N, 5] {
    a = x -> conv(4, 3)
    b = a -> fork { conv(4, 1), { conv(4, 3) -> relu } } -> concat(axis=1)
    (a, b) -> concat(axis=1) -> repeat(2) { conv(12, 3) -> relu } -> mean(axes=[2, 3]) -> dense(5)
}
""",
    "blocks": """
block Two(width: int, stride: int = 1) on x: [N, C, H, W] -> [N, width, _, _] {
    body = x -> conv(width, 3, stride=stride) -> relu -> conv(width, 3)
    around = x -> if stride > 1 or C != width { maybe: conv(width, 1, stride=stride) }
    body + around -> relu
}
network Net(width: int = 4) on x: f32[N, 3, 16, 16] -> f32[N, 5] {
    x -> stem: conv(width, 3) -> Two(width) -> for w in [4, 8] { Two(w, stride=2) }
      -> mean(axes=[2, 3]) -> dense(5)
}
""",
    "shared": """
cell Mix(units: int) on x: f32[N, D] with h: f32[N, units] -> f32[N, units] {
    g = (x, h) -> concat(axis=1) -> dense(units) -> tanh
    next h = g
    h
}
network Net on x: i64[N, 6] -> f32[N, 4] {
    layer e = dense(8)
    x -> embedding(2, 8) -> e -> relu -> e -> scan(Mix(8), last=true) -> dense(4)
}
""",
}
CHANGING = {"alter", "alter_channels", "alter_stride", "filter_size", "replace"}
"""What may give a layer other settings under its name."""
LOSING = {"alter", "join", "remove", "remove_convolution", "remove_skip", "replace"}
"""What may take weights away."""


def chain(text: str, number: int) -> archc.Program:
    """A program after some edits; each step is looked at."""
    random = Random(number, 17)
    names = registry.edit_names()
    program: archc.Program = archc.parse(text)
    for step in range(STEPS):
        growth = archc.growth(program)
        name = names[random.below(len(names))]
        try:
            grown = growth.grow(number, name, step)
        except archc.NoEdit as none:
            assert "no edit of Net was found valid" in str(none)
            continue
        assert archc.parse(str(grown)) == grown
        assert grown != program
        inherits(growth.view.graph, grown.graph, name)
        program = grown
    return program


def inherits(before: Graph, after: Graph, edit: str) -> None:
    """Every layer that stays has its name, its settings, and so where types allow its shapes."""
    assert {node.name for node in after.nodes} or not before.nodes
    old, new = ({node.name: node for node in graph.nodes} for graph in (before, after))
    shapes = {weight.name: weight.shape for weight in after.weights()}
    for name, node in old.items():
        if name in new and edit not in CHANGING and node.layer.name != "scan":
            assert new[name].layer == node.layer, f"{edit}: {name}"
        for weight in before.weights_of(node):
            if edit not in LOSING and "maybe" not in name:  # a compile-time `if` may turn
                assert weight.name in shapes, f"{edit}: {weight.name}"
            if name in new and new[name].layer == node.layer:
                types = before.types(node.inputs), after.types(new[name].inputs)
                assert types[0] != types[1] or shapes[weight.name] == weight.shape
    feeds = [value for node in after.nodes for value in node.outputs]
    position = {value: place for place, value in enumerate(feeds)}
    for node in after.nodes:  # acyclic: every value is there before it is read
        assert all(position.get(value, -1) < position[node.outputs[0]] for value in node.inputs)


def runs(program: archc.Program) -> None:
    """Forward, on random inputs; the module has just the weights that the graph names."""
    model = archc.compile(program)
    module = model.torch().eval()
    assert sorted(module.state_dict()) == sorted(item.name for item in model.graph.weights())
    inputs = [
        torch.randn(2, *port.shape[1:])
        if port.dtype == "f32"
        else torch.zeros(2, *port.shape[1:], dtype=torch.int64)  # whatever is done to them, tokens
        for port in model.inputs
    ]
    with torch.no_grad():
        found = module(*inputs)
    assert tuple(found.shape[1:]) == model.outputs[0].shape[1:]


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_chains_of_edits_stay_valid_and_run(name: str, long: bool) -> None:
    for number in range(167 if long else 4):
        runs(chain(PROGRAMS[name], number))
