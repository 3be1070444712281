"""Random programs over the whole vocabulary: PyTorch's eager module against our ONNX in ONNX
Runtime, 240 programs, or 10,000 with `--long`; against the graph after all passes; and against what
PyTorch's compiler and exporter make of it, a few, or 200. In bf16 layer by layer against f32. What
was found stands below, shrunk.
"""

import re
from collections import Counter
from collections.abc import Iterator

import onnxruntime
import pytest
from archc.compiler.layer import Layer
from archc.compiler.lowering import Call, TorchCode
from archc.compiler.types import BF16, TensorType
from brain_floats import judge_layers, judge_runtime
from compilers import judge_compiled, judge_exported
from differential import Judge, Verdict, judge, judge_passes, shrink
from layer_settings import typical_settings
from sketches import CELLS, LAYERS, sketch_of

DIFFERENTIAL_PARTS = 6
FEWEST_JUDGED = 0.9
FOUND = {
    "nearest places of a size that does not divide": """
        network Fuzz on x: f32[N, 4, 30, 14] -> f32[N, 4, 16, 8] { x -> resize([16, 8]) }
    """,
    "nearest places of free axes": """
        network Fuzz on x: f32[N, 1, H, W] -> f32[N, 1, 8, W] { x -> resize([8, W]) }
    """,
    "a volume with reordered axes has no view": """
        network Fuzz on x: f32[N, 2, 5, 6, 7] -> f32[_, _, _, _, _] {
            x -> transpose(0, -2) -> local_response_norm(5)
        }
    """,
    "a choice between truth values": """
        network Fuzz on x: bool[N, T], y: f32[N, T] -> bool[N, T] {
            (x, y -> greater(0.0), y -> less(1.0)) -> where
        }
    """,
    "zeros are no padding of a maxpool": """
        network Fuzz on x: f32[N, T, 8] -> f32[_, _, _] {
            y = x -> pad([[1, 0]]) -> maxpool(2)
            z = x - 3.0 -> pad([[1, 1]]) -> identity -> dropout(0.1) -> maxpool(3, stride=1)
            (y, z) -> concat(axis=2)
        }
    """,
    "a pad wider than the pool after it": """
        network Fuzz on x: f32[N, 3, 4, 4] -> f32[_, _, _, _] { x -> pad([[2, 0]]) -> avgpool(2) }
    """,
    "gelu in f64 with constants in f32": """
        network Fuzz on x: f64[N, 4] -> f64[_, _] { x -> gelu(approximate="tanh") }
    """,
    "a scale that ONNX Runtime fuses, and keeps in f32": """
        network Fuzz on x: f64[N, T, 8] -> f64[_, _, _] { (x, x, x) -> attention(4) }
    """,
    "integers made into pixels": """
        network Fuzz on x: i64[N, 8, H, W] -> i64[N, 2, _, _] { x -> pixel_shuffle(2) }
    """,
}  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seeds" in metafunc.fixturenames:
        count = 10_000 if metafunc.config.getoption("--long") else 240
        size = -(-count // DIFFERENTIAL_PARTS)
        parts = [range(start, min(start + size, count)) for start in range(0, count, size)]
        metafunc.parametrize("seeds", parts, ids=[f"{part.start}-{part.stop}" for part in parts])


@pytest.fixture(autouse=True)
def _quiet_runtime() -> Iterator[None]:
    """ONNX Runtime tells of every optimisation that it cannot do."""
    onnxruntime.set_default_logger_severity(4)
    yield
    onnxruntime.set_default_logger_severity(2)


def skipped_of(seeds: range, dtype: str = "f32", by: Judge = judge) -> Counter[str]:
    """Judges the programs of some seeds; why nothing could be said of the others."""
    skipped: Counter[str] = Counter()
    for seed in seeds:
        sketch = sketch_of(seed, dtype)
        verdict = by(sketch.text(), seed)
        if verdict.problem:
            small = shrink(sketch, seed, by)
            problem = by(small.text(), seed).problem or verdict.problem
            pytest.fail(f"seed {seed}: {problem}\n{small.text()}", pytrace=False)
        skipped.update([verdict.skipped] if verdict.skipped else [])
    return skipped


def test_pytorch_and_onnx_runtime_agree(seeds: range) -> None:
    skipped = skipped_of(seeds)
    assert skipped.total() <= (1 - FEWEST_JUDGED) * len(seeds), f"too many skipped: {skipped}"


@pytest.mark.parametrize("dtype", ["f64", "f16"])
def test_they_agree_on_other_floats(dtype: str, long: bool) -> None:
    """ONNX Runtime computes f16 on the CPU by way of f32, and has half of its kernels for f64."""
    count = 1000 if long else 24
    skipped = skipped_of(range(count), dtype)
    fewest = {"f64": 0.4, "f16": 0.9}[dtype]
    assert count - skipped.total() >= fewest * count, f"too many skipped: {skipped}"


def test_layers_round_in_bf16_and_do_nothing_else(long: bool) -> None:
    count = 3000 if long else 60
    skipped = skipped_of(range(count), "bf16", judge_layers)
    assert skipped.total() <= (1 - FEWEST_JUDGED) * count, f"too many skipped: {skipped}"


def test_they_agree_on_bf16_where_there_are_kernels(long: bool) -> None:
    """ONNX Runtime has few for the CPU: it refuses more than nine programs of ten."""
    count = 3000 if long else 60
    skipped = skipped_of(range(count), "bf16", judge_runtime)
    assert count - skipped.total() >= 0.05 * count, f"too many skipped: {skipped}"


def test_a_layer_that_does_more_than_round_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = next(layer for layer in LAYERS if layer.name == "tanh")
    right = kind.to_torch

    def wrong(self: Layer, x: TensorType) -> TorchCode:
        return Call("{0}.tanh() * 1.04") if x.dtype == BF16 else right(self, x)

    text = "network Fuzz on x: bf16[N, 8] -> bf16[N, 8] { x -> dense(8) -> tanh -> relu }"
    assert judge_layers(text, 0).problem == ""
    monkeypatch.setattr(kind, "to_torch", wrong)
    assert "tanh differs" in judge_layers(text, 0).problem


def test_passes_for_inference_change_nothing(long: bool) -> None:
    count = 2000 if long else 40
    skipped = skipped_of(range(count), by=judge_passes)
    assert skipped.total() <= (1 - FEWEST_JUDGED) * count, f"too many skipped: {skipped}"


@pytest.mark.slow
def test_pytorchs_compiler_agrees(long: bool) -> None:
    """`inductor` needs a C++ compiler and seconds for each program."""

    def compiled(text: str, seed: int) -> Verdict:
        return judge_compiled(text, seed, "inductor" if long else "aot_eager")

    count = 200 if long else 8
    skipped = skipped_of(range(count), by=compiled)
    assert skipped.total() <= count // 4, f"too many skipped: {skipped}"


@pytest.mark.slow
def test_pytorchs_exporter_agrees(long: bool) -> None:
    count = 200 if long else 4
    skipped = skipped_of(range(count), by=judge_exported)
    assert skipped.total() <= count // 4, f"too many skipped: {skipped}"


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_is_mended(name: str) -> None:
    for seed in range(4):
        verdict = judge(FOUND[name], seed)
        assert (verdict.problem, verdict.skipped) == ("", "")


def test_the_programs_hold_nearly_the_whole_vocabulary() -> None:
    drawn: set[str] = set()
    for seed in range(600):
        for statement in sketch_of(seed).statements:
            drawn.update(re.findall(r"(\w+)", statement.text))
    assert set(CELLS) <= drawn
    rare = [layer.name for layer in LAYERS if layer.name not in drawn]
    assert len(rare) <= len(LAYERS) // 20, f"never drawn: {rare}"


def test_a_difference_is_found_and_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an ONNX lowering that is wrong, a failing program shrinks to the layer at fault."""
    kind = next(layer for layer in LAYERS if layer.name == "tanh")
    right = kind.to_onnx
    monkeypatch.setattr(kind, "to_onnx", lambda self, onnx, x: onnx.op("Neg", right(self, onnx, x)))
    found = 0
    for seed in range(400):
        sketch = sketch_of(seed)
        uses = any(statement.text.endswith("tanh") for statement in sketch.statements)
        if not uses or len(sketch.statements) < 4 or not judge(sketch.text(), seed).problem:
            continue
        small = shrink(sketch, seed)
        assert any("tanh" in statement.text for statement in small.statements), small.text()
        assert len(small.statements) <= 2, small.text()
        found += 1
        if found == 2:
            return
    pytest.fail("no program with tanh was found out")


def test_typical_settings_are_read() -> None:
    by_name = {layer.name: layer for layer in LAYERS}
    text = 'f32[N, C] -> broadcast("n c -> n c h", axes=[["h", 3]])'
    assert typical_settings(by_name["broadcast"], text)["axes"] == (("h", 3),)
    assert typical_settings(by_name["gelu"], "f32[N]") == {}
