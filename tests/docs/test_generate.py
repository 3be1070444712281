"""The references under `docs/` are what `make docs` writes now."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["layers.md", "library.md", "training.md", "errors.md"])
def test_a_reference_is_up_to_date(name: str) -> None:
    module = generator()
    text = module.FILES[name]().rstrip("\n") + "\n"
    assert (DOCS / name).read_text(encoding="utf-8") == text, "run `make docs`"


def test_the_library_has_every_block() -> None:
    text = (DOCS / "library.md").read_text(encoding="utf-8")
    for name in ("vision", "attention", "recurrent", "sequence", "linear"):
        assert f"## std.{name}" in text
    assert text.count("\n### ") >= 35
