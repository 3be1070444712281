"""A block that is used again is copied: the graph is the one that expanding it anew gives."""

from pathlib import Path
from typing import Any

import archc
import pytest
from archc.compiler.check import check_file
from archc.compiler.expand import closed, copying, functions
from archc.compiler.expand.uses import PATIENCE, KnownUses
from archc.grammar import ast

ROOT = Path(archc.__file__).parent
FILES = sorted((ROOT / "examples").rglob("*.arch"))

TWICE = """
block Two on x: f32[N, C], y: f32[N, C] -> f32[N, C] {
    layer shared = dense(C)
    x + (y -> shared -> relu -> shared)
}
block Cell(width: int) on x: f32[N, C] -> f32[N, width] {
    (x, x) -> Two -> dense(width)
}
network Net on x: f32[N, 4] -> f32[N, 4] {
    a = x -> Cell(4)
    b = a -> Cell(4) -> named: Cell(4)
    (a, b) -> Two -> repeat(3) { Cell(4) } -> Cell(4)
}
"""


def without_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed, "_once", functions.apply)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_copied_graph_is_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = check_file(path)
    without_copies(monkeypatch)
    expanded = check_file(path)
    assert [str(item.diagnostic) for item in copied.reports] == [
        str(item.diagnostic) for item in expanded.reports
    ]
    assert copied.graphs.keys() == expanded.graphs.keys()
    for name, graph in expanded.graphs.items():
        assert copied.graphs[name] == graph


def test_inputs_that_are_one_are_told_from_two(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = archc.parse(TWICE).check().graphs["Net"]
    made = []
    apply = copying._Again.made

    def counted(self: copying._Again, use: Any) -> Any:
        made.append(use)
        return apply(self, use)

    monkeypatch.setattr(copying._Again, "made", counted)
    assert archc.parse(TWICE).check().graphs["Net"] == copied
    assert len(made) >= 5
    without_copies(monkeypatch)
    assert archc.parse(TWICE).check().graphs["Net"] == copied
    owners = {node.owner for node in copied.nodes if node.layer.name == "dense"}
    assert len(owners) == 1 + 2 * 7


@pytest.mark.parametrize("name", ["nasbench201", "darts", "graphs", "text"])
def test_drawn_programs_are_written_and_expanded_alike(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ROOT / "examples" / "spaces" / f"{name}.arch"

    def drawn() -> list[Any]:
        found = list(archc.space(path).samples(2, seed=3))
        return [(p.text, p.hash, p.graph.nodes, p.graph.values) for p in found]

    copied = drawn()
    without_copies(monkeypatch)
    assert copied == drawn()


@pytest.mark.parametrize("name", ["nasbench101", "nasbench201", "darts", "nasnet", "text"])
def test_what_one_program_made_is_copied_into_the_next(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graphs of many programs of one space, which take blocks from one another."""
    space = archc.space(ROOT / "examples" / "spaces" / f"{name}.arch")
    decided = [program.decisions for program in space.samples(12, seed=4)]
    copied = [space.process.network.replay(decisions) for decisions in decided]
    assert len(space.process.network.copies) > 0
    without_copies(monkeypatch)
    for decisions, found in zip(decided, copied, strict=True):
        expanded = space.process.network.replay(decisions)
        assert found.graph == expanded.graph
        assert found.applied == expanded.applied
        assert found.values == expanded.values


def test_blocks_whose_uses_differ_are_not_looked_up() -> None:
    known, block = KnownUses(most=2), archc.parse(TWICE).tree.declarations[0]
    assert isinstance(block, ast.Function)
    for number in range(PATIENCE + 1):
        assert known.pays(block)
        assert known.find(block, number) is None
        known.keep(number, number)
        assert len(known) <= 2
    assert not known.pays(block)
    assert known.find(block, PATIENCE) == PATIENCE
    assert known.pays(block)


INSIDE = """
block Use(op: stage) on x: f32[N, D] -> f32[N, D] { x -> op }
network Net on x: f32[N, 4] -> f32[N, 4] {
    let f = dropout(RANGE)
    let g = dropout(RANGE)
    x -> Use(f) -> Use(g) -> Use(dense(4, init=zeros)) -> Use(dense(4, init=ones))
}
"""


def test_what_types_do_not_tell_is_not_copied() -> None:
    graph = archc.parse(INSIDE.replace("RANGE", "0.5")).check().graphs["Net"]
    assert [str(node.initialiser) for node in graph.nodes[2:]] == ["zeros", "ones"]
    program = archc.space(INSIDE.replace("RANGE", "0.1..0.5")).sample(seed=1)
    rates = [vars(node.layer)["rate"] for node in program.graph.nodes[:2]]
    assert rates == [decision.value for decision in program.trace]
    assert rates[0] != rates[1]
    assert archc.parse(program.text).check().graphs["Net"].nodes == program.graph.nodes


OUTSIDE = """
block Use(op: stage) on x: f32[N, D] -> f32[N, D] { x -> op }
network Net on x: f32[N, 4] -> f32[N, 4] {
    a = x -> dense(4)
    let f = {
        y = a -> dense(4)
        relu -> dense(4)
    }
    x -> Use(f) -> Use(f)
}
"""


def test_what_reads_a_tensor_from_outside_is_not_copied() -> None:
    graph = archc.parse(OUTSIDE).check().graphs["Net"]
    readers = [node for node in graph.nodes if node.name.endswith("op.dense")]
    assert [node.inputs for node in readers] == [graph.nodes[0].outputs] * 2


REALS = """
let slope = 0.01..0.3
block Part(rate: float, op: stage) on x: f32[N, D] -> f32[N, D] {
    x -> dense(D) -> leaky_relu(slope) -> dropout(rate) -> op
}
block Whole(rate: float, op: stage) on x: f32[N, D] -> f32[N, D] {
    x -> Part(rate, op) -> Part(rate, op) -> Part(1 - rate, { op -> tanh })
}
network Net on x: f32[N, 4] -> f32[N, 4] {
    let rate = 0.1..0.4
    let other = 0.5 | 0.1..0.4
    let op = elu(0.5..2.0)
    let own = { relu -> dropout(rate) }
    x -> Whole(rate, op) -> Whole(other, op) -> Whole(rate, own) -> Whole(rate, elu(0.5..2.0))
      -> dense(4, init=normal(std=0.01..0.1)) -> Whole(rate, dense(4, init=normal(std=other)))
}
"""


def test_numbers_of_real_ranges_are_those_of_each_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    space = archc.space(REALS)
    programs = list(space.samples(20, seed=2))
    decided = [program.decisions for program in programs]
    copied = [space.process.network.replay(decisions).graph for decisions in decided]
    assert len(space.process.network.copies) > 0
    for program, graph in zip(programs[10:], copied[10:], strict=True):
        assert archc.parse(program.text).check().graphs["Net"].nodes == graph.nodes
    without_copies(monkeypatch)
    for decisions, graph in zip(decided, copied, strict=True):
        expanded = space.process.network.replay(decisions).graph
        assert graph.nodes == expanded.nodes
        assert graph.values == expanded.values
    slopes = {vars(node.layer).get("slope") for graph in copied for node in graph.nodes}
    assert len(slopes) == 21
