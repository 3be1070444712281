"""The embedded digits: what every example and `make demo` stand on."""

from pathlib import Path

import numpy as np
import pytest
from archc.runtime.data import Dataset, Transform, load
from archc.runtime.data.digits import read_scans
from archc.runtime.errors import DataError
from sklearn.datasets import load_digits


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits", {}, Path())


def test_they_are_scikit_learns() -> None:
    table, official = read_scans(), load_digits()
    assert np.array_equal(table[:, :64].reshape(-1, 8, 8), official.images)
    assert np.array_equal(table[:, 64], official.target)


def test_shapes_sizes_and_signature(digits: Dataset) -> None:
    assert digits.signature() == "image: f32[N, 1, 8, 8] -> f32[N, 10]"
    assert digits.describe()["sizes"] == {"train": 1258, "validation": 180, "test": 359}
    assert digits.labels == tuple("0123456789")
    inputs, targets = digits.train.batch(np.array([0, 5]))
    assert inputs["image"].shape == (2, 1, 8, 8) and inputs["image"].dtype == np.float32
    assert targets["target"].dtype == np.int64
    assert digits.train.in_memory


def test_classes_are_spread_evenly(digits: Dataset) -> None:
    counts = np.bincount(digits.test.targets["target"][:])
    assert counts.min() >= 34 and counts.max() <= 37


def test_normalisation_is_that_of_the_training_rows(digits: Dataset) -> None:
    plain = load("digits", {"normalize": False}, Path())
    pixels = plain.train.inputs["image"][:]
    assert pixels.min() == 0 and pixels.max() == 1
    encoder = digits.transform.encoders["image"]
    assert encoder.mean[0] == pytest.approx(pixels.mean(dtype=np.float64), rel=1e-6)
    everything = read_scans()[:, :64].mean() / 16
    assert encoder.mean[0] != pytest.approx(everything, rel=1e-5)
    assert abs(digits.train.inputs["image"][:].mean()) < 1e-5
    assert abs(digits.test.inputs["image"][:].mean()) > 1e-5


def test_raw_scans_become_what_was_trained_on(digits: Dataset) -> None:
    raw = read_scans()[:, :64]
    encoded = digits.transform.apply(raw)["image"]
    test = digits.test.inputs["image"][:]
    found = {row.tobytes() for row in encoded}
    assert all(row.tobytes() in found for row in test)
    assert np.array_equal(digits.transform.apply(raw.reshape(-1, 8, 8))["image"], encoded)
    assert np.array_equal(digits.transform.apply({"image": raw})["image"], encoded)
    assert np.allclose(digits.transform.apply(raw / 16.0)["image"], encoded, atol=1e-6)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (np.zeros((2, 1, 9, 9)), "trained on [N, 1, 8, 8]"),
        (np.full((1, 64), 17, dtype=np.uint8), "whole numbers from 0 to 16"),
        (np.full((1, 64), 16.0), "real ones from 0 to 1"),
        (np.full((1, 64), np.nan), "nan or infinity"),
        (np.array([["a"] * 64]), "must hold numbers"),
    ],
)
def test_raw_values_that_do_not_fit(digits: Dataset, raw: np.ndarray, words: str) -> None:
    with pytest.raises(DataError) as caught:
        digits.transform.apply(raw)
    assert words in str(caught.value)


def test_the_same_every_time_and_another_seed_another_deal(digits: Dataset) -> None:
    again, other = load("digits", {}, Path()), load("digits", {"seed": 1}, Path())
    assert again.checksum == digits.checksum != other.checksum
    assert np.array_equal(again.test.inputs["image"][:], digits.test.inputs["image"][:])
    assert not np.array_equal(other.test.inputs["image"][:], digits.test.inputs["image"][:])
    assert load("digits", {"limit": 10**9}, Path()).checksum == digits.checksum


def test_limit_is_kept() -> None:
    with pytest.raises(DataError, match="limit=460032"):
        load("digits", {"limit": 100_000}, Path())


def test_transform_travels_as_json(digits: Dataset) -> None:
    assert Transform.from_json(digits.transform.to_json()) == digits.transform
