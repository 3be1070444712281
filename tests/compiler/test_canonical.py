"""The canonical listing against networkx's isomorphism: exact on graphs in which everything looks
alike, and never one listing for two graphs.
"""

import random
from itertools import combinations

import networkx
import pytest
from archc.compiler import canonical
from archc.compiler.canonical import Network, form
from networkx.generators.atlas import graph_atlas_g


def network_of(graph: networkx.Graph, seed: int = 0) -> Network:
    """A plain graph as a network: each vertex a layer on the input, each edge the product of its
    ends, and the sum of all of them. The order is drawn by the seed, so its numbers say nothing.
    """
    generator = random.Random(seed)
    vertices, edges = list(graph.nodes), [list(edge) for edge in graph.edges]
    generator.shuffle(vertices)
    generator.shuffle(edges)
    network = Network()
    start = network.add("input")
    codes = {vertex: network.add("layer", [start]) for vertex in vertices}
    parts = list(codes.values())
    for edge in edges:
        generator.shuffle(edge)
        parts.append(network.add("product", [codes[end] for end in edge], ordered=False))
    generator.shuffle(parts)
    network.outputs = [network.add("sum", parts, ordered=False)]
    return network


def listed(graph: networkx.Graph, seed: int = 0) -> bytes:
    return form(network_of(graph, seed))


def test_all_graphs_up_to_six_nodes_are_told_apart_and_known_again() -> None:
    graphs = [graph for graph in graph_atlas_g() if 0 < graph.order() <= 6]
    assert len(graphs) == 1 + 2 + 4 + 11 + 34 + 156  # no two of the atlas are isomorphic
    found = [listed(graph) for graph in graphs]
    assert len(set(found)) == len(graphs)
    for number, graph in enumerate(graphs):
        assert {listed(graph, seed) for seed in range(1, 4)} == {found[number]}


def rook() -> networkx.Graph:
    """The squares of a board of 4 by 4, joined where a rook moves."""
    return networkx.line_graph(networkx.complete_bipartite_graph(4, 4))


def shrikhande() -> networkx.Graph:
    """The other strongly regular graph with the parameters of the rook's: what neighbours see of
    each other tells the two apart nowhere.
    """
    graph = networkx.Graph()
    for x in range(4):
        for y in range(4):
            for dx, dy in ((0, 1), (1, 0), (1, 1)):
                graph.add_edge((x, y), ((x + dx) % 4, (y + dy) % 4))
    return graph


def prism(size: int) -> networkx.Graph:
    return networkx.circular_ladder_graph(size)


REGULAR = {
    "two triangles and a hexagon": (
        networkx.disjoint_union(networkx.cycle_graph(3), networkx.cycle_graph(3)),
        networkx.cycle_graph(6),
    ),
    "cubic on ten": (networkx.petersen_graph(), prism(5)),
    "a ladder, straight and twisted": (prism(6), networkx.moebius_kantor_graph()),
    "twelve in rings": (
        networkx.disjoint_union_all([networkx.cycle_graph(4)] * 3),
        networkx.disjoint_union_all([networkx.cycle_graph(6)] * 2),
    ),
    "strongly regular on sixteen": (rook(), shrikhande()),
}


@pytest.mark.parametrize("pair", REGULAR.values(), ids=REGULAR)
def test_regular_graphs_are_told_apart_and_known_again(
    pair: tuple[networkx.Graph, networkx.Graph],
) -> None:
    first, second = ({listed(graph, seed) for seed in range(2)} for graph in pair)
    assert len(first) == len(second) == 1
    assert first != second


def test_random_graphs_agree_with_networkx() -> None:
    graphs = [networkx.gnm_random_graph(8, 10, seed=seed) for seed in range(60)]
    graphs += [networkx.random_regular_graph(3, 8, seed=seed) for seed in range(25)]
    found = [listed(graph) for graph in graphs]
    for one, two in combinations(range(len(graphs)), 2):
        same = networkx.is_isomorphic(graphs[one], graphs[two])
        assert (found[one] == found[two]) is same


def test_many_equal_branches_are_no_work() -> None:
    """Twins change places freely: no order of them is tried."""
    graph = networkx.disjoint_union(networkx.empty_graph(300), networkx.star_graph(3))
    assert len({listed(graph, seed) for seed in range(4)}) == 1


def test_beyond_the_budget_graphs_are_possibly_distinct_and_never_merged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(canonical, "MOST_WORK", 0)
    first = {listed(rook(), seed) for seed in range(4)}
    second = {listed(shrikhande(), seed) for seed in range(4)}
    assert first.isdisjoint(second)


def test_colours_that_collide_cost_time_and_merge_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical, "colour_of", len)  # "layer" and "input" are the same
    graphs = [graph for graph in graph_atlas_g() if 0 < graph.order() <= 5]
    assert len({listed(graph) for graph in graphs}) == len(graphs)
    for graph in graphs:
        assert listed(graph, 1) == listed(graph)


def chain(*texts: str) -> Network:
    network = Network()
    number = network.add("input")
    for text in texts:
        number = network.add(text, [number])
    network.outputs = [number]
    return network


def test_a_form_is_named_where_it_can_be() -> None:
    assert form(chain("a", "b", "a")).startswith(b"named")
    twins = chain("a")
    twins.outputs = [twins.add("sum", [twins.add("b", [1]), twins.add("b", [1])], ordered=False)]
    assert form(twins).startswith(b"listed")
    apart = chain("a")
    apart.outputs = [apart.add("pair", [apart.add("b", [1]), apart.add("b", [1])])]
    assert form(apart).startswith(b"named")
