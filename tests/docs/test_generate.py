"""`docs/layers.md` and `docs/errors.md` are what `make docs` writes now."""

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


@pytest.mark.parametrize("name", ["layers.md", "errors.md"])
def test_a_reference_is_up_to_date(name: str) -> None:
    module = generator()
    text = module.FILES[name]().rstrip("\n") + "\n"
    assert (DOCS / name).read_text(encoding="utf-8") == text, "run `make docs`"
