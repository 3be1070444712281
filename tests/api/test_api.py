"""The Python face: what `import archc` gives, and what it costs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import archc
import networkx
import numpy as np
import onnxruntime
import pytest
import torch

NET = """\
# Two parts.
block Part(width: int, act: stage = relu) on x { x -> dense(width) -> act }

network Net(width: int = 8, sizes: list = [4], act: stage = relu, mode: str = "nearest")
    on x: f32[N, T, 3] -> y: f32[N, T, 2], z: f32[N, _, _] {
    a = x -> Part(width, act) -> for s in sizes { dense(s) }
    (a -> head: dense(2), a)
}
"""
CONV = """\
network Conv on image: f32[N, 1, H, W] -> f32[N, 4] {
    require H % 2 == 0: "even"
    image -> stem: conv(4, 3, stride=2) -> global_avgpool
}
"""
BROKEN = (
    "network A on x: f32[N, 3] -> f32[N, 4] {\n    y = x -> dens(4)\n    z = w -> relu\n    x\n}\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "parts.arch").write_text("block Half on x { x -> dense(2) }\n")
    path = tmp_path / "net.arch"
    path.write_text(
        "use parts: Half\nnetwork Net on x: f32[N, 4] -> f32[N, 2] {\n    x -> Half\n}\n"
    )
    return path


# --- Programs -------------------------------------------------------------------------------------


def test_a_program_prints_itself() -> None:
    program = archc.parse(NET)
    assert archc.parse(str(program)) == program
    assert str(archc.parse(str(program))) == str(program)
    assert "# Two parts." in str(program)
    assert program != archc.parse(NET.replace("8", "9"))
    assert program.networks == ("Net",)
    assert repr(program) == "<Program <memory>: Net>"
    assert program._repr_mimebundle_() == {"text/plain": str(program)}
    assert len({program, archc.parse(str(program))}) == 1


def test_a_file_finds_its_modules_wherever_it_is_asked_for(file: Path) -> None:
    program = archc.load(file)
    assert program == archc.parse(file.read_text())
    for source in (file, str(file), program):
        assert archc.compile(source).params == 10
    assert not program.diagnostics
    with pytest.raises(archc.ProgramError, match="E5|E3|E4"):
        archc.compile(file.read_text())  # a text has no folder


def test_what_does_not_parse_is_the_programs_fault(tmp_path: Path) -> None:
    with pytest.raises(archc.ProgramError) as caught:
        archc.parse("network A on {\n", filename="mine.arch")
    assert caught.value.diagnostics[0].code.startswith("E1")
    assert "mine.arch:1:" in str(caught.value)
    with pytest.raises(FileNotFoundError):
        archc.load(tmp_path / "none.arch")


def test_what_does_not_check_names_every_error() -> None:
    with pytest.raises(archc.ProgramError) as caught:
        archc.compile(BROKEN)
    codes = [report.code for report in caught.value.diagnostics]
    assert codes == [report.code for report in archc.parse(BROKEN).diagnostics]
    assert codes.count("E201") == 2  # the broken line hides neither the next nor the last


# --- Models ---------------------------------------------------------------------------------------


def test_a_model_knows_its_shapes_and_costs() -> None:
    model = archc.compile(NET)
    (x,) = model.inputs
    assert (x.name, x.dtype, x.shape) == ("x", "f32", ("N", "T", 3))
    assert str(x) == "x: f32[N, T, 3]"
    assert [(port.name, port.shape) for port in model.outputs] == [
        ("y", ("N", "T", 2)),
        ("z", ("N", "T", 4)),
    ]
    assert model.params == (3 * 8 + 8) + (8 * 4 + 4) + (4 * 2 + 2)
    names = [layer.name for layer in model.layers]
    assert names == ["Part.dense", "Part.act", "for.0.dense", "head"]
    head = model.layers[-1]
    assert (head.layer, head.shape, head.params) == ("dense", ("N", "T", 2), 10)
    assert str(model.flops).endswith(" * T")
    fixed = archc.compile(NET, T=10)
    assert isinstance(fixed.flops, int)
    assert fixed.flops == sum(int(layer.flops) for layer in fixed.layers)
    assert repr(model).startswith("<Model Net on x: f32[N, T, 3] -> y: f32[N, T, 2], z: ")


def test_hyperparameters_of_every_kind() -> None:
    model = archc.compile(
        NET, "Net", width=np.int64(5), sizes=[6, np.int32(7)], act="gelu", mode="linear"
    )
    assert [layer.layer for layer in model.layers] == ["dense", "gelu", "dense", "dense", "dense"]
    assert model.layers[0].shape[-1] == 5
    assert model.layers[-1].params == 7 * 2 + 2
    assert model.graph.hyperparameters["mode"] == "linear"
    with pytest.raises(archc.ProgramError, match="no hyperparameter `widht`"):
        archc.compile(NET, widht=3)
    with pytest.raises(archc.ProgramError, match="no network `Nett`"):
        archc.compile(NET, network="Nett")
    with pytest.raises(TypeError, match="width is a dict"):
        archc.compile(NET, width={})
    with pytest.raises(TypeError, match="not int"):
        archc.compile(3)  # type: ignore[arg-type]


def test_the_hash_ignores_names() -> None:
    assert archc.compile(CONV).hash == archc.compile(CONV.replace("stem", "first")).hash
    assert (
        archc.compile(CONV).hash
        != archc.compile(CONV.replace("conv(4", "conv(5").replace("N, 4", "N, 5")).hash
    )


def test_torch_modules() -> None:
    model = archc.compile(NET)
    module = model.torch(seed=3)
    assert module.training
    assert isinstance(module, torch.nn.Module)
    assert list(module.state_dict())[0] == "Part.dense.weight"
    y, z = module(torch.ones(2, 5, 3))
    assert (y.shape, z.shape) == ((2, 5, 2), (2, 5, 4))
    again = model.torch(seed=3).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in module.state_dict().items())
    other = model.torch(seed=4).state_dict()
    assert not torch.equal(other["head.weight"], again["head.weight"])
    assert model.torch(dtype="bf16").get_parameter("head.weight").dtype == torch.bfloat16
    assert model.torch(dtype=torch.float64).get_parameter("head.weight").dtype == torch.float64
    bare = model.torch(init=False)
    bare.load_state_dict(module.state_dict())
    assert torch.equal(bare(torch.ones(2, 5, 3))[0], y)
    with pytest.raises(ValueError, match="one of f16, bf16, f32, f64"):
        model.torch(dtype="float")


def test_onnx_and_source_agree_with_torch() -> None:
    model = archc.compile(CONV)
    module = model.torch(seed=5).eval()
    x = torch.randn(2, 1, 6, 8)
    expected = module(x).detach().numpy()
    proto = model.onnx(opset=19, weights=module.state_dict())
    assert proto.opset_import[0].version == 19
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found = session.run(None, {"image": x.numpy()})[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    namespace: dict[str, Any] = {"__name__": "printed"}
    exec(model.python(), namespace)
    printed = namespace["Conv"]().eval()
    printed.load_state_dict(module.state_dict())
    np.testing.assert_allclose(printed(x).detach().numpy(), expected, atol=1e-6)
    with pytest.raises(ValueError, match="H % 2 == 0"):
        module(torch.randn(2, 1, 5, 8))


def test_onnx_without_weights_says_so() -> None:
    facts = {entry.key: entry.value for entry in archc.compile(CONV).onnx().metadata_props}
    assert facts["archc.trained"] == "false"
    assert facts["archc.source"] == CONV
    weights = archc.compile(CONV).torch().state_dict()
    facts = {
        entry.key: entry.value for entry in archc.compile(CONV).onnx(weights=weights).metadata_props
    }
    assert "archc.trained" not in facts
    with pytest.raises(ValueError, match="17 to 23"):
        archc.compile(CONV).onnx(opset=5)
    with pytest.raises(ValueError, match="stem.weight"):
        archc.compile(CONV).onnx(weights={})


def test_a_graph_for_networkx() -> None:
    graph = archc.compile(NET).networkx()
    assert isinstance(graph, networkx.MultiDiGraph)
    assert graph.name == "Net"
    assert set(graph) == {
        "input:x", "Part.dense", "Part.act", "for.0.dense", "head", "output:y", "output:z",
    }  # fmt: skip
    assert graph.nodes["head"]["hyperparameters"] == {"units": 2, "bias": True}
    assert set(graph.successors("for.0.dense")) == {"head", "output:z"}
    assert graph.edges["input:x", "Part.dense", 0]["shape"] == ("N", "T", 3)
    assert networkx.is_directed_acyclic_graph(graph)
    twice = archc.compile("network Two on x: f32[N, 2] -> f32[N, 2] {\n    x + x\n}\n").networkx()
    assert twice.number_of_edges("input:x", "add") == 2


def test_models_show_themselves() -> None:
    shown = archc.compile(CONV)._repr_mimebundle_()
    assert "stem" in shown["text/plain"]
    assert shown["image/svg+xml"].startswith("<svg")
    assert str(archc.compile(CONV)) == shown["text/plain"]


# --- Training -------------------------------------------------------------------------------------

TRAINED = """\
network Digits(width: int = 4) on image: f32[N, 1, 8, 8] -> f32[N, 10] {
    image -> conv(width, 3, stride=2) -> relu -> flatten -> dense(10)
}
train Digits { data = digits(), optimizer = adamw(lr=1e-2), epochs = 3, seed = 1 }
"""


def test_training_gives_a_module_and_metrics(tmp_path: Path) -> None:
    model = archc.compile(TRAINED, width=6)
    run = archc.train(
        model, folder=tmp_path / "run", device="cpu", epochs=2, **{"optimizer.lr": 2e-2}
    )
    assert isinstance(run, archc.Run)
    assert run.epochs == 2
    assert run.metrics["test"]["accuracy"] > 0.5
    assert (run.path / "weights.safetensors").is_file()
    resolved = archc.load(run.path / "program.arch")
    assert "lr=0.02" in str(resolved)
    assert archc.compile(resolved).hash == model.hash
    exported = model.onnx(weights=run.module.state_dict())
    assert exported.graph.name == "Digits"
    with pytest.raises(archc.CheckpointError, match="holds a run already"):
        archc.train(model, folder=tmp_path / "run", device="cpu")
    with pytest.raises(archc.ProgramError, match="epoks"):
        archc.train(model, folder=tmp_path / "other", epoks=2)


# --- The package ----------------------------------------------------------------------------------


def test_importing_takes_nothing_slow() -> None:
    code = (
        "import sys, json, archc; before = sorted(sys.modules); "
        "archc.compile('network A on x: f32[N, 2] -> f32[N, 2] { x -> relu }').params; "
        "print(json.dumps([before, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = json.loads(done.stdout)
    assert "archc.api" not in before
    assert not {"torch", "numpy", "onnx", "networkx", "rich"} & set(after)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'compil'"):
        archc.compil  # type: ignore[attr-defined]  # noqa: B018
    assert set(archc.__all__) <= set(dir(archc))
    assert (Path(archc.__file__).parent / "py.typed").is_file()
