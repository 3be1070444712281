"""Blocks that use themselves: what limits them, and which need a limit."""

import archc
import pytest

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
