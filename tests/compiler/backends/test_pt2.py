"""Files of `torch.export`: dynamic under the axes' names, with the stated facts in them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from archc.compiler.backends.pt2 import ExportError, dynamic_shapes, export_pt2, exportable
from archc.compiler.backends.torch import build
from archc.compiler.dims import axis
from archc.compiler.graph import Graph

N, T = axis("N"), axis("T")


def reload(graph: Graph, path: Path) -> tuple[torch.nn.Module, torch.nn.Module]:
    module = build(graph).eval()
    export_pt2(module, graph, path)
    return module, torch.export.load(path).module()


def test_axes_are_dynamic_under_their_names(digits: Graph, tmp_path: Path) -> None:
    ((shapes),) = dynamic_shapes(digits)
    assert {position: item.__name__ for position, item in shapes.items()} == {0: "N", 2: "H"}
    module, loaded = reload(digits, tmp_path / "net.pt2")
    for batch, height in ((2, 4), (5, 9)):
        sample = torch.randn(batch, 1, height, 8)
        torch.testing.assert_close(loaded(sample), module(sample))
    assert set(loaded.state_dict()) == set(module.state_dict())


def test_facts_become_part_of_the_axes(builder: Any, tmp_path: Path) -> None:
    x = builder.input("x", "f32", N, 2 * T + 1)
    y = builder.input("y", "f32", N, T)
    builder.require("==", T % 4, 0)
    builder.require(">=", T, 8)
    builder.require("<", T, 33)
    x = builder.add("sum", x, axes=(1,), keep=True)
    graph = builder.graph(y=builder.add("add", x, y))
    module, loaded = reload(graph, tmp_path / "net.pt2")
    for size in (8, 12, 32):
        samples = torch.randn(3, 2 * size + 1), torch.randn(3, size)
        torch.testing.assert_close(loaded(*samples), module(*samples))
    with pytest.raises((AssertionError, RuntimeError)):
        loaded(torch.randn(3, 21), torch.randn(3, 10))


@pytest.mark.parametrize("label", ["for", "train", "forward", "T_destination"])
def test_reserved_names_get_an_underscore(builder: Any, label: str, tmp_path: Path) -> None:
    x = builder.input("x", "f32", N, 4)
    for turn in range(2):
        with builder.scope(f"{label}.{turn}", x, kind="turn"):
            x = builder.add("dense", x, units=4, label=label)
    graph = builder.graph(y=builder.add("dense", x, units=2))
    module, loaded = reload(graph, tmp_path / "net.pt2")
    sample = torch.randn(3, 4)
    torch.testing.assert_close(loaded(sample), module(sample))
    assert f"{label}_.0.{label}_.weight" in loaded.state_dict()
    assert f"{label}.0.{label}.weight" in module.state_dict()


def test_modules_with_free_names_are_exported_as_they_are(digits: Graph) -> None:
    module = build(digits)
    assert exportable(module) is module


def test_what_the_exporter_refuses_is_explained(
    digits: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_settings: object) -> None:
        raise RuntimeError("Constraints violated (N)!")

    monkeypatch.setattr(torch.export, "export", refuse)
    with pytest.raises(ExportError, match=r"torch\.export refuses Net: Constraints violated"):
        export_pt2(build(digits), digits, tmp_path / "net.pt2")


def test_facts_that_no_size_holds_are_said(builder: Any, tmp_path: Path) -> None:
    x = builder.input("x", "f32", N, T)
    builder.require("==", T, 1)
    graph = builder.graph(y=builder.add("relu", x))
    with pytest.raises(ExportError, match="no sizes above 1"):
        export_pt2(build(graph), graph, tmp_path / "net.pt2")
