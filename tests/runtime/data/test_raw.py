"""New data through a stored transform: the formats that the sources' own tests do not read."""

from pathlib import Path

import numpy as np
import pytest
from archc.runtime.data import Target, Transform, load, read_raw
from archc.runtime.data.encoders import ArrayEncoder
from archc.runtime.errors import DataError

TWO = Transform(
    {"a": ArrayEncoder((2,)), "b": ArrayEncoder((3,))}, Target("y", "regression", shape=(1,))
)


@pytest.fixture(scope="module")
def digits() -> Transform:
    return load("digits", {}, Path()).transform


def test_npy_comes_batch_by_batch(tmp_path: Path, digits: Transform) -> None:
    raw = np.random.default_rng(0).integers(0, 17, (10, 8, 8)).astype(np.uint8)
    np.save(tmp_path / "a.npy", raw)
    batches = list(read_raw(tmp_path / "a.npy", digits, 4))
    assert [batch.names for batch in batches] == [tuple("0123"), tuple("4567"), tuple("89")]
    together = np.concatenate([batch.inputs["image"] for batch in batches])
    assert np.array_equal(together, digits.apply(raw)["image"])


def test_npz_by_name_and_alone(tmp_path: Path, digits: Transform) -> None:
    np.savez(tmp_path / "a.npz", pictures=np.zeros((3, 64), np.uint8))
    (batch,) = read_raw(tmp_path / "a.npz", digits)
    assert batch.inputs["image"].shape == (3, 1, 8, 8)
    np.savez(tmp_path / "b.npz", b=np.zeros((5, 3)), a=np.ones((5, 2)), y=np.arange(5.0))
    batches = list(read_raw(tmp_path / "b.npz", TWO, 3, targets=True))
    assert [batch.inputs["b"].shape for batch in batches] == [(3, 3), (2, 3)]
    assert batches[1].targets["target"].tolist() == [[3], [4]]


@pytest.mark.parametrize(
    ("name", "arrays", "targets", "words"),
    [
        ("a.npz", {"a": np.zeros((5, 2))}, False, "holds no array `b`"),
        ("a.npz", {"a": np.zeros((5, 2)), "b": np.zeros((5, 3))}, True, "holds no array `y`"),
        ("a.npz", {"a": np.zeros((5, 2)), "b": np.zeros((4, 3))}, False, "differ in their rows"),
        ("a.npz", {"a": np.zeros((5, 2)), "b": np.zeros((5, 4))}, False, "trained on [N, 3]"),
        ("a.npy", np.zeros((5, 2)), False, "the network has 2 inputs"),
        ("a.npy", np.zeros((5, 2)), True, "holds no targets"),
        ("a.npy", np.float64(3), False, "axis 0 must count the rows"),
        ("a.npy", np.array([{}]), False, "Python objects, which are never loaded"),
        ("a.npy", b"no array", False, "not a whole .npy file"),
        ("a.csv", b"a,b\n1,2\n", False, "holds a table, and that is not what the network reads"),
        ("a.parquet", b"", False, "holds a table"),
        ("a.txt", b"words", False, "holds text"),
        ("a.png", b"", False, "holds pictures"),
        ("a.xlsx", b"", False, "data of this kind are not read"),
    ],
)
def test_files_that_do_not_fit(
    tmp_path: Path, name: str, arrays: object, targets: bool, words: str
) -> None:
    path = tmp_path / name
    if isinstance(arrays, bytes):
        path.write_bytes(arrays)
    elif isinstance(arrays, dict):
        np.savez(path, **arrays)
    else:
        np.save(path, arrays)
    with pytest.raises(DataError) as caught:
        list(read_raw(path, TWO, targets=targets))
    assert words in str(caught.value)


def test_nothing_there(tmp_path: Path, digits: Transform) -> None:
    with pytest.raises(DataError, match="there is no file or folder"):
        list(read_raw(tmp_path / "none.npy", digits))
    with pytest.raises(DataError, match="holds no pictures"):
        list(read_raw(tmp_path, digits))
