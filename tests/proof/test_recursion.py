"""A slice of `recursion.py`: what is measured agrees with what is worked out, and the deepest
programs come.
"""

import json
from math import sqrt

import archc
import pytest
from recursion import (
    BUDGET,
    DEPTH,
    RESULTS,
    Grammar,
    forks,
    grammars,
    in_turn,
    measure,
    one_use,
    two_uses,
)

SLICE = [
    (Grammar("ends soon", "recursion", 6, one_use(1, 1)), 2000),
    (Grammar("reaches its limit", "recursion", 99, one_use(1, 99)), 500),
    (Grammar("two uses", "recursion", 99, two_uses(7, 3)), 2000),
    (Grammar("two uses, critical", "recursion", 8, two_uses(1, 1)), 1000),
    (Grammar("two uses, growing", "recursion", 6, two_uses(4, 6)), 1000),
    (Grammar("forks", "recursion", 4, forks(1, 1, 1, 1)), 1000),
    (Grammar("in turn", "recursion", 6, in_turn(1, 1)), 1000),
    (Grammar("layers", "nodes", 20, one_use(1, 9)), 2000),
    (Grammar("layers of two uses", "nodes", 60, two_uses(7, 3)), 500),
]


@pytest.mark.parametrize(("grammar", "draws"), SLICE, ids=lambda item: getattr(item, "name", ""))
def test_programs_are_as_large_as_is_worked_out(grammar: Grammar, draws: int) -> None:
    mean, deviation = grammar.expected()
    found = measure(grammar, draws)
    assert found.gave_up == 0
    assert abs(found.mean - float(mean)) <= 5 * deviation / sqrt(draws)
    assert max(found.layers) <= grammar.most or grammar.kind == "recursion"


@pytest.mark.parametrize("kind", ["recursion", "nodes"])
def test_what_is_worked_out_is_what_all_programs_come_to(kind: str) -> None:
    """Each program by the shares of the options that its trace took, of those that were left."""
    blocks = two_uses(2, 3) if kind == "recursion" else one_use(2, 3)
    grammar = Grammar(kind, kind, 3, blocks)
    space = archc.space(grammar.text)
    layers = {item.decisions: len(item.graph.nodes) for item in space.enumerate()}
    mean = 0.0
    for decisions, size in layers.items():
        share = 1.0
        for place, taken in enumerate(decisions):
            alike = [item for item in layers if item[:place] == decisions[:place]]
            left = {item[place] for item in alike}
            share *= (2, 3)[taken] / sum((2, 3)[each] for each in left)
        mean += share * _without_identities(size, decisions)
    assert float(grammar.expected()[0]) == pytest.approx(mean)


def _without_identities(nodes: int, decisions: tuple[int, ...]) -> int:
    return nodes - decisions.count(0)


@pytest.mark.parametrize("most", [99, 100, 101, 1_000_000])
def test_the_deepest_programs_come(most: int) -> None:
    """A limit beyond what the checker allows of blocks within blocks is that of the checker."""
    space = archc.space(Grammar("deep", "recursion", most, one_use(1, 10**9)).text)
    (program,) = space.samples(1)
    assert len(program.trace) == min(most, DEPTH)
    assert space.size == min(most, DEPTH)
    assert archc.compile(str(program)).hash == program.hash


def test_a_draw_that_explodes_gives_up() -> None:
    """One use in ten ends: most programs would have more layers than any network may."""
    space = archc.space(Grammar("explodes", "recursion", 99, two_uses(1, 9)).text)
    space.budget = BUDGET // 10
    with pytest.raises(archc.SpaceLimit, match="the budget of 200 expansions is used up"):
        list(space.samples(50))


def test_what_is_told_is_what_is_worked_out() -> None:
    told = json.loads(RESULTS.read_text(encoding="utf-8"))["grammars"]
    wanted = list(grammars())
    assert len(told) == len(wanted)
    for row, grammar in zip(told, wanted, strict=True):
        mean, deviation = grammar.expected()
        assert row["grammar"] == grammar.name
        assert row["expected layers"] == pytest.approx(float(mean), rel=1e-5)
        if not row["gave up"]:
            error = deviation / sqrt(row["draws"])
            assert abs(row["measured layers"] - float(mean)) <= 5 * error + 0.001
