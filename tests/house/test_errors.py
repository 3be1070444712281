"""Every kind of error: a code of its own, an explanation, and a program that provokes it.

A golden pair is `tests/golden/errors/E201.arch` and `E201.err`. The program is checked; if its
first line is a comment that begins with `# archc `, that command is run instead (`{out}` is an
empty folder, and `-` reads the program). A program that needs other files is `E201/main.arch`; one
too large to keep, or that is no text, is made in `GENERATED`, and so are many files. The packages
in `E331/installed` are as good as installed.
"""

import io
import re
import shlex
import shutil
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from archc.cli.explain import HOMES, kinds_in
from archc.cli.main import run
from archc.compiler import registry
from archc.compiler.expand import lookup
from archc.grammar.diagnostic import Diagnostic

ERRORS = Path(__file__).parents[1] / "golden" / "errors"
KINDS = [(home, kind) for home in HOMES for kind in kinds_in(home)]
CODES = {
    "..grammar.errors": r"[EW]1\d\d",
    "..compiler.errors": r"[EW][2-6]\d\d",
    "..runtime.errors": r"[EW]7\d\d",
}
MANY = 1001
GENERATED: dict[str, Callable[[], bytes | dict[str, bytes]]] = {
    "E101": lambda: b"let width = \xff\n",
    "E102": lambda: b"#" * (32 * 1024 * 1024 + 1),
    "E103": lambda: b"let widths = [" + b"16, " * 22_000 + b"16]\n",
    "E416": lambda: {
        "main.arch": b"".join(b"use part%d\n" % number for number in range(MANY)),
        **{f"part{number}.arch": b"" for number in range(MANY)},
    },
}


def name_of(case: tuple[str, type[Diagnostic]]) -> str:
    return case[1].code


def test_codes_are_used_once() -> None:
    assert len(KINDS) >= 20
    ordered = sorted((kind.code, kind.__qualname__) for _, kind in KINDS)
    twice = [(first, second) for first, second in pairwise(ordered) if first[0] == second[0]]
    assert not twice


@pytest.mark.parametrize("case", KINDS, ids=name_of)
def test_a_kind_of_error_explains_itself(case: tuple[str, type[Diagnostic]]) -> None:
    home, kind = case
    assert re.fullmatch(CODES[home], kind.code)
    assert kind.severity == ("warning" if kind.code.startswith("W") else "error")
    assert kind.title
    assert not kind.title.endswith(".")
    assert "\n" not in kind.title
    sentences = re.findall(r"[.!?:](?:\s|$)", kind.explanation)
    assert len(sentences) >= 2, f"{kind.code} explains itself in fewer than two sentences"


@pytest.mark.parametrize("case", KINDS, ids=name_of)
def test_a_kind_of_error_is_provoked(
    case: tuple[str, type[Diagnostic]],
    golden: Callable[[str, str], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = case[1].code
    program = lay_out(code, tmp_path)
    installed(program.parent / "installed", monkeypatch)
    monkeypatch.chdir(program.parent)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("COLUMNS", raising=False)
    words = command_line(program, tmp_path / "out")
    monkeypatch.setattr("sys.stdin", io.StringIO(program.read_text(errors="replace")))
    status = run(words)
    said = capsys.readouterr().err
    assert status == (0 if code.startswith("W") else 1), said
    assert re.search(rf"^(error|warning)\[{code}\]: ", said, re.MULTILINE), said
    golden(said, f"errors/{code}.err")


def lay_out(code: str, folder: Path) -> Path:
    """The program that provokes a code, copied to where a command may write."""
    if code in GENERATED:
        made = GENERATED[code]()
        files = made if isinstance(made, dict) else {f"{code}.arch": made}
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return folder / next(iter(files))
    if (ERRORS / code).is_dir():
        shutil.copytree(ERRORS / code, folder / code, symlinks=True)
        return folder / code / "main.arch"
    single = ERRORS / f"{code}.arch"
    if not single.exists():
        pytest.fail(f"{code} has no program tests/golden/errors/{code}.arch", pytrace=False)
    return Path(shutil.copy(single, folder))


def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts packages on the path until the test ends."""
    if site.is_dir():
        monkeypatch.syspath_prepend(site)
        monkeypatch.setattr(registry, "_outside", cache(registry._outside.__wrapped__))
        monkeypatch.setattr(registry, "find_layer", registry.find_layer.__wrapped__)
        monkeypatch.setattr(lookup, "find_layer", registry.find_layer)


def command_line(program: Path, out: Path) -> list[str]:
    first = program.read_bytes().split(b"\n", 1)[0].decode("utf-8", "replace")
    if not first.startswith("# archc "):
        return ["check", program.name]
    out.mkdir()
    return [word.replace("{out}", str(out)) for word in shlex.split(first.removeprefix("# archc "))]


def test_no_golden_file_is_left_over() -> None:
    codes = {kind.code for _, kind in KINDS}
    paths = [path for path in ERRORS.iterdir() if path.suffix in (".arch", ".err") or path.is_dir()]
    assert not {path.stem for path in paths} - codes
