"""Folders of pictures, decoded for real."""

from pathlib import Path

import numpy as np
import pytest
from archc.runtime.data import Transform, load, read_raw
from archc.runtime.data.images import Images
from archc.runtime.errors import DataError
from PIL import Image


def picture(path: Path, seed: int, size: tuple[int, int] = (6, 5), mode: str = "RGB") -> None:
    """A random picture of `size` (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    pixels = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    Image.fromarray(pixels, mode=None).save(path)


def flowers(folder: Path, each: int = 20, base: int = 0) -> Path:
    for kind, name in enumerate(("rose", "aster")):
        for number in range(each):
            picture(folder / name / f"{number:02}.png", base + 1000 * kind + number)
    return folder


def test_one_folder_per_class(tmp_path: Path) -> None:
    flowers(tmp_path / "f")
    (tmp_path / "f" / "rose" / "notes.txt").write_text("not a picture")
    (tmp_path / "f" / ".cache").mkdir()
    data = load("images", {}, tmp_path, ["f"])
    assert data.signature() == "image: f32[N, 3, 5, 6] -> f32[N, 2]"
    assert data.labels == ("aster", "rose")
    assert data.describe()["sizes"] == {"train": 32, "validation": 4, "test": 4}
    assert np.bincount(data.train.targets["target"][:]).tolist() == [16, 16]
    train = data.train.inputs["image"][:]
    assert np.allclose(train.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(train.std(axis=(0, 2, 3)), 1, atol=1e-4)


def test_streaming_gives_the_same(tmp_path: Path) -> None:
    flowers(tmp_path)
    held = load("images", {"size": [8, 8]}, tmp_path, ["."])
    streamed = load("images", {"size": 8, "stream": True, "limit": 1}, tmp_path, ["."])
    assert held.train.in_memory and not streamed.train.in_memory
    assert len(streamed.train) == 32
    assert np.allclose(
        held.transform.encoders["image"].mean, streamed.transform.encoders["image"].mean
    )
    rows = np.array([3, 0, 31])
    (a, b), (c, d) = held.train.batch(rows), streamed.train.batch(rows)
    assert np.allclose(a["image"], c["image"], atol=1e-5)
    assert np.array_equal(b["target"], d["target"])
    with pytest.raises(DataError, match="limit="):
        load("images", {"size": 8, "limit": 1000}, tmp_path, ["."])


def test_a_ready_split_is_kept_and_teaches_nothing(tmp_path: Path) -> None:
    flowers(tmp_path / "train")
    flowers(tmp_path / "test", 3, base=500)
    first = load("images", {"path": "."}, tmp_path)
    assert first.describe()["sizes"] == {"train": 36, "validation": 4, "test": 6}
    picture(tmp_path / "test" / "rose" / "00.png", 12345)
    again = load("images", {"path": "."}, tmp_path)
    assert again.transform == first.transform and again.checksum != first.checksum
    flowers(tmp_path / "val", 2, base=700)
    three = load("images", {"path": "."}, tmp_path)
    assert three.describe()["sizes"] == {"train": 40, "validation": 4, "test": 6}
    assert three.validation.targets["target"][:].tolist() == [0, 0, 1, 1]
    picture(tmp_path / "test" / "tulip" / "a.png", 1)
    with pytest.raises(DataError, match="the class `tulip`, training does not"):
        load("images", {"path": "."}, tmp_path)


def test_grey_crop_and_size(tmp_path: Path) -> None:
    for name in ("a", "b"):
        for number in range(4):
            pixels = np.zeros((10, 20), np.uint8)
            pixels[:, 5:15] = 200
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    settings = {"path": ".", "color": "grey", "size": 10, "normalize": False}
    stretched = load("images", settings, tmp_path)
    assert stretched.signature() == "image: f32[N, 1, 10, 10] -> f32[N, 2]"
    assert stretched.train.inputs["image"][:][0, 0, 0, 0] == 0
    cropped = load("images", {**settings, "fit": "crop"}, tmp_path)
    assert np.allclose(cropped.train.inputs["image"][:], 200 / 255)
    (batch,) = read_raw(tmp_path / "a" / "0.png", Transform.from_json(cropped.transform.to_json()))
    assert np.allclose(batch.inputs["image"], 200 / 255) and batch.names == ("0.png",)


def test_the_transform_reads_new_folders(tmp_path: Path) -> None:
    flowers(tmp_path / "f")
    data = load("images", {"path": "f"}, tmp_path)
    batches = list(read_raw(tmp_path / "f", data.transform, 16, targets=True))
    assert [len(batch.names) for batch in batches] == [16, 16, 8]
    assert batches[0].names[0] == "aster/00.png"
    assert np.concatenate([b.targets["target"] for b in batches]).tolist() == [0] * 20 + [1] * 20
    everything = {row.tobytes() for batch in batches for row in batch.inputs["image"]}
    assert all(row.tobytes() in everything for row in data.test.inputs["image"][:])
    picture(tmp_path / "big.png", 1, (40, 30))
    (batch,) = read_raw(tmp_path / "big.png", data.transform)
    assert batch.inputs["image"].shape == (1, 3, 5, 6)


def test_broken_pictures_are_named(tmp_path: Path) -> None:
    flowers(tmp_path)
    whole = (tmp_path / "rose" / "05.png").read_bytes()
    for content in (b"", b"no picture", whole[: len(whole) // 2]):
        (tmp_path / "rose" / "05.png").write_bytes(content)
        with pytest.raises(DataError, match="rose/05.png cannot be read"):
            load("images", {"path": "."}, tmp_path)


def test_sixteen_bits_are_refused(tmp_path: Path) -> None:
    flowers(tmp_path)
    deep = np.full((5, 6), 40000, np.uint16)
    Image.fromarray(deep).save(tmp_path / "rose" / "05.png")
    with pytest.raises(DataError, match="more than 8 bits"):
        load("images", {"path": "."}, tmp_path)


def test_a_bomb_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flowers(tmp_path)
    Image.new("1", (20_000, 20_000)).save(tmp_path / "rose" / "05.png")
    with pytest.raises(DataError, match="05.png"):
        load("images", {"path": ".", "size": 8}, tmp_path)
    Image.new("1", (12_000, 10_000)).save(tmp_path / "rose" / "05.png")
    with pytest.raises(DataError, match="12000 x 10000 pixels"):
        load("images", {"path": ".", "size": 8}, tmp_path)


@pytest.mark.parametrize("case", ["nothing", "empty class", "two sizes", "no other split"])
def test_folders_that_do_not_fit(tmp_path: Path, case: str) -> None:
    words = {
        "nothing": "holds no folders",
        "empty class": "the class folder `empty` holds no pictures",
        "two sizes": "write size=",
        "no other split": "neither `test` nor `validation`",
    }[case]
    if case == "empty class":
        (flowers(tmp_path) / "empty").mkdir()
    if case == "two sizes":
        picture(flowers(tmp_path) / "rose" / "99.png", 1, (9, 9))
    if case == "no other split":
        flowers(tmp_path / "train")
    with pytest.raises(DataError) as caught:
        load("images", {"path": "."}, tmp_path)
    assert words in str(caught.value)


def test_without_pillow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flowers(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "PIL.Image", None)
    with pytest.raises(DataError) as caught:
        Images(path=".").load(tmp_path)
    assert 'pip install "archc[images]"' in caught.value.help
