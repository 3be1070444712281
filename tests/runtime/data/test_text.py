"""Text: windows that follow one another, and never reach into another split."""

from pathlib import Path

import numpy as np
import pytest
from archc.runtime.data import Transform, load, read_raw
from archc.runtime.errors import DataError


def test_cpythons_documentation() -> None:
    data = load("text", {}, Path())
    assert data.signature() == "text: i64[N, T] -> f32[N, T, 128]"
    assert data.task == "sequence" and data.labels is None
    assert len(data.train) > 2500 and data.train.in_memory
    ids = data.train.inputs["text"][:]
    assert ids.shape[1] == 128 and ids.min() >= 0 and ids.max() < 128
    assert load("text", {}, Path()).checksum == data.checksum
    assert "\n" in data.transform.encoders["text"].decode(ids[0])


@pytest.mark.parametrize("vocabulary", ["ascii", "fitted"])
def test_the_target_is_the_next_character(tmp_path: Path, vocabulary: str) -> None:
    text = "".join(chr(32 + (i * i) % 90) for i in range(1000))
    (tmp_path / "a.txt").write_text(text)
    data = load("text", {"length": 30, "vocabulary": vocabulary}, tmp_path, ["a.txt"])
    assert data.describe()["sizes"] == {"train": 26, "validation": 3, "test": 3}
    encoder = data.transform.encoders["text"]
    read = {
        name: encoder.decode(part.inputs["text"][:].ravel()) for name, part in data.splits.items()
    }
    assert text.startswith(read["train"]) and len(read["train"]) == 780
    assert text[800:].startswith(read["validation"]) and text[900:].startswith(read["test"])
    for part in data.splits.values():
        inputs, targets = part.inputs["text"][:], part.targets["target"][:]
        assert np.array_equal(inputs.ravel()[1:], targets.ravel()[:-1])
    assert encoder.decode(data.train.targets["target"][:])[-1] == text[780]


def test_the_vocabulary_is_that_of_the_training_part(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("ab" * 400 + "cd" * 100, encoding="utf-8")
    data = load("text", {"length": 10, "vocabulary": "fitted"}, tmp_path, ["a.txt"])
    assert data.transform.encoders["text"].characters == "ab"
    assert data.signature().endswith("f32[N, T, 3]")
    assert set(data.test.inputs["text"][:].ravel().tolist()) == {0}
    assert Transform.from_json(data.transform.to_json()) == data.transform


def test_new_text(tmp_path: Path) -> None:
    data = load("text", {}, Path())
    (tmp_path / "a.txt").write_text("héllo", encoding="utf-8")
    (batch,) = read_raw(tmp_path / "a.txt", data.transform, targets=True)
    assert batch.inputs["text"].tolist() == [[104, 26, 108, 108]]
    assert batch.targets["target"].tolist() == [[26, 108, 108, 111]]
    (batch,) = read_raw(tmp_path / "a.txt", data.transform)
    assert batch.inputs["text"].shape == (1, 5)


@pytest.mark.parametrize(
    ("content", "settings", "words"),
    [
        (b"", {}, "0 characters do not make one window of 128"),
        (b"abc" * 40, {}, "96 characters do not make one window"),
        (b"abc\xff" * 400, {}, "byte 3 of a.txt is not UTF-8"),
        (b"abc" * 400, {"limit": 1000}, "limit=9600"),
    ],
)
def test_texts_that_do_not_fit(
    tmp_path: Path, content: bytes, settings: dict[str, object], words: str
) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(DataError) as caught:
        load("text", settings, tmp_path, ["a.txt"])
    assert words in str(caught.value)
