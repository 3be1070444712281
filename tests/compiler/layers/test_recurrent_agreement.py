"""`lstm gru rnn` against the same networks written as cells, with the same weights.

Three programs of the same numbers: PyTorch's fused kernel, a cell of `std.recurrent` that `scan`
runs step by step, and ONNX's operators, whose gates lie in another order; `run` holds each against
the source that is written and against ONNX Runtime, where the cell is a `Scan`.
"""

import pytest
import torch

SIZE = 4
CELLS = {"lstm": "Lstm", "gru": "Gru", "rnn": "Elman"}
CARRIED = {"lstm": ("h", "c"), "gru": ("h",), "rnn": ("h",)}
HEAD = """\
use std.recurrent: Lstm, Gru

cell Elman(units: int) on x: f32[N, D] with h: f32[N, units] -> f32[N, units] {
    next h = (x -> input: dense(units)) + (h -> hidden: dense(units)) -> tanh
    h
}

"""


def ports(kind, stack, first):
    """The inputs: the sequence, and first states where they are given."""
    shape = f"f32[{stack}, N, {SIZE}]" if stack > 1 else f"f32[N, {SIZE}]"
    return ["x: f32[N, T, 3]"] + [f"{name}: {shape}" for name in CARRIED[kind] if first]


def signature(kind, layers, both, first, last):
    directions = 2 if both else 1
    stack = layers * directions
    width = SIZE * directions
    shape = f"f32[{stack}, N, {SIZE}]" if stack > 1 else f"f32[N, {SIZE}]"
    results = [f"f32[N, {width}]" if last else f"f32[N, T, {width}]"]
    results += [shape] * len(CARRIED[kind])
    return f"on {', '.join(ports(kind, stack, first))} -> {', '.join(results)}"


def fused(kind, layers, both, first, last):
    inputs = ", ".join(["x", *(CARRIED[kind] if first else ())])
    settings = f"layers={layers}, bidirectional={str(both).lower()}, last={str(last).lower()}"
    return (
        f"network Fused {signature(kind, layers, both, first, last)} {{\n"
        f"    ({inputs}) -> rnn: {kind}({SIZE}, {settings}, states=true)\n}}\n"
    )


def by_cells(kind, layers, both, first, last):
    """Each layer and direction a `scan` of its own, side by side and one upon another."""
    names = CARRIED[kind]
    directions = ("forward", "backward")[: 2 if both else 1]
    stack = layers * len(directions)
    lines, states, flow = [], [], "x"
    for layer in range(layers):
        outputs = []
        for direction in directions:
            place = len(states)
            given = [f"{name}[{place}]" if stack > 1 else name for name in names if first]
            found = [f"{name}{place}" for name in ("y", *names)]
            settings = ["reverse=true"] if direction == "backward" else []
            settings += ["last=true"] if last and layer == layers - 1 else []
            stage = f"scan({CELLS[kind]}({SIZE}), {', '.join([*settings, 'states=true'])})"
            source = f"({', '.join([flow, *given])})"
            lines.append(f"({', '.join(found)}) = {source} -> {direction}_{layer}: {stage}")
            outputs.append(found[0])
            states.append(found[1:])
        flow = outputs[0]
        if both:
            flow = f"flow{layer}"
            lines.append(f"{flow} = ({', '.join(outputs)}) -> concat(axis=-1)")
    results = [
        f"(({', '.join(each)}) -> stack(axis=0))" if stack > 1 else each[0]
        for each in zip(*states, strict=True)
    ]
    lines.append(f"({', '.join([flow, *results])})")
    head = f"network Cells {signature(kind, layers, both, first, last)} {{\n"
    return HEAD + head + "".join(f"    {line}\n" for line in lines) + "}\n"


def moved(weights):
    """The fused layer's weights under the names that the cells give them."""
    parts = {"ih": "input", "hh": "hidden"}
    found = {}
    for name, value in weights.items():
        kind, part, level = name.removeprefix("rnn.").split("_", 2)
        direction = "backward" if level.endswith("_reverse") else "forward"
        layer = level.removesuffix("_reverse").removeprefix("l")
        found[f"{direction}_{layer}.{parts[part]}.{kind}"] = value
    return found


def inputs_of(kind, stack, first, steps):
    torch.manual_seed(steps)
    shape = (stack, 2, SIZE) if stack > 1 else (2, SIZE)
    return [torch.randn(2, steps, 3)] + [torch.randn(shape) for _ in CARRIED[kind] if first]


def agree(run, kind, layers, both, first, last, steps):
    inputs = inputs_of(kind, layers * (2 if both else 1), first, steps)
    one = run(fused(kind, layers, both, first, last), *inputs)
    weights = {name: torch.randn_like(value) for name, value in one.module.state_dict().items()}
    one = run(fused(kind, layers, both, first, last), *inputs, weights=weights)
    two = run(by_cells(kind, layers, both, first, last), *inputs, weights=moved(weights))
    for expected, found in zip(one.outputs, two.outputs, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    return one, two, inputs


@pytest.mark.parametrize("first", [False, True], ids=["zeros", "given"])
@pytest.mark.parametrize("both", [False, True], ids=["forward", "bidirectional"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", CELLS)
def test_the_fused_layer_is_its_cells(run, kind, layers, both, first):
    agree(run, kind, layers, both, first, last=False, steps=5)


@pytest.mark.parametrize("both", [False, True], ids=["forward", "bidirectional"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", CELLS)
def test_the_last_step_is_where_each_direction_ends(run, kind, layers, both):
    one, _, _ = agree(run, kind, layers, both, first=True, last=True, steps=3)
    top = one.outputs[1]
    ends = torch.cat((top[-2], top[-1]), dim=-1) if both else (top[-1] if layers > 1 else top)
    torch.testing.assert_close(one.outputs[0], ends)


@pytest.mark.parametrize("kind", CELLS)
def test_a_single_step(run, kind):
    agree(run, kind, 2, True, first=True, last=False, steps=1)


@pytest.mark.parametrize("kind", CELLS)
def test_gradients_agree(run, kind):
    one, two, inputs = agree(run, kind, 2, True, first=True, last=False, steps=4)
    slopes = []
    for ran in (one, two):
        ran.module.train()
        leaves = [x.clone().requires_grad_() for x in inputs]
        sum(y.square().sum() for y in ran.module(*leaves)).backward()
        slopes.append([x.grad for x in leaves])
        weights = {name: value.grad for name, value in ran.module.named_parameters()}
        named = moved(weights) if ran is one else weights
        slopes[-1] += [named[name] for name in sorted(named)]
    for expected, found in zip(*slopes, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", CELLS)
def test_reverse_is_the_layer_on_the_sequence_turned_round(run, kind):
    x = torch.randn(2, 5, 3)
    one = run(fused(kind, 1, False, False, False), x.flip(1))
    program = by_cells(kind, 1, False, False, False)
    program = program.replace(", states=true)", ", reverse=true, states=true)")
    two = run(program, x, weights=moved(one.module.state_dict()))
    torch.testing.assert_close(two.outputs[0], one.outputs[0].flip(1))
    for expected, found in zip(one.outputs[1:], two.outputs[1:], strict=True):
        torch.testing.assert_close(found, expected)


def test_the_reset_gate_acts_behind_the_product(run):
    """With the gate before the hidden state's weights, as first published, it is another layer."""
    x, h = torch.randn(2, 5, 3), torch.randn(2, SIZE)
    one = run(fused("gru", 1, False, True, False), x, h)
    weights = moved(one.module.state_dict())
    before = """\
cell Before(units: int) on x: f32[N, D] with h: f32[N, units] -> f32[N, units] {
    (xr, xz, xn) = x -> input: dense(3 * units) -> split(3, axis=1)
    layer hidden = dense(3 * units)
    (hr, hz, _) = h -> hidden -> split(3, axis=1)
    (_, _, hn) = h * (xr + hr -> sigmoid) -> hidden -> split(3, axis=1)
    update = xz + hz -> sigmoid
    next h = (1 - update) * (xn + hn -> tanh) + update * h
    h
}

"""
    program = by_cells("gru", 1, False, True, False).replace("scan(Gru(", "scan(Before(")
    two = run(before + program, x, h, weights=weights)
    assert (two.outputs[0] - one.outputs[0]).abs().max() > 1e-3


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_each_gate_has_its_place(run, kind):
    """A bias that opens or shuts one gate alone does what that gate is for, on every back end."""
    x, h = torch.randn(2, 5, 3), torch.randn(2, SIZE)
    inputs = (x, h, torch.randn(2, SIZE)) if kind == "lstm" else (x, h)
    program = fused(kind, 1, False, True, False)
    weights = dict(run(program, *inputs).module.state_dict())
    gates = {"lstm": 4, "gru": 3}[kind]

    def with_bias(*values):
        bias = torch.tensor(values).repeat_interleave(SIZE).reshape(gates * SIZE)
        return {**weights, "rnn.bias_ih_l0": bias}

    if kind == "lstm":  # input shut, forget open: the cell keeps what it had
        _, _, c = run(program, *inputs, weights=with_bias(-50.0, 50.0, 0.0, 0.0)).outputs
        torch.testing.assert_close(c, inputs[2])
        y, _, _ = run(program, *inputs, weights=with_bias(0.0, 0.0, 0.0, -50.0)).outputs
        assert y.abs().max() < 1e-6  # output shut
    else:  # the update gate keeps the old state
        y, last = run(program, *inputs, weights=with_bias(0.0, 50.0, 0.0)).outputs
        torch.testing.assert_close(last, h)
