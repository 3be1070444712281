"""The deal: complete, disjoint, in proportion, the same for ever."""

import numpy as np
import pytest
from archc.runtime.data import make_source
from archc.runtime.data.split import deal, deal_training, shuffled
from hypothesis import given
from hypothesis import strategies as st


def source(**settings: object):
    return make_source("synthetic", settings)


@given(
    count=st.integers(1, 300),
    validation=st.floats(0, 0.49),
    test=st.floats(0, 0.49),
    seed=st.integers(0, 2**32),
    kinds=st.integers(1, 6),
    stratify=st.booleans(),
)
def test_splits_are_disjoint_and_complete(count, validation, test, seed, kinds, stratify) -> None:
    settings = source(validation=validation, test=test, seed=seed, stratify=stratify)
    classes = np.arange(count) ** 2 % kinds
    rows = deal(settings, count, classes)
    together = np.concatenate([rows["train"], rows["validation"], rows["test"]])
    assert sorted(together.tolist()) == list(range(count))
    if stratify:
        assert set(classes[rows["train"]]) == set(classes)
    for name, fraction in (("validation", validation), ("test", test)):
        assert len(rows[name]) <= count * fraction + 1


def test_shares_of_classes_are_kept() -> None:
    classes = np.array([0] * 700 + [1] * 200 + [2] * 100)
    rows = deal(source(validation=0.1, test=0.2), 1000, classes)
    counts = {name: np.bincount(classes[part]).tolist() for name, part in rows.items()}
    assert counts == {"train": [490, 140, 70], "validation": [70, 20, 10], "test": [140, 40, 20]}


def test_many_small_classes_still_fill_the_test_set() -> None:
    classes = np.repeat(np.arange(100), 4)
    rows = deal(source(validation=0.1, test=0.1), 400, classes)
    assert (len(rows["validation"]), len(rows["test"])) == (40, 40)


def test_the_deal_is_pinned() -> None:
    # These numbers must never change: a stored study's test rows would become training rows.
    assert shuffled(10, 0).tolist() == PINNED_0
    assert shuffled(10, 1).tolist() != PINNED_0


PINNED_0 = [3, 2, 1, 8, 6, 0, 7, 4, 5, 9]


def test_seed_decides() -> None:
    first, again, other = (deal(source(seed=seed), 100) for seed in (3, 3, 4))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["test"], other["test"])


@pytest.mark.parametrize("stratify", [True, False])
def test_a_test_set_of_their_own_stays_whole(stratify: bool) -> None:
    classes = np.arange(60) % 3
    rows = deal_training(source(validation=0.2, stratify=stratify), 50, 10, classes)
    assert rows["test"].tolist() == list(range(50, 60))
    assert len(rows["validation"]) == 10
    assert sorted([*rows["train"], *rows["validation"]]) == list(range(50))
