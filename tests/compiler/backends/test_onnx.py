"""The ONNX back end: what it writes is valid, readable, and computes what PyTorch computes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from archc.compiler.backends import onnx as backend
from archc.compiler.backends.torch import build
from archc.compiler.check import check_text
from archc.compiler.dims import Dim, axis
from archc.compiler.graph import Graph
from archc.compiler.hyperparameter import Anything, required
from archc.compiler.layer import Layer
from archc.compiler.lowering import Call, OnnxBuilder
from archc.compiler.types import I64, TensorType
from archc.grammar.diagnostic import ProgramError

N, H, T = axis("N"), axis("H"), axis("T")


class Reshaped(Layer):
    """Reshapes to sizes that a test chooses."""

    sizes: Anything = required()

    def infer(self, check: Any, *inputs: TensorType) -> TensorType:
        return inputs[0].with_shape(*self.sizes)

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("{0}.reshape({sizes})", {"sizes": self.sizes})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Reshape", inputs[0], onnx.shape(self.sizes))


class Size(Layer):
    """The value of a dim, as one integer beside the data."""

    size: Anything = required()

    def infer(self, check: Any, *inputs: TensorType) -> TensorType:
        return TensorType(I64, ())

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Identity", onnx.number(self.size, I64))


class Unknown(Layer):
    """A layer that says nothing about ONNX."""

    def infer(self, check: Any, *inputs: TensorType) -> TensorType:
        return inputs[0]


class Halves(Layer):
    """Two results."""

    def infer(self, check: Any, *inputs: TensorType) -> tuple[TensorType, ...]:
        (x,) = inputs
        return (x.with_axis(1, x.shape[1] // 2),) * 2

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> tuple[str, ...]:
        return onnx.ops("Split", 2, inputs[0], axis=1, num_outputs=2)


def run(model: onnx.ModelProto | Path, **inputs: Any) -> list[Any]:
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    return list(session.run(None, inputs))


def weights_of(graph: Graph) -> dict[str, torch.Tensor]:
    """Weights of a scale that keeps results comparable; variances are positive."""
    generator = torch.Generator().manual_seed(0)
    found: dict[str, torch.Tensor] = {}
    for weight in graph.weights():
        draw = torch.rand(weight.shape, generator=generator) + 0.1
        found[weight.name] = draw.to(getattr(torch, weight.dtype.torch.removeprefix("torch.")))
    return found


def agree(graph: Graph, weights: Mapping[str, torch.Tensor], *shapes: tuple[int, ...]) -> None:
    module = build(graph, init=False)
    module.load_state_dict(dict(weights))
    module.eval()
    model = backend.export(graph, weights)
    onnx.checker.check_model(model, full_check=True)
    generator = torch.Generator().manual_seed(1)
    for shape in shapes:
        x = torch.rand(shape, generator=generator)
        with torch.no_grad():
            expected = module(x)
        (found,) = run(model, **{graph.inputs[0].name: x.numpy()})
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-5)


def initializers(model: onnx.ModelProto) -> set[str]:
    return {tensor.name for tensor in model.graph.initializer}


def shape_of(info: onnx.ValueInfoProto) -> list[int | str]:
    return [size.dim_param or size.dim_value for size in info.type.tensor_type.shape.dim]


def test_a_residual_network_computes_what_pytorch_does(digits: Graph) -> None:
    agree(digits, weights_of(digits), (1, 1, 8, 8), (3, 1, 11, 8))


@pytest.mark.parametrize("opset", backend.OPSETS)
def test_every_opset_is_written_and_runs(digits: Graph, opset: int) -> None:
    model = backend.export(digits, weights_of(digits), opset=opset)
    assert model.opset_import[0].version == opset
    assert model.ir_version == (11 if opset == 23 else 10)
    (found,) = run(model, image=np.zeros((2, 1, 8, 8), np.float32))
    assert found.shape == (2, 8, 4, 4)


@pytest.mark.parametrize("opset", [16, 24, 0])
def test_another_opset_is_refused(digits: Graph, opset: int) -> None:
    with pytest.raises(ValueError, match=f"from 17 to 23, not {opset}"):
        backend.export(digits, weights_of(digits), opset=opset)


def test_names_are_those_of_the_program(digits: Graph) -> None:
    model = backend.export(digits, weights_of(digits))
    assert [value.name for value in model.graph.input] == ["image"]
    assert [value.name for value in model.graph.output] == ["y"]
    assert shape_of(model.graph.input[0]) == ["N", 1, "H", 8]
    assert shape_of(model.graph.output[0]) == ["N", 8, "(H + 1) // 2", 4]
    names = [node.name for node in model.graph.node]
    assert len(set(names)) == len(names)
    assert {"stem", "repeat.2.Residual.skip", "repeat.0.Residual.conv_2"} <= set(names)
    made = {node.name: node.output[0] for node in model.graph.node}
    assert made["repeat.0.Residual.conv"] == "repeat.0.Residual.conv"
    trained = {w.name for w in digits.weights() if not w.name.endswith("num_batches_tracked")}
    assert initializers(model) == trained
    docs = {node.name: node.doc_string for node in model.graph.node}
    assert docs["stem"] == "conv: f32[N, 1, H, 8] -> f32[N, 4, H, 8]"


def test_shared_and_tied_weights_are_stored_once(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4, 4)
    shared = {"owner": "first", "units": 4, "bias": False}
    y = builder.add("dense", x, label="first", units=4, bias=False)
    y = builder.add("dense", y, label="again", **shared)
    z = builder.add("dense", y, label="t", units=4, bias=False, tied={"weight": "first.weight"})
    graph = builder.graph(y=z)
    model = backend.export(graph, {"first.weight": np.eye(4, dtype=np.float32) * 2})
    assert initializers(model) == {"first.weight.rearranged"}
    (found,) = run(model, x=np.ones((1, 4, 4), np.float32))
    np.testing.assert_array_equal(found, np.full((1, 4, 4), 8.0))


SIZES: list[tuple[Dim, int]] = [
    ((H - 7) // 2, (3 - 7) // 2),
    ((5 - 3 * H) // 4 + H * T, (5 - 9) // 4 + 15),
    (T % H, 5 % 3),
    ((T - 9) % 4, (5 - 9) % 4),
    (T // H + 2 * H - T, 5 // 3 + 6 - 5),
    (-H, -3),
    ((1 - T) // H, (1 - 5) // 3),
]


@pytest.mark.parametrize(("size", "expected"), SIZES, ids=lambda item: str(item))
def test_sizes_are_computed_as_the_language_does(builder: Any, size: Dim, expected: int) -> None:
    x = builder.input("x", "f32", H, T)
    graph = builder.graph(y=builder.add(Size(size=size), x))
    (found,) = run(backend.export(graph, {}), x=np.zeros((3, 5), np.float32))
    assert found == expected


def test_sizes_are_computed_once(builder: Any) -> None:
    x = builder.input("x", "f32", N, H, T)
    y = builder.add(Reshaped(sizes=(N, H * T)), x)
    y = builder.add(Reshaped(sizes=(N * H, T)), y)
    y = builder.add(Reshaped(sizes=(N, H * T)), y)
    model = backend.export(builder.graph(y=y), {})
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Shape") == 3
    assert kinds.count("Mul") == 2
    assert kinds.count("Concat") == 2
    (found,) = run(model, x=np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    np.testing.assert_array_equal(found, np.arange(24).reshape(2, 12))


def test_outputs_that_no_layer_made_get_their_names(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    y = builder.add("relu", x)
    graph = builder.graph(first=y, second=y, third=x)
    model = backend.export(graph, {})
    assert [value.name for value in model.graph.output] == ["first", "second", "third"]
    data = np.array([[-1, 0, 1, 2]], np.float32)
    first, second, third = run(model, x=data)
    np.testing.assert_array_equal(first, np.maximum(data, 0))
    np.testing.assert_array_equal(second, first)
    np.testing.assert_array_equal(third, data)


def test_an_output_called_as_an_input_stays_apart(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    model = backend.export(builder.graph(x=builder.add("relu", x)), {})
    assert [value.name for value in model.graph.output] == ["x_2"]
    run(model, x=np.zeros((1, 4), np.float32))


def test_several_results_are_numbered(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    left, right = builder.add_all(Halves(), x, label="parts")
    model = backend.export(builder.graph(y=builder.add("sub", left, right)), {})
    assert list(model.graph.node[0].output) == ["parts.0", "parts.1"]
    (found,) = run(model, x=np.array([[5, 6, 1, 3]], np.float32))
    np.testing.assert_array_equal(found, [[4, 3]])


def test_bf16_weights_keep_their_bits(builder: Any) -> None:
    x = builder.input("x", "bf16", N, 3)
    graph = builder.graph(y=builder.add("dense", x, units=2, bias=False, label="d"))
    weight = torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.0, 1e-3]], dtype=torch.bfloat16)
    model = backend.export(graph, {"d.weight": weight})
    (tensor,) = model.graph.initializer
    assert tensor.data_type == onnx.TensorProto.BFLOAT16
    found = np.frombuffer(tensor.raw_data, ml_dtypes.bfloat16).astype(np.float32)
    np.testing.assert_array_equal(found, weight.float().numpy().ravel())


def test_narrower_weights_are_widened_and_wider_ones_refused(builder: Any) -> None:
    x = builder.input("x", "f32", N, 2)
    graph = builder.graph(y=builder.add("dense", x, units=1, bias=False, label="d"))
    half = backend.export(graph, {"d.weight": torch.tensor([[0.5, 2.0]], dtype=torch.float16)})
    np.testing.assert_array_equal(run(half, x=np.ones((1, 2), np.float32))[0], [[2.5]])
    with pytest.raises(backend.WeightsError, match="d.weight is f32.* float64 here"):
        backend.export(graph, {"d.weight": np.ones((1, 2))})


def test_weights_that_do_not_fit_are_named(builder: Any) -> None:
    x = builder.input("x", "f32", N, 2)
    graph = builder.graph(y=builder.add("dense", x, units=1, bias=False, label="d"))
    with pytest.raises(backend.WeightsError, match=r"lack d.weight, which is f32\[1, 2\]"):
        backend.export(graph, {})
    with pytest.raises(backend.WeightsError, match="the nearest name among them is b.weight"):
        backend.export(graph, {"b.weight": np.ones((1, 2), np.float32)})
    with pytest.raises(backend.WeightsError, match=r"is f32\[1, 2\] in the network, and \[2, 1\]"):
        backend.export(graph, {"d.weight": np.ones((2, 1), np.float32)})


def test_a_layer_without_onnx_is_an_error_that_names_it(builder: Any) -> None:
    x = builder.input("x", "f32", N, 2)
    graph = builder.graph(y=builder.add(Unknown(), x, label="odd"))
    with pytest.raises(ProgramError, match="E601: unknown cannot be written as ONNX"):
        backend.export(graph, {})


def test_large_weights_go_to_a_second_file(digits: Graph, tmp_path: Path) -> None:
    weights = weights_of(digits)
    model = backend.export(digits, weights)
    before = model.SerializeToString()
    backend.save(model, tmp_path / "one.onnx")
    backend.save(model, tmp_path / "two.onnx", threshold=1000)
    assert model.SerializeToString() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "one.onnx",
        "two.onnx",
        "two.onnx.data",
    ]
    x = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 1, 8, 8)
    one, two = (run(tmp_path / f"{name}.onnx", image=x)[0] for name in ("one", "two"))
    np.testing.assert_array_equal(one, two)
    onnx.checker.check_model(str(tmp_path / "two.onnx"), full_check=True)


def test_a_failed_write_leaves_the_old_file(
    digits: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = backend.export(digits, weights_of(digits))
    path = tmp_path / "net.onnx"
    backend.save(model, path)
    before = path.read_bytes()

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        backend.save(model, path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["net.onnx"]


def test_an_opset_that_lacks_a_dtype_is_an_error_that_names_one_that_has_it(builder: Any) -> None:
    x = builder.input("x", "bf16", N, 1, 4, 4)
    y = builder.add("conv", builder.add("neg", x), filters=1, kernel=1, bias=False, label="c")
    graph = builder.graph(y=y)
    weights = {"c.weight": np.ones((1, 1, 1, 1), ml_dtypes.bfloat16)}
    with pytest.raises(ProgramError, match="its Conv takes no bf16 in opset 20; opset 22 can"):
        backend.export(graph, weights)
    assert backend.export(graph, weights, opset=22).graph.node[1].op_type == "Conv"


CELLS = """
cell Minimal(units: int) on x: f32[N, D] with h: f32[N, units] -> f32[N, units] {
    gate = (x, h) -> concat(axis=1) -> dense(units) -> sigmoid
    new  = (x, h * gate) -> concat(axis=1) -> dense(units) -> tanh
    next h = gate * h + (1 - gate) * new
    h
}
network Net on x: f32[N, T, 4] -> f32[N, T, 5] {
    x -> scan(Minimal(6)) -> scan(Minimal(5), reverse=true)
}
"""


def test_a_cell_is_lowered_to_a_body_with_weights_outside() -> None:
    checked = check_text(CELLS)
    checked.raise_errors()
    graph = checked.graphs["Net"]
    weights = weights_of(graph)
    agree(graph, weights, (2, 3, 4), (1, 7, 4))
    model = backend.export(graph, weights)
    assert initializers(model) >= set(weights)
    scans = [node for node in model.graph.node if node.op_type == "Scan"]
    bodies = [
        attribute.g for scan in scans for attribute in scan.attribute if attribute.name == "body"
    ]
    assert [len(body.initializer) for body in bodies] == [0, 0]
    inner = {node.name for body in bodies for node in body.node}
    assert {"Minimal.dense", "Minimal.sigmoid", "Minimal_2.dense_2"} <= inner


TRANSFORMER = """
network Net on tokens: i64[N, T] -> f32[N, T, 11] {
    layer words = embedding(11, 8)
    x = tokens -> words
    y = x -> layernorm
    q = y -> dense(8) -> rearrange("n t (h d) -> n h t d", h=2)
    k = y -> dense(8) -> rearrange("n t (h d) -> n h t d", h=2)
    a = (q, k -> transpose(2, 3)) -> matmul -> softmax
    z = (a, q) -> matmul -> rearrange("n h t d -> n t (h d)")
    x + z -> dense(11, bias=false, weight=words.weight)
}
"""


def test_a_transformer_keeps_its_dynamic_axes() -> None:
    checked = check_text(TRANSFORMER)
    checked.raise_errors()
    graph = checked.graphs["Net"]
    weights = weights_of(graph)
    model = backend.export(graph, weights)
    assert shape_of(model.graph.input[0]) == ["N", "T"]
    assert shape_of(model.graph.output[0]) == ["N", "T", 11]
    module = build(graph, init=False)
    module.load_state_dict(
        {name: weights.get(name, tensor) for name, tensor in module.state_dict().items()}
    )
    module.eval()
    for shape in ((1, 3), (2, 7)):
        tokens = torch.randint(0, 11, shape)
        with torch.no_grad():
            expected = module(tokens).numpy()
        (found,) = run(model, tokens=tokens.numpy())
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
