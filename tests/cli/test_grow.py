"""`archc grow`: programs on stdout, what was done on stderr, and usage."""

import json
from pathlib import Path

import archc
import pytest
from archc.cli.main import run
from archc.compiler.spaces.growth import registry

TEXT = "network Net on x: f32[N, 3, 8, 8] -> f32[N, 5] { x -> conv(8, 3) -> flatten -> dense(5) }\n"


@pytest.fixture
def net(tmp_path: Path) -> str:
    path = tmp_path / "net.arch"
    path.write_text(TEXT)
    return str(path)


def test_a_program_is_printed_and_what_was_done_told(
    net: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["grow", net, "--edit", "insert", "--seed", "2"]) == 0
    found = capsys.readouterr()
    grown = archc.grow(net, 2, edit="insert")
    assert found.out == f"# 0: {grown.hash}\n{grown}"
    assert found.err == f"{grown.made}\n"


def test_several_and_one_after_another(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["grow", net, "-k", "3", "--steps", "2", "--json"]) == 0
    found = capsys.readouterr()
    programs = json.loads(found.out)["programs"]
    assert len(programs) == 3
    assert found.err.count("\n") == 6
    for entry in programs:
        assert archc.compile(entry["text"]).hash == entry["hash"]
        assert set(entry["edit"]) == {"name", "where", "what"}


def test_the_help_names_every_edit(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["grow", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert all(name in told for name in registry.edit_names())


def test_places_are_listed(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["grow", net, "--list", "--edit", "remove"]) == 0
    assert capsys.readouterr().out == "remove conv\nremove flatten\nremove dense\n"
    assert run(["grow", net, "--list", "--edit", "remove", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["places"][0] == {"edit": "remove", "where": "conv"}


def test_a_vocabulary_and_a_folder(
    net: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = tmp_path / "layers.arch"
    layers.write_text("vocabulary Few { tanh }\n")
    folder = tmp_path / "grown"
    words = ["--edit", "insert", "--vocabulary", f"{layers}:Few", "-o", str(folder), "-k", "2"]
    assert run(["grow", net, *words, "--emit", "py"]) == 0
    assert capsys.readouterr().out == ""
    assert all("tanh" in path.read_text() for path in folder.glob("*.arch"))
    assert sorted(path.name for path in folder.iterdir()) == [
        "00000000.arch", "00000000.py", "00000001.arch", "00000001.py",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--edit", "nope"], 2, "no edit is called 'nope'; there is add_skip, alter"),
        (["--edit", "join"], 1, "error: no edit of Net was found valid: it has no place for join"),
        (["--vocabulary", "Few"], 1, "holds no vocabulary `Few`; there is none"),
        (["--vocabulary", "few.arch"], 2, "few.arch"),
    ],
)
def test_what_is_wrong_is_said(
    net: str, words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["grow", net, *words]) == code
    found = capsys.readouterr()
    assert message in found.err
    assert "Traceback" not in found.err


def test_a_file_without_a_network_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "empty.arch"
    path.write_text("vocabulary V { relu }")
    assert run(["grow", str(path)]) == 1
    assert capsys.readouterr().err == "error: the program has no network to grow\n"
