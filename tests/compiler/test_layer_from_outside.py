"""A layer from another package, installed as a user would: the language knows it as its own.

The package is `tests/plugin_package`. Whatever is asked of the layer is asked of a fresh process
that has the package on its path; broken packages are made on the spot.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).parents[1] / "plugin_package"
CONFORMANCE = Path(__file__).parents[1] / "conformance"
PROGRAM = """\
network Net(pieces: int = 3) on x: f32[N, T, 6] -> f32[N, T, 4] {
    x -> gru(8) -> hidden: maxout(5, pieces=pieces, init=he) -> maxout(4, bias=false)
}

network Space on x: f32[N, 6] -> f32[N, 4] {
    x -> maxout(16 | 32, ?) -> dense(4)
}
"""
DRAWING = """\
import archc, json, sys
space = archc.space(sys.argv[1], network="Space")
texts = sorted({str(space.sample(seed=seed)) for seed in range(40)})
print(json.dumps({"size": int(space.size), "texts": texts}))
"""
BROKEN = {
    "fails": ("raise RuntimeError('no licence')", "importing it failed: RuntimeError: no licence"),
    "syntax": ("class Fails(:", "importing it failed: SyntaxError: "),
    "leaves": ("import sys\nsys.exit(3)", "importing it failed: SystemExit: 3"),
    "absent": ("Other = 1", "importing it failed: AttributeError: "),
    "no_class": ("Layer = 7", "it is no class of archc's `Layer`"),
    "no_layer": ("class Layer: pass", "it is no class of archc's `Layer`"),
    "other_name": (
        "from archc.compiler import layer\nclass Layer(layer.Layer):\n    name = 'wave'",
        "its class calls itself `wave`; entry point and class must agree",
    ),
    "says_nothing": (
        "from archc.compiler import layer\nclass Layer(layer.Layer):\n    name = 'says_nothing'",
        "it does not define infer and to_torch",
    ),
    "odd_kind": (
        "from archc.compiler import layer\nclass Layer(layer.Layer):\n    name = 'odd_kind'\n"
        "    sizes: dict\n    def infer(self, check, x): return x\n    to_torch = infer",
        "its hyperparameters make no sense: TypeError: no hyperparameter can be <class 'dict'>",
    ),
    "relu": ("Layer = 7", "a built-in layer has this name, and keeps it"),
}

Archc = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in it, put there by pip."""
    folder = tmp_path_factory.mktemp("outside")
    source = shutil.copytree(PACKAGE, folder / "source")
    words = ["install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    words += ["--no-build-isolation", "--target", str(folder / "site"), str(source)]
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture
def archc(site: Path, tmp_path: Path) -> Archc:
    """`archc("layers", …)` in a process that sees the package; `python=…` runs something else."""
    return runner(site, tmp_path)


def runner(site: Path, folder: Path) -> Archc:
    environment = os.environ | {"PYTHONPATH": str(site), "NO_COLOR": "1", "COLUMNS": "100"}
    environment["OMP_NUM_THREADS"] = "1"

    def run(*words: str, python: tuple[str, ...] = ("-m", "archc")) -> Any:
        line = [sys.executable, *python, *words]
        done = subprocess.run(line, capture_output=True, text=True, env=environment, cwd=folder)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    (folder / "net.arch").write_text(PROGRAM)
    return run


def test_without_the_package_the_name_is_unknown(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = runner(empty, tmp_path)("check", "net.arch")
    assert done.returncode == 1
    assert "error[E201]: nothing is called `maxout`" in done.stderr


def test_it_parses_and_checks(archc: Archc, tmp_path: Path) -> None:
    done = archc("check", "net.arch")
    assert done.returncode == 0, done.stderr
    (tmp_path / "wrong.arch").write_text(PROGRAM.replace("pieces=pieces", "pieces=0"))
    done = archc("check", "wrong.arch")
    assert done.returncode == 1
    assert "pieces" in done.stderr and "from 1 to 64" in done.stderr
    (tmp_path / "wrong.arch").write_text(PROGRAM.replace("maxout(4", "maxot(4"))
    assert "did you mean `maxout` or" in archc("check", "wrong.arch").stderr


def test_it_is_listed_and_documented(archc: Archc) -> None:
    listed = archc("layers").stdout
    assert "\n  maxout " in listed.partition("\nlinear\n")[2].partition("\nnormalisation\n")[0]
    told = archc("layers", "maxout").stdout
    assert told.startswith("maxout(units, pieces=2, bias=true)\n")
    assert "Goodfellow et al. 2013" in told
    assert "16..512 log" in told
    assert "example: x -> maxout(64, pieces=3)" in told


def test_it_is_in_the_built_in_vocabulary(archc: Archc) -> None:
    vocabulary = archc("layers", "--as-vocabulary").stdout
    assert "\n    maxout(units=16..512 log, pieces=2 | 3 | 4, bias=true | false)\n" in vocabulary


def test_it_is_sampled_from_its_own_domains(archc: Archc) -> None:
    done = archc("net.arch", python=("-c", DRAWING))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["size"] == 6
    calls = {text.partition("x -> ")[2].partition(" ->")[0] for text in found["texts"]}
    assert calls == {f"maxout({units}, {pieces})" for units in (16, 32) for pieces in (2, 3, 4)}


@pytest.mark.slow
def test_every_back_end_computes_the_same(archc: Archc, tmp_path: Path) -> None:
    """`--verify` compares source and ONNX with the module, at several sizes; the source is then
    run where neither archc nor the package is.
    """
    done = archc("compile", "net.arch", "-n", "Net", "-o", "out", "--verify")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    compared = {(item["backend"], item["mode"]) for item in manifest["verified"]}
    assert {("python", "train"), ("python", "eval"), ("onnx", "eval")} <= compared
    assert all(item["ok"] for item in manifest["verified"])
    source = (tmp_path / "out" / "model.py").read_text()
    assert "class Maxout(nn.Module):" in source
    assert "archc_maxout" not in source
    # Both the GRU's support and the package's define `result`: the second has a number.
    assert "def result(" in source and "def result_2(" in source
    assert "return result_2(nn.functional.linear(" in source
    lonely = [sys.executable, "-I", str(tmp_path / "out" / "model.py"),
              str(tmp_path / "out" / "weights.safetensors")]  # fmt: skip
    done = subprocess.run(lonely, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_conformance_suite_finds_it(archc: Archc) -> None:
    words = ["-q", "-p", "no:cacheprovider", "-k", "maxout", str(CONFORMANCE / "test_layers.py")]
    done = archc(*words, python=("-m", "pytest"))
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


# --- Broken packages -----------------------------------------------------------------------------


def install_broken(folder: Path, name: str, text: str, package: str = "broken") -> None:
    """A package as pip would have left it, with one layer that cannot be used."""
    folder.mkdir(exist_ok=True)
    (folder / f"{package}_{name}.py").write_text(text + "\n")
    facts = folder / f"{package}_{name}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {package}-{name}\nVersion: 1.0\n"
    )
    (facts / "entry_points.txt").write_text(f"[archc.layers]\n{name} = {package}_{name}:Layer\n")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Archc:
    folder = tmp_path_factory.mktemp("broken")
    for name, (text, _) in BROKEN.items():
        install_broken(folder / "site", name, text)
    for package in ("one", "two"):
        install_broken(folder / "site", "twice", "Layer = 7", package)
    return runner(folder / "site", folder)


def test_each_is_named_in_the_list_and_the_others_work(broken: Archc) -> None:
    done = broken("layers")
    assert done.returncode == 0
    assert "\n  conv " in done.stdout and "\n  relu " in done.stdout
    warnings = done.stderr.splitlines()
    assert len(warnings) == len(BROKEN) + 1
    for name, (_, reason) in BROKEN.items():
        said = f"warning: the layer `{name}` of broken-{name} 1.0 (broken_{name}:Layer) cannot be"
        (line,) = [line for line in warnings if line.startswith(said)]
        assert reason in line
    assert any("another package has one of this name: two-twice 1.0" in line for line in warnings)
    assert broken("layers", "conv").stderr == ""


@pytest.mark.parametrize("name", ["fails", "no_layer", "twice"])
def test_a_program_is_told_where_it_wants_one(broken: Archc, tmp_path: Path, name: str) -> None:
    path = tmp_path / "uses.arch"
    path.write_text(
        f"block Kept(size: {name}.sizes = 3) on x {{ x -> dense(size) }}\n"
        f"network Net on x: f32[N, 6] -> f32[N, 6] {{\n    x -> {name} -> Kept\n}}\n"
    )
    done = broken("check", str(path))
    assert done.returncode == 1
    assert f"error[E331]: the layer `{name}` of " in done.stderr
    assert done.stderr.count(f"    x -> {name}") == 1


def test_asking_for_one_says_why_it_cannot_be_had(broken: Archc) -> None:
    done = broken("layers", "fails")
    assert done.returncode == 2
    assert "RuntimeError: no licence" in done.stderr


def test_a_vocabulary_of_every_layer_leaves_none_out(broken: Archc, tmp_path: Path) -> None:
    done = broken("layers", "--as-vocabulary")
    assert done.returncode == 2 and "cannot be used" in done.stderr
    path = tmp_path / "any.arch"
    path.write_text("network Net on x: f32[N, 6] -> f32[N, 6] { x -> ? }\n")
    done = broken("check", str(path))
    assert done.returncode == 1
    assert "error[E331]" in done.stderr


def test_programs_without_them_are_checked_as_ever(broken: Archc, tmp_path: Path) -> None:
    path = tmp_path / "plain.arch"
    path.write_text("network Net on x: f32[N, 6] -> f32[N, 6] { x -> relu -> dense(6) }\n")
    done = broken("check", str(path))
    assert done.returncode == 0 and "no errors" in done.stderr + done.stdout
