"""Costs against numbers worked out by hand and against published ones."""

import pytest
from archc.compiler import cost
from archc.compiler.check import check_text
from archc.compiler.cost import Stretch, UnknownSizes
from archc.compiler.graph import Graph

RESNET18 = """
block Basic(width: int, stride: int = 1) on x: f32[N, C, H, W] -> f32[N, width, _, _] {
    body = x -> conv(width, 3, stride=stride, bias=false) -> batchnorm -> relu
             -> conv(width, 3, bias=false) -> batchnorm
    skip = x -> if stride == 1 and C == width { identity }
                else { conv(width, 1, stride=stride, bias=false) -> batchnorm }
    body + skip -> relu
}
network ResNet18 on image: f32[N, 3, 224, 224] -> f32[N, 1000] {
    image -> conv(64, 7, stride=2, bias=false) -> batchnorm -> relu
          -> maxpool(3, stride=2, padding=1)
          -> repeat(2) { Basic(64) }
          -> for w in [128, 256, 512] { Basic(w, stride=2) -> Basic(w) }
          -> mean(axes=[2, 3]) -> dense(1000)
}
"""


def graph_of(text: str) -> Graph:
    checked = check_text(text)
    checked.raise_errors()
    return next(iter(checked.graphs.values()))


def network(body: str, ports: str = "x: f32[N, 4, 8, 8]") -> Graph:
    return graph_of(f"network Net on {ports} -> f32[...] {{\n{body}\n}}\n")


def test_resnet18_has_the_published_number_of_parameters() -> None:
    graph = graph_of(RESNET18)
    assert cost.params(graph) == 11_689_512
    buffers = 4800 * 2 * 4 + 20 * 8  # two statistics per channel, one counter per batch norm
    assert cost.weight_bytes(graph) == 11_689_512 * 4 + buffers
    macs = 1_814_073_344  # convolutions and the dense layer, as published
    assert 2 * macs < cost.flops(graph) < 2 * macs * 1.01


def test_flops_count_a_multiply_add_as_two() -> None:
    graph = network("x -> conv(6, 3, bias=false)")
    assert cost.flops(graph) == 2 * 6 * 4 * 9 * 64
    with_bias = network("x -> conv(6, 3)")
    assert cost.flops(with_bias) == cost.flops(graph) + 6 * 64


def test_other_axes_need_sizes() -> None:
    graph = network("x -> dense(3, bias=false)", "x: f32[N, T, 5]")
    assert cost.flops(graph, {"T": 7}) == 7 * 3 * 5 * 2
    assert cost.flops(graph, {"T": 7, "N": 2}) == 2 * 7 * 3 * 5 * 2
    with pytest.raises(UnknownSizes, match=r"30 \* T: give sizes, as by --set T=128") as caught:
        cost.flops(graph)
    assert caught.value.axes == ("T",)
    with pytest.raises(UnknownSizes, match="activations"):
        cost.activations(graph)
    assert str(cost.rows(graph)[0].flops) == "30 * T"


def test_shared_and_tied_weights_count_once() -> None:
    shared = network("layer f = conv(4, 3)\nx -> f -> f -> conv(4, 1)")
    assert cost.params(shared) == (4 * 4 * 9 + 4) + (16 + 4)
    assert [row.params for row in cost.rows(shared)] == [148, 0, 20]
    text = "layer e = embedding(10, 6)\nt -> e -> dense(10, bias=false, weight=e.weight)"
    tied = network(text, "t: i64[N, T]")
    assert cost.params(tied) == 60
    assert cost.weight_bytes(tied) == 240


def test_rows_add_up() -> None:
    graph = graph_of(RESNET18)
    rows = cost.rows(graph)
    assert sum(row.params for row in rows) == cost.params(graph)
    assert sum(row.flops for row in rows) == cost.flops(graph)
    assert sum(row.bytes for row in rows) == cost.activations(graph)


def test_activations_are_the_bytes_of_all_results() -> None:
    graph = network("x -> conv(2, 1) -> relu -> identity -> cast(f16) -> cast(f32)")
    assert cost.activations(graph) == 2 * 64 * (4 + 4 + 2 + 4)


def test_peak_memory_frees_what_is_no_longer_needed() -> None:
    chain = network("x -> conv(2, 1) -> relu -> relu -> relu", "x: f32[N, 1, 8, 8]")
    peak = cost.peak_memory(chain)
    assert peak.activations == 2 * (2 * 64 * 4)  # two neighbours in the chain
    assert peak.weights == 4 * 4
    assert peak.total == peak.activations + peak.weights


def test_peak_memory_holds_a_skip_connection() -> None:
    graph = network("y = x -> relu -> relu -> relu\nx + y", "x: f32[N, 1, 8, 8]")
    peak = cost.peak_memory(graph)
    assert peak.activations == 3 * 256
    assert peak.node == "relu_2"


def test_structure_counts_layers() -> None:
    graph = network("a = x -> relu -> relu\nb = x -> identity -> gelu\na + b")
    assert cost.layers(graph) == 4
    assert cost.longest_path(graph) == 3


def test_a_stretch_of_nodes_costs_what_it_holds() -> None:
    graph = network("x -> conv(4, 1) -> conv(8, 1) -> relu")
    part = Stretch(graph.nodes[1:], graph.values)
    assert cost.params(part) == 4 * 8 + 8
    assert cost.layers(part) == 2
    assert cost.longest_path(part) == 2
    assert cost.flops_dim(part, {"N": 1}) == 64 * 8 * (2 * 4 + 1) + 64 * 8
    assert cost.activations_dim(part, {"N": 1}) == 2 * 64 * 8 * 4
