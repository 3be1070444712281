"""What is said not to rest on a number does not; and what is refused for its size alone is given up
after as many tries as there are sizes.
"""

import archc
import pytest
from archc.compiler.checks import Checks
from archc.compiler.errors.base import Site
from archc.compiler.expand.idle import is_idle
from archc.compiler.facts import Facts
from archc.compiler.hyperparameter import Between
from archc.compiler.layer import Layer
from archc.compiler.registry import all_layers
from archc.compiler.types import TensorType
from archc.grammar.record import replaced
from archc.grammar.span import NOWHERE
from typical import graph_of


def test_what_is_idle_changes_no_type() -> None:
    """Every number of the range that the layer takes gives the same types."""
    asked, idle = 0, set()
    for kind in all_layers():
        for graph in filter(None, map(graph_of, kind.typical)):
            node = graph.nodes[-1]
            types = tuple(graph.values[value] for value in node.inputs)
            for item in type(node.layer).hyperparameters():
                if isinstance(item.domain, Between) and isinstance(item.domain.low, int):
                    asked += 1
                    low, high = int(item.domain.low), int(item.domain.high)
                    if is_idle(node.layer, types, item.name, low, high):
                        idle.add((kind.name, item.name))
                        expect_same(node.layer, types, item.name, low, high)
    assert asked > 25
    assert ("embedding", "count") in idle


def expect_same(
    layer: Layer, types: tuple[TensorType, ...], name: str, low: int, high: int
) -> None:
    check = Checks(Facts(), Site(layer.name, NOWHERE))
    right = layer.infer(check, *types)
    for value in {low, high, (low + high) // 2, min(high, low + 1)}:
        assert replaced(layer, **{name: value}).infer(check, *types) == right


@pytest.mark.parametrize(
    ("text", "name", "idle"),
    [
        ("i64[N, T] -> embedding(4, 3)", "count", True),
        ("i64[N, T] -> embedding(4, 3)", "size", False),
        ("i64[N, T] -> one_hot(4)", "count", False),
        ("f32[N, 4] -> dense(4)", "units", False),
        ("f32[N, 4, 8] -> conv(4, 3, groups=2)", "groups", False),
        ("f32[N, 4, 8] -> conv(4, 3)", "kernel", False),
    ],
)
def test_what_types_rest_on(text: str, name: str, idle: bool) -> None:
    graph = graph_of(text)
    assert graph is not None
    (node,) = graph.nodes
    types = tuple(graph.values[value] for value in node.inputs)
    assert is_idle(node.layer, types, name, 2, 8) is idle


def test_an_outcome_that_changes_within_the_range_is_none() -> None:
    graph = graph_of("i64[N, T] -> embedding(4, 3)")
    assert graph is not None
    types = (graph.values[0],)
    assert not is_idle(graph.nodes[0].layer, types, "count", 0, 8)  # 0 is refused


TOO_LARGE = """
network S on ids: i64[N, 4000000] -> f32[N, 100] {
    ids -> ({ embedding(2..5000, 8..40) -> flatten -> dense(100) } | { cast(f32) -> dense(100) })
}
"""


def test_a_size_that_is_too_large_is_so_for_any_count() -> None:
    space = archc.space(TOO_LARGE)
    assert space.size == 1
    assert space.process.budget.runs < 500
    assert {program.trace[0].value for program in space.samples(5, seed=1)} == {
        space.sample(seed=2).trace[0].value
    }


OWN_WEIGHT = """
network S on ids: i64[N] -> f32[N, 10] {
    ids -> embedding(899999..900001, 1000..1001) -> dense(10)
}
"""


def test_a_weight_that_is_too_large_rests_on_its_own_count() -> None:
    assert archc.space(OWN_WEIGHT).size == 2  # 899,999 and 900,000 rows of 1,000
