"""Blocks that use themselves: what limits them, and which need a limit."""

import archc
import pytest
from archc.compiler.expand.endless import chooses_depth
from archc.compiler.expand.holding import Identity

NET = "network Net on x: f32[N, 8] -> f32[N, _] {{ x -> {} }}\n"
TREE = """
let deepest = 3
block Tree(width: int, deep: int = 2) on x: f32[N, D] -> f32[N, width] {{
    limit recursion = {}
    let k = 3
    x -> (dense(width, bias=k > 2) | {{ dense(D) -> Tree(width, deep) }})
}}
"""


@pytest.mark.parametrize(
    ("limit", "use", "size"),
    [
        ("3", "Tree(4)", 3),
        ("deep", "Tree(4)", 2),
        ("deep", "Tree(4, 3)", 3),
        ("deep", "Tree(4, 2 | 4)", 2 + 4),
        ("deepest + 1", "Tree(4)", 4),
        ("D // 2", "Tree(4)", 4),
    ],
)
def test_a_limit_is_worked_out_where_the_block_is_used(limit: str, use: str, size: int) -> None:
    space = archc.space(TREE.format(limit) + NET.format(use))
    programs = list(space.enumerate())
    assert space.size == len(programs) == size
    assert all(archc.compile(str(item)).hash == item.hash for item in programs)


@pytest.mark.parametrize("use", ["Chain(4) -> relu", "Chain(2 | 4) -> relu"])
def test_a_limit_of_layers_is_worked_out_too(use: str) -> None:
    chain = (
        "block Chain(most: int) on x {\n    limit nodes = most\n    x -> tanh -> Chain(most)?\n}\n"
    )
    space = archc.space(chain + NET.format(use))
    assert space.size == len(list(space.enumerate())) == (4 if "|" not in use else 6)


@pytest.mark.parametrize(
    ("limit", "what"),
    [
        ("k", "`k` is bound in this body"),
        ("(2 | 3)", "a limit is one number"),
        ("0", "this is the number 0"),
        ("1.5", "this is the number 1.5"),
        ("true", "this is true"),
        ('"a"', 'this is the text "a"'),
    ],
)
def test_a_limit_that_is_no_number_is_refused(limit: str, what: str) -> None:
    with pytest.raises(archc.ProgramError) as caught:
        archc.space(TREE.format(limit) + NET.format("Tree(4)"))
    (report,) = [item for item in caught.value.diagnostics if item.is_error]
    assert report.code == "E256"
    (label,) = report.diagnostic.labels()
    assert what in label.text


ENDING = {
    "block Down(n: int) on x { x -> (relu | tanh) -> if n > 0 { Down(n - 1) } }": 4 + 8,
    "block Down(n: int) on x { let m = n - 1, x -> relu? -> if m >= 0 { Down(m) } }": 4 + 8,
    "block Down(n: int, width: int = 2 | 3) on x {\n"
    "    x -> dense(width) -> if n > 0 { Down(n - 1) }\n}": 4 + 8,
    "block Down(n: int) on x { x -> relu? -> if n > 0 { Next(n) } }\n"
    "block Next(n: int) on x { x -> tanh -> Down(n - 1) }": 4 + 8,
    "block Down(n: int) on x { x -> relu -> repeat(least(n, 1)) { Down(n - 1) -> tanh? } }": 2 + 4,
}


@pytest.mark.parametrize(("block", "size"), ENDING.items())
def test_recursion_that_no_choice_decides_needs_no_limit(block: str, size: int) -> None:
    space = archc.space(f"{block}\n" + NET.format("Down(1..2)"))
    programs = list(space.enumerate())
    assert space.size == len(programs) == size
    assert all(archc.compile(str(item)).hash == item.hash for item in programs)


CHOSEN = [
    "block Down(n: int) on x { let more = true | false, x -> relu -> if more { Down(n) } }",
    "block Down(n: int) on x { x -> relu -> if n > 0 { Down(n - (0 | 1)) } }",
    "block Down(n: int) on x { let m = n - (0 | 1), x -> relu -> if n > 0 { Down(m) } }",
    "block Down(n: int, m: int = 0 | 1) on x { x -> relu -> if m > 0 { Down(n) } }",
    "block Down(n: int) on x { x -> relu -> repeat(0 | 1) { Down(n) } }",
    "block Down(n: int) on x { x -> relu -> for w in some([1, 2], 0..1) { Down(n) } }",
    "block Down(n: int) on x: f32[N, D] { x -> dense(D | D - 1) -> if D > 2 { Down(n) } }",
    "block Down(n: int) on x: f32[N, D] { x -> dense(4 | 5) -> if n > 2 { Down(D) } }",
    "block Down(n: int) on x { x -> relu -> if n > 0 { any(V) } }\nvocabulary V { Down(2), relu }",
    "let pick = Down(1) | relu\nblock Down(n: int) on x { x -> relu -> if n > 0 { pick } }",
    "block Down(n: int = 1) on x { x -> relu -> if n > 0 { Apply(Down) } }\n"
    "block Apply(op: stage) on x { x -> op? }",
    "block Down(n: int) on x { x -> Next(n) }\n"
    "block Next(n: int) on x { let k = n - (0 | 1), x -> if k > 0 { Down(k) } }",
    "block Down(op: stage) on x { x -> relu -> op? }",
]


@pytest.mark.parametrize("block", CHOSEN)
def test_recursion_that_choices_decide_needs_a_limit(block: str) -> None:
    space = archc.space(f"{block}\n" + NET.format("(relu | tanh)"))
    home = space.process.network.reference.home
    bound = home.find("Down")
    assert bound is not None
    assert chooses_depth(Identity(bound.value.function), home)


def test_without_a_limit_no_draw_goes_on_for_ever() -> None:
    block = (
        "block Down(n: int) on x { let more = true | false, x -> relu -> if more { Down(n) } }\n"
    )
    (program,) = archc.space(block + NET.format("Down(3)")).enumerate()
    assert [item.value for item in program.trace] == [False]


@pytest.mark.parametrize("most", [16, 99])
def test_a_block_that_uses_itself_twice_first_is_opened_by_its_short_programs(most: int) -> None:
    space = archc.space(
        f"block A on x: f32[N, D] -> f32[N, D] {{\n    limit recursion = {most}\n"
        "    x -> ({ A -> A } | A | relu)\n}\n"
        "network Net on x: f32[N, 8] -> f32[N, 10] { x -> A -> dense(10) }\n"
    )
    assert space.process.budget.runs < 10
    assert len({program.decisions for program in space.samples(20)}) > 5
