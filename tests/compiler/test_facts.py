"""Questions about axes: what must be answered, what must stay open, and no wrong answer ever."""

from itertools import product
from operator import eq, ge, gt, le, lt, ne

import pytest
from archc.compiler.dims import Dim, axis, names
from archc.compiler.facts import Facts, Truth, every, some
from hypothesis import assume, given, settings
from hypothesis import strategies as st

T, S, H, W, N, C = (axis(name) for name in "TSHWNC")
COMPARED = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
PROVED, REFUTED, UNKNOWN = Truth.PROVED, Truth.REFUTED, Truth.UNKNOWN


def chain(dim: Dim, depth: int) -> Dim:
    for _ in range(depth):
        dim = (dim + 1) // 2
    return dim


QUESTIONS = [
    ("==", T, S, UNKNOWN),
    ("!=", T, S, UNKNOWN),
    ("==", T, T, PROVED),
    ("==", T, T + 1, REFUTED),
    ("<", T, T + 1, PROVED),
    (">=", T, 1, PROVED),
    (">=", T, 2, UNKNOWN),
    ("<", T, 1, REFUTED),
    ("==", T, 0, REFUTED),
    ("==", 2 * T, 2 * S, UNKNOWN),
    ("==", 2 * T, 2 * S + 1, REFUTED),
    ("==", 6 * T, 9 * S + 1, REFUTED),
    ("==", T % 8, 0, UNKNOWN),
    ("<", T % 8, 8, PROVED),
    (">=", T % 8, 0, PROVED),
    ("==", T % 2, 3, REFUTED),
    ("==", (T * T) % 4, 2, REFUTED),
    ("==", (T * T + T) % 2, 0, PROVED),
    (">=", (H + 1) // 2, 1, PROVED),
    (">=", H // 2, 1, UNKNOWN),
    (">=", H // 2, 0, PROVED),
    ("<=", H // 2, H, PROVED),
    ("<", H // 2, H, PROVED),
    ("==", (H + 1) // 2, H // 2 + H % 2, PROVED),
    ("==", H // 2 + (H + 1) // 2, H, PROVED),
    ("==", -(-H // 2), (H + 1) // 2, PROVED),
    ("==", (H + 1) // 2, H // 2, UNKNOWN),
    ("==", (T + S) // 2, (T - S) // 2 + S, PROVED),
    ("==", T * T - 1, (T - 1) * (T + 1), PROVED),
    (">=", T * T, T, PROVED),
    (">=", T * S, T, PROVED),
    (">", T * S + 1, S, PROVED),
    (">=", T * T, 2 * T, UNKNOWN),
    (">=", chain(H, 30), 1, PROVED),
    ("==", chain(H, 3), (H + 7) // 8, PROVED),
    ("==", (T * S) // S, T, PROVED),
    ("<", T % S, S, PROVED),
    (">=", T % S, 0, PROVED),
    ("<=", T // S, T, PROVED),
    ("==", (T // 3) // 5, T // 15, PROVED),
    ("==", (T + 1023) // 1024, T // 1024, UNKNOWN),
    (">=", (T + 1023) // 1024, T // 1024, PROVED),
]


@pytest.mark.parametrize(("operator", "left", "right", "truth"), QUESTIONS, ids=str)
def test_answers_without_any_assumption(operator, left, right, truth):
    assert Facts().decide(operator, left, right) is truth


MULTIPLE = [("==", T % 8, 0)]
DOUBLE = [("==", T, 2 * S)]
UP_TO = [("<=", T, S)]
ASSUMED = [
    (MULTIPLE, "==", T // 8 * 8, T, PROVED),
    (MULTIPLE, "==", T // 4 * 4, T, PROVED),
    (MULTIPLE, "==", T % 4, 0, PROVED),
    (MULTIPLE, "==", T % 16, 0, UNKNOWN),
    (MULTIPLE, ">=", T, 8, PROVED),
    (MULTIPLE, "==", T, 12, REFUTED),
    (MULTIPLE, "==", (2 * T) % 16, 0, PROVED),
    (MULTIPLE, "==", (T + 4) % 8, 4, PROVED),
    (MULTIPLE, "==", (T * S) % 8, 0, PROVED),
    (MULTIPLE, ">=", T // 8, 1, PROVED),
    ([("==", T % 8, 3)], "==", T % 4, 3, PROVED),
    ([("==", (T + 4) % 8, 0)], "==", T % 4, 0, PROVED),
    ([("==", T % 8, 0), ("==", T % 3, 0)], "==", T % 24, 0, PROVED),
    ([("==", T * S % 8, 0)], "==", (3 * T * S) % 8, 0, PROVED),
    ([("==", (H * W) % 8, 0)], "==", (H * W) // 4 * 4, H * W, PROVED),
    (DOUBLE, "==", T % 2, 0, PROVED),
    (DOUBLE, ">", T, S, PROVED),
    (DOUBLE, "==", T // 2, S, PROVED),
    ([("==", 3 * T, 2 * S)], "==", T % 2, 0, PROVED),
    ([("==", 3 * T, 2 * S)], ">=", S, 3, PROVED),
    ([("==", T % S, 0)], "==", T // S * S, T, PROVED),
    ([("==", T % S, 0)], ">=", T, S, PROVED),
    ([(">=", H, 7)], ">=", (H - 7) // 2 + 1, 1, PROVED),
    ([(">=", H, 7)], "<", H, 7, REFUTED),
    ([(">=", H, 7)], ">=", H, 8, UNKNOWN),
    ([(">=", (H - 7) // 2 + 1, 1)], ">=", H, 7, PROVED),
    ([("==", T // 2, 3)], ">=", T, 6, PROVED),
    ([("==", T // 2, 3)], "<=", T, 7, PROVED),
    (UP_TO, "<", T, S + 1, PROVED),
    (UP_TO, ">", T, S, REFUTED),
    (UP_TO, "<=", T * N, S * N, PROVED),
    (UP_TO, "<=", T // 2, S // 2, PROVED),
    ([("<=", T, S), ("<=", S, H)], "<=", T, H, PROVED),
    ([("<", T, S), ("<", S, H)], "<", T + 1, H, PROVED),
    ([("<=", T, S), ("<=", S, T)], "==", T, S, PROVED),
    ([("!=", T, 1)], ">=", T, 2, PROVED),
    ([("!=", T, S)], "==", 2 * S, 2 * T, REFUTED),
    ([("!=", T, S), ("<=", T, S)], "<", T, S, PROVED),
    ([("<=", T, S), ("!=", T, S)], "<", T, S, PROVED),
    ([("<=", T, 1)], "==", T, 1, PROVED),
    ([("==", T, S), ("==", S, H)], "==", T * H, S * S, PROVED),
    ([("==", T + S, 10)], "<=", T, 9, PROVED),
    ([("==", T * S, 1)], ">=", T, 1, PROVED),
    ([(">", T, N)], ">=", T - N, 1, PROVED),
    ([("==", H, W)], "==", chain(H, 5) * chain(W, 5), chain(W, 5) * chain(W, 5), PROVED),
]


def facts_of(assumptions) -> Facts:
    facts = Facts()
    for assumption in assumptions:
        facts = facts.assume(*assumption)
    return facts


@pytest.mark.parametrize(("given_", "operator", "left", "right", "truth"), ASSUMED, ids=str)
def test_answers_from_assumptions(given_, operator, left, right, truth):
    assert facts_of(given_).decide(operator, left, right) is truth


def test_assuming_the_impossible_is_reported():
    with pytest.raises(ValueError, match=r"T == T \+ 1 contradicts"):
        Facts().assume("==", T, T + 1)
    with pytest.raises(ValueError, match="contradicts"):
        Facts().assume("<", T, S).assume("<", S, T)
    with pytest.raises(ValueError, match="contradicts"):
        Facts().assume("==", T % 8, 0).assume("==", T % 2, 1)


def test_what_is_already_known_is_not_noted_twice():
    facts = Facts().assume(">=", T, 4)
    assert facts.assume(">", T, 2) is facts
    assert facts.assumptions == ((">=", T, 4),)
    assert facts == Facts().assume(">=", T, 4)
    assert facts != Facts()


def test_an_unknown_comparison_is_our_mistake_and_says_so():
    with pytest.raises(ValueError, match="'<>' compares no axes"):
        Facts().decide("<>", T, S)


@pytest.mark.parametrize(
    ("given_", "dim", "low", "high"),
    [
        ([], T, 1, None),
        ([], T % 8, 0, 7),
        ([], 5 - T, None, 4),
        ([], (H + 1) // 2, 1, None),
        ([], 7, 7, 7),
        ([("<=", T, 9)], T, 1, 9),
        ([("<=", T, 9)], T // 2, 0, 4),
        ([(">=", T, 3), ("<=", T, 9), ("==", S, 2 * T)], S + 1, 7, 19),
        ([("<", T, S)], S - T, 1, None),
        (MULTIPLE, T, 8, None),
    ],
    ids=str,
)
def test_bounds(given_, dim, low, high):
    assert facts_of(given_).bounds(dim) == (low, high)


@pytest.mark.parametrize(
    ("given_", "dim", "normal"),
    [
        (MULTIPLE, T // 8 * 8, T),
        (MULTIPLE, T // 4, T // 4),
        (MULTIPLE, S + T % 8, S),
        (MULTIPLE, T * T + 1, T * T + 1),
        ([("==", T % 8, 3)], T // 8 * 8, T - 3),
        (DOUBLE, T + S, 3 * S),
        ([("==", T % S, 0)], T // S * S + 1, T + 1),
        ([(">=", T, 7)], T - 7, T - 7),
        ([("<=", T, 1)], T * S, S),
    ],
    ids=str,
)
def test_normal_uses_the_equations_and_the_programs_names(given_, dim, normal):
    facts = facts_of(given_)
    assert names(facts.normal(dim)) <= set("TSHW")
    assert facts.decide("==", facts.normal(dim), normal) is PROVED
    if given_ != MULTIPLE or dim != T // 4:
        assert facts.normal(dim) == normal


def test_divides():
    assert Facts().divides(4, T) is UNKNOWN
    assert Facts().divides(4, 8 * T) is PROVED
    assert Facts().divides(2, 2 * T + 1) is REFUTED
    assert Facts().divides(S, S * T) is PROVED
    assert Facts().divides(S, T) is UNKNOWN
    assert Facts().divides(0, T) is REFUTED
    assert Facts().divides(0, T - T) is PROVED
    assert Facts().divides(T - 1, S) is UNKNOWN  # T may be 1
    assert Facts().divides(T - 1, 2 * T - 2) is not REFUTED
    assert facts_of(MULTIPLE).divides(4, T * S) is PROVED


def test_truth_tables():
    assert [truth.inverse() for truth in Truth] == [REFUTED, PROVED, UNKNOWN]
    assert PROVED.both(UNKNOWN) is UNKNOWN
    assert REFUTED.both(UNKNOWN) is REFUTED
    assert PROVED.either(UNKNOWN) is PROVED
    assert REFUTED.either(UNKNOWN) is UNKNOWN
    assert (every([]), some([])) == (PROVED, REFUTED)
    assert every([PROVED, UNKNOWN, REFUTED]) is REFUTED
    assert some([REFUTED, UNKNOWN]) is UNKNOWN
    with pytest.raises(TypeError):
        bool(PROVED)


# --- No wrong answer: every decision against every small assignment ------------------------------

NAMES = "TSH"
HIGHEST = {"T": 26, "S": 9, "H": 5}
EVERY_SIZE = [
    dict(zip(NAMES, values, strict=True))
    for values in product(*(range(1, HIGHEST[name] + 1) for name in NAMES))
]


@st.composite
def dims(draw, depth: int = 3) -> Dim:
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([T, T, S, H, 1, 2, 3, -1, 7]))
    left = draw(dims(depth - 1))
    match draw(st.sampled_from("++--*/%/%^")):
        case "+":
            return left + draw(dims(depth - 1))
        case "-":
            return left - draw(dims(depth - 1))
        case "*":
            return left * draw(dims(depth - 1))
        case "^":
            return left // draw(st.sampled_from([T, S, S + 1, T * H]))
        case "/":
            return left // draw(st.sampled_from([2, 3, 4, 6, 8, -2]))
        case _:
            return left % draw(st.sampled_from([2, 3, 4, 8, S, -3]))


@st.composite
def comparisons(draw) -> tuple[str, Dim, Dim]:
    operator = draw(st.sampled_from(["==", "==", "!=", "<", "<=", ">", ">="]))
    right = draw(st.one_of(st.integers(-2, 9), dims(2)))
    return operator, draw(dims()), right


def compiled(dim: Dim):
    """The dim as a plain function; test_dims.py shows that its text keeps its value."""
    return eval(f"lambda T, S, H: {dim}")


def answers_to(comparison: tuple[str, Dim, Dim], allowed) -> list[bool]:
    operator, left, right = comparison
    compare, one, other = COMPARED[operator], compiled(left), compiled(right)
    return [compare(one(**sizes), other(**sizes)) for sizes in allowed]


def check_against_every_size(assumptions, questions) -> None:
    facts = Facts()
    allowed = EVERY_SIZE
    for assumption in assumptions:
        answers = answers_to(assumption, allowed)
        allowed = [sizes for sizes, answer in zip(allowed, answers, strict=True) if answer]
        try:
            facts = facts.assume(*assumption)
        except ValueError:
            assert not allowed, f"{assumption} was refused, but {allowed[0]} satisfies it"
            assume(False)
    for question in questions:
        truth = facts.decide(*question)
        answers = set(answers_to(question, allowed))
        assert truth is not PROVED or answers <= {True}, question
        assert truth is not REFUTED or answers <= {False}, question
        check_values(facts, question[1], allowed)


def check_values(facts: Facts, dim: Dim, allowed) -> None:
    low, high = facts.bounds(dim)
    value, normal = compiled(dim), compiled(facts.normal(dim))
    for sizes in allowed:
        size = value(**sizes)
        assert (low is None or low <= size) and (high is None or size <= high)
        assert normal(**sizes) == size, (dim, facts.normal(dim))


@settings(deadline=None, max_examples=100)
@given(st.lists(comparisons(), max_size=3), st.lists(comparisons(), min_size=1, max_size=3))
def test_no_decision_is_contradicted_by_any_small_size(assumptions, questions):
    check_against_every_size(assumptions, questions)


@st.composite
def simple_comparisons(draw) -> tuple[str, Dim, Dim]:
    """The facts that programs state: divisibility, order, sums; nearly always satisfiable."""
    left = draw(st.sampled_from([T, S, T % 2, T % 4, S % 3, T % S, T + S, 2 * T, T // 2, T * S]))
    right = draw(st.sampled_from([0, 1, 2, 3, 6, S, H, 2 * S, 3 * S, S + 1, H + S, 8 - S]))
    return draw(st.sampled_from(["==", "!=", "<=", ">", ">="])), left, right


@settings(deadline=None, max_examples=150)
@given(
    st.lists(simple_comparisons(), min_size=1, max_size=4),
    st.lists(st.one_of(comparisons(), simple_comparisons()), min_size=2, max_size=4),
)
def test_no_decision_from_likely_facts_is_contradicted(assumptions, questions):
    check_against_every_size(assumptions, questions)


@settings(deadline=None, max_examples=100)
@given(dims(), st.sampled_from([T, S, 2, 3, S - 1, H * 2, 0]))
def test_divides_is_never_contradicted(dim, divisor):
    truth = Facts().divides(divisor, dim)
    by, value = compiled(divisor), compiled(dim)
    pairs = {(by(**sizes), value(**sizes)) for sizes in EVERY_SIZE}
    answers = {size == 0 if step == 0 else size % step == 0 for step, size in pairs}
    assert truth is not PROVED or answers == {True}
    assert truth is not REFUTED or answers == {False}
