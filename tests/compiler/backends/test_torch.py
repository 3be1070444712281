"""The module of a graph: names, seeds, checks of inputs, and the tools of PyTorch that take it."""

import copy
import io
import linecache
import pickle
import traceback
import weakref
from typing import Any

import pytest
import torch
from archc.compiler.backends.torch import Network, build
from archc.compiler.check import check_text
from archc.compiler.dims import axis
from archc.compiler.graph import Graph
from archc.compiler.hyperparameter import Initialiser

N, T = axis("N"), axis("T")


def keys(graph: Graph) -> list[str]:
    return [weight.name for weight in graph.weights()]


def image() -> torch.Tensor:
    return torch.randn(2, 1, 6, 8, generator=torch.Generator().manual_seed(1))


def test_keys_and_shapes_are_the_graphs(digits: Graph) -> None:
    state = build(digits).state_dict()
    assert list(state) == keys(digits)
    assert [tuple(value.shape) for value in state.values()] == [
        weight.shape for weight in digits.weights()
    ]


def test_computes_what_plain_pytorch_computes(builder: Any) -> None:
    x = builder.input("x", "f32", N, 3, 8, 8)
    y = builder.add("relu", builder.add("conv", x, filters=4, kernel=3, stride=2))
    graph = builder.graph(y=builder.add("concat", y, y))
    module = build(graph)
    conv = torch.nn.Conv2d(3, 4, 3, stride=2, padding=1)
    conv.load_state_dict(module.get_submodule("conv").state_dict())
    sample = torch.randn(2, 3, 8, 8)
    expected = torch.relu(conv(sample))
    assert torch.equal(module(sample), torch.cat((expected, expected), dim=1))


@pytest.mark.parametrize(
    "label", ["forward", "train", "parameters", "T", "T_destination", "for", "class", "_modules"]
)
def test_any_label_gives_its_key(builder: Any, label: str) -> None:
    x = builder.input("x", "f32", N, 4)
    with builder.scope(f"block.{label}", x, kind="fragment"):
        x = builder.add("dense", x, units=4, label=label)
    x = builder.add("dense", x, units=2, label=label)
    module = build(builder.graph(y=x))
    assert list(module.state_dict()) == [
        f"block.{label}.{label}.weight",
        f"block.{label}.{label}.bias",
        f"{label}.weight",
        f"{label}.bias",
    ]
    assert module.eval()(torch.zeros(3, 4)).shape == (3, 2)
    module.load_state_dict(build(builder.graph(y=x), seed=5).state_dict())


def test_shared_layers_are_one_module(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    x = builder.add("dense", x, units=4, label="f")
    x = builder.add("dense", x, units=4, label="again", owner="f")
    module = build(builder.graph(y=x))
    assert list(module.state_dict()) == ["f.weight", "f.bias"]
    dense = module.get_submodule("f")
    sample = torch.randn(2, 4)
    assert torch.equal(module(sample), dense(dense(sample)))


def test_tied_weights_are_one_parameter(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    x = builder.add("dense", x, units=4, label="first", bias=False)
    x = builder.add("dense", x, units=4, label="last", tied={"weight": "first.weight"})
    module = build(builder.graph(y=x))
    assert list(module.state_dict()) == ["first.weight", "last.weight", "last.bias"]
    assert len(list(module.parameters())) == 2
    assert module.get_parameter("first.weight") is module.get_parameter("last.weight")


def test_initialisers_replace_pytorchs_own(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    x = builder.add("dense", x, units=4, initialiser=Initialiser("zeros", {}))
    module = build(builder.graph(y=x))
    assert module.get_parameter("dense.weight").count_nonzero() == 0
    assert module.get_parameter("dense.bias").count_nonzero() == 4


# --- Seeds and initialisation


def test_seeds_repeat_and_leave_the_generator_alone(digits: Graph) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, second, other = build(digits), build(digits), build(digits, seed=1)
    assert torch.equal(torch.rand(3), expected)
    a, b, c = (module.state_dict()["stem.weight"] for module in (first, second, other))
    assert torch.equal(a, b) and not torch.equal(a, c)


def test_without_initialisation_nothing_is_drawn_but_buffers_are_right(digits: Graph) -> None:
    before = torch.get_rng_state()
    module = build(digits, init=False)
    assert torch.equal(torch.get_rng_state(), before)
    state = module.state_dict()
    assert list(state) == keys(digits)
    assert torch.equal(state["batchnorm.running_var"], torch.ones(4))
    assert torch.equal(state["batchnorm.running_mean"], torch.zeros(4))
    assert type(module.get_submodule("stem")) is torch.nn.Conv2d
    full = build(digits)
    module.load_state_dict(full.state_dict())
    assert torch.equal(module.eval()(image()), full.eval()(image()))


def test_dtype_casts_weights_and_what_inputs_must_be(digits: Graph) -> None:
    module = build(digits, dtype=torch.float64)
    assert module(image().double()).dtype == torch.float64
    with pytest.raises(ValueError, match=r"dtype torch\.float64 expected, found torch\.float32"):
        module(image())


# --- Inputs


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [
        ((2, 1, 6, 9), "float32", r"input 'image': axis 3 must have size 8, found 9"),
        ((1, 6, 8), "float32", r"input 'image': 4 axes expected, found 3 axes"),
        ((2, 1, 6, 8), "float64", r"input 'image': dtype torch.float32 expected, found torch.f"),
        ((2, 1, 6, 8), "int64", r"input 'image': dtype torch.float32 expected, found torch.int64"),
    ],
)
def test_wrong_inputs_are_refused(
    digits: Graph, shape: tuple[int, ...], dtype: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        build(digits)(torch.zeros(shape, dtype=getattr(torch, dtype)))


def related(builder: Any) -> Graph:
    """Two inputs that share axes, one of them derived, and facts about it."""
    x = builder.input("x", "f32", N, 2 * T)
    y = builder.input("y", "f32", N, 2 * T)
    builder.require("==", T % 2, 0, "pairs")
    builder.require(">=", T, 4)
    return builder.graph(y=builder.add("add", x, y))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ((2, 7), (2, 7), r"input 'x': axis 1 must be 2 \* T = 6, found 7"),
        ((2, 8), (3, 8), r"input 'y': axis 0 must be N = 2, found 3"),
        ((2, 8), (2, 16), r"input 'y': axis 1 must be 2 \* T = 8, found 16"),
        ((2, 10), (2, 10), r"requires T % 2 == 0, but T = 5: pairs"),
        ((2, 4), (2, 4), r"requires T >= 4, but T = 2$"),
    ],
)
def test_facts_about_axes_are_checked(
    builder: Any, first: tuple[int, ...], second: tuple[int, ...], message: str
) -> None:
    module = build(related(builder))
    assert module(torch.ones(2, 8), torch.ones(2, 8)).sum() == 32
    with pytest.raises(ValueError, match=message):
        module(torch.ones(first), torch.ones(second))


def test_inputs_by_name_and_outputs_in_order(builder: Any) -> None:
    a, b = builder.input("a", "f32", N, 2), builder.input("input", "f32", N, 2)
    difference, total = builder.add("sub", a, b), builder.add("add", a, b)
    module = build(builder.graph(total=total, difference=difference))
    found = module(input=torch.ones(1, 2), a=torch.full((1, 2), 3.0))
    assert isinstance(found, tuple)
    assert [item.tolist() for item in found] == [[[4.0, 4.0]], [[2.0, 2.0]]]


def test_symbolic_sizes_are_read_off_the_inputs(builder: Any) -> None:
    x = builder.input("x", "f32", N, 2 * T, 4)
    y = builder.add("reshape", x, shape=(N, T, 8))
    module = build(builder.graph(y=y))
    assert module(torch.zeros(3, 10, 4)).shape == (3, 5, 8)


# --- Memory, tracebacks


def test_values_are_released_after_their_last_use(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    y = builder.add("dense", x, units=4, label="first")
    z = builder.add("dense", y, units=4, label="second")
    z = builder.add("dense", z, units=4, label="third")
    module = build(builder.graph(z=z))
    refs: list[weakref.ref[torch.Tensor]] = []
    alive: list[bool] = []
    module.get_submodule("first").register_forward_hook(
        lambda _module, _inputs, output: refs.append(weakref.ref(output))
    )
    module.get_submodule("third").register_forward_pre_hook(
        lambda _module, _inputs: alive.append(refs[0]() is not None)
    )
    with torch.no_grad():
        module(torch.zeros(2, 4))
    assert alive == [False]


def test_tracebacks_show_the_line_and_name_the_layer(digits: Graph) -> None:
    module = build(digits).eval()
    module.get_submodule("repeat.1.Residual.conv").register_forward_hook(
        lambda *_: torch.zeros(1, 3, 1, 1)
    )
    try:
        module(image())
    except RuntimeError as error:
        text = "".join(traceback.format_exception(error))
    assert "# repeat.1.Residual.batchnorm" in text


def test_sources_are_forgotten_with_their_classes(builder: Any) -> None:
    import gc  # noqa: PLC0415

    x = builder.input("once_only", "f32", N, 4)
    module = build(builder.graph(y=builder.add("relu", x)))
    name = type(module).forward.__code__.co_filename
    assert name in linecache.cache
    del module
    gc.collect()
    assert name not in linecache.cache


# --- Tools of PyTorch


def test_copies_and_pickles_compute_the_same(digits: Graph) -> None:
    module = build(digits).eval()
    expected = module(image())
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert isinstance(other, Network) and other is not module
        assert torch.equal(other(image()), expected)
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    other = build(digits, init=False)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other.eval()(image()), expected)


def test_fx_traces_it(digits: Graph) -> None:
    module = build(digits).eval()
    traced = torch.fx.symbolic_trace(module)
    assert torch.equal(traced(image()), module(image()))
    with pytest.raises(ValueError, match="axis 3 must have size 8"):
        traced(torch.zeros(2, 1, 6, 9))


def test_compiles_as_one_graph(digits: Graph) -> None:
    module = build(digits).eval()
    compiled = torch.compile(module, backend="eager", fullgraph=True, dynamic=True)
    for height in (6, 7, 12):
        sample = torch.randn(2, 1, height, 8)
        torch.testing.assert_close(compiled(sample), module(sample))


def test_compiles_with_facts_and_reserved_names(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4 * T)
    builder.require("==", T % 2, 0)
    with builder.scope("train.0", x, kind="turn"):
        y = builder.add("reshape", x, shape=(N, T, 4))
        y = builder.add("dense", y, units=2, label="for")
    module = build(builder.graph(y=y))
    compiled = torch.compile(module, backend="eager", fullgraph=True)
    for length in (8, 16):
        sample = torch.randn(2, length)
        torch.testing.assert_close(compiled(sample), module(sample))


def test_a_cell_compiles_within_its_network() -> None:
    """The cell's own `forward` reads `F`, which belongs to no module of ours."""
    text = """
cell Step(units: int) on x: f32[N, D] with h: f32[N, units] -> f32[N, units] {
    next h = 0.5 * h + (x -> dense(units) -> softmax -> relu)
    h
}
network Net on x: f32[N, T, 3] -> f32[N, T, 4] { x -> scan(Step(4)) }
"""
    module = build(check_text(text).graph()).eval()
    compiled = torch.compile(module, backend="eager", fullgraph=True)
    sample = torch.randn(2, 5, 3)
    torch.testing.assert_close(compiled(sample), module(sample))


def test_autocast_takes_inputs_of_either_dtype(digits: Graph) -> None:
    module = build(digits)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for sample in (image(), image().bfloat16()):
            assert module(sample).isfinite().all()
    module.half()
    assert module.eval()._dtypes == (torch.float16,)


def test_training_reaches_every_weight(digits: Graph) -> None:
    module = build(digits)
    module(image()).square().sum().backward()
    assert all(weight.grad is not None for weight in module.parameters())
    module.zero_grad()


def test_prints_blocks_by_name(digits: Graph) -> None:
    text = repr(build(digits))
    assert text.startswith("Net(") and "(Residual): Residual(" in text
