"""The canonical hash: what it does not see, and what it tells apart."""

import operator
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import networkx
import pytest
from archc.compiler.check import check_text
from archc.compiler.graph import Graph, Node, Port
from archc.compiler.hash import graph_hash
from archc.compiler.types import TensorType


def graph_of(body: str, head: str = "network Net on x: f32[N, 4, 8, 8] -> f32[...]") -> Graph:
    checked = check_text(f"{head} {{\n{body}\n}}\n")
    checked.raise_errors()
    return checked.graphs["Net"]


def hash_of(body: str, head: str = "network Net on x: f32[N, 4, 8, 8] -> f32[...]") -> str:
    return graph_hash(graph_of(body, head))


BASE = """
    a = x -> conv(4, 3) -> relu
    b = x -> conv(4, 1)
    a + b -> batchnorm
"""

SAME = {
    "labels": "a = x -> left: conv(4, 3) -> relu\nb = x -> conv(4, 1)\na + b -> norm: batchnorm",
    "order of statements": "b = x -> conv(4, 1)\na = x -> conv(4, 3) -> relu\na + b -> batchnorm",
    "order of a sum": "a = x -> conv(4, 3) -> relu\nb = x -> conv(4, 1)\nb + a -> batchnorm",
    "identities": "a = x -> identity -> conv(4, 3) -> relu\nb = x -> conv(4, 1) -> identity\n"
    "a + b -> batchnorm -> identity",
    "blocks": "a = x -> repeat(1) { conv(4, 3) -> relu }\nb = x -> conv(4, 1)\na + b -> batchnorm",
    "spelling": "a = x -> conv(kernel=3, filters=4, stride=1) -> relu\n"
    "b = x -> conv(4, 1, bias=true)\na + b -> batchnorm",
}


@pytest.mark.parametrize("body", SAME.values(), ids=SAME)
def test_it_does_not_see(body: str) -> None:
    assert hash_of(body) == hash_of(BASE)


@pytest.mark.parametrize("operator", ["+", "*"])
def test_sums_of_sums_are_one_sum(operator: str) -> None:
    parts = "p = x -> conv(4, 3)\nq = x -> relu\nr = x -> tanh\n"
    found = {
        hash_of(parts + tail.replace("+", operator))
        for tail in ("(p + q) + r", "p + (q + r)", "(r + p) + q", "(p, q, r) -> add")
        if operator == "+" or "add" not in tail
    }
    assert len(found) == 1
    once = "s = p + q\n(s + r) -> relu".replace("+", operator)
    twice = "s = p + q\n(s + r) + s".replace("+", operator)
    assert hash_of(parts + twice) != hash_of(parts + "p + p + q + q + r".replace("+", operator))
    assert hash_of(parts + once) == hash_of(parts + "(p + (q + r)) -> relu".replace("+", operator))


def test_one_layer_used_twice_is_not_two_layers() -> None:
    """f(a) + f(a) with one f, with two of them, and with one result that is added to itself."""
    found = {
        hash_of(body)
        for body in (
            "layer f = conv(4, 3)\n(x -> f) + (x -> f)",
            "let f = conv(4, 3)\n(x -> f) + (x -> f)",
            "y = x -> conv(4, 3)\ny + y",
        )
    }
    assert len(found) == 3


DIFFERENT = {
    "a hyperparameter": BASE.replace("conv(4, 1)", "conv(4, 1, bias=false)"),
    "a layer": BASE.replace("relu", "gelu"),
    "an operator": BASE.replace("a + b", "a * b"),
    "a connection": BASE.replace("b = x ->", "b = a ->"),
    "a layer less": BASE.replace(" -> batchnorm", ""),
    "an initialiser": BASE.replace("conv(4, 1)", "conv(4, 1, init=zeros)"),
}


@pytest.mark.parametrize("body", DIFFERENT.values(), ids=DIFFERENT)
def test_it_sees(body: str) -> None:
    assert hash_of(body) != hash_of(BASE)


def test_a_difference_has_an_order() -> None:
    left = "a = x -> relu\nb = x -> gelu\na - b"
    assert hash_of(left) != hash_of(left.replace("a - b", "b - a"))


def test_sharing_weights_is_another_network() -> None:
    fresh = "let f = conv(4, 3)\nx -> f -> f"
    assert hash_of(fresh) != hash_of(fresh.replace("let", "layer"))
    twins = "let f = conv(4, 3)\na = x -> f\nb = x -> f\na + b"
    assert hash_of(twins) != hash_of(twins.replace("let", "layer"))


def test_which_layers_share_matters() -> None:
    head = "layer f = conv(4, 3)\nlayer g = conv(4, 3)\n"
    found = {
        hash_of(head + body)
        for body in ("x -> f -> f -> g -> g", "x -> f -> g -> f -> g", "x -> f -> g -> g -> f")
    }
    assert len(found) == 3
    assert hash_of(head + "x -> f -> g -> g -> f") == hash_of(head + "x -> g -> f -> f -> g")


def test_twins_that_are_used_differently_keep_their_roles() -> None:
    body = "p = x -> conv(4, 3)\nq = x -> conv(4, 3)\n"
    found = {hash_of(body + tail) for tail in ("(p + q) * p", "(q + p) * p", "p * (q + p)")}
    assert len(found) == 1
    assert found == {hash_of(body + "(p + q) * q")}
    assert hash_of(body + "(p + p) * q") not in found


def test_names_of_axes_and_ports_do_not_matter_but_types_do() -> None:
    def typed(ports: str, dtype: str = "f32") -> str:
        return hash_of("y = x -> relu\ny", f"network Net on {ports} -> {dtype}[...]")

    assert typed("x: f32[N, T, 4]") == typed("x: f32[Batch, Time, 4]")
    assert typed("x: f32[N, T, 4]") != typed("x: f32[N, N, 4]")
    assert typed("x: f32[N, T, 4]") != typed("x: f32[N, T, 5]")
    assert typed("x: f32[N, T, 4]") != typed("x: f64[N, T, 4]", "f64")


def shuffled(graph: Graph, seed: int) -> Graph:
    """An isomorphic graph: other names and numbers, another order, sums turned round."""
    generator = random.Random(seed)
    nodes = topological(list(graph.nodes), generator)
    numbers = list(range(len(graph.values)))
    generator.shuffle(numbers)
    values: list[TensorType | None] = [None] * len(numbers)
    for old, new in enumerate(numbers):
        values[new] = graph.values[old]

    def moved(node: Node) -> Node:
        inputs = [numbers[value] for value in node.inputs]
        if node.layer.name in ("add", "mul"):
            generator.shuffle(inputs)
        outputs = tuple(numbers[value] for value in node.outputs)
        name, owner = f"r{seed}.{node.name}", f"r{seed}.{node.owner}"
        return replace(node, inputs=tuple(inputs), outputs=outputs, name=name, owner=owner)

    def ports(found: tuple[Port, ...]) -> tuple[Port, ...]:
        return tuple(Port(f"p_{port.name}", numbers[port.value]) for port in found)

    return replace(
        graph,
        values=tuple(value for value in values if value is not None),
        inputs=ports(graph.inputs),
        outputs=ports(graph.outputs),
        nodes=tuple(moved(node) for node in nodes),
        scopes=(),
    )


def topological(nodes: list[Node], generator: random.Random) -> list[Node]:
    """A random order in which every value is made before it is used."""
    result: list[Node] = []
    made_later = {value for node in nodes for value in node.outputs}
    while nodes:
        ready = [node for node in nodes if made_later.isdisjoint(node.inputs)]
        node = generator.choice(ready)
        nodes.remove(node)
        made_later.difference_update(node.outputs)
        result.append(node)
    return result


def random_graph(seed: int, *, shared: bool = True) -> Graph:
    """A network whose values are joined at random, with shared layers among them unless told."""
    generator = random.Random(seed)
    word = "layer" if shared else "let"
    lines = [f"{word} f = conv(4, 3)", f"{word} g = conv(4, 3)", "v0 = x"]
    makers: list[Callable[[str, str], str]] = [
        lambda a, b: f"{a} + {b}",
        lambda a, b: f"{a} * {b}",
        lambda a, b: f"{a} - {b}",
        lambda a, b: f"{a} -> f",
        lambda a, b: f"{a} -> g",
        lambda a, b: f"{a} -> conv(4, 3)",
        lambda a, b: f"{a} -> relu",
    ]
    for index in range(1, 9):
        a, b = (f"v{generator.randrange(index)}" for _ in range(2))
        lines.append(f"v{index} = {generator.choice(makers)(a, b)}")
    unused = " + ".join(f"v{index}" for index in range(9))
    return graph_of("\n".join([*lines, unused, ""]).replace("v0 = x", "v0 = x -> identity"))


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("shared", [True, False])
def test_isomorphic_graphs_have_one_hash(seed: int, shared: bool) -> None:
    graph = random_graph(seed, shared=shared)
    assert {graph_hash(shuffled(graph, other)) for other in range(8)} == {graph_hash(graph)}


@pytest.mark.parametrize("shared", [True, False])
def test_random_networks_are_told_apart(shared: bool) -> None:
    graphs = [random_graph(seed, shared=shared) for seed in range(60)]
    found = [graph_hash(graph) for graph in graphs]
    for one, two in combinations(range(60), 2):
        assert found[one] != found[two] or same(graphs[one], graphs[two])


def same(one: Graph, two: Graph) -> bool:
    """Isomorphism, as networkx finds it: layers, the places of inputs that have an order, owners
    and outputs; of networks without identities, dead layers and sums of sums of single use.
    """
    return networkx.is_isomorphic(
        detailed(one), detailed(two), node_match=operator.eq, edge_match=operator.eq
    )


def detailed(graph: Graph) -> networkx.DiGraph:
    """Each input of a layer is a vertex of its own, and so is each owner."""
    result = networkx.DiGraph()
    for port in graph.inputs:
        result.add_node(port.value, label="input")
    for index, node in enumerate(graph.nodes):
        result.add_node(node.outputs[0], label=repr(node.layer))
        result.add_edge(f"owner {node.owner}", node.outputs[0])
        for place, value in enumerate(node.inputs):
            unordered = node.layer.name in ("add", "mul")
            result.add_node((index, place), label="" if unordered else str(place))
            result.add_edge(value, (index, place))
            result.add_edge((index, place), node.outputs[0])
    for place, port in enumerate(graph.outputs):
        result.add_edge(port.value, f"output {place}")
    return result


LISTED = "p = x -> conv(4, 3)\nq = x -> conv(4, 3)\np + q -> batchnorm"
READ = "p = x -> relu -> conv(4, 3)\nq = x -> relu -> conv(4, 1)\np + q -> batchnorm"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x -> conv(8, 3) -> relu", "85e9d6927cebda6a2586ea98ec47ae38"),
        (READ, "b2889dab0c7d1c96507a203527168e0a"),
        (LISTED, "f442637eaa874b78325f4f8b4e4e7fb0"),
    ],
)
def test_it_is_versioned_and_stable(body: str, expected: str) -> None:
    """By what layers are made from, by what reads them, and as a listing."""
    assert hash_of(body) == f"a4:{expected}"


SPELLINGS = [
    ("mul(number=2.0)", "mul(number=2.0, reversed=true)"),
    ("sub(number=2.0)",),
    ("sub(number=2.0, reversed=true)",),
    ("conv(4, 3)", "conv(4, [3, 3])", "conv(4, 3, padding=[[1, 1], [1, 1]])"),
    ("conv(4, 7)", "conv(4, 7, padding=3)"),
    ("conv(4, 3, padding=0)", "conv(4, 3, padding=valid)", "conv(4, 3, padding=[0, 0])"),
    ("conv(4, 3, padding=[1, 0])", "conv(4, [3, 3], padding=[[1, 1], [0, 0]])"),
    ("conv(4, 5, dilation=2)", "conv(4, 5, dilation=[2, 2], padding=4)"),
    ("depthwise(3, stride=2)", "depthwise(3, stride=[2, 2], padding=1)"),
    ("maxpool(2)", "maxpool(2, stride=2)", "maxpool([2, 2], stride=[2, 2], padding=0)"),
    ("maxpool(3, padding=same)", "maxpool(3, padding=1)"),
    ("softmax", "softmax(axis=-1)", "softmax(axis=3)"),
    ("softmax(axis=1)", "softmax(axis=-3)"),
    ("mean([2, 3], keep=true)", "mean([-1, -2], keep=true)"),
    ("permute([0, 1, 3, 2])", "permute([0, 1, -1, -2])"),
    ("transpose(1, 2)", "transpose(-2, 1)"),
    ("roll([1, 2], [2, 3])", "roll([2, 1], [-1, -2])"),
    ("pad(1)", "pad([1, 1])", "pad([0, [1, 1], 1])"),
    ("pad([1, 0])", "pad([[1, 1], [0, 0]])"),
    ("upsample(2)", "upsample([2, 2])"),
    ("resize(16)", "resize([16, 16])"),
    ("adaptive_avgpool(1)", "adaptive_avgpool([1, 1])"),
    ("layernorm([1, 2])", "layernorm([-2, 1])"),
]  # fmt: skip


def test_one_layer_in_several_spellings_is_one_layer() -> None:
    head = "network Net on x: f32[N, 4, 8, 8] -> f32[_, _, _, _]"
    found = [{hash_of(f"x -> {text}", head) for text in texts} for texts in SPELLINGS]
    assert [len(hashes) for hashes in found] == [1] * len(SPELLINGS)
    assert len(set.union(*found)) == len(SPELLINGS)


def test_an_axis_from_the_end_is_another_where_the_rank_is_another() -> None:
    """One layer object may stand at values of several ranks."""
    head = "network Net on x: f32[N, 4, 8] -> f32[...]"
    apart = "(x -> softmax(axis={})) + (x -> unsqueeze(1) -> softmax(axis={}) -> squeeze(1))"
    shared = hash_of(f"let f = softmax(axis=-1)\n{apart.replace('softmax(axis={})', 'f')}", head)
    assert shared == hash_of(apart.format(2, 3), head) == hash_of(apart.format(-1, -1), head)
    assert shared != hash_of(apart.format(2, 2), head)


def test_parts_of_a_longer_sum_leave_no_mark() -> None:
    """`a + b` stands apart too, so that the part of the sum is not the only one made like it."""
    head = "a = x -> conv(4, 3)\nb = x -> relu\nc = x -> tanh\ns = a + b -> gelu\n"
    found = {
        hash_of(head + tail)
        for tail in ("((a + b) + c) * s", "(a + (b + c)) * s", "((a, b, c) -> add) * s")
    }
    assert len(found) == 1


def test_outputs_of_a_layer_are_told_apart() -> None:
    head = "network Net on x: f32[N, 4, 8, 8] -> f32[...]"
    bodies = ("(a, b) = x -> split(2, axis=1)\n" + tail for tail in
        ("a - b", "b - a", "a - a", "b - b", "a + b", "b + a"))  # fmt: skip
    found = [hash_of(body, head) for body in bodies]
    assert len(set(found)) == 5
    assert found[4] == found[5]


def test_inputs_that_nothing_reads_are_part_of_the_network() -> None:
    assert hash_of("x -> relu", "network Net on x: f32[N, 4], y: f32[N, 4] -> f32[...]") != hash_of(
        "x -> relu", "network Net on x: f32[N, 4] -> f32[...]"
    )


def test_a_setting_of_several_numbers_is_seen() -> None:
    found = {hash_of(f"x -> conv(4, {kernel})") for kernel in ("[3, 3]", "[3, 1]", "[1, 3]")}
    assert len(found) == 3
