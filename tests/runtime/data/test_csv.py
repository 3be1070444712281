"""csv: what is read, what is learned, and every way in which a file can be wrong."""

from pathlib import Path

import numpy as np
import pytest
from archc.runtime.data import Dataset, Transform, load, read_raw
from archc.runtime.errors import DataError


def houses(path: Path, rows: int = 100, delimiter: str = ",") -> Path:
    rng = np.random.default_rng(0)
    lines = [delimiter.join(("id", "area", "town", "price"))]
    for row in range(rows):
        town = ("Ulm", "Bonn", "Köln")[row % 3]
        cells = (f"k{row}", f"{rng.normal(100, 20):.3f}", town, f"{rng.normal(300, 50):.2f}")
        lines.append(delimiter.join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(folder: Path, text: str, **settings: object) -> Dataset:
    (folder / "a.csv").write_text(text, encoding="utf-8")
    return load("csv", settings, folder, ["a.csv"])


def test_numbers_and_categories(tmp_path: Path) -> None:
    houses(tmp_path / "h.csv")
    data = load("csv", {"target": "price", "ignore": ["id"]}, tmp_path, ["h.csv"])
    assert data.task == "regression" and data.labels is None
    assert data.signature() == "features: f32[N, 4] -> f32[N, 1]"
    assert data.describe()["sizes"] == {"train": 80, "validation": 10, "test": 10}
    features = data.train.inputs["features"][:]
    assert np.allclose(features[:, 0].mean(), 0, atol=1e-5)
    assert set(np.unique(features[:, 1:])) == {0, 1}
    assert (features[:, 1:].sum(axis=1) == 1).all()
    (_, town) = data.transform.encoders["features"].columns
    assert town.words == ("Bonn", "Köln", "Ulm")
    assert data.train.targets["target"][:].shape == (80, 1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    houses(tmp_path / "h.csv", delimiter=delimiter)
    data = load("csv", {"ignore": ["id"]}, tmp_path, ["h.csv"])
    assert data.signature() == "features: f32[N, 4] -> f32[N, 1]"


def test_classes_and_the_last_column_by_default(tmp_path: Path) -> None:
    text = "a,b,kind\n" + "".join(
        f"{i},{-i},{('yes', 'no', '10', '9')[i % 4]}\n" for i in range(80)
    )
    data = read(tmp_path, text)
    assert (data.task, data.labels) == ("classification", ("9", "10", "no", "yes"))
    assert data.signature() == "features: f32[N, 2] -> f32[N, 4]"
    assert np.bincount(data.test.targets["target"][:]).tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("task", "found", "output"),
    [
        ("auto", "classification", "f32[N, 3]"),
        ("classification", "classification", "f32[N, 3]"),
        ("regression", "regression", "f32[N, 1]"),
    ],
)
def test_task_of_small_whole_numbers(tmp_path: Path, task: str, found: str, output: str) -> None:
    text = "a,y\n" + "".join(f"{i},{i % 3}\n" for i in range(60))
    data = read(tmp_path, text, target="y", task=task)
    assert data.task == found and data.signature().endswith(f"-> {output}")


def test_headers(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i + 0.5}\n" for i in range(30))
    bare = read(tmp_path, rows)
    assert [c.name for c in bare.transform.encoders["features"].columns] == ["column_1"]
    assert sum(bare.describe()["sizes"].values()) == 30
    forced = read(tmp_path, rows, header="yes")
    assert [c.name for c in forced.transform.encoders["features"].columns] == ["0"]
    words = "".join(f"w{i % 2},v{i % 3}\n" for i in range(30))
    assert sum(read(tmp_path, words, header="no").describe()["sizes"].values()) == 30
    assert (
        read(tmp_path, "\ufeffa,y\n" + rows).transform.encoders["features"].columns[0].name == "a"
    )


def test_quoted_fields(tmp_path: Path) -> None:
    text = "name,y\n" + "".join(f'"a, ""b""\n{i % 2}",{i}.5\n' for i in range(40))
    words = read(tmp_path, text).transform.encoders["features"].columns[0].words
    assert words == ('a, "b"\n0', 'a, "b"\n1')


def holes() -> str:
    cells = ["", "NA", "?", "nan"]
    rows = [
        f"{cells[i // 10 % 4] if i % 10 == 0 else i},{'' if i % 7 == 0 else 'uv'[i % 2]},{i}.5"
        for i in range(80)
    ]
    return "a,b,y\n" + "\n".join(rows) + "\n"


def test_missing_values_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, holes())
    assert "a.csv, line 2, column `a`: the value is missing (8 cells" in caught.value.message
    assert 'missing="mean"' in caught.value.help


def test_missing_values_take_the_mean_of_the_training_rows(tmp_path: Path) -> None:
    data = read(tmp_path, holes(), missing="mean")
    assert sum(data.describe()["sizes"].values()) == 80
    column = data.transform.encoders["features"].columns[0]
    kept = np.array([i for i in range(80) if i % 10])
    assert column.mean != pytest.approx(kept.mean()) and 20 < column.mean < 60
    raw = {"a": [None, column.mean], "b": ["", "u"]}
    assert data.transform.apply(raw)["features"].tolist() == [[0, 0, 0], [0, 1, 0]]


def test_missing_rows_are_dropped(tmp_path: Path) -> None:
    data = read(tmp_path, holes(), missing="drop")
    kept = sum(1 for i in range(80) if i % 10 and i % 7)
    assert sum(data.describe()["sizes"].values()) == kept
    with pytest.raises(DataError, match="row 0, column `a`: the value is missing"):
        data.transform.apply({"a": [None], "b": ["u"]})


def test_a_missing_target_is_never_filled_in(tmp_path: Path) -> None:
    text = "a,y\n" + "".join(f"{i},{'' if i == 5 else i + 0.5}\n" for i in range(40))
    with pytest.raises(DataError, match="line 7, column `y`: the value is missing"):
        read(tmp_path, text, missing="mean")
    assert sum(read(tmp_path, text, missing="drop").describe()["sizes"].values()) == 39


@pytest.mark.parametrize(
    ("text", "settings", "words"),
    [
        ("", {}, "is empty"),
        ("a,y\n", {}, "every row has a missing value"),
        ("a,y\n1,2\n3\n", {}, "line 3: 1 cells, but there are 2 columns"),
        ("a,y\n1,2\n3,4,5\n", {}, "line 3: 3 cells"),
        ("a,a\n1,2\n", {}, "two columns are called `a`"),
        ("a,y\n1,2\n", {"target": "z"}, "there is no column `z`"),
        ("age,y\n1,2\n", {"ignore": ["agee"]}, "did you mean `age`?"),
        ("a,y\n1,2\n", {"ignore": ["a"]}, "no column is left"),
        ("a,y\n1,2\n", {"numeric": ["q"]}, "there is no column `q`"),
        ("a,y\nx,1\n", {"numeric": ["a"]}, "line 2, column `a`: 'x' is not a number"),
        ("a,y\n1e999,1\n", {}, "'1e999' is not a number"),
        ("a,y\n1_0,1\n", {"numeric": ["a"]}, "'1_0' is not a number"),
        ("a,y\ninf,1\n", {"numeric": ["a"]}, "'inf' is not a number"),
        ('a,y\n1,"2\n', {}, "line 2"),
        ("a,y\n1,u\n2,v\n", {"task": "regression"}, "words, which cannot be regressed"),
        (
            "a,y\n" + "".join(f"{i},{i}\n" for i in range(150)) + "oops,1\n",
            {},
            "line 152, column `a`: 'oops'",
        ),
        ("a,y\n" + "".join(f"w{i},{i % 2}\n" for i in range(2000)), {}, "only identifies the row"),
        ("a,y\n1,2\n3,4\n", {"limit": 40}, "limit of 40 bytes"),
        ("a,y\n1,2\n" * 1, {"group": "g"}, "there is no column `g`"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, settings: dict[str, object], words: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text, **settings)
    assert words in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,y\n1,2\n\xff\xfe,3\n")
    with pytest.raises(DataError, match="not UTF-8"):
        load("csv", {}, tmp_path, ["a.csv"])
    (tmp_path / "a.csv").write_bytes(b"a,y\n" + b"x" * 200_000 + b",1\n")
    with pytest.raises(DataError, match="field larger"):
        load("csv", {}, tmp_path, ["a.csv"])


def test_nothing_of_validation_and_test_is_learned(tmp_path: Path) -> None:
    """Rows outside the training split are changed beyond recognition; the transform must stay the
    same."""
    rows = [[f"{i}.25", "uvw"[i % 3], f"{i * 7 % 50}.5"] for i in range(60)]
    join = lambda table: "a,b,y\n" + "\n".join(",".join(row) for row in table) + "\n"  # noqa: E731
    data = read(tmp_path, join(rows))
    train = set((data.train.targets["target"][:, 0] * 2).astype(int).tolist())
    changed = [
        row if int(float(row[2]) * 2) in train else ["99999", "zzz", "123456.5"] for row in rows
    ]
    assert changed != rows
    again = read(tmp_path, join(changed))
    assert again.transform == data.transform
    assert again.checksum != data.checksum
    assert np.abs(again.test.inputs["features"][:]).max() > 1000


def test_a_class_that_is_only_tested_is_an_error(tmp_path: Path) -> None:
    text = "a,y\n" + "".join(f"{i},{'rare' if i == 7 else 'often'}\n" for i in range(10))
    assert read(tmp_path, text).labels == ("often", "rare")
    failed = 0
    for seed in range(20):
        try:
            read(tmp_path, text, stratify=False, validation=0.3, test=0.3, seed=seed)
        except DataError as error:
            assert "the class 'rare' occurs in" in error.message and error.setting == "stratify"
            failed += 1
    assert 0 < failed < 20


def test_groups_stay_together(tmp_path: Path) -> None:
    text = "a,patient,y\n" + "".join(f"{i},p{i // 4},{i}.5\n" for i in range(80))
    data = read(tmp_path, text, group="patient")
    assert data.signature() == "features: f32[N, 1] -> f32[N, 1]"
    patients = [
        set((data.splits[name].targets["target"][:, 0] // 4).astype(int).tolist())
        for name in ("train", "validation", "test")
    ]
    assert [len(part) for part in patients] == [16, 2, 2]
    assert len(set.union(*patients)) == 20


def test_the_transform_reads_new_rows(tmp_path: Path) -> None:
    houses(tmp_path / "h.csv")
    data = load("csv", {"target": "price", "ignore": ["id"]}, tmp_path, ["h.csv"])
    transform = Transform.from_json(data.transform.to_json())
    batches = list(read_raw(tmp_path / "h.csv", transform, 30, targets=True))
    assert [len(batch.names) for batch in batches] == [30, 30, 30, 10]
    assert batches[0].names[:2] == ("2", "3")
    rows = np.concatenate([batch.inputs["features"] for batch in batches])
    prices = np.concatenate([batch.targets["target"] for batch in batches])
    known = {
        tuple(row): price for row, price in zip(rows.tolist(), prices[:, 0].tolist(), strict=True)
    }
    for row, price in zip(
        data.test.inputs["features"][:].tolist(),
        data.test.targets["target"][:, 0].tolist(),
        strict=True,
    ):
        assert known[tuple(row)] == price
    (tmp_path / "new.csv").write_text("town,area\nMars,100\nUlm,x\n", encoding="utf-8")
    with pytest.raises(DataError, match="new.csv, line 3, column `area`: 'x' is not a number"):
        list(read_raw(tmp_path / "new.csv", transform))
    (tmp_path / "new.csv").write_text("town,area\nMars,100\n", encoding="utf-8")
    (batch,) = read_raw(tmp_path / "new.csv", transform)
    assert batch.inputs["features"][0, 1:].tolist() == [0, 0, 0] and batch.targets is None
    (tmp_path / "new.csv").write_text("town,aria\nUlm,100\n", encoding="utf-8")
    with pytest.raises(DataError, match="did you mean `aria`"):
        list(read_raw(tmp_path / "new.csv", transform))
    assert transform.apply({"area": [100], "town": ["Ulm"]})["features"].shape == (1, 4)
