"""`scan` against a loop written by hand, on every back end."""

import copy
import io

import pytest
import torch

CELL = """
cell Leaky(units: int) on x: f32[N, D] with h: f32[N, units] -> f32[N, units] {
    new = (x, h) -> concat(axis=1) -> dense(units) -> tanh
    next h = 0.5 * h + new
    h * 2.0
}
"""
TWO = """
cell Two(units: int) on x: f32[N, units], y: f32[N, units]
    with a: f32[N, units], b: f32[N, units] -> s: f32[N, units], d: f32[N, units] {
    next a = a + x -> tanh
    next b = b * a + y
    (a + b, a - b)
}
"""


def by_hand(dense, x, h, *, reverse=False):
    outputs = {}
    for t in reversed(range(x.shape[1])) if reverse else range(x.shape[1]):
        h = 0.5 * h + torch.tanh(dense(torch.cat((x[:, t], h), dim=1)))
        outputs[t] = 2 * h
    last = outputs[0 if reverse else x.shape[1] - 1]
    return torch.stack([outputs[t] for t in range(x.shape[1])], dim=1), last, h


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("given", [False, True])
def test_it_is_the_loop(run, reverse, given):
    torch.manual_seed(0)
    x, h0 = torch.randn(2, 5, 3), torch.randn(2, 4)
    flag = str(reverse).lower()
    start = "(x, h0)" if given else "x"
    program = f"""{CELL}
    network A on x: f32[N, T, 3], h0: f32[N, 4] -> f32[N, T, 4], f32[N, 4], f32[N, 4] {{
        layer cell = Leaky(4)
        (y, h) = {start} -> scan(cell, reverse={flag}, states=true)
        z = {start} -> scan(cell, reverse={flag}, last=true)
        (y, z, h + 0.0 * h0)
    }}"""
    ran = run(program, x, h0)
    (name,) = {key.rpartition(".")[0] for key in ran.module.state_dict()}
    dense = ran.module.get_submodule(name)
    wanted = by_hand(dense, x, h0 if given else torch.zeros(2, 4), reverse=reverse)
    for found, expected in zip(ran.outputs, wanted, strict=True):
        torch.testing.assert_close(found, expected.detach())


def test_several_sequences_states_and_outputs(run):
    x, y = torch.randn(2, 4, 3), torch.randn(2, 4, 3)
    ran = run(
        f"""{TWO}
        network A on x: f32[N, T, 3], y: f32[N, T, 3] -> f32[N, T, 3], f32[N, T, 3], f32[N, 3] {{
            r = (x, y) -> scan(Two(3), states=true)
            (r.s, r.d, r.b)
        }}""",
        x,
        y,
    )
    a = b = torch.zeros(2, 3)
    for t in range(4):
        a = torch.tanh(a + x[:, t])
        b = b * a + y[:, t]
        torch.testing.assert_close(ran.outputs[0][:, t], a + b)
        torch.testing.assert_close(ran.outputs[1][:, t], a - b)
    torch.testing.assert_close(ran.outputs[2], b)


PROGRAM = f"""{CELL}
network A on x: f32[N, T, 3] -> f32[N, T, 4] {{ x -> rnn: scan(Leaky(4)) }}"""


def test_weights_stand_directly_under_the_node(run):
    ran = run(PROGRAM, torch.randn(2, 3, 3))
    assert list(ran.module.state_dict()) == ["rnn.dense.weight", "rnn.dense.bias"]
    assert [w.name for w in ran.graph.weights()] == list(ran.module.state_dict())


def test_copies_casts_and_files_keep_the_bodys_weights(run):
    """The body shares its children with the scan, so whatever changes one changes the other."""
    x = torch.randn(2, 3, 3)
    ran = run(PROGRAM, x)
    other = copy.deepcopy(ran.module)
    with torch.no_grad():
        for weight in other.parameters():
            weight.zero_()
    assert other(x).abs().max() == 0
    assert ran.module(x).abs().max() > 0
    buffer = io.BytesIO()
    torch.save(ran.module, buffer)
    buffer.seek(0)
    revived = torch.load(buffer, weights_only=False)
    torch.testing.assert_close(revived(x).detach(), ran.outputs[0])
    assert copy.deepcopy(ran.module).double()(x.double()).dtype == torch.float64


def test_dropout_in_a_cell_follows_the_mode(run):
    program = PROGRAM.replace("dense(units) ->", "dense(units) -> dropout(0.5) ->")
    x = torch.randn(2, 3, 3)
    ran = run(program, x)
    ran.module.train()
    assert not torch.allclose(ran.module(x), ran.module(x))
    ran.module.eval()
    torch.testing.assert_close(ran.module(x).detach(), ran.outputs[0])
    (node,) = [n for n in ran.graph.nodes if n.layer.name == "scan"]
    assert node.layer.stochastic and node.layer.training


def test_its_cost_is_the_bodys_at_every_step(graph_of):
    graph = graph_of(PROGRAM.replace("T,", "7,"))
    (node,) = graph.nodes
    body = node.layer.body
    step = sum(n.layer.flops(body.types(n.inputs), body.types(n.outputs)) for n in body.nodes)
    found = node.layer.flops(graph.types(node.inputs), graph.types(node.outputs))
    assert found == 7 * step


def test_a_gradient_flows_through_time(run):
    x = torch.randn(2, 5, 3, requires_grad=True)
    module = run(PROGRAM, x.detach()).module
    module(x)[:, -1].sum().backward()
    assert x.grad is not None and x.grad[:, 0].abs().max() > 0
