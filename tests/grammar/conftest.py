"""The programs of this folder, one parameter each: `program` is the text of an example."""

import sys
from pathlib import Path

import pytest

# The helpers beside this file are shared by its tests and by no one else.
sys.path.append(str(Path(__file__).parent))

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.arch"))


@pytest.fixture(params=PROGRAMS, ids=lambda path: path.stem)
def program(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text(encoding="utf-8")
