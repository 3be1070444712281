"""Programs of blocks that use themselves are counted use by use, and it comes to the same."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import comb

import archc
import pytest
from archc.compiler.expand.closed import Indivisible
from archc.compiler.expand.session import Limits
from archc.compiler.spaces.budget import Budget
from archc.compiler.spaces.states import decisions_of, weights_of
from archc.compiler.spaces.survey import survey
from archc.compiler.spaces.uses import Uses, uses_of
from test_ahead import written

NET = "network Net on x: f32[N, 4] {{ x -> {} }}\n"
TREE = "block A on x {{ limit recursion = {}, x -> ({{ A -> A }} | A | relu) }}\n" + NET
CATALAN = "block A on x {{ limit nodes = {}, x -> (A | relu) -> (A | relu) }}\n" + NET


def uses(space: archc.Space) -> Uses:
    found = uses_of(space.process.network, space.process.budget)
    assert found is not None
    space.process.budget.begin()
    return found


def by_states(space: archc.Space) -> int:
    return int(space.process.answer(lambda: space.walk.count(space.walk.start())))


def trees(levels: int) -> int:
    return 0 if not levels else trees(levels - 1) ** 2 + trees(levels - 1) + 1


# --- the same as by states ------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(3))
def test_uses_are_counted_as_states_are(part: int, long: bool) -> None:
    compared = ranked = 0
    for seed in range(part, 600 if long else 45, 3):
        text, _ = written(seed, limited=seed % 2 == 0)
        try:
            space = archc.space(text)
            space.budget = 2_000
            expected, counted = by_states(space), uses(space)
            number = counted.count()
        except (archc.ProgramError, archc.SpaceLimit, Indivisible):
            continue
        assert number == expected, text
        compared += 1
        if number <= 100:
            found = Counter(tuple(counted.at(rank)) for rank in range(int(number)))
            assert found == Counter(program.decisions for program in space.enumerate()), text
            ranked += 1
    assert compared >= 8
    assert ranked >= 4


KINDS = {  # bodies of a block that uses itself, and what flows into the network
    "x -> ({ dense(4 | 8) -> A -> A } | relu | dense(16))": "f32[N, 4]",
    "x -> ({ A -> dense(1..3) } | flatten | { A -> unsqueeze(1) })": "f32[N, 4]",
    "(a, b) = x -> Two, ((a -> (A | relu)), b) -> concat(axis=1)": "f32[N, 4]",
    "x -> (residual { A } | { maxpool(2) -> A } | identity)": "f32[N, 2, 8, 8]",
    "x -> fork { (A | relu), (A | conv(2, 3)) } -> add": "f32[N, 2, 4, 4]",
    "x -> relu -> repeat(0..2) { (A | relu) }": "f32[N, 4]",
    "let n = 1 | 2, x -> tanh -> for i in range(n) { (A | relu) }": "f32[N, 4]",
    "x -> share(2) { (A | relu) } -> A?": "f32[N, 4]",
    "layer f = (A | dense(4)), x -> relu -> f -> f -> A?": "f32[N, 4]",
    "x -> tanh -> (Other({ A -> relu } | A) | relu)": "f32[N, 4]",
    "x -> relu -> (B | tanh) -> (A | relu)": "f32[N, 4]",
    "y = x -> (A | relu), y + x": "f32[N, 4]",
    "require C <= 16, x -> ({ dense(4 | 8 | 32) -> A } | relu)": "f32[N, C]",
}
OTHERS = """
block Two on x {{ (x -> (relu | tanh), x -> (dense(2) | dense(4))) }}
block Other(f: stage) on x {{ x -> f -> (relu | f) }}
block B on x {{ {}, x -> (A | silu)? }}
"""


@pytest.mark.parametrize("limit", ["limit recursion = 2", "limit nodes = 5"])
@pytest.mark.parametrize(("body", "flows"), KINDS.items())
def test_each_way_to_use_oneself_is_counted(body: str, flows: str, limit: str) -> None:
    block = f"block A on x: {flows} {{ {limit}, {body} }}\n" if "C" in flows else (
        f"block A on x {{ {limit}, {body} }}\n"
    )  # fmt: skip
    concrete = flows.replace("C", "4")
    text = f"{OTHERS.format(limit)}{block}network Net on x: {concrete} {{ x -> A }}\n"
    space = archc.space(text)
    expected = by_states(space)
    assert expected
    counted = uses(space)
    assert counted.count() == expected
    found = {tuple(counted.at(rank)) for rank in range(min(200, expected))}
    assert len(found) == min(200, expected)
    for decisions in found:
        assert space.trace_of_decisions(decisions) is not None


CELL = "cell C on x: f32[M, 4] with h: f32[M, 4] { next h = h -> tanh, x -> (silu | tanh) }\n"
ONCE = [  # stages whose turns decide as the first did, which tells how many layers are to come
    "share(2) { (identity | tanh) -> (silu | gelu) }",
    "share(2) { scan(C)? -> (identity | tanh) }",
]


@pytest.mark.parametrize("stage", ONCE)
def test_layers_of_turns_to_come_are_counted_where_a_limit_around_a_use_holds(stage: str) -> None:
    body = "x -> ({ relu -> A } | identity) -> (identity | gelu)"
    block = f"block A on x {{ limit nodes = 9, {body} -> {stage} }}\n"
    space = archc.space(CELL + block + "network Net on x: f32[N, 3, 4] { x -> A }\n")
    expected = by_states(space)
    counted = uses(space)
    assert counted.count() == expected
    found = {tuple(counted.at(rank)) for rank in range(expected)}
    assert found == {program.decisions for program in space.enumerate()}


def test_a_number_that_is_refused_within_a_use_is_refused_where_it_is_decided() -> None:
    block = "block A(p: float) on x { limit recursion = 3, x -> (A(p) | dropout(p)) }\n"
    space = archc.space(block + NET.format("(A(0.5..1.2) | relu)"))
    assert uses(space).count() == by_states(space) == 1


def test_numbers_from_a_real_range_make_the_count_infinite() -> None:
    body = "x -> ({ A -> dropout(0.1..0.5) -> A } | relu)"
    space = archc.space(f"block A on x {{ limit recursion = 3, {body} }}\n" + NET.format("A"))
    assert space.size == float("inf")
    with pytest.raises(ValueError, match="real range"):
        space.sample(uniform=True)


# --- far beyond what states can tell --------------------------------------------------------------


def test_trees_are_counted_though_their_states_are_not() -> None:
    space = archc.space(TREE.format(12, "A"))
    space.budget = 500
    assert space.size == trees(12)


def test_trees_of_few_layers_are_counted() -> None:
    space = archc.space(CATALAN.format(30, "A"))
    space.budget = 20_000
    assert space.size == sum(comb(2 * k, k) // (k + 1) for k in range(1, 30))


def test_a_glance_at_a_space_of_trees_tells_its_size() -> None:
    found = survey(archc.space(TREE.format(12, "A")).process)
    assert (found.size, found.exact) == (trees(12), True)


def test_uniform_draws_of_trees() -> None:
    space = archc.space(TREE.format(10, "A"))
    space.budget = 3_000
    drawn = [space.sample(seed=seed, uniform=True) for seed in range(5)]
    assert len({item.decisions for item in drawn}) == 5
    for item in drawn:  # nearly all trees are as deep as they may be
        assert len(item.decisions) > 200
        assert item.graph == space.from_trace(item.trace).graph


def test_uniform_draws_are_equally_likely() -> None:
    body = "x -> ({ A -> A } | A | relu | dense(4 | 5))"
    text = f"block A on x {{ limit recursion = 2, {body} }}\n" + NET.format("A -> dense(4)")
    space = archc.space(text)
    number = space.size
    assert number == 15
    each = 150
    found = Counter(space.sample(seed, uniform=True).decisions for seed in range(each * 15))
    assert len(found) == number
    squares = sum((count - each) ** 2 / each for count in found.values())
    assert squares < 36.1  # of 14 degrees of freedom, one time in a thousand


def product_of_weights(program: archc.DrawnProgram) -> Fraction:
    """How likely it is where nobody looks at validity."""
    found = Fraction(1)
    for (state, _), decision in program.steps:
        weights = dict(zip(decisions_of(state.domain), weights_of(state.domain), strict=True))
        found *= Fraction(weights[decision]) / sum(map(Fraction, weights.values()))
    return found


def test_conditioned_draws_follow_the_products_of_weights() -> None:
    pool = "{ maxpool(2) -> A -> A }"  # of 8 pixels three pools are possible, not four
    body = f"x -> ({pool} | {{ conv(2, 1 | 3) -> A }} | relu) @ [5, 1, 2]"
    net = "network Net on x: f32[N, 2, 8, 8] { x -> A -> conv(2, 2, padding=valid) }\n"
    space = archc.space(f"block A on x {{ limit recursion = 3, {body} }}\n{net}")
    likely = {item.decisions: product_of_weights(item) for item in space.enumerate()}
    counted, number = uses(space), 4000
    assert counted.count() == len(likely)
    whole = sum(likely.values())
    found = Counter(space.sample(seed, conditioned=True).decisions for seed in range(number))
    assert found.keys() <= likely.keys()
    expected = {key: float(number * mass / whole) for key, mass in likely.items()}
    rare = {key for key, count in expected.items() if count < 5}
    groups = [{key} for key in likely.keys() - rare] + ([rare] if rare else [])
    squares = freedom = 0.0
    for group in groups:
        hoped = sum(expected[key] for key in group)
        squares += (sum(found[key] for key in group) - hoped) ** 2 / hoped
        freedom += 1
    assert freedom > 8
    assert squares < freedom - 1 + 4 * (2 * (freedom - 1)) ** 0.5


def test_conditioned_draws_of_trees() -> None:
    space = archc.space(TREE.format(12, "A"))
    space.budget = 3_000
    drawn = [space.sample(seed, conditioned=True) for seed in range(20)]
    assert len({item.decisions for item in drawn}) > 8
    assert all(item.graph == space.from_trace(item.trace).graph for item in drawn)


def test_uniform_draws_are_the_same_whatever_was_asked_before() -> None:
    text = CATALAN.format(4, "(tanh | { relu -> A })")
    asked = archc.space(text)
    assert len(list(asked.enumerate())) == asked.size == 9  # finds out that layers are limited
    for seed in range(20):
        drawn = archc.space(text).sample(seed, uniform=True)
        assert drawn.decisions == asked.sample(seed, uniform=True).decisions


# --- what cannot be parted ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "let w = relu | tanh\nblock A on x { limit recursion = 3, x -> (A | w) -> relu }",
        "block A on x { limit recursion = 3, require params < 99, x -> dense(4) -> (A | relu) }",
        "block B on x: f32[N, C] { require N % 2 == 0, x -> relu }\n"
        "block A on x { limit recursion = 3, x -> (A | B | tanh) }",
        "block Other(f: stage) on x { x -> f }\n"
        "block B on x { limit recursion = 3, x -> relu -> (B | identity) }\n"
        "block A on x { limit nodes = 5, x -> (Other(B) | { relu -> A }) }",
    ],
)
def test_what_holds_for_the_whole_network_is_counted_by_states(text: str) -> None:
    space = archc.space(f"{text}\n" + NET.format("A"))
    with pytest.raises(Indivisible):
        uses(space).count()
    assert space.size == len(list(space.enumerate()))


def test_what_may_be_too_large_is_counted_by_states() -> None:
    network = archc.space(TREE.format(5, "A")).process.network
    for nodes, told in ((16, True), (15, False)):  # the largest tree has sixteen leaves
        counted = uses_of(replace(network, limits=Limits(nodes=nodes)), Budget())
        assert counted is not None
        if told:
            assert counted.count() == trees(5)
        else:
            with pytest.raises(Indivisible):
                counted.count()


@pytest.mark.parametrize("text", ["x -> (relu | tanh)", "require params < 50, x -> dense(4) -> A"])
def test_a_space_without_such_blocks_or_with_required_costs_is_left_alone(text: str) -> None:
    block = "block A on x { limit recursion = 3, x -> (A | relu) }\n"
    space = archc.space(block + f"network Net on x: f32[N, 4] {{ {text} }}")
    assert uses_of(space.process.network, space.process.budget) is None
