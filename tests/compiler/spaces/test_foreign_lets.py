"""What a file that was read by `use` leaves open in a `let`: decided once, by a name that stays,
and written into every drawn program.
"""

from collections.abc import Callable
from pathlib import Path

import archc
import pytest
from archc.compiler.check import check_file

Written = Callable[[str], Path]

DEEP = """let op = silu | elu
block Deep on x { x -> op }
cell Cell on x: f32[N, D] with h: f32[N, D] -> f32[N, D] {
    next h = 0.5 * h + x
    h -> op
}
"""
PARTS = """use deep
use deep: Cell
let op = relu | tanh
let width = 4 | 8
let widths = [4 | 8, 6]
let wide = 2 * width
let stage = dense(wide)
let recipe = { op -> dense(4 | 8) -> op }
let still = { deep.op -> op }
let blocks = A | B
let chosen = any(V)
vocabulary V { dense(width), dense(7..width), op2 }
block op2 on x { x -> tanh }
block A on x { x -> op -> deep.Deep }
block B(act: stage = op, u: int = width) on x { x -> dense(u) -> act }
block Both on x { x -> A -> B }
block Sized on x: f32[N, width] -> f32[N, width] { x -> relu }
block Opens on x { x -> (op | deep.op | identity) }
"""
NET = """use parts
use deep: op
let own = { parts.op -> op }
let mine = parts.op
vocabulary W { dense(parts.width), A }
block A on x { x -> (gelu | parts.op) }
block B on x { x -> silu }
block M(act: stage) on x { x -> act }
block Narrow on x: f32[N, D] -> f32[N, D] {
    require D <= parts.width
    x -> op
}
block Untaken on x { x -> if false { parts.A -> parts.op } else { op } }
"""


@pytest.fixture
def written(tmp_path: Path) -> Written:
    (tmp_path / "deep.arch").write_text(DEEP)
    (tmp_path / "parts.arch").write_text(PARTS)

    def write(text: str) -> Path:
        path = tmp_path / "net.arch"
        path.write_text(text)
        return path

    return write


def network(body: str, type_: str = "f32[N, 4]") -> str:
    return f"{NET}network Net on x: {type_} -> f32[...] {{\n{body}\n}}\n"


def programs_of(path: Path) -> list[archc.Program]:
    """All programs of a space. In the text of each nothing is open, and it is that program."""
    space = archc.space(path)
    found = list(space.enumerate())
    assert space.size == len(found)
    copy = path.with_name("drawn.arch")
    for program in found:
        assert space.from_trace(program.trace).hash == program.hash
        copy.write_text(str(program))
        checked = check_file(copy)
        assert checked.spaces == {} and not any(report.is_error for report in checked.reports)
        assert archc.compile(copy).hash == program.hash
    return found


def names_of(path: Path) -> set[str]:
    return {item.name for program in archc.space(path).enumerate() for item in program.trace}


@pytest.mark.parametrize(
    ("body", "programs"),
    [
        ("x -> parts.op", 2),
        ("x -> parts.op -> parts.A -> parts.B -> parts.op", 8),
        ("x -> op -> parts.op -> parts.Both", 8),
        ("x -> parts.B(u=3) -> parts.B(act=gelu)", 4),
        ("x -> parts.recipe -> M(parts.recipe)", 4),
        ("x -> parts.still -> M(parts.still)", 4),
        ("x -> M(parts.B) -> M(parts.B(parts.op))", 4),
        ("let p = parts.B()\nx -> p -> M(p)", 4),
        ("layer p = parts.B()\nx -> p -> parts.op -> p", 2),
        ("let q = parts.op | gelu\nx -> q -> q", 3),
        ("let op2 = gelu\nx -> op2 -> parts.op", 2),
        ("x -> parts.blocks -> dense(4) -> parts.blocks", 8),
        ("x -> dense(parts.width) -> parts.Sized", 2),
        ("x -> dense(4) -> Narrow", 4),
        ("x -> for i in parts.widths { dense(i) }", 2),
        ("x -> dense(parts.widths[0]) -> share(2) { parts.op -> op }", 8),
        ("x -> if parts.width > 4 { parts.A } else { parts.op }", 6),
        ("y = x\nfor s in [parts.op, own] { y = y -> s }\ny", 4),
        ("x -> (parts.op | parts.A | op)", 8),
        ("x -> parts.Opens -> own", 12),
        ("x -> mine -> parts.op -> M(mine)", 2),
        ("x -> parts.stage -> dense(parts.width)", 2),
        ("x -> parts.stage -> dense(parts.wide) -> parts.Both", 8),
        ("x -> Untaken -> A", 6),
    ],
)
def test_every_program_is_written_with_what_was_decided(
    body: str, programs: int, written: Written
) -> None:
    found = programs_of(written(network(body)))
    assert len(found) == len({str(program) for program in found}) == programs


@pytest.mark.parametrize(
    ("body", "programs"),
    [("x -> any(parts.V) -> parts.chosen", 19), ("x -> any(W) -> any(W)", 21)],
)
def test_what_a_vocabulary_reads_is_written_with_its_entries(
    body: str, programs: int, written: Written
) -> None:
    path = written(network(body))
    assert archc.space(path).size == programs
    copy = path.with_name("drawn.arch")
    for program in archc.space(path).samples(40, seed=1):
        copy.write_text(str(program))
        assert archc.compile(copy).hash == program.hash


def test_a_cell_reads_what_its_file_leaves_open(written: Written) -> None:
    path = written(network("x -> scan(parts.Cell) -> op", "f32[N, 3, 4]"))
    found = programs_of(path)
    assert len({str(program) for program in found}) == len(found) == 2


def test_a_name_says_which_file_is_meant(written: Written) -> None:
    body = "x -> ({ parts.op -> op } | { op -> parts.op } | parts.A)"
    for program in archc.space(written(network(body))).enumerate():
        values = {item.name: item.value for item in program.trace}
        assert values.keys() == {"Net.choice", "Net.parts.op", "Net.deep.op"}
        assert values["Net.parts.op"] in ("relu", "tanh")
        assert values["Net.deep.op"] in ("silu", "elu")


def test_what_is_open_within_is_named_after_the_file_too(written: Written) -> None:
    path = written(network("x -> parts.recipe -> dense(parts.widths[0])"))
    assert names_of(path) == {"Net.parts.op", "Net.parts.recipe.dense.units", "Net.parts.widths"}


def test_the_same_by_another_name_is_decided_once(written: Written) -> None:
    text = "use parts as p\nuse parts: op, A\n"
    path = written(
        text + "network Net on x: f32[N, 4] -> f32[...] { x -> op -> p.op -> A -> p.A }\n"
    )
    found = programs_of(path)
    assert len(found) == 4 and names_of(path) == {"Net.parts.op", "Net.deep.op"}
    for program in found:
        first, second, *_ = [node.layer.name for node in program.graph.nodes]
        assert first == second


def test_a_default_of_the_network_reads_what_a_file_leaves_open(written: Written) -> None:
    head = "use parts\nnetwork Net(act: stage = parts.op, u: int = parts.width) on x: f32[N, 4]"
    found = programs_of(written(head + " -> f32[...] { x -> dense(u) -> act }\n"))
    assert len({str(program) for program in found}) == 4


def test_an_error_names_what_was_decided(written: Written) -> None:
    with pytest.raises(archc.ProgramError, match="but is the layer relu"):
        archc.space(written(network("x -> dense(parts.op)")))


def test_a_hyperparameter_keeps_its_type_beside_a_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "parts.arch").write_text(
        "let stage = relu\nblock P(act: stage) on x { x -> act -> (stage | gelu) }\n"
    )
    path = tmp_path / "net.arch"
    path.write_text("use parts\nnetwork Net on x: f32[N, 4] -> f32[...] { x -> parts.P(tanh) }\n")
    assert len(programs_of(path)) == 2
