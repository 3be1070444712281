"""What the documents show is true: their programs are checked, their commands are run.

Fenced blocks by their first word:

- `arch` is a program without errors; `arch body` stands in a block on an image `x`, `arch sequence`
  on a sequence; `file=net.arch` keeps it for later blocks.
- `arch wrong` has the errors that the `text` block after it shows, word for word.
- `console` holds commands after `$ `, and what they print. Real numbers, times and sizes of files
  may differ. A line `…` stands for any lines.
- `pycon` is a Python session, as in doctest.

`--update-golden` writes what is printed into the documents; read it before you commit it.
"""

import contextlib
import doctest
import io
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from archc.cli.main import run

ROOT = Path(__file__).parents[2]
DOCUMENTS = ["README.md", "docs/language.md", "docs/spaces.md", "docs/tutorial.md"]
FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORTS = {"body": "x: f32[N, 8, 16, 16]", "sequence": "x: f32[N, T, 8]"}
MASKS = (
    (re.compile(r"\d+\.\d+(e[+-]\d+)?"), "#"),
    (re.compile(r"\(\S+ (B|kB|MB)\)"), "(size)"),
    (re.compile(r"[ \t]+"), " "),
)


@dataclass(frozen=True)
class Fenced:
    """A block: the words after its fence, its text, where the text stands."""

    words: tuple[str, ...]
    text: str
    start: int
    end: int

    @property
    def kind(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def file(self) -> str:
        named = [word for word in self.words if word.startswith("file=")]
        return named[0].removeprefix("file=") if named else "example.arch"


def blocks_of(text: str) -> list[Fenced]:
    return [
        Fenced(tuple(found[1].split()), found[2], found.start(2), found.end(2))
        for found in FENCE.finditer(text)
    ]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the examples lie and the commands run."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("ARCHC_DEVICE", "cpu")
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


def said_by(words: list[str]) -> str:
    """What a command prints, and its exit code where it fails."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        run(words)
    return output.getvalue().rstrip("\n") + "\n"


def program_of(block: Fenced) -> str:
    """The block as a whole program."""
    port = next((PORTS[word] for word in block.words if word in PORTS), None)
    if port is None:
        return block.text
    body = "".join(f"    {line}\n" for line in block.text.splitlines())
    return f"network Example on {port} -> f32[...] {{\n{body}}}\n"


def transcript(block: Fenced) -> str:
    """The commands of a block with what they print now."""
    lines = []
    for line in block.text.splitlines():
        if line.startswith("$ archc "):
            lines.append(f"{line}\n{said_by(shlex.split(line.removeprefix('$ archc ')))}")
        elif line.startswith("$ "):
            pytest.fail(f"{line}: only archc can be run here")
    return "".join(lines)


def actual(block: Fenced, wrong: Path) -> str:
    """What the block should be."""
    match block.words:
        case ["console", *_]:
            return transcript(block)
        case ["text"]:
            return said_by(["check", wrong.name])
        case _:
            return block.text


def masked(text: str) -> list[str]:
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return [line.strip() for line in text.splitlines() if not line.startswith("step ")]


def agree(shown: list[str], found: list[str]) -> bool:
    """Equal lines; `…` stands for any number of them."""
    pattern = "\n".join(".*" if line == "…" else re.escape(line) for line in shown)
    return re.fullmatch(pattern, "\n".join(found), re.DOTALL) is not None


def checked_by_output(blocks: list[Fenced]) -> Iterator[tuple[Fenced, Fenced]]:
    """Each block whose text is an output, and the wrong program before it."""
    before = Fenced((), "", 0, 0)
    for block in blocks:
        if block.kind == "console" or (block.words == ("text",) and "wrong" in before.words):
            yield block, before
        before = block


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_true(name: str, folder: Path, request: pytest.FixtureRequest) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    changed = list(differences(text, folder))
    if request.config.getoption("--update-golden"):
        for block, found in reversed(changed):
            text = text[: block.start] + found + text[block.end :]
        path.write_text(text, encoding="utf-8")
        return
    for block, found in changed:
        where = f"{name}:{text.count(chr(10), 0, block.start)}"
        pytest.fail(f"{where} shows\n{block.text}\nbut it is\n{found}", pytrace=False)


def differences(text: str, folder: Path) -> Iterator[tuple[Fenced, str]]:
    """The outputs that are no longer so, and what they are now; everything else must be right."""
    blocks = blocks_of(text)
    outputs = dict(checked_by_output(blocks))
    session: dict[str, object] = {}
    for block in blocks:
        where = f"line {text.count(chr(10), 0, block.start)}"
        if block.kind == "arch":
            check_program(block, folder, where)
        if block.kind == "pycon":
            run_session(block, session, where)
        if block in outputs:
            found = actual(block, folder / outputs[block].file)
            if not agree(masked(block.text), masked(found)):
                yield block, found


def check_program(block: Fenced, folder: Path, where: str) -> None:
    """Keeps the program; it is without errors unless it is said to be wrong."""
    (folder / block.file).write_text(program_of(block), encoding="utf-8")
    said = said_by(["check", block.file])
    if "wrong" in block.words:
        assert "error[" in said, f"{where}: this program has no error"
    else:
        told = said.partition("\n\n")[0].rstrip("\n")  # of a space its choices follow
        assert told == f"{block.file}: {count_of(block)}, no errors", f"{where}\n{said}"


def count_of(block: Fenced) -> str:
    networks = len(re.findall(r"^network ", program_of(block), re.MULTILINE))
    return f"{networks} network{'' if networks == 1 else 's'}"


def run_session(block: Fenced, session: dict[str, object], where: str) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, session, where, where, 0)
    output = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    result = runner.run(test, out=output.write, clear_globs=False)
    session.update(test.globs)
    assert result.failed == 0, output.getvalue()


def test_the_documents_show_what_they_promise() -> None:
    """So that a changed fence cannot silence the tests."""
    kinds = [
        block.kind for name in DOCUMENTS for block in blocks_of((ROOT / name).read_text("utf-8"))
    ]
    assert kinds.count("arch") >= 30
    assert kinds.count("console") >= 8
    assert kinds.count("pycon") >= 2
    wrong = [
        block
        for name in DOCUMENTS
        for block in blocks_of((ROOT / name).read_text("utf-8"))
        if "wrong" in block.words
    ]
    assert len(wrong) >= 5


def test_every_link_leads_somewhere() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name} links to {target}"
