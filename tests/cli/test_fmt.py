"""`archc fmt` from the outside: what it writes, leaves alone and answers."""

import io
import sys
from pathlib import Path

import pytest
from archc.cli.main import run

UGLY = "block   B on x {x->relu}"
PRETTY = "block B on x {\n    x -> relu\n}\n"


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    path = tmp_path / "a.arch"
    path.write_text(UGLY)
    return path


def test_a_file_is_rewritten_in_place(ugly: Path) -> None:
    ugly.chmod(0o640)
    assert run(["fmt", str(ugly)]) == 0
    assert ugly.read_text() == PRETTY
    assert ugly.stat().st_mode & 0o777 == 0o640
    assert list(ugly.parent.iterdir()) == [ugly]


def test_a_link_stays_a_link(ugly: Path) -> None:
    link = ugly.with_name("link.arch")
    link.symlink_to(ugly)
    assert run(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert ugly.read_text() == PRETTY


def test_check_changes_nothing(ugly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fmt", "--check", str(ugly)]) == 1
    assert ugly.read_text() == UGLY
    assert "would change" in capsys.readouterr().err
    ugly.write_text(PRETTY)
    assert run(["fmt", "--check", str(ugly)]) == 0


def test_diff_shows_and_changes_nothing(ugly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fmt", "--diff", str(ugly)]) == 1
    assert ugly.read_text() == UGLY
    out = capsys.readouterr().out
    assert f"-{UGLY}\n\\ No newline" in out
    assert "+    x -> relu\n" in out
    ugly.write_text(PRETTY)
    assert run(["fmt", "--diff", str(ugly)]) == 0
    assert capsys.readouterr().out == ""


def test_a_broken_file_is_left_alone(ugly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = ugly.with_name("b.arch")
    broken.write_text("let x = (1")
    assert run(["fmt", str(broken), str(ugly)]) == 1
    assert broken.read_text() == "let x = (1"
    assert ugly.read_text() == PRETTY
    assert "error[E112]" in capsys.readouterr().err


def test_a_missing_file(tmp_path: Path) -> None:
    assert run(["fmt", str(tmp_path / "missing.arch")]) == 2
    assert run(["fmt"]) == 2


def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode())))
    assert run(["fmt", "-"]) == 0
    assert capsys.readouterr().out == PRETTY
