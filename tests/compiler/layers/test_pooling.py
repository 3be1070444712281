"""Pooling against PyTorch and against the definition, over every small window there is."""

from itertools import product
from math import inf

import pytest
import torch
from archc.compiler.backends.torch import build
from archc.compiler.checks import Checks
from archc.compiler.dims import axis, evaluate
from archc.compiler.errors.base import Site
from archc.compiler.facts import Facts
from archc.compiler.graph import Graph, Node, Port
from archc.compiler.layer import Layer
from archc.compiler.layers.avgpool import Avgpool
from archc.compiler.layers.maxpool import Maxpool
from archc.compiler.types import F32, TensorType
from archc.grammar.diagnostic import Fault
from archc.grammar.span import NOWHERE
from torch.nn import functional as F

LENGTHS = range(1, 9)


def infer(layer: Layer, x: TensorType) -> TensorType | None:
    try:
        found = layer.infer(Checks(Facts(), Site(layer.name, NOWHERE)), x)
    except Fault:
        return None
    assert isinstance(found, TensorType)
    return found


def run(layer: Layer, x: torch.Tensor) -> torch.Tensor:
    type_ = TensorType(F32, tuple(x.shape))
    result = infer(layer, type_)
    assert result is not None
    node = Node(layer, (0,), (1,), "layer", "layer")
    graph = Graph("Net", (type_, result), (Port("x", 0),), (Port("y", 1),), (node,))
    found = build(graph)(x)
    assert isinstance(found, torch.Tensor)
    return found


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
def test_sizes_and_refusals_are_those_of_pytorch(kernel: int, ceil: bool) -> None:
    free = axis("S")
    for stride, padding, dilation in product((1, 2, 3, 5), (0, 1, 2), (1, 2)):
        layer = Maxpool(kernel, stride, padding, dilation, ceil)
        proved = infer(layer, TensorType(F32, (1, 1, free)))
        for length in LENGTHS:
            found = infer(layer, TensorType(F32, (1, 1, length)))
            x = torch.zeros(1, 1, length)
            try:
                size = F.max_pool1d(x, kernel, stride, padding, dilation, ceil).shape[2]
            except RuntimeError:
                size = 0
            if found is not None:
                more = 2 * padding > kernel  # what PyTorch cannot pad, we pad
                assert found.shape[2] == size or (more and not size)
            elif size:
                assert padding and length < dilation  # a window of nothing but padding
            if proved is not None:
                assert found is not None
                assert evaluate(proved.shape[2], {"S": length}) == found.shape[2]


def by_definition(
    x: list[float], layer: Maxpool | Avgpool, before: int, after: int, dilation: int
) -> list[float]:
    """Windows one after the other, as the documentation says it."""
    assert isinstance(layer.kernel, int) and isinstance(layer.stride, int)
    reach = dilation * (layer.kernel - 1) + 1
    results = []
    start = -before
    while True:
        end = start + reach
        inside_padding = end <= len(x) + after
        overhangs = layer.ceil and start < len(x) and start < len(x) + after
        rounded_up = start - layer.stride + reach < len(x) + after  # the window before left a rest
        if not inside_padding and not (overhangs and (start == -before or rounded_up)):
            return results
        places = range(start, end, dilation)
        elements = [x[at] for at in places if 0 <= at < len(x)]
        if isinstance(layer, Maxpool):
            results.append(max(elements, default=-inf))
        else:
            padded = [at for at in places if -before <= at < len(x) + after]
            results.append(sum(elements) / len(padded if layer.count_padding else elements))
        start += layer.stride


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_any_padding_means_what_the_definition_says(kernel: int, ceil: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    compared = 0
    for stride, before, after, length in product((1, 2, 3), (0, 1, 2), (0, 1, 2), (3, 5, 6)):
        x = torch.randn(1, 1, length, generator=generator)
        sides = ((before, after),)
        layers: list[tuple[Maxpool | Avgpool, int]] = [
            (Maxpool(kernel, stride, sides, 1, ceil), 1),
            (Maxpool(kernel, stride, sides, 2, ceil), 2),
            (Avgpool(kernel, stride, sides, ceil, True), 1),
            (Avgpool(kernel, stride, sides, ceil, False), 1),
        ]
        for layer, dilation in layers:
            if infer(layer, TensorType(F32, (1, 1, length))) is None:
                continue
            wanted = by_definition(x.flatten().tolist(), layer, before, after, dilation)
            found = run(layer, x).flatten()
            torch.testing.assert_close(found, torch.tensor(wanted))
            compared += 1
    assert compared > 50


def test_a_stride_left_out_is_the_kernel() -> None:
    found = infer(Maxpool((2, 3)), TensorType(F32, (axis("N"), axis("C"), 8, 9)))
    assert found is not None and found.shape[2:] == (4, 3)
