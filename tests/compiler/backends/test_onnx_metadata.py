"""What travels with an ONNX model: who made it, from what, and what it relies on."""

from typing import Any

import pytest
from archc.compiler.backends import onnx as backend
from archc.compiler.backends.onnx import model as exporting
from archc.compiler.dims import axis
from archc.compiler.hash import graph_hash

N, T = axis("N"), axis("T")


def test_metadata_tells_source_hash_and_stated_facts(builder: Any) -> None:
    x = builder.input("x", "f32", N, T)
    builder.require("==", T % 8, 0)
    graph = builder.graph(y=builder.add("relu", x))
    model = backend.export(graph, {}, metadata={"archc.data": "{}"})
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert facts["archc.hash"] == graph_hash(graph)
    assert facts["archc.requires"] == "T % 8 == 0"
    assert facts["archc.data"] == "{}"
    assert "archc.source" not in facts


def test_the_version_is_looked_up_once_for_all_models(
    builder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = builder.graph(y=builder.add("relu", builder.input("x", "f32", N, 4)))
    looked_up: list[str] = []
    monkeypatch.setattr(exporting.installed, "version", lambda name: looked_up.append(name) or "7")
    exporting._version.cache_clear()
    try:
        models = [backend.export(graph, {}) for _ in range(3)]
    finally:
        exporting._version.cache_clear()
    assert looked_up == ["archc"]
    assert {model.producer_version for model in models} == {"7"}
