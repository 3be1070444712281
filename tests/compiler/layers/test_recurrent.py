"""`lstm gru rnn` against PyTorch's own modules, and in ONNX with its other order of gates."""

import warnings

import pytest
import torch
from archc.compiler.support import recurrent
from torch import nn

KINDS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("both", [False, True])
def test_it_is_pytorchs_layer_with_its_weights(run, name, layers, both):
    torch.manual_seed(0)
    x = torch.randn(2, 5, 3)
    ran = run(
        f"""network A on x: f32[N, T, 3] -> f32[N, T, {8 if both else 4}] {{
            x -> {name}(4, layers={layers}, bidirectional={str(both).lower()})
        }}""",
        x,
    )
    oracle = KINDS[name](3, 4, layers, bidirectional=both, batch_first=True).eval()
    weights = {key.removeprefix(f"{name}."): v for key, v in ran.module.state_dict().items()}
    oracle.load_state_dict(weights)
    torch.testing.assert_close(ran.outputs[0], oracle(x)[0])


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("both", [False, True])
def test_last_is_where_each_direction_ends(run, name, both):
    x = torch.randn(2, 5, 3)
    flag = str(both).lower()
    ran = run(
        f"""network A on x: f32[N, T, 3] -> f32[N, {8 if both else 4}] {{
            x -> {name}(4, bidirectional={flag}, last=true)
        }}""",
        x,
    )
    layer = getattr(ran.module, name)
    layer.last = False
    sequence = ran.module(x)
    forward, backward = sequence[:, -1, :4], sequence[:, 0, 4:]
    torch.testing.assert_close(ran.outputs[0], torch.cat((forward, backward), dim=-1).detach())


def test_states_go_in_and_come_out(run):
    """Two halves of a sequence, joined by the states, are the whole."""
    x = torch.randn(2, 6, 3)
    program = """network A on x: f32[N, 6, 3] -> f32[N, 6, 4], f32[N, 6, 4] {
        layer cell = lstm(4, layers=2, states=true)
        (whole, h, c) = x -> cell
        (first, h1, c1) = x[:, 0:3] -> cell
        (second, h2, c2) = (x[:, 3:6], h1, c1) -> cell
        (whole, (first, second) -> concat(axis=1))
    }"""
    whole, halves = run(program, x).outputs
    torch.testing.assert_close(whole, halves)


def test_a_single_layers_state_has_no_stack(graph_of):
    graph = graph_of("""network A on x: f32[N, T, 3] -> f32[N, T, 4], f32[N, 4] {
        (y, h) = x -> gru(4, states=true)
        (y, h)
    }""")
    assert [str(t) for t in graph.values[1:]] == ["f32[N, T, 4]", "f32[N, 4]"]


@pytest.mark.parametrize("kind", [recurrent.Lstm, recurrent.Gru, recurrent.Rnn])
@pytest.mark.parametrize("settings", [{}, {"bidirectional": True}, {"nonlinearity": "relu"}])
def test_weight_dropout_drops_recurrent_weights_in_training_alone(kind, settings):
    if "nonlinearity" in settings and kind is not recurrent.Rnn:
        settings = {}
    layer = kind(3, 4, 2, weight_dropout=0.5, **settings)
    x = torch.randn(2, 5, 3)
    torch.manual_seed(1)
    first, second = layer(x), layer(x)
    assert not torch.allclose(first, second)
    before = {name: weight.clone() for name, weight in layer.state_dict().items()}
    layer.eval()
    calm = layer(x)
    torch.testing.assert_close(calm, layer(x))
    layer.train().weight_dropout = 1e-12  # the same kernel, but nothing is dropped
    torch.testing.assert_close(layer(x), calm)
    for name, weight in layer.state_dict().items():
        torch.testing.assert_close(weight, before[name])


def test_weight_dropout_leaves_input_weights_alone():
    layer = recurrent.Rnn(3, 4, weight_dropout=0.9)
    x = torch.randn(2, 1, 3)  # the only step has no state before it: recurrent weights do nothing
    torch.testing.assert_close(layer(x), layer(x))


def test_dropout_of_a_single_layer_is_silently_none(run):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(
            "network A on x: f32[N, T, 3] -> f32[N, T, 4] { x -> lstm(4, dropout=0.3) }",
            torch.randn(2, 5, 3),
        )


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("lstm(0)", "E313"),
        ("lstm(4, layers=0)", "E313"),
        ("lstm(4, layers=1000000000)", "E313"),
        ("gru(4, dropout=1.0)", "E313"),
        ('rnn(4, activation="sine")', "E313"),
    ],
)
def test_impossible_settings_are_refused(errors_of, call, code):
    found = errors_of(f"network A on x: f32[N, T, 3] -> f32[N, T, 4] {{ x -> {call} }}")
    assert [c for c, _ in found] == [code]


def test_a_first_state_of_another_size_is_refused(errors_of):
    found = errors_of("""network A on x: f32[N, T, 3], h: f32[N, 5] -> f32[N, T, 4] {
        (x, h) -> gru(4)
    }""")
    assert [c for c, _ in found] == ["E307"]


def test_lstm_wants_both_states(errors_of):
    found = errors_of("""network A on x: f32[N, T, 3], h: f32[N, 4] -> f32[N, T, 4] {
        (x, h) -> lstm(4)
    }""")
    assert found == [("E301", "lstm takes 1 or 3 inputs, but receives 2")]
