"""What is learned about the data, out and back, and hostile versions of it."""

import json

import numpy as np
import pytest
from archc.runtime.data import Target, Transform
from archc.runtime.data.encoders import (
    ArrayEncoder,
    ImageEncoder,
    TextEncoder,
    fit_array,
    fit_images,
)
from archc.runtime.data.table_encoder import ColumnEncoder, TableEncoder
from archc.runtime.errors import DataError
from hypothesis import given
from hypothesis import strategies as st

numbers = st.floats(-1e6, 1e6)
statistics = st.lists(numbers, max_size=3).map(tuple)
sizes = st.integers(1, 64)
encoders = st.one_of(
    st.builds(ImageEncoder, sizes, sizes, sizes, st.floats(1, 255), statistics, statistics),
    st.builds(
        ArrayEncoder, st.lists(sizes, max_size=3).map(tuple), st.booleans(), sizes, statistics
    ),
    st.builds(TextEncoder, st.text(max_size=20)),
    st.builds(
        TableEncoder,
        st.lists(
            st.builds(
                ColumnEncoder,
                st.text(),
                st.booleans(),
                st.lists(st.text(), max_size=3).map(tuple),
                numbers,
                numbers,
            ),
            max_size=3,
        ).map(tuple),
        st.sampled_from(["error", "mean", "drop"]),
        st.booleans(),
    ),
)
targets = st.builds(
    Target,
    st.text(),
    st.sampled_from(["classification", "regression", "sequence"]),
    st.integers(0, 100),
    st.lists(st.text(), max_size=4).map(tuple),
    st.lists(sizes, max_size=2).map(tuple),
)


@given(st.builds(Transform, st.dictionaries(st.text(), encoders, max_size=3), targets))
def test_json_gives_the_same_transform_back(transform: Transform) -> None:
    text = transform.to_json()
    back = Transform.from_json(text)
    assert back == transform and list(back.encoders) == list(transform.encoders)
    assert back.to_json() == text


GOOD = Transform({"x": ArrayEncoder((3,), mean=(1.0,), std=(2.0,))}, Target("y", "regression"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        "{}",
        '{"version": 2}',
        '{"version": 1, "inputs": [3], "target": {}}',
        '{"version": 1, "inputs": {"a": 1}, "target": {}}',
        "[" * 100_000,
        GOOD.to_json().replace('"array"', '"pickle"'),
        GOOD.to_json().replace('"tokens": false', '"tokens": "no"'),
        GOOD.to_json().replace("2.0", "NaN"),
        GOOD.to_json().replace("2.0", '"2.0"'),
        GOOD.to_json().replace('"axis"', '"axes"'),
        GOOD.to_json().replace('"regression"', '"guess"'),
        GOOD.to_json().replace('"name": "y", ', ""),
    ],
)
def test_damaged_json_is_a_data_error(text: str) -> None:
    with pytest.raises(DataError):
        Transform.from_json(text)


def test_good_json_is_one_that_the_cases_above_damage() -> None:
    assert Transform.from_json(GOOD.to_json()) == GOOD
    assert json.loads(GOOD.to_json())["inputs"][0]["kind"] == "array"


@pytest.mark.parametrize("shape", [(6, 4), (6, 5, 4), (6, 3, 4, 5), (6, 2, 3, 4, 5), (6,)])
def test_arrays_are_normalised_over_the_training_rows(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(5, 3, shape)
    train = np.array([0, 2, 4])
    encoder = fit_array(values, train, True)
    encoded = encoder.encode(values)
    assert encoded.shape == shape and encoded.dtype == np.float32
    axis = {2: 1, 3: 2, 4: 1}.get(len(shape))
    others = tuple(a for a in range(len(shape)) if a != axis)
    assert np.allclose(encoded[train].mean(axis=others), 0, atol=1e-5)
    assert np.allclose(encoded[train].std(axis=others), 1, atol=1e-4)
    changed = values.copy()
    changed[[1, 3, 5]] = 1000
    assert fit_array(changed, train, True) == encoder


def test_numbers_far_from_zero_keep_their_digits() -> None:
    values = 1e9 + np.arange(10, dtype=np.float64)[:, None]
    encoded = fit_array(values, np.arange(10), True).encode(values)
    assert np.allclose(np.diff(encoded[:, 0]), 1 / np.arange(10).std(), rtol=1e-5)


def test_a_constant_column_is_zero_and_huge_numbers_are_refused() -> None:
    values = np.full((4, 2), 7.0)
    assert np.array_equal(fit_array(values, np.arange(4), True).encode(values), np.zeros((4, 2)))
    with pytest.raises(DataError, match="beyond the range of f32"):
        ArrayEncoder((1,)).encode(np.array([[1e300]]))


def test_tokens_stay_whole_and_take_any_length() -> None:
    encoder = fit_array(np.arange(12).reshape(3, 4), np.arange(3), True)
    assert encoder.encode(np.arange(10, dtype=np.int8).reshape(2, 5)).dtype == np.int64
    with pytest.raises(DataError, match="real numbers"):
        encoder.encode(np.zeros((2, 4)))
    with pytest.raises(DataError, match="shape"):
        encoder.encode(np.zeros((2, 4, 1), dtype=int))


def test_images_in_any_usual_order_are_the_same() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 6)).astype(np.uint8)
    encoder = fit_images(pixels, np.arange(5), 255.0, True)
    wanted = encoder.encode(pixels)
    assert np.array_equal(encoder.encode(np.moveaxis(pixels, 1, -1)), wanted)
    assert np.array_equal(encoder.encode(pixels[0]), wanted[:1])
    assert np.array_equal(encoder.encode(np.moveaxis(pixels[0], 0, -1)), wanted[:1])
    assert np.array_equal(encoder.encode(pixels.reshape(5, -1)), wanted)
    assert np.allclose(wanted.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(wanted.std(axis=(0, 2, 3)), 1, atol=1e-4)
    scaled = pixels / 255.0
    assert np.allclose(encoder.mean, scaled.mean(axis=(0, 2, 3)))
    assert np.allclose(encoder.std, scaled.std(axis=(0, 2, 3)))


@given(st.text())
def test_text_ids_and_back(text: str) -> None:
    plain = TextEncoder()
    ids = plain.ids(text)
    assert len(ids) == len(text) and (ids < 128).all() and (ids >= 0).all()
    ascii_only = "".join(c for c in text if ord(c) < 128 and c != "\x1a")
    assert plain.decode(plain.ids(ascii_only)) == ascii_only
    fitted = TextEncoder("".join(sorted(set(text))))
    if text:
        assert fitted.decode(fitted.ids(text)) == text
        assert fitted.ids(text).min() >= 1 and fitted.ids(text).max() < fitted.size


def test_unknown_characters() -> None:
    assert TextEncoder().ids("aé\U0001f600").tolist() == [97, 26, 26]
    assert TextEncoder("ac").ids("abcz").tolist() == [1, 0, 2, 0]
    assert TextEncoder("ac").decode(np.array([1, 0, 2])) == "a\ufffdc"
    with pytest.raises(DataError, match="differ in length"):
        TextEncoder().encode(["ab", "c"])


def test_several_inputs_need_names() -> None:
    transform = Transform({"a": ArrayEncoder((1,)), "b": ArrayEncoder((2,))}, GOOD.target)
    found = transform.apply({"a": np.zeros((3, 1)), "b": np.zeros((3, 2)), "c": 1})
    assert {name: value.shape for name, value in found.items()} == {"a": (3, 1), "b": (3, 2)}
    with pytest.raises(DataError, match="give each by name: a, b"):
        transform.apply(np.zeros((3, 1)))


def test_target_names() -> None:
    target = Target("kind", "classification", 2, ("cat", "dog"))
    assert target.encode(["dog", "cat"]).tolist() == [1, 0]
    assert (target.name_of(1), target.name_of(7)) == ("dog", "7")
    with pytest.raises(DataError, match="'cow' of `kind` was not among those trained on"):
        target.encode(["cat", "cow"])
