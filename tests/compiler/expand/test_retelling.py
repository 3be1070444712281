"""A stated equation takes a name of an axis away: what is built needs the name no more."""

import pytest
import torch
from archc.compiler.backends import torch as backend
from archc.compiler.check import check_text
from archc.compiler.graph import Graph
from archc.compiler.verify import verify

SAME = """
block Same on a: f32[N, A], b: f32[N, B] -> f32[N, A] {
    require A == B
    a + b
}
"""
SIGNATURE = "network Net on x: f32[N, T], y: f32[N, S] -> f32[N, T], f32[N, S]"


def graph_of(body: str, before: str = "") -> Graph:
    checked = check_text(f"{before}{SIGNATURE} {{\n{body}\n}}\n")
    checked.raise_errors()
    return checked.graph()


@pytest.mark.parametrize(
    "fact",
    ["T == 7", "T == S", "S == T", "T == 2 * S + 1", "2 * T == S", "T + S == 10", "T == S * S"],
)
def test_an_equation_holds_in_every_back_end(fact: str) -> None:
    graph = graph_of(f"    require {fact}\n    (x -> relu, y -> tanh)")
    assert graph.checks == ()
    report = verify(graph, choices=2)
    assert report.ok, str(report)
    with pytest.raises(ValueError, match=r"axis 1 must"):
        backend.build(graph)(torch.zeros(2, 5), torch.zeros(2, 11))


def test_two_equations_leave_nothing_open() -> None:
    graph = graph_of("    require T == S and S == 4\n    (x -> relu, y -> tanh)")
    assert graph.symbols() == ("N",)
    assert verify(graph).ok


def test_other_facts_go_on_in_the_name_that_is_left() -> None:
    graph = graph_of("    require T % 3 == 0\n    require T == 2 * S\n    (x -> relu, y -> tanh)")
    assert [str(check.left) for check in graph.checks] == ["2 * S % 3"]
    assert verify(graph).ok
    with pytest.raises(ValueError, match="requires"):
        backend.build(graph)(torch.zeros(2, 8), torch.zeros(2, 4))


def test_a_size_given_before_the_equation_is_retold() -> None:
    places = "    places = arange(T) -> cast(f32)\n    lines = x -> reshape([N, T, 1])\n"
    result = "    (same + places, lines -> squeeze(2))"
    graph = graph_of(f"{places}    same = (x, y) -> Same\n{result}", SAME)
    assert len(graph.symbols()) == 2
    assert verify(graph).ok
