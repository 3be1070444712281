"""Files of every format with random damage: a data set or a DataError, never anything else."""

import random
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archc.runtime.data import load
from archc.runtime.errors import DataError
from PIL import Image

ROUNDS = 60


def make_csv(folder: Path) -> Path:
    text = "a,b,y\n" + "".join(f'{row}.5,"t{row % 3}",{row % 2}\n' for row in range(40))
    (folder / "a.csv").write_text(text)
    return folder / "a.csv"


def make_npz(folder: Path) -> Path:
    np.savez(folder / "a.npz", x=np.arange(80.0).reshape(40, 2), y=np.arange(40) % 2)
    return folder / "a.npz"


def make_packed_npz(folder: Path) -> Path:
    np.savez_compressed(folder / "a.npz", x=np.arange(80.0).reshape(40, 2), y=np.arange(40) % 2)
    return folder / "a.npz"


def make_parquet(folder: Path) -> Path:
    columns = {"a": list(range(40)), "b": [f"t{row % 3}" for row in range(40)]}
    pq.write_table(pa.table({**columns, "y": [row % 2 for row in range(40)]}), folder / "a.parquet")
    return folder / "a.parquet"


def make_text(folder: Path) -> Path:
    (folder / "a.txt").write_text("the quick brown fox " * 100)
    return folder / "a.txt"


def make_idx(folder: Path) -> Path:
    for part in ("train", "t10k"):
        head = bytes([0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 2])
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + bytes(range(80)))
        labels = bytes([0, 0, 8, 1, 0, 0, 0, 20]) + bytes([0, 1] * 10)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(labels)
    return folder / "train-images-idx3-ubyte"


def make_picture(ending: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        for kind in "ab":
            (folder / kind).mkdir()
            for number in range(3):
                pixels = np.random.default_rng(number).integers(0, 255, (9, 9, 3))
                Image.fromarray(pixels.astype(np.uint8)).save(folder / kind / f"{number}{ending}")
        return folder / "a" / f"0{ending}"

    return make


FORMATS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "csv": ("csv", make_csv),
    "npz": ("npz", make_npz),
    "npz packed": ("npz", make_packed_npz),
    "parquet": ("parquet", make_parquet),
    "text": ("text", make_text),
    "idx": ("idx", make_idx),
    **{
        ending: ("images", make_picture(ending))
        for ending in (".png", ".jpg", ".bmp", ".gif", ".tif")
    },
}


def damaged(content: bytes, dice: random.Random) -> bytes:
    """One of: bytes changed, cut off, a stretch removed, a stretch doubled."""
    changed = bytearray(content)
    match dice.randrange(4):
        case 0:
            for _ in range(dice.randint(1, 8)):
                changed[dice.randrange(len(changed))] = dice.randrange(256)
        case 1:
            del changed[dice.randrange(len(changed)) :]
        case 2:
            start = dice.randrange(len(changed))
            del changed[start : start + dice.randint(1, 30)]
        case _:
            start = dice.randrange(len(changed))
            changed[start:start] = changed[start : start + dice.randint(1, 30)]
    return bytes(changed)


@pytest.mark.parametrize("case", FORMATS)
def test_damage_is_noticed_or_harmless(case: str, tmp_path: Path) -> None:
    name, make = FORMATS[case]
    path = make(tmp_path)
    root = "." if name in ("idx", "images") else path.name
    content, dice, refused = path.read_bytes(), random.Random(case), 0
    for _ in range(ROUNDS):
        path.write_bytes(damaged(content, dice))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                load(name, {"path": root, "limit": 10**7}, tmp_path)
            except DataError as error:
                refused += 1
                assert error.message
    assert refused > 0
    path.write_bytes(content)
    assert len(load(name, {"path": root}, tmp_path).train)
