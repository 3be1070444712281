"""`archc new`: for every kind of data a program that checks and trains as it is."""

import gzip
from collections.abc import Callable
from pathlib import Path

import archc
import numpy as np
import pytest
from archc.cli.main import run
from archc.cli.new import network_name

RANDOM = np.random.default_rng(0)
Maker = Callable[[Path], Path]


def table(folder: Path) -> Path:
    rows = [f"{i % 7},{i * 0.5},{'red' if i % 2 else 'blue'},{i * 3.25 + 1}" for i in range(60)]
    path = folder / "houses.csv"
    path.write_text("\n".join(["rooms,area,colour,price", *rows]) + "\n")
    return path


def gaps(folder: Path) -> Path:
    rows = [f"{'' if i == 30 else i},{'yes' if i % 2 else 'no'}" for i in range(60)]
    path = folder / "gaps.csv"
    path.write_text("\n".join(["value,answer", *rows]) + "\n")
    return path


def images(folder: Path) -> Path:
    pictures = RANDOM.integers(0, 256, (60, 12, 12, 3), np.uint8)
    np.savez(folder / "i.npz", x=pictures, label=np.arange(60) % 3)
    return folder / "i.npz"


def two_inputs(folder: Path) -> Path:
    series, facts = RANDOM.normal(size=(60, 9, 2)), RANDOM.normal(size=(60, 4))
    values = RANDOM.normal(size=(60, 2, 3))
    np.savez(
        folder / "t.npz",
        series=series,
        facts=facts,
        words=np.arange(300).reshape(60, 5) % 9,
        y=values,
    )
    return folder / "t.npz"


def tagged(folder: Path) -> Path:
    words = RANDOM.integers(0, 11, (60, 6))
    np.savez(folder / "s.npz", x=words, y=words % 4)
    return folder / "s.npz"


def series(folder: Path) -> Path:
    np.savez(folder / "w.npz", x=RANDOM.normal(size=(60, 9, 2)), y=np.arange(60) % 2)
    return folder / "w.npz"


def idx(folder: Path) -> Path:
    found = folder / "mnist"
    found.mkdir()
    for part, count in (("train", 50), ("t10k", 20)):
        pixels = RANDOM.integers(0, 256, (count, 7, 9), np.uint8)
        head = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (count, 7, 9))
        (found / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + pixels.tobytes()))
        head = bytes([0, 0, 8, 1]) + count.to_bytes(4, "big")
        labels = (np.arange(count) % 10).astype(np.uint8)
        (found / f"{part}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
    return found


def pictures(folder: Path) -> Path:
    image = pytest.importorskip("PIL.Image")
    for name, size in (("cats", (10, 8)), ("dogs", (9, 12))):
        (folder / "pets" / name).mkdir(parents=True)
        for number in range(20):
            picture = image.new("RGB", size, (number, 20, 30))
            picture.save(folder / "pets" / name / f"{number}.png")
    return folder / "pets"


def text(folder: Path) -> Path:
    (folder / "poem.txt").write_text("the rain in spain stays mainly in the plain. " * 60)
    return folder / "poem.txt"


CASES: dict[str, tuple[Maker, str, str]] = {
    "table": (table, "features: f32[N, 4] -> f32[N, 1]", 'csv("../houses.csv")'),
    "gaps": (gaps, "features: f32[N, 1] -> f32[N, 2]", 'csv("../gaps.csv", missing="mean")'),
    "images": (images, "x: f32[N, 3, 12, 12] -> f32[N, 3]", 'npz("../i.npz", target="label")'),
    "two": (
        two_inputs,
        "series: f32[N, 9, 2], facts: f32[N, 4], words: i64[N, T] -> f32[N, 2, 3]",
        'npz("../t.npz")',
    ),
    "tagged": (tagged, "x: i64[N, T] -> f32[N, T, 4]", 'npz("../s.npz")'),
    "series": (series, "x: f32[N, 9, 2] -> f32[N, 2]", 'npz("../w.npz")'),
    "idx": (idx, "image: f32[N, 1, 7, 9] -> f32[N, 10]", 'idx("../mnist")'),
    "pictures": (
        pictures,
        "image: f32[N, 3, 64, 64] -> f32[N, 2]",
        'images("../pets", size=[64, 64])',
    ),
    "text": (text, "text: i64[N, T] -> f32[N, T, 128]", 'text("../poem.txt")'),
}


@pytest.mark.parametrize("case", CASES)
def test_a_project_for_data_checks_and_trains(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, signature, source = CASES[case]
    data = make(tmp_path)
    folder = tmp_path / "my-project"
    assert run(["new", str(folder), "--data", str(data)]) == 0
    assert f"a network on {signature}" in capsys.readouterr().out
    program = folder / "net.arch"
    assert f"data = {source}" in program.read_text()
    assert run(["check", str(program)]) == 0
    assert run(["fmt", "--check", str(program)]) == 0
    model = archc.compile(program, width=8)
    assert model.name == "MyProject"
    finished = archc.train(model, folder=tmp_path / "run", device="cpu", epochs=1)
    assert np.isfinite(finished.metrics["train"]["loss"])


@pytest.mark.parametrize("case", CASES)
def test_the_space_of_a_project_holds_networks_that_train(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, signature, _ = CASES[case]
    folder = tmp_path / "my-project"
    assert run(["new", str(folder), "--data", str(make(tmp_path))]) == 0
    program = folder / "space.arch"
    assert run(["check", str(program)]) == 0
    assert "warning" not in capsys.readouterr().out
    assert run(["fmt", "--check", str(program)]) == 0
    drawn = list(archc.space(program).samples(30, unique=True))
    assert len(drawn) == 30
    assert f"on {signature}" in drawn[0].text
    model = archc.compile(min(drawn, key=lambda found: found.params))
    finished = archc.train(model, folder=tmp_path / "run", device="cpu", epochs=1)
    assert np.isfinite(finished.metrics["validation"]["loss"])


def test_the_space_of_a_project_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = table(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(["new", "found", "--data", str(data)]) == 0
    words = ["search", "found/space.arch", "--trials", "3", "--set", "train.epochs=1", "--json"]
    assert run(words) == 0
    assert '"DONE": 3' in capsys.readouterr().out
    # The winner stands on its own: its data are found from its own folder.
    best = tmp_path / "space.best" / "best.arch"
    assert 'csv("../houses.csv")' in best.read_text()
    assert run(["train", str(best), "-o", "again"]) == 0


def test_large_numbers_are_learned_soon(tmp_path: Path) -> None:
    rows = [f"{i},{1e6 - 2000 * i}" for i in range(200)]
    (tmp_path / "far.csv").write_text("\n".join(["x,price", *rows]) + "\n")
    assert run(["new", str(tmp_path / "far"), "--data", str(tmp_path / "far.csv")]) == 0
    program = tmp_path / "far" / "net.arch"
    assert "answer * " in program.read_text()
    finished = archc.train(archc.compile(program), folder=tmp_path / "run", device="cpu")
    assert finished.metrics["test"]["mae"] < 40_000  # a guess of the mean is off by 100,000


def test_without_data_it_learns_digits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["new", "3-digits"]) == 0
    said = capsys.readouterr().out
    assert "archc train 3-digits/net.arch" in said
    monkeypatch.chdir(tmp_path / "3-digits")
    # The settings are read from now on, and are well formed.
    assert run(["show", "net.arch"]) == 0
    assert "Net3Digits" in Path("net.arch").read_text()
    assert run(["compile", "net.arch", "-o", "net.py"]) == 0


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.arch").write_text("mine")
    assert run(["new", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "net.arch").read_text() == "mine"


def test_data_that_no_source_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.docx").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.npz").write_text("no archive")
    for name, expected in (
        ("a.docx", ".csv, "),
        ("empty", "folder for each class"),
        ("bad.npz", ""),
    ):
        assert run(["new", str(tmp_path / "p"), "--data", str(tmp_path / name)]) == 1
        said = capsys.readouterr().err
        assert said.startswith("error: ")
        assert expected in said
    assert not (tmp_path / "p").exists()
    assert (
        run(["new", str(tmp_path / "p"), "--data", str(table(tmp_path)), "--target", "prise"]) == 1
    )
    assert "did you mean `price`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("folder", "name"),
    [("iris", "Iris"), ("my_net-2", "MyNet2"), ("7up", "Net7up"), ("BasicBlock", "BasicBlockNet")],
)
def test_names(folder: str, name: str, tmp_path: Path) -> None:
    assert network_name(tmp_path / folder) == name
