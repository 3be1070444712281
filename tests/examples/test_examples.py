"""Every example checks, shows its layers, is the same in every back end, and trains where it says
how.
"""

import json
import shutil
from pathlib import Path

import archc
import pytest
import torch
from archc.cli.main import run
from archc.compiler import verify

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.arch"))
SMALL = {
    "charlm": [],
    "digits": ["width=4", "depth=1"],
    "inception": ["width=4", "depth=1"],
    "resnet18": ["width=8", "classes=10"],
    "transformer": ["width=16", "depth=1", "vocab=128"],
    "two_inputs": ["width=4"],
    "unet": ["width=4", "depth=2"],
    "vision_transformer": ["width=8", "depth=1", "heads=2"],
    "wine": ["hidden=[8]"],
}
"""Sizes that make the tests quick; the examples' own sizes are checked."""


def path_of(name: str) -> str:
    return str(EXAMPLES / f"{name}.arch")


def set_words(name: str) -> list[str]:
    return [word for setting in SMALL.get(name, []) for word in ("--set", setting)]


def values_of(name: str) -> dict[str, str]:
    return dict(setting.split("=", 1) for setting in SMALL.get(name, []))


def test_there_are_the_examples_that_the_docs_name() -> None:
    assert set(NAMES) >= {
        "inception", "resnet18", "transformer", "two_inputs", "unet", "vision_transformer", "wine",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_example_checks_and_shows(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", path_of(name)]) == 0
    assert capsys.readouterr().err == "", "an example warns of nothing"
    assert run(["fmt", "--check", path_of(name)]) == 0
    assert run(["show", path_of(name)]) == 0
    assert "total" in capsys.readouterr().out
    assert run(["show", "--json", path_of(name)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["params"] == archc.compile(path_of(name)).params > 0


def test_resnet18_has_the_published_number_of_parameters() -> None:
    model = archc.compile(path_of("resnet18"), H=224, W=224)
    assert model.params == 11_689_512
    assert isinstance(model.flops, int)
    assert 3.6e9 < model.flops < 3.7e9  # 1.82 G multiply-adds
    assert model.outputs[0].shape == ("N", 1000)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_the_same_in_every_back_end(name: str) -> None:
    model = archc.compile(path_of(name), **values_of(name))
    # torch.export alone takes seconds; the conformance tests have it for every layer.
    report = verify.verify(model.graph, choices=2, pt2=name in {"two_inputs", "wine"})
    assert report.ok, str(report)
    assert {"python", "onnx"} <= {item.backend for item in report.comparisons}


def test_an_example_compiles_to_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "vision_transformer"
    out = tmp_path / name
    assert run(["compile", path_of(name), "-o", str(out), "--verify", *set_words(name)]) == 0
    said = capsys.readouterr().out
    assert "DIFFERS" not in said
    assert all(f"{backend} " in said for backend in ("python", "onnx", "pt2"))
    assert {path.name for path in out.iterdir()} == {
        "manifest.json", "model.onnx", "model.pt2", "model.py", f"{name}.arch",
        "weights.safetensors",
    }  # fmt: skip


TRAINED = [name for name in NAMES if "\ntrain " in Path(path_of(name)).read_text("utf-8")]


@pytest.mark.parametrize("name", TRAINED)
def test_an_example_trains(name: str, tmp_path: Path) -> None:
    """One epoch, on a part of the text where the data are one."""
    for path in EXAMPLES.iterdir():
        if path.suffix in (".arch", ".csv"):
            shutil.copy(path, tmp_path)
    settings: dict[str, object] = {"epochs": 1}
    source = Path(path_of(name)).read_text("utf-8")
    if "text(" in source:
        (tmp_path / "short.txt").write_text("to be or not to be, that is the question. " * 80)
        settings |= {"data": 'text("short.txt", length=32)', "batch": 32}
    model = archc.compile(tmp_path / f"{name}.arch", **values_of(name))
    before = model.torch(seed=0).state_dict()
    finished = archc.train(model, folder=tmp_path / "run", device="cpu", **settings)
    assert finished.epochs == 1
    after = finished.module.state_dict()
    assert all(torch.isfinite(value).all() for value in after.values() if value.is_floating_point())
    assert any(not torch.equal(value, before[name]) for name, value in after.items())
    assert finished.metrics["test"]["loss"] > 0


def test_wine_is_told_apart(tmp_path: Path) -> None:
    finished = archc.train(archc.compile(path_of("wine")), folder=tmp_path / "run", device="cpu")
    assert finished.metrics["test"]["accuracy"] >= 0.85
