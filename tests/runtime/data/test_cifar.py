"""CIFAR's binary files, made here byte by byte."""

from pathlib import Path

import numpy as np
import pytest
from archc.runtime.data import load
from archc.runtime.errors import DataError

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def records(count: int, labels: list[int], seed: int) -> bytes:
    """Label bytes (row number modulo each of `labels`), then random pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 3072))
    columns = [np.arange(count)[:, None] % kinds for kinds in labels]
    return np.concatenate([*columns, pixels], axis=1).astype(np.uint8).tobytes()


def cifar10(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(1, 6):
        (folder / f"data_batch_{number}.bin").write_bytes(records(20, [10], number))
    (folder / "test_batch.bin").write_bytes(records(30, [10], 9))
    (folder / "batches.meta.txt").write_text("\n".join(NAMES) + "\n\n")
    return folder


def test_cifar10(tmp_path: Path) -> None:
    cifar10(tmp_path / "cifar-10-batches-bin")
    data = load("cifar10", {}, tmp_path, ["cifar-10-batches-bin"])
    assert data.signature() == "image: f32[N, 3, 32, 32] -> f32[N, 10]"
    assert data.describe()["sizes"] == {"train": 90, "validation": 10, "test": 30}
    assert data.labels == tuple(NAMES)
    raw = np.frombuffer(records(30, [10], 9), np.uint8).reshape(30, 3073)
    assert np.array_equal(data.transform.apply(raw[:, 1:])["image"], data.test.inputs["image"][:])
    assert data.test.targets["target"][:].tolist() == raw[:, 0].tolist()
    above = load("cifar10", {}, tmp_path, ["."])
    assert np.array_equal(above.test.inputs["image"][:], data.test.inputs["image"][:])


@pytest.mark.parametrize(("labels", "kinds"), [("fine", 100), ("coarse", 20)])
def test_cifar100(tmp_path: Path, labels: str, kinds: int) -> None:
    (tmp_path / "train.bin").write_bytes(records(300, [20, 100], 0))
    (tmp_path / "test.bin").write_bytes(records(100, [20, 100], 1))
    data = load("cifar100", {"labels": labels}, tmp_path, ["."])
    assert data.signature() == f"image: f32[N, 3, 32, 32] -> f32[N, {kinds}]"
    assert data.test.targets["target"][:].tolist() == [row % kinds for row in range(100)]
    assert data.labels == tuple(str(number) for number in range(kinds))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("data_batch_3.bin", b"", "has 0 bytes"),
        ("data_batch_3.bin", records(20, [10], 1)[:-1], "no multiple of 3073"),
        ("data_batch_3.bin", records(20, [11], 1), "data_batch_3.bin holds the label 10"),
        ("test_batch.bin", records(20, [11], 1), "test_batch.bin holds the label 10"),
        ("batches.meta.txt", b"cat\ndog\n", "2 names for 10 classes"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    cifar10(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        load("cifar10", {"path": "."}, tmp_path)
    assert words in caught.value.message


def test_missing_files_and_the_pickled_version(tmp_path: Path) -> None:
    cifar10(tmp_path)
    (tmp_path / "test_batch.bin").unlink()
    with pytest.raises(DataError, match="holds no test_batch.bin"):
        load("cifar10", {"path": "."}, tmp_path)
    pickled = tmp_path / "python"
    pickled.mkdir()
    (pickled / "data_batch_1").write_bytes(b"\x80\x04.")
    with pytest.raises(DataError, match="never read: it can run code"):
        load("cifar10", {"path": "python"}, tmp_path)


def test_limit_is_checked_before_reading(tmp_path: Path) -> None:
    cifar10(tmp_path)
    with pytest.raises(DataError, match=f"limit={130 * 3072 * 4}"):
        load("cifar10", {"path": ".", "limit": 10**6}, tmp_path)
