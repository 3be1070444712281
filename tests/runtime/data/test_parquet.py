"""Parquet tables: the same rules as csv, on typed columns."""

import datetime
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archc.runtime.data import Dataset, load, read_raw
from archc.runtime.errors import DataError


def table(rows: int = 60) -> dict[str, list[object]]:
    return {
        "a": [row * 0.5 for row in range(rows)],
        "flag": [row % 2 == 0 for row in range(rows)],
        "town": ["Ulm" if row % 3 else "Bonn" for row in range(rows)],
        "y": ["yes" if row % 2 else "no" for row in range(rows)],
    }


def read(folder: Path, columns: dict[str, list[object]], **settings: object) -> Dataset:
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return load("parquet", settings, folder, ["a.parquet"])


def test_the_same_as_csv(tmp_path: Path) -> None:
    columns = table()
    data = read(tmp_path, columns)
    assert data.signature() == "features: f32[N, 4] -> f32[N, 2]"
    lines = [f"{a},{int(f)},{t},{y}" for a, f, t, y in zip(*columns.values(), strict=True)]
    (tmp_path / "a.csv").write_text("a,flag,town,y\n" + "\n".join(lines) + "\n")
    same = load("csv", {}, tmp_path, ["a.csv"])
    assert same.transform == data.transform
    for name in ("train", "validation", "test"):
        assert np.array_equal(
            same.splits[name].inputs["features"][:], data.splits[name].inputs["features"][:]
        )
        assert np.array_equal(
            same.splits[name].targets["target"][:], data.splits[name].targets["target"][:]
        )


def test_dictionaries_and_nulls(tmp_path: Path) -> None:
    columns = table()
    columns["town"] = pa.array(columns["town"]).dictionary_encode()
    assert read(tmp_path, columns).signature() == "features: f32[N, 4] -> f32[N, 2]"
    columns["a"][7] = None
    with pytest.raises(DataError, match="row 7, column `a`: the value is missing"):
        read(tmp_path, columns)
    assert sum(read(tmp_path, columns, missing="drop").describe()["sizes"].values()) == 59


def test_the_transform_reads_new_rows(tmp_path: Path) -> None:
    data = read(tmp_path, table())
    batches = list(read_raw(tmp_path / "a.parquet", data.transform, 25, targets=True))
    assert [len(batch.names) for batch in batches] == [25, 25, 10]
    assert np.concatenate([b.targets["target"] for b in batches]).tolist() == [
        i % 2 for i in range(60)
    ]
    bare = {name: values for name, values in table().items() if name != "y"}
    pq.write_table(
        pa.table({**bare, "when": [datetime.date(2020, 1, 1)] * 60}), tmp_path / "b.parquet"
    )
    assert len(list(read_raw(tmp_path / "b.parquet", data.transform, 64))) == 1


@pytest.mark.parametrize(
    ("change", "settings", "words"),
    [
        ({"when": [datetime.date(2020, 1, 1)] * 60}, {}, "`when` is of the type date32"),
        ({"many": [[1]] * 60}, {}, "`many` is of the type list"),
        ({"a": [float("inf")] * 60}, {}, "column `a`"),
        ({}, {"target": "z"}, "there is no column `z`"),
        ({}, {"ignore": ["z"]}, "there is no column `z`"),
        ({}, {"numeric": ["town"]}, "row 0, column `town`: 'Bonn' is not a number"),
        ({}, {"limit": 1000}, "limit of 1.0 kB"),
    ],
)
def test_columns_that_do_not_fit(
    tmp_path: Path, change: dict[str, list[object]], settings: dict[str, object], words: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, {**change, **table(), **change}, **settings)
    assert words in str(caught.value)


@pytest.mark.parametrize("cut", [0, 3, 100, -1])
def test_broken_files(tmp_path: Path, cut: int) -> None:
    read(tmp_path, table())
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(content[:cut])
    with pytest.raises(DataError, match="not a whole Parquet file"):
        load("parquet", {"path": "a.parquet"}, tmp_path)


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(tmp_path, table())
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError) as caught:
        load("parquet", {"path": "a.parquet"}, tmp_path)
    assert 'pip install "archc[parquet]"' in caught.value.help
