"""Synthetic tasks: the answers are what the docstring says, computed here another way."""

from pathlib import Path

import numpy as np
import pytest
from archc.runtime.data import Dataset, Transform, load

TASKS = {
    "parity": "input: f32[N, 16] -> f32[N, 2]",
    "spirals": "input: f32[N, 2] -> f32[N, 2]",
    "copy": "input: i64[N, T] -> f32[N, T, 10]",
    "reverse": "input: i64[N, T] -> f32[N, T, 10]",
    "sine": "input: f32[N, 16, 1] -> f32[N, 1]",
    "adding": "input: f32[N, 16, 2] -> f32[N, 1]",
}


def made(task: str, **settings: object) -> tuple[Dataset, np.ndarray, np.ndarray]:
    data = load("synthetic", {"n": 400, **settings}, Path(), [task])
    return data, data.train.inputs["input"][:], data.train.targets["target"][:]


@pytest.mark.parametrize("task", TASKS)
def test_signature_determinism_and_seed(task: str) -> None:
    data, inputs, targets = made(task)
    assert data.signature() == TASKS[task]
    assert data.describe()["sizes"] == {"train": 320, "validation": 40, "test": 40}
    again, same, _ = made(task)
    other, different, _ = made(task, seed=1)
    assert again.checksum == data.checksum != other.checksum
    assert np.array_equal(same, inputs) and not np.array_equal(different, inputs)
    assert Transform.from_json(data.transform.to_json()) == data.transform
    assert np.array_equal(data.transform.apply(inputs)["input"], inputs)


def test_parity() -> None:
    _, bits, odd = made("parity")
    assert set(np.unique(bits)) == {0, 1} and 0.4 < bits.mean() < 0.6
    assert [int(row.sum()) & 1 for row in bits] == odd.tolist()


def test_spirals() -> None:
    _, points, arms = made("spirals", classes=3, noise=0)
    radius = np.hypot(points[:, 0], points[:, 1])
    turned = np.arctan2(points[:, 1], points[:, 0]) - 3 * np.pi * radius - 2 * np.pi * arms / 3
    assert np.allclose(np.cos(turned), 1, atol=1e-4) and radius.max() <= 1
    assert np.bincount(arms).min() > 100


@pytest.mark.parametrize(("task", "step"), [("copy", 1), ("reverse", -1)])
def test_copy(task: str, step: int) -> None:
    _, shown, wanted = made(task, length=5)
    for row, answer in zip(shown.tolist(), wanted.tolist(), strict=True):
        assert row[5:] == [9, 0, 0, 0, 0, 0] and all(1 <= symbol <= 8 for symbol in row[:5])
        assert answer == [0] * 6 + row[:5][::step]
    assert set(shown[:, :5].ravel().tolist()) == set(range(1, 9))


def test_sine() -> None:
    _, waves, following = made("sine", noise=0)
    wave = waves[:, :, 0].astype(np.float64)
    # A sine obeys x[t + 1] = 2 cos(w) x[t] - x[t - 1]; w is read off the wave itself.
    known = np.abs(wave[:, 7]) > 0.2
    cosine = ((wave[:, 8] + wave[:, 6]) / (2 * wave[:, 7]))[known]
    expected = 2 * cosine * wave[known, -1] - wave[known, -2]
    assert known.sum() > 200 and np.allclose(expected, following[known, 0], atol=1e-4)


def test_adding() -> None:
    _, shown, total = made("adding")
    assert (shown[:, :, 1].sum(axis=1) == 2).all()
    assert np.allclose((shown[:, :, 0] * shown[:, :, 1]).sum(axis=1), total[:, 0], atol=1e-6)


def test_rows_are_dealt_whatever_they_hold() -> None:
    """The deal draws from another stream than the points: no split is the middle of the spirals."""
    data, _, _ = made("spirals", n=3000)
    radii = {
        name: np.linalg.norm(split.inputs["input"][np.arange(len(split))], axis=1).mean()
        for name, split in data.splits.items()
    }
    assert max(radii.values()) - min(radii.values()) < 0.08, radii
