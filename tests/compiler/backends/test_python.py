"""Stand-alone source: the same keys and numbers as the module, in text that people can read."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from archc.compiler.backends.python import class_name, source
from archc.compiler.backends.torch import build
from archc.compiler.check import check_text
from archc.compiler.dims import axis
from archc.compiler.graph import Graph
from archc.compiler.hyperparameter import Initialiser
from archc.compiler.types import F32

N, T = axis("N"), axis("T")

RESNET = """
block Residual(width: int, stride: int = 1) on x: f32[N, C, H, W] -> f32[N, width, _, _] {
    body = x -> conv(width, 3, stride=stride) -> batchnorm -> relu
             -> conv(width, 3) -> batchnorm
    skip = x -> if stride == 1 and C == width { identity }
                else { conv(width, 1, stride=stride) -> batchnorm }
    body + skip -> relu
}
network DigitNet(width: int = 16) on image: f32[N, 1, 8, 8] -> f32[N, 10] {
    image -> stem: conv(width, 3) -> batchnorm -> relu
          -> repeat(2) { Residual(width) }
          -> for w in [2 * width, 4 * width] { Residual(w, stride=2) }
          -> mean(axes=[2, 3])
          -> dense(10)
}
"""


def load(graph: Graph) -> torch.nn.Module:
    """The printed module, in a namespace of its own."""
    namespace: dict[str, Any] = {"__name__": "printed"}
    exec(compile(source(graph), "<printed>", "exec"), namespace)
    made: torch.nn.Module = namespace[class_name(graph)]()
    return made


def agree(graph: Graph, *inputs: torch.Tensor) -> str:
    """Proves that both modules have the same keys and compute the same, and gives the source."""
    module, printed = build(graph), load(graph)
    assert set(printed.state_dict()) == set(module.state_dict())
    printed.load_state_dict(module.state_dict(), strict=True)
    for mode in (True, False):
        results = []
        for item in (module.train(mode), printed.train(mode)):
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(3)
                results.append(item(*inputs))
        expected, found = (item if isinstance(item, tuple) else (item,) for item in results)
        assert all(torch.equal(a, b) for a, b in zip(expected, found, strict=True))
    return source(graph)


def graph_of(text: str) -> Graph:
    checked = check_text(text)
    checked.raise_errors()
    return checked.graph()


def test_a_residual_network_as_a_whole(golden: Callable[[str, str | Path], None]) -> None:
    text = agree(graph_of(RESNET), torch.randn(2, 1, 8, 8))
    golden(text, "sources/digits.py.txt")


def test_the_text_is_deterministic() -> None:
    assert source(graph_of(RESNET)) == source(graph_of(RESNET))


def test_it_runs_alone_and_loads_weights(digits: Graph, tmp_path: Path) -> None:
    file, weights = tmp_path / "net.py", tmp_path / "weights.pt"
    file.write_text(source(digits), encoding="utf-8")
    torch.save(build(digits).state_dict(), weights)
    for arguments in ([], [str(weights)]):
        # -I keeps our own package out of reach of a source that must need torch alone.
        done = subprocess.run(
            [sys.executable, "-I", str(file), *arguments],
            capture_output=True,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == "(2, 8, 1, 4)\n"
    assert "archc." not in source(digits)


def classes(text: str) -> list[str]:
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]


def test_blocks_that_differ_in_numbers_share_a_class(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    for width in (4, 8, 6):
        with builder.scope(f"Mlp_{width}", x, function="Mlp", width=width):
            x = builder.add("dense", x, units=2 * width)
            x = builder.add("relu", x)
            x = builder.add("dense", x, units=width, bias=width != 8)
    text = agree(builder.graph(y=x), torch.randn(2, 4))
    assert classes(text) == ["Mlp", "Net"]
    assert "def __init__(self, features: int, width: int, dense_2_bias: bool) -> None:" in text
    assert "nn.Linear(features, 2 * width)" in text
    assert "Mlp(features=4, width=8, dense_2_bias=False)" in text
    assert '"""x: f32[N, features] -> f32[N, width]."""' in text


def test_blocks_of_other_structure_get_a_class_of_their_own(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    for number, activation in enumerate(("relu", "tanh", "relu")):
        with builder.scope(f"Mlp_{number}", x, function="Mlp"):
            x = builder.add(activation, builder.add("dense", x, units=4))
    text = agree(builder.graph(y=x), torch.randn(2, 4))
    assert classes(text) == ["Mlp", "Mlp2", "Net"]


def test_numbers_in_forward_become_attributes(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    for number, factor in enumerate((0.5, -2.0)):
        with builder.scope(f"Scale_{number}", x, function="Scale", factor=factor):
            x = builder.add("mul", builder.add("dense", x, units=4), number=factor)
    text = agree(builder.graph(y=x), torch.randn(2, 4))
    assert "self.factor = factor" in text
    assert "self.dense(x)\n        return x * self.factor" in text


def test_turns_make_a_loop(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    for turn in range(3):
        with builder.scope(f"repeat.{turn}", x, kind="turn"):
            x = builder.add("relu", builder.add("dense", x, units=4))
    text = agree(builder.graph(y=x), torch.randn(2, 4))
    assert "self.repeat = nn.ModuleList([Repeat() for _ in range(3)])" in text
    assert "for block in self.repeat:\n            x = block(x)" in text


def test_a_turn_that_is_read_again_breaks_the_loop(builder: Any) -> None:
    x = first = builder.input("x", "f32", N, 4)
    for turn in range(3):
        with builder.scope(f"repeat.{turn}", x, kind="turn"):
            x = builder.add("relu", builder.add("dense", x, units=4))
        first = x if turn == 0 else first
    text = agree(builder.graph(y=builder.add("add", x, first)), torch.randn(2, 4))
    assert "for block" not in text
    assert "self.repeat[1](" in text


def test_weights_shared_across_scopes(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    with builder.scope("A", x, function="A"):
        x = builder.add("dense", x, units=4)
    with builder.scope("B", x, function="B"):
        x = builder.add("dense", x, units=4, owner="A.dense")
        x = builder.add("dense", x, units=4, label="own")
    agree(builder.graph(y=x), torch.randn(2, 4))


def test_a_shared_block_is_one_instance(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    for number in range(2):
        with builder.scope(f"Tower_{number}", x, function="Tower"):
            x = builder.add("dense", x, units=4, owner="Tower_0.dense")
            x = builder.add("relu", x)
    text = agree(builder.graph(y=x), torch.randn(2, 4))
    assert text.count("self.Tower_0(") == 2
    assert "Tower_1" not in text


def test_values_that_cross_scopes(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    with builder.scope("A", x, function="A"):
        y = builder.add("dense", x, units=4)
        z = builder.add("relu", y)
    with builder.scope("B", z, function="B"):
        w = builder.add("add", z, x, y)
        w = builder.add("dense", w, units=2)
    agree(builder.graph(w=w, y=y), torch.randn(2, 4))


def test_tied_weights_and_initialisers(builder: Any) -> None:
    x = builder.input("x", "f32", N, 4)
    with builder.scope("A", x, function="A"):
        zeros = Initialiser("zeros", {})
        x = builder.add("dense", x, units=4, bias=False, initialiser=zeros)
    x = builder.add("dense", x, units=4, label="last", tied={"weight": "A.dense.weight"})
    graph = builder.graph(y=x)
    agree(graph, torch.randn(2, 4))
    printed = load(graph)
    assert printed.get_parameter("last.weight") is printed.get_parameter("A.dense.weight")
    assert printed.get_parameter("A.dense.weight").count_nonzero() == 0


def test_one_block_serves_halved_sizes(builder: Any) -> None:
    h = axis("H")
    x = builder.input("x", "f32", N, 4, h, 6)
    for number, stride in enumerate((1, 2)):
        x = builder.add("conv", x, filters=4, kernel=3, stride=(stride, 1), label=f"c{number}")
        height = builder.values[x].shape[2]
        with builder.scope(f"Ramp_{number}", x, function="Ramp"):
            y = builder.add("unsqueeze", builder.add("arange", n=height, dtype=F32), axis=1)
            x = builder.add("add", builder.add("conv", x, filters=4, kernel=1), y)
    text = agree(builder.graph(y=x), torch.randn(2, 4, 7, 6))
    assert classes(text) == ["Ramp", "Net"]
    assert "h = x.shape[2]" in text


def test_facts_are_checked(builder: Any) -> None:
    x = builder.input("x", "f32", N, 2 * T)
    builder.require("==", T % 2, 0, "pairs")
    graph = builder.graph(
        y=builder.add("dense", builder.add("reshape", x, shape=(N, T, 2)), units=1)
    )
    agree(graph, torch.randn(2, 8))
    with pytest.raises(ValueError, match="the network requires T % 2 == 0: pairs"):
        load(graph)(torch.randn(2, 6))


@pytest.mark.parametrize("label", ["forward", "train", "keys", "for", "T", "range", "torch", "nn"])
def test_names_never_break_the_source(builder: Any, label: str) -> None:
    x = builder.input(label, "f32", N, 4)
    with builder.scope(f"outer.{label}", x, function=label):
        x = builder.add("dense", x, units=4, label=label)
    for turn in range(2):
        with builder.scope(f"{label}s.{turn}", x, kind="turn"):
            x = builder.add("dense", x, units=4, label=label)
    builder.name = label
    agree(builder.graph(y=x), torch.randn(2, 4))


def test_texts_of_a_program_stay_texts(builder: Any) -> None:
    builder.require(">=", T, 1, 'quote " and \\" and \n """; import os')
    x = builder.input("x", "f32", N, T)
    agree(builder.graph(y=builder.add("relu", x)), torch.randn(2, 3))


def test_a_cell_becomes_a_class() -> None:
    text = """
    cell Minimal(units: int) on x: f32[N, D] with h: f32[N, units] -> f32[N, units] {
        gate = (x, h) -> concat(axis=1) -> dense(units) -> sigmoid
        new  = (x, h * gate) -> concat(axis=1) -> dense(units) -> tanh
        next h = gate * h + (1 - gate) * new
        h
    }
    network CharModel on text: i64[N, T] -> f32[N, T, 8] {
        text -> embedding(8, 4) -> scan(Minimal(3)) -> dense(8)
    }
    """
    found = agree(graph_of(text), torch.randint(8, (2, 5)))
    assert classes(found) == ["Scan", "Minimal", "CharModel"]


def test_formatters_have_nothing_to_change(tmp_path: Path) -> None:
    file = tmp_path / "digits.py"
    file.write_text(source(graph_of(RESNET)), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--check", "--line-length", "100"], ["check"]):
        done = subprocess.run(
            [*ruff, *command, "--isolated", "--no-cache", str(file)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout
