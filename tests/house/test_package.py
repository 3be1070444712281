"""House rules of the whole package: the list of packages, the public names, what starts quickly."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import archc
import pytest

SLOW = (
    "matplotlib",
    "networkx",
    "numpy",
    "onnx",
    "onnxruntime",
    "rich",
    "safetensors",
    "sklearn",
    "torch",
)
EXAMPLE = "examples/digits.arch"
QUICK = (
    ["--help"],
    ["explain"],
    ["check", EXAMPLE],
    ["fmt", "--check", EXAMPLE],
    ["show", EXAMPLE],
)

RUN = """
import contextlib, io, json, sys
from archc.cli.main import run
with contextlib.redirect_stdout(io.StringIO()):
    status = run(sys.argv[1:])
print(json.dumps([status, sorted(sys.modules)]))
"""

IMPORT_ALL = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
import archc
print(json.dumps([name for name, value in vars(archc).items() if type(value) is type(sys)]))
"""


@pytest.fixture
def settings(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def module_name(path: str) -> str:
    parts = ["archc", *path.removesuffix(".py").split("/")]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_the_list_of_packages_is_the_tree(settings: dict[str, Any], package: list[str]) -> None:
    tree = sorted(module_name(path) for path in package if path.endswith("__init__.py"))
    listed = settings["tool"]["setuptools"]["packages"]
    lines = "\n".join(f'    "{name}",' for name in tree)
    assert listed == tree, f"packages in pyproject.toml should be:\n{lines}"


def test_every_module_lies_in_a_package(package: list[str]) -> None:
    folders = {Path(path).parent.as_posix() for path in package}
    inits = {Path(path).parent.as_posix() for path in package if path.endswith("__init__.py")}
    assert folders == inits, f"without __init__.py: {folders - inits}"


def test_what_is_no_python_travels_too(
    settings: dict[str, Any], root: Path, ours: list[str]
) -> None:
    outside = ("tests/", "examples/", "docs/", "benchmarks/", "editors/", "tools/")
    wanted = {
        name
        for name in ours
        if name.endswith((".arch", ".css", ".html", ".js", ".lark", "py.typed"))
        and not name.startswith(outside)
    }
    carried = set()
    for name, patterns in settings["tool"]["setuptools"]["package-data"].items():
        folder = root.joinpath(*name.split(".")[1:])
        for pattern in patterns:
            carried |= {path.relative_to(root).as_posix() for path in folder.glob(pattern)}
    assert "grammar/arch.lark" in wanted
    assert carried == wanted


def test_public_names_are_listed_sorted_and_there() -> None:
    listed = getattr(archc, "__all__", [])
    assert listed == sorted(set(listed))
    for name in listed:
        assert getattr(archc, name) is not None
    module = type(sys)
    defined = {
        name
        for name, value in vars(archc).items()
        if not name.startswith("_") and not isinstance(value, module)
    }
    assert defined <= set(listed), f"not in __all__: {defined - set(listed)}"


def test_every_module_imports_and_hides_no_public_name(package: list[str]) -> None:
    names = [module_name(path) for path in package if path != "__main__.py"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IMPORT_ALL, *names], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    public = set(getattr(archc, "__all__", []))
    functions = {name for name in public if not isinstance(getattr(archc, name), type(sys))}
    assert {"cli", "compiler", "grammar", "runtime"} <= modules
    assert not modules & functions, "a public name and a subpackage are called the same"


@pytest.mark.parametrize("words", QUICK, ids=" ".join)
def test_a_quick_command_imports_nothing_slow(words: list[str], root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], capture_output=True, text=True, cwd=root
    )
    assert done.returncode == 0, done.stderr
    status, modules = json.loads(done.stdout)
    assert status == 0, done.stderr
    assert not set(SLOW) & set(modules)


def test_extras_are_explained_where_they_are_missing(settings: dict[str, Any]) -> None:
    extras = settings["project"]["optional-dependencies"]
    everything = extras["dev"][0]
    assert everything == f"archc[{','.join(sorted(set(extras) - {'dev'}))}]"


def test_constraints_are_exact_and_cover_what_is_needed(
    settings: dict[str, Any], root: Path
) -> None:
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(line.count("==") == 1 and "+" not in line and "@" not in line for line in lines)
    fixed = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    project = settings["project"]
    asked = [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]
    names = {entry.split(">=")[0].split("[")[0].lower() for entry in asked} - {"archc"}
    only_elsewhere = {"onnxruntime"}  # macOS and ARM
    assert names - fixed <= only_elsewhere
