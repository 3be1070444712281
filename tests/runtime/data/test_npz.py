"""NumPy archives, whole, split, ragged, forged."""

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from archc.runtime.data import Dataset, Transform, load, read_raw
from archc.runtime.errors import DataError


def read(folder: Path, arrays: dict[str, object], **settings: object) -> Dataset:
    np.savez_compressed(folder / "a.npz", **arrays)
    return load("npz", settings, folder, ["a.npz"])


def rows(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(3, 2, shape)


@pytest.mark.parametrize(
    ("x", "y", "signature", "task"),
    [
        (rows(50, 7), np.arange(50) % 3, "x: f32[N, 7] -> f32[N, 3]", "classification"),
        (rows(50, 7), np.arange(50)[:, None] % 3, "x: f32[N, 7] -> f32[N, 3]", "classification"),
        (rows(50, 7), rows(50), "x: f32[N, 7] -> f32[N, 1]", "regression"),
        (rows(50, 7), rows(50, 2, 3), "x: f32[N, 7] -> f32[N, 2, 3]", "regression"),
        (rows(50, 7), np.array(["a", "b"] * 25), "x: f32[N, 7] -> f32[N, 2]", "classification"),
        (
            np.ones((50, 9), int),
            np.arange(450).reshape(50, 9) % 4,
            "x: i64[N, T] -> f32[N, T, 4]",
            "sequence",
        ),
        (
            np.ones((50, 6, 5), np.uint8),
            np.arange(50) % 2,
            "x: f32[N, 1, 6, 5] -> f32[N, 2]",
            "classification",
        ),
        (
            np.ones((50, 6, 5, 3), np.uint8),
            np.arange(50) % 2,
            "x: f32[N, 3, 6, 5] -> f32[N, 2]",
            "classification",
        ),
        (rows(50, 6, 5), np.arange(50) % 2, "x: f32[N, 6, 5] -> f32[N, 2]", "classification"),
    ],
)
def test_shapes_and_tasks(
    tmp_path: Path, x: np.ndarray, y: np.ndarray, signature: str, task: str
) -> None:
    data = read(tmp_path, {"x": x, "y": y})
    assert (data.signature(), data.task) == (signature, task)
    assert data.describe()["sizes"] == {"train": 40, "validation": 5, "test": 5}
    assert Transform.from_json(data.transform.to_json()) == data.transform
    batches = list(read_raw(tmp_path / "a.npz", data.transform, 20, targets=True))
    inputs = np.concatenate([batch.inputs["x"] for batch in batches])
    targets = np.concatenate([batch.targets["target"] for batch in batches])
    pairs = {(a.tobytes(), b.tobytes()) for a, b in zip(inputs, targets, strict=True)}
    test = zip(data.test.inputs["x"][:], data.test.targets["target"][:], strict=True)
    tested = [(a.tobytes(), b.tobytes()) for a, b in test]
    assert len(tested) == 5 and set(tested) <= pairs


def test_several_inputs(tmp_path: Path) -> None:
    arrays = {"left": rows(30, 2), "right": np.ones((30, 4), int), "kind": np.arange(30) % 2}
    data = read(tmp_path, arrays, target="kind")
    assert data.signature() == "left: f32[N, 2], right: i64[N, T] -> f32[N, 2]"
    only = read(tmp_path, arrays, target="kind", inputs=["right"])
    assert only.signature() == "right: i64[N, T] -> f32[N, 2]"


def test_an_archive_with_its_own_test_set(tmp_path: Path) -> None:
    arrays = {
        "x_train": np.full((40, 4, 4), 10, np.uint8),
        "y_train": np.arange(40) % 2,
        "x_test": np.full((10, 4, 4), 200, np.uint8),
        "y_test": np.arange(10) % 2,
    }
    data = read(tmp_path, arrays)
    assert data.describe()["sizes"] == {"train": 36, "validation": 4, "test": 10}
    assert data.transform.encoders["x"].mean == pytest.approx([10 / 255])
    with pytest.raises(DataError, match="differ in shape or type"):
        read(tmp_path, {**arrays, "x_test": np.zeros((10, 4, 5), np.uint8)})


def test_nothing_of_validation_and_test_is_learned(tmp_path: Path) -> None:
    x, y = rows(60, 2), np.arange(60) % 2
    data = read(tmp_path, {"x": x, "y": y})
    train = {row.tobytes() for row in data.train.inputs["x"][:]}
    encoded = data.transform.apply(x)["x"]
    held = np.array([row.tobytes() not in train for row in encoded])
    assert held.sum() == 12
    x[held] += 1e6
    assert read(tmp_path, {"x": x, "y": y}).transform == data.transform


def test_missing_values(tmp_path: Path) -> None:
    x, y = rows(60, 2), np.arange(60) % 2
    x[[5, 9], 1] = np.nan
    with pytest.raises(DataError, match="`x` holds nan or infinity in 2 rows, first in row 5"):
        read(tmp_path, {"x": x, "y": y})
    dropped = read(tmp_path, {"x": x, "y": y}, missing="drop")
    assert sum(dropped.describe()["sizes"].values()) == 58
    filled = read(tmp_path, {"x": x, "y": y}, missing="mean")
    assert sum(filled.describe()["sizes"].values()) == 60
    everything = np.concatenate([part.inputs["x"][:] for part in filled.splits.values()])
    assert (np.abs(everything[:, 1]) < 1e-5).sum() == 2
    with pytest.raises(DataError, match="`y` holds nan"):
        read(tmp_path, {"x": rows(60, 2), "y": x[:, 1]}, missing="mean")


@pytest.mark.parametrize(
    ("arrays", "settings", "words"),
    [
        ({"x": rows(5, 2)}, {}, "there is no array `y`"),
        ({"x": rows(5, 2), "Y": rows(5)}, {"target": "YY"}, "did you mean `Y`"),
        ({"y": rows(5)}, {}, "no array besides `y`"),
        ({"x": rows(5, 2), "y": rows(6)}, {}, "`x` [5, 2], `y` [6]"),
        ({"x": np.float64(3), "y": rows(6)}, {}, "differ in their rows"),
        ({"x": rows(40, 2), "y": rows(40, 2) > 0}, {"task": "classification"}, "classes need [N]"),
        ({"x": rows(40, 2), "y": rows(40, 2)}, {"task": "sequence"}, "class numbers from 0"),
        ({"x": np.array(["a"] * 40), "y": rows(40)}, {}, "must hold numbers"),
        ({"x": rows(40, 2) + 1j, "y": rows(40)}, {}, "must hold numbers"),
        ({"x": rows(40, 2), "y": np.array(["a"] * 40)}, {"task": "regression"}, "texts"),
        (
            {"x": np.full((40, 1), 1e300), "y": rows(40)},
            {"normalize": False},
            "beyond the range of f32",
        ),
        ({"x": rows(40, 200), "y": rows(40)}, {"limit": 1000}, "raise it with limit="),
        ({"x": rows(0, 2), "y": rows(0)}, {}, "no rows are left"),
    ],
)
def test_arrays_that_do_not_fit(
    tmp_path: Path, arrays: dict[str, np.ndarray], settings: dict[str, object], words: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, arrays, **settings)
    assert words in str(caught.value)


class Payload:
    ran = False

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return setattr, (Payload, "ran", True)


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([Payload()] * 3, dtype=object), y=np.arange(3))
    with pytest.raises(DataError, match="`x` holds Python objects, which are never loaded"):
        load("npz", {"path": "a.npz"}, tmp_path)
    assert not Payload.ran


def forged(shape: str, body: bytes = b"") -> bytes:
    """An archive whose `x` claims a shape."""
    header = (
        f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117)
        + b"\n"
    )
    member = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", member)
        plain = io.BytesIO()
        np.save(plain, np.arange(3))
        archive.writestr("y.npy", plain.getvalue())
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a whole .npz file"),
        (b"PK\x03\x04" + bytes(100), "not a whole .npz file"),
        (forged("(1000000000000,)", bytes(24)), "promises [1000000000000] of float64"),
        (forged("(4,)", bytes(24)), "promises [4] of float64"),
        (forged("(-3,)", bytes(24)), "x"),
        (forged("__import__('os').getpid()", bytes(24)), "not a whole .npz file"),
        (forged("(3,)", bytes(24))[:-60], "not a whole .npz file"),
    ],
)
def test_forged_archives_take_no_memory(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    tracemalloc.start()
    with pytest.raises(DataError) as caught:
        load("npz", {"path": "a.npz"}, tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert words in caught.value.message and peak < 5_000_000


def test_a_flipped_byte_is_noticed(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=rows(100, 4), y=np.arange(100) % 2)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[2000] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match="Bad CRC-32"):
        load("npz", {"path": "a.npz"}, tmp_path)


def test_a_class_that_is_only_tested_is_an_error(tmp_path: Path) -> None:
    y = np.array([7] + [8] * 9)
    failed = 0
    for seed in range(20):
        try:
            read(
                tmp_path,
                {"x": rows(10, 2), "y": y},
                stratify=False,
                validation=0.3,
                test=0.3,
                seed=seed,
            )
        except DataError as error:
            assert "the class '7' occurs in" in error.message
            failed += 1
    assert 0 < failed < 20
    assert read(tmp_path, {"x": rows(10, 2), "y": y}).labels == ("7", "8")
