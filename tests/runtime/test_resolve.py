"""Settings that move to another folder still find their files."""

from pathlib import Path

import pytest
from archc.grammar import ast
from archc.grammar.parse import parse
from archc.grammar.print import print_program
from archc.grammar.span import NOWHERE
from archc.runtime.resolve import moved

TEXT = """train Net {
    data = csv("data/a.csv", target="a.csv")
    init = from("base.safetensors", only="stem.*")
    seed = 3
}
"""


@pytest.mark.parametrize(
    ("folder", "data", "base"),
    [
        ("project/found", "../data/a.csv", "../base.safetensors"),
        (".", "project/data/a.csv", "project/base.safetensors"),
        ("a/b/c", "{root}/data/a.csv", "{root}/base.safetensors"),
    ],
)
def test_paths_lead_to_the_same_files(tmp_path: Path, folder: str, data: str, base: str) -> None:
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    for name in ("data/a.csv", "base.safetensors"):
        (root / name).write_text("")
    (block,) = parse(TEXT).program.declarations
    assert isinstance(block, ast.Settings)
    text = print_program(ast.Program((moved(block, root, tmp_path / folder),), span=NOWHERE))
    text = " ".join(text.split()).replace("( ", "(").replace(", )", ")")  # long ones are folded
    assert f'csv("{data.format(root=root.as_posix())}", target="a.csv")' in text
    assert f'from("{base.format(root=root.as_posix())}", only="stem.*")' in text
    assert "seed = 3" in text
