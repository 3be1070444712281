"""MNIST's format, whole and broken."""

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from archc.runtime.data import load
from archc.runtime.errors import DataError


def idx(values: np.ndarray) -> bytes:
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return header + values.astype(np.uint8).tobytes()


def mnist(
    folder: Path, packed: bool = False, dot: str = "-", train: int = 60, test: int = 20
) -> None:
    rng = np.random.default_rng(0)
    for part, count in (("train", train), ("t10k", test)):
        files = {
            f"{part}-images{dot}idx3-ubyte": idx(rng.integers(0, 256, (count, 5, 4))),
            f"{part}-labels{dot}idx1-ubyte": idx(np.arange(count) % 10),
        }
        for name, content in files.items():
            path = folder / (name + ".gz" if packed else name)
            path.write_bytes(gzip.compress(content) if packed else content)


@pytest.mark.parametrize(("packed", "dot"), [(False, "-"), (True, "-"), (False, "."), (True, ".")])
def test_all_spellings_give_the_same_data(tmp_path: Path, packed: bool, dot: str) -> None:
    mnist(tmp_path, packed, dot)
    data = load("idx", {"validation": 0.2}, tmp_path, ["."])
    assert data.signature() == "image: f32[N, 1, 5, 4] -> f32[N, 10]"
    assert data.describe()["sizes"] == {"train": 48, "validation": 12, "test": 20}
    assert data.labels == tuple("0123456789")
    assert data.test.targets["target"][:].tolist() == [i % 10 for i in range(20)]
    raw = np.frombuffer(
        (gzip.decompress if packed else bytes)(
            (tmp_path / f"t10k-images{dot}idx3-ubyte{'.gz' if packed else ''}").read_bytes()
        )[16:],
        dtype=np.uint8,
    ).reshape(20, 5, 4)
    assert np.array_equal(data.transform.apply(raw)["image"], data.test.inputs["image"][:])


def test_the_test_set_teaches_nothing(tmp_path: Path) -> None:
    mnist(tmp_path)
    before = load("idx", {"path": "."}, tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(np.full((20, 5, 4), 255)))
    after = load("idx", {"path": "."}, tmp_path)
    assert after.transform == before.transform and after.checksum != before.checksum


HUGE = struct.pack(">BBBBIII", 0, 0, 8, 3, 2**31, 1024, 1024)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG\r\n", "begins with 89 50 4e 47"),
        (struct.pack(">BBBBI", 0, 0, 13, 1, 4) + bytes(16), "begins with 00 00 0d 01"),
        (b"\0\0\x08\x03\0\0", "ends inside its header"),
        (idx(np.zeros((60, 5, 4)))[:-1], "the file has room for 1199"),
        (idx(np.zeros((60, 5, 4))) + b"x", "the file has room for 1201"),
        (HUGE, "2251799813685248 bytes"),
        (idx(np.zeros((60, 5))), "train holds images [60, 5]"),
        (idx(np.zeros((59, 5, 4))), "images [59, 5, 4] and labels [60]"),
        (idx(np.zeros((60, 5, 5))), "training images are [5, 5], test images [5, 4]"),
    ],
)
def test_broken_files(tmp_path: Path, content: bytes, words: str) -> None:
    mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError) as caught:
        load("idx", {"path": "."}, tmp_path)
    assert words in caught.value.message


def packed(content: bytes) -> bytes:
    """Without the time, which would make another name for the test in every process."""
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (packed(idx(np.zeros((60, 5, 4))))[:-10], "cut off or damaged"),
        (packed(idx(np.zeros((60, 5, 4)))[:-1]), "the file holds 1199"),
        (packed(idx(np.zeros((60, 5, 4))) + b"x"), "the file holds more"),
        (idx(np.zeros((60, 5, 4))), "cut off or damaged"),
        (packed(HUGE), "room for"),
        (
            packed(b"\0\0\x08\x03" + struct.pack(">III", 100, 100, 1000) + bytes(10**7)),
            "limit",
        ),
    ],
)
def test_broken_gzip(tmp_path: Path, content: bytes, words: str) -> None:
    mnist(tmp_path, packed=True)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError) as caught:
        load("idx", {"path": ".", "limit": 10**6}, tmp_path)
    assert words in str(caught.value)


def test_a_header_that_lies_takes_no_memory(tmp_path: Path) -> None:
    mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(HUGE + bytes(100))
    tracemalloc.start()
    with pytest.raises(DataError):
        load("idx", {"path": "."}, tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="holds no t10k-labels-idx1-ubyte"):
        load("idx", {"path": "."}, tmp_path)


def test_a_class_that_is_only_tested_is_an_error(tmp_path: Path) -> None:
    mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.arange(20)))
    with pytest.raises(DataError, match="the class '10' occurs in test but not in training"):
        load("idx", {"path": "."}, tmp_path)
