"""Axis arithmetic: one canonical form, exact values, readable text."""

import pickle
from collections.abc import Callable

import pytest
from archc.compiler.dims import (
    Axis,
    AxisTooLarge,
    Dim,
    axis,
    evaluate,
    names,
    python,
    substitute,
)
from hypothesis import given, settings
from hypothesis import strategies as st

T, S, H = axis("T"), axis("S"), axis("H")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (T + S, S + T),
        (T * S, S * T),
        ((T - 1) * (T + 1), T * T - 1),
        (2 * (T + S) - S, S + 2 * T),
        ((4 * T + 6) // 4, T + 1),
        ((2 * T + 1) // 2, T),
        ((T // 2) // 3, T // 6),
        (((H + 1) // 2 + 1) // 2, (H + 3) // 4),
        ((6 * T) // (4 * S), (3 * T) // (2 * S)),
        ((T * S + 3) // S, T + 3 // S),
        ((T * S) // (H * S), T // H),
        ((T // S) // 3, T // (3 * S)),
        ((T * T - 1) // (T + 1), T - 1),
        (T // -2, (-T) // 2),
        (T % 8 % 4, T % 4),
        ((T + 8) % 8, T % 8),
        (T - 8 * (T // 8), T % 8),
        (T // 1, T),
        (1 - (1 - T), T),
    ],
    ids=str,
)
def test_equal_polynomials_are_equal_and_hash_alike(one, other):
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other}) == 1


@pytest.mark.parametrize(
    ("dim", "value"),
    [(T - T, 0), (T // T, 1), (T % T, 0), (0 * T, 0), ((8 * T) % 4, 0), (T + 3 - T, 3)],
)
def test_constants_become_plain_integers(dim, value):
    assert type(dim) is int
    assert dim == value


def test_different_expressions_differ():
    assert T != S
    assert T != 1
    assert T // 2 != (T + 1) // 2
    assert axis("T") == T


@pytest.mark.parametrize("divide", [lambda: T // 0, lambda: T % 0], ids=["//", "%"])
def test_division_by_a_literal_zero(divide: Callable[[], Dim]):
    with pytest.raises(ZeroDivisionError):
        divide()


def test_a_divisor_that_may_be_zero_is_not_cancelled():
    assert isinstance((T - 3) // (T - 3), Axis)
    zero = axis("Z", low=0)
    assert isinstance(zero // zero, Axis)


def test_order_and_truth_are_questions_for_facts():
    with pytest.raises(TypeError):
        T < S  # noqa: B015
    with pytest.raises(TypeError, match="question for Facts"):
        bool(T)
    with pytest.raises(TypeError):
        T + 0.5


@pytest.mark.parametrize(
    ("dim", "written"),
    [
        (T, "T"),
        ((H + 1) // 2, "(H + 1) // 2"),
        ((H - 7) // 2 + 1, "(H - 5) // 2"),
        (2 * T - 1, "2 * T - 1"),
        (T % 8, "T % 8"),
        ((T + 3) % 8, "(T + 3) % 8"),
        (S + 2 * (T % 8) - 1, "2 * (T % 8) + S - 1"),
        (S * (T % 8), "S * (T % 8)"),
        (T % S, "T % S"),
        ((T + S) % (2 * S), "(S + T) % (2 * S)"),
        (8 - T, "8 - T"),
        (-T, "-T"),
        (-(T // 2), "-(T // 2)"),
        (-T // 2, "-T // 2"),
        (-2 * T * S, "-2 * S * T"),
        (2 * (T // 2), "2 * (T // 2)"),
        ((3 * T) // 2, "3 * T // 2"),
        (T // (S + 1), "T // (S + 1)"),
        (T * T + T, "T * T + T"),
    ],
    ids=str,
)
def test_text(dim, written):
    assert str(dim) == written


def test_python_text_spells_the_names():
    spelling = {"T": "x.shape[1]", "S": "s"}
    assert python((T + S) // 2 * 3, spelling) == "3 * ((s + x.shape[1]) // 2)"
    assert python(5, spelling) == "5"
    assert python(T % 8, spelling) == "x.shape[1] % 8"


def test_names_and_missing_values():
    assert names((T + 1) // S + H % 2) == {"T", "S", "H"}
    assert names(3) == frozenset()
    with pytest.raises(KeyError, match="S"):
        evaluate(T + S, {"T": 1})
    with pytest.raises(ZeroDivisionError):
        evaluate(T // S, {"T": 1, "S": 0})


def test_substitution_replaces_all_at_once():
    assert substitute(T - S, {"T": S, "S": T}) == S - T
    assert substitute((T + 1) // 2, {"T": 2 * S + 1}) == S + 1
    assert substitute(T // S, {"S": 4}) == T // 4


def test_an_axis_survives_pickling():
    dim = (T + 1) // 2 * S
    again = pickle.loads(pickle.dumps(dim))
    assert again == dim
    assert hash(again) == hash(dim)


def test_convolution_chains_stay_small():
    dim: Dim = H
    for _ in range(30):
        dim = (dim + 1) // 2
    assert dim == (H + 2**30 - 1) // 2**30


def test_growth_is_bounded_and_says_so():
    dim: Dim = sum((axis(f"A{i}") for i in range(40)), 0)
    with pytest.raises(AxisTooLarge, match="terms"):
        dim * dim * dim
    with pytest.raises(AxisTooLarge, match="axes"):
        repeated(lambda power: power * T, T, 100)
    with pytest.raises(AxisTooLarge, match="deep"):
        repeated(lambda nested: (T + 2 * nested) // (S + 1), T, 100)
    with pytest.raises(AxisTooLarge, match="bits"):
        repeated(lambda large: large * 2**99, T, 100)


def repeated(step: Callable[[Dim], Dim], dim: Dim, times: int) -> Dim:
    for _ in range(times):
        dim = step(dim)
    return dim


# --- Agreement between every way to read an expression --------------------------------------------

SIZES = st.fixed_dictionaries({name: st.integers(1, 60) for name in "TSH"})
Formula = tuple[Dim, Callable[[dict[str, int]], int]]


def formula_of(left: Formula, operator: str, right: Formula) -> Formula:
    """The same operation on dims and, beside it, on plain numbers."""
    (a, value_a), (b, value_b) = left, right
    match operator:
        case "+":
            return a + b, lambda sizes: value_a(sizes) + value_b(sizes)
        case "-":
            return a - b, lambda sizes: value_a(sizes) - value_b(sizes)
        case "*":
            return a * b, lambda sizes: value_a(sizes) * value_b(sizes)
        case "//":
            return a // b, lambda sizes: value_a(sizes) // value_b(sizes)
        case _:
            return a % b, lambda sizes: value_a(sizes) % value_b(sizes)


def leaf(value: int | str) -> Formula:
    if isinstance(value, int):
        return value, lambda _: value
    return axis(value), lambda sizes: sizes[value]


LEAVES = st.sampled_from(["T", "S", "H", 0, 1, 2, 3, -1, -5, 8]).map(leaf)
DIVISORS = st.one_of(
    st.sampled_from([2, 3, 4, 6, -2, 8, "T", "S"]).map(leaf),
    st.sampled_from(
        [
            formula_of(leaf("S"), "+", leaf(1)),
            formula_of(leaf("T"), "*", leaf("S")),
            formula_of(leaf(-2), "*", leaf("T")),
            formula_of(leaf(-3), "-", leaf("H")),
        ]
    ),
)
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(formula_of, inner, st.sampled_from("+-*"), inner),
        st.builds(formula_of, inner, st.sampled_from(["//", "%"]), DIVISORS),
    ),
    max_leaves=7,
)


@settings(deadline=None, max_examples=600)
@given(FORMULAS, st.lists(SIZES, min_size=1, max_size=4))
def test_simplification_text_and_python_keep_the_value(formula, assignments):
    dim, value = formula
    spelled = python(dim, {name: f"sizes[{name!r}]" for name in "TSH"})
    for sizes in assignments:
        assert evaluate(dim, sizes) == value(sizes)
        assert eval(str(dim), {}, dict(sizes)) == value(sizes), str(dim)
        assert eval(spelled, {"sizes": sizes}) == value(sizes), spelled


@settings(deadline=None, max_examples=300)
@given(FORMULAS, FORMULAS, SIZES)
def test_substitution_agrees_with_evaluation(formula, replacement, sizes):
    outer, value = formula
    inner, inner_value = replacement
    size = inner_value(sizes)
    if size >= 1:  # the name that is replaced is a size
        assert evaluate(substitute(outer, {"T": inner}), sizes) == value({**sizes, "T": size})


@settings(deadline=None, max_examples=300)
@given(FORMULAS, FORMULAS, FORMULAS)
def test_the_laws_of_arithmetic_hold_as_equality(one, two, three):
    (a, _), (b, _), (c, _) = one, two, three
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a * (b + c) == a * b + a * c
    assert a - a == 0
    assert (a * 6 + 5) // 6 == a
    assert type(a - a) is int
