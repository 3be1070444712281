"""Tensors from nothing, and from numbers: parameters, constants, positions, one-hot vectors."""

import pytest
import torch


def test_positions_follow_a_free_axis(run):
    program = """network A on x: f32[N, T, 4] -> f32[N, T, 4], i64[T] {
        (x + (arange(T) -> embedding(16, 4)), arange(T))
    }"""
    x = torch.randn(2, 5, 4)
    ran = run(program, x)
    torch.testing.assert_close(ran.outputs[0], x + ran.module.embedding.weight[:5].detach())
    torch.testing.assert_close(ran.outputs[1], torch.arange(5))


def test_positions_stand_on_the_device_of_the_input(run):
    module = run("network A on x: f32[N, T] -> i64[T] { arange(T) }", torch.randn(2, 5)).module.to(
        "meta"
    )
    assert module(torch.empty(2, 5, device="meta")).device.type == "meta"


def test_an_input_called_device_is_no_obstacle(run):
    program = "network A on device: f32[N, T] -> f32[N, T] { device + arange(T, dtype=f32) }"
    x = torch.randn(2, 5)
    torch.testing.assert_close(run(program, x).outputs[0], x + torch.arange(5.0))


@pytest.mark.parametrize(
    ("init", "holds"),
    [
        ("zeros", lambda w: (w == 0).all()),
        ("ones", lambda w: (w == 1).all()),
        ("constant(0.25)", lambda w: (w == 0.25).all()),
        ("normal(std=2.0)", lambda w: 1.8 < w.std() < 2.2),
        ("normal", lambda w: 0.018 < w.std() < 0.022),
        ("truncated_normal(1.0)", lambda w: w.abs().max() <= 2 and w.std() > 0.7),
        ("uniform(2, 3)", lambda w: w.min() >= 2 and w.max() <= 3 and w.std() > 0.2),
        ("he", lambda w: 0.9 < w.std() * (40 / 2) ** 0.5 < 1.1),
        ("xavier", lambda w: w.abs().max() <= (6 / 80) ** 0.5 and w.std() > 0.1),
        ("orthogonal", lambda w: torch.allclose(w @ w.T, torch.eye(40), atol=1e-4)),
        ("identity", lambda w: torch.equal(w, torch.eye(40))),
    ],
)
def test_a_parameter_is_filled_as_asked(run, init, holds):
    program = f"""network A on x: f32[N, 40] -> f32[N, 40] {{
        (x, parameter([40, 40], init={init})) -> matmul
    }}"""
    module = run(program, torch.randn(2, 40)).module
    assert list(module.state_dict()) == ["parameter.weight"]
    weight = module.state_dict()["parameter.weight"]
    assert holds(weight)
    module.parameter.reset_parameters()
    assert holds(module.state_dict()["parameter.weight"])


def test_one_hot_of_a_number_outside_is_zero(run):
    x = torch.tensor([[0, 3, 7], [1, -1, 2]])
    y = run("network A on x: i64[N, T] -> f32[N, T, 4] { x -> one_hot(4) }", x).outputs[0]
    assert y.sum(-1).tolist() == [[1, 1, 0], [1, 0, 1]]
    assert y[0, 1].tolist() == [0, 0, 0, 1]


def test_constants(run):
    program = """network A on x: f32[N, 3] -> f32[N, 3], i64[2], bool[], f64[2, 1] {
        a = constant([0.5, 1, 2])
        (x * a, constant([1, 2]), constant(true), constant([[1], [2]], dtype=f64))
    }"""
    x = torch.randn(2, 3)
    ran = run(program, x)
    torch.testing.assert_close(ran.outputs[0], x * torch.tensor([0.5, 1, 2]))
    assert [str(y.dtype) for y in ran.outputs[1:]] == ["torch.int64", "torch.bool", "torch.float64"]
    assert not ran.module.state_dict()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("constant([[1], [2, 3]])", "E374"),
        ("constant([[1], 2])", "E374"),
        ("constant([])", "E374"),
        ("constant([1, true])", "E374"),
        ('constant("text")', "E374"),
        ("constant(0.5, dtype=i64)", "E376"),
        ("constant(256, dtype=u8)", "E376"),
        ("constant(9223372036854775808)", "E376"),
        ("parameter([0])", "E309"),
        ("parameter([_])", "E313"),
        ("parameter([T])", "E311"),
        ("parameter([3], init=he)", "E377"),
        ("parameter([3], dtype=i64)", "E313"),
        ("arange(0)", "E309"),
        ("arange(T - 1)", "E308"),
        ("arange(3, dtype=bool)", "E313"),
    ],
)
def test_what_makes_no_tensor_is_refused(errors_of, value, code):
    found = errors_of(f"network A on x: f32[N, T] -> f32[N, T] {{ y = {value}\n x }}")
    assert code in [c for c, _ in found]


@pytest.mark.parametrize(
    ("port", "stage", "code"),
    [
        ("f32[N]", "embedding(4, 4)", "E303"),
        ("i8[N]", "embedding(4, 4)", "E303"),
        ("f32[N]", "one_hot(4)", "E303"),
        ("i64[N]", "exp", "E303"),
        ("bool[N]", "abs", "E303"),
        ("u8[N]", "neg", "E303"),
        ("i64[N]", "pow(-1)", "E313"),
        ("i64[N]", "pow(0.5)", "E376"),
        ("i8[N]", "clip(-200, 0)", "E376"),
        ("f32[N]", "clip(1, 0)", "E313"),
        ("bool[N]", "less(1)", "E303"),
        ("u8[N]", "equal(-1)", "E376"),
        ("f32[N]", "logical_not", "E303"),
        ("f32[N]", "noise(-1.0)", "E313"),
    ],
)
def test_numbers_and_dtypes_that_do_not_go_together(errors_of, port, stage, code):
    found = errors_of(f"network A on x: {port} -> f32[N] {{ x -> {stage} }}")
    assert [c for c, _ in found] == [code]


def test_noise_comes_in_training_alone(run):
    x = torch.zeros(200, 50)
    module = run("network A on x: f32[N, D] -> f32[N, D] { x -> noise(0.5) }", x).module
    assert module(x).abs().max() == 0
    assert 0.48 < module.train()(x).std() < 0.52


def test_zero_cuts_values_and_gradients(run):
    x = torch.tensor([[torch.inf, torch.nan, 1.0]])
    module = run("network A on x: f32[N, 3] -> f32[N, 3] { x -> zero }", x).module
    y = module(x.requires_grad_())
    assert y.tolist() == [[0, 0, 0]]
    assert not y.requires_grad
