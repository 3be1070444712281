"""The tree as the house tests see it: what belongs to the package, what is ours at all."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTSIDE_THE_PACKAGE = {
    "benchmarks", "build", "dist", "docs", "editors", "examples", "runs", "tests", "tools",
}  # fmt: skip
MADE = {"build", "dist", "runs", "shared"}


def _walk(folder: Path, skipped: set[str]) -> list[Path]:
    """The files under a folder, without hidden and skipped folders at its top."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name in skipped or path.name == "__pycache__" or path.name.endswith(".egg-info"):
            continue
        if path.is_dir() and (not path.name.startswith(".") or path.name == ".ci"):
            found += _walk(path, set())
        elif path.is_file():
            found.append(path)
    return found


def _names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


PACKAGE = _names([path for path in _walk(ROOT, OUTSIDE_THE_PACKAGE) if path.suffix == ".py"])
OURS = _names(_walk(ROOT, MADE))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`module` is each file of the package, `python_file` each Python file, by its name."""
    if "module" in metafunc.fixturenames:
        metafunc.parametrize("module", PACKAGE)
    if "python_file" in metafunc.fixturenames:
        metafunc.parametrize("python_file", [name for name in OURS if name.endswith(".py")])


@pytest.fixture
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture
def package() -> list[str]:
    """The modules of the package, as paths from the root."""
    return PACKAGE


@pytest.fixture
def ours() -> list[str]:
    """Every file that is not made by a tool, as paths from the root."""
    return OURS
