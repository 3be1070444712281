"""The helpers beside this file, and what is counted, are shared by its tests and by no one else."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from archc.compiler.expand.builder import GraphBuilder

sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def layers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many layers were applied."""
    applied, made = [0], GraphBuilder._add

    def counted(self: GraphBuilder, *arguments: object) -> object:
        applied[0] += 1
        return made(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(GraphBuilder, "_add", counted)
    yield applied
