"""Spaces of more choices than anybody looks through."""

from pathlib import Path

import pytest
from archc.cli.main import run


def doubled(count: int) -> str:
    """Blocks whose default is a list of two of the one before: 2^count choices."""
    made = ["block B0(w: list = [1 | 2]) on x: [N, C] { x -> dense(4) }"]
    made += [
        f"block B{i}(w: list = [B{i - 1}(), B{i - 1}()]) on x: [N, C] {{ x -> dense(4) }}"
        for i in range(1, count + 1)
    ]
    network = f"network Net on x: f32[N, 4] -> f32[...] {{ x -> B{count}() }}"
    return "\n".join([*made, network])


def test_a_space_of_endless_decisions_has_an_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "doubled.arch"
    path.write_text(doubled(30))
    assert run(["check", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "choices more" in shown
    assert len(shown.splitlines()) < 200
    assert run(["sample", str(path)]) == 1
    assert "more than 20,000 decisions" in capsys.readouterr().err


def test_a_long_chain_of_choices_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "chain.arch"
    path.write_text("network L on x: f32[N, 4] -> f32[N, 4] { x -> repeat(600) { relu | tanh } }")
    assert run(["count", str(path)]) == 0
    out = capsys.readouterr().out
    assert "and 500 choices more" in out
    assert f"{2**600:,} programs" in out


def test_long_names_do_not_widen_the_lines_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "deep.arch"
    path.write_text(
        "block ResidualStage on x { limit recursion = 60\n"
        "x -> (relu | { tanh -> ResidualStage }) }\n"
        "network N on x: f32[B, 4] -> f32[B, 4] { x -> ResidualStage }"
    )
    assert run(["check", str(path)]) == 0
    _, *lines = capsys.readouterr().out.splitlines()[2:]
    assert len(lines) == 61
    assert max(len(line) for line in lines[:4]) < 120
    assert all(f"{name}  " in line for name, line in zip(_names(60), lines[1:], strict=True))


def _names(depth: int) -> list[str]:
    return ["N." + "ResidualStage." * level + "choice" for level in range(1, depth + 1)]
