"""What may flow out of a stage holds all that does flow out: of every layer, with any settings, for
types of which some sizes are unknown.
"""

import random
from collections.abc import Iterator
from math import prod
from typing import Any

import pytest
from archc.compiler.checks import Checks
from archc.compiler.dims import Axis, axis, lowest
from archc.compiler.errors.base import Site
from archc.compiler.expand import outcomes, rough, stage_text
from archc.compiler.expand.environment import Environment
from archc.compiler.facts import Facts
from archc.compiler.layer import Layer
from archc.compiler.layers.conv import Conv
from archc.compiler.registry import all_layers
from archc.compiler.types import BOOL, F16, F32, I64, TensorType
from archc.grammar import ast
from archc.grammar.diagnostic import Fault
from archc.grammar.span import NOWHERE
from typical import graph_of

N, T = axis("N"), axis("T")
VOCABULARY = stage_text.stage_of(ast.Open(span=NOWHERE), Environment())
MOST = 900_000_000
SIZES = (1, 2, 3, 4, 7, 8, 12, 16, 17, 28, 32, 56, 64, T)


def types(rng: random.Random, count: int) -> Iterator[tuple[TensorType, TensorType]]:
    """Types, each beside itself with some sizes unknown."""
    for _ in range(count):
        lead = rng.choice([N, N, N, 4 * N, 16 * N, N * T])
        shape = (lead, *(rng.choice(SIZES) for _ in range(rng.choice([0, 1, 2, 2, 3, 3, 3, 4]))))
        found = TensorType(rng.choice([F32, F32, F32, F32, I64, BOOL, F16]), shape)
        yield found, roughened(found, rng)


def roughened(found: TensorType, rng: random.Random) -> TensorType:
    sizes = list(found.shape)
    for place, size in enumerate(sizes):
        if rng.random() < (0.35 if place else 0.1):
            number = isinstance(size, int) and rng.random() < 0.7
            low = rng.choice([0, 1, size // 2, size]) if isinstance(size, int) else 0
            sizes[place] = rough.unknown_axis(place, low, number=number)
    return found.with_shape(*sizes)


def settled(options: tuple[Any, ...], rng: random.Random) -> Any:
    """One of the values of a setting; a number of a range of many that is unknown is drawn."""
    value = rng.choice(options)
    if not isinstance(value, rough.SomeNumber):
        return value
    low, high = value.ends
    return rng.choice([low, high, rng.randint(low, high), rng.randint(low, min(high, low + 20))])


def made(layer: Layer, found: TensorType) -> TensorType | None:
    check = Checks(Facts(), Site(layer.name, NOWHERE))
    try:
        check.inputs((found,), *layer.arity)
        result = layer.infer(check, found)
    except Fault:
        return None
    assert isinstance(result, TensorType)
    return result


def covers(told: TensorType, result: TensorType) -> bool:
    """Whether a type that is told of stands for one that flows out."""
    if (told.dtype, told.rank) != (result.dtype, result.rank):
        return False
    pairs = zip(told.shape, result.shape, strict=True)
    return all(a == b or (rough.is_unknown(a) and may_stand(a, b)) for a, b in pairs)


def may_stand(unknown: Any, size: Any) -> bool:
    if isinstance(size, int):
        return size >= (lowest(unknown) or 0)
    return not rough.is_number(unknown)


def heaviest(layer: Layer, found: TensorType) -> int:
    """The elements of its largest weight."""
    return max([prod(weight.shape) for weight in layer.weights(found).values()], default=0)


@pytest.fixture
def small_matter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """How small sizes may be is kept for small tensors too."""
    monkeypatch.setattr(rough, "LARGE_TENSOR", 1)
    rough.of_layer.cache_clear()
    outcomes.outcomes.cache_clear()
    yield
    rough.of_layer.cache_clear()
    outcomes.outcomes.cache_clear()


@pytest.mark.parametrize(("seed", "most"), [(0, MOST), (1, MOST), (2, MOST), (3, 300), (4, 300)])
@pytest.mark.usefixtures("small_matter")
def test_all_that_layers_make_is_told(seed: int, most: int, long: bool) -> None:
    rng = random.Random(seed)
    assert isinstance(VOCABULARY, outcomes.OneOf) and len(VOCABULARY.stages) > 90
    accepted = ruled_out = 0
    for found, unknown in types(rng, 2_000 if long else 100):
        for stage in VOCABULARY.stages:
            assert isinstance(stage, outcomes.LayerCall)
            told = outcomes.outcomes(stage, unknown, most)
            assert told is not None, (stage.layer.name, str(unknown))
            ruled_out += not told and bool(outcomes.outcomes(stage, unknown, MOST))
            for _ in range(2):
                values = {name: settled(options, rng) for name, options in stage.settings}
                layer = stage.layer(**values)
                result = made(layer, found)
                if result is not None and heaviest(layer, found) > most:
                    result = None
                accepted += result is not None
                where = stage.layer.name, values, str(found), str(unknown)
                assert result is None or any(covers(item, result) for item in told), where
    assert accepted > 5_000
    assert ruled_out > 20 if most < MOST else not ruled_out


WEIGHTED = (
    "f32[N, 4, 8, 8] -> conv(6, 3, groups=2)",
    "f32[N, 4, 8, 8] -> conv_transpose(6, 3, groups=2)",
    "f32[N, 4, 8, 8] -> depthwise(3, multiplier=2)",
    "f32[N, 4, 8, 8] -> batchnorm",
    "f32[N, 4, 8, 8] -> groupnorm(2)",
    "f32[N, 4, 8, 8] -> instancenorm(affine=true)",
    "f32[N, 4, 8, 8] -> layernorm(axes=[1, 2, 3])",
    "f32[N, 4, 8, 8] -> prelu",
    "f32[N, 4, 8] -> dense(5)",
    "f32[N, 4, 8] -> rmsnorm",
    "f32[N, 4, 8] -> lstm(5, layers=2, bidirectional=true)",
    "f32[N, 4, 8] -> gru(5, layers=2)",
    "f32[N, 4, 8] -> rnn(5)",
    "i64[N, 4] -> embedding(7, 5)",
)
OTHERWISE = {"bilinear", "parameter", "scan"}
"""Layers with weights that no single tensor flows into alone, or that hold a cell."""


@pytest.mark.parametrize("text", WEIGHTED)
def test_weights_grow_with_what_flows_in(text: str) -> None:
    """So one that is too large for the least input is for all."""
    graph = graph_of(text)
    assert graph is not None
    (node,) = graph.nodes
    (found,) = [graph.values[value] for value in node.inputs]
    before = sum(prod(item.shape) for item in node.layer.weights(found).values())
    assert before > 0
    for place, size in enumerate(found.shape):
        for larger in (size + 1, size + 2, 2 * size) if isinstance(size, int) else ():
            after = node.layer.weights(found.with_axis(place, larger))
            assert sum(prod(item.shape) for item in after.values()) >= before


def test_all_layers_with_weights_are_looked_at() -> None:
    named = {text.split(" -> ")[1].partition("(")[0] for text in WEIGHTED}
    weighted = {kind.name for kind in all_layers() if kind.weights is not Layer.weights}
    assert named | OTHERWISE == weighted


def test_what_any_layer_makes_is_told() -> None:
    """Of layers as they are usually called, with what usually flows in."""
    told_of = 0
    for kind in all_layers():
        for graph in filter(None, map(graph_of, kind.typical)):
            (node, *others), seeds = graph.nodes, range(20)
            if others or len(node.inputs) != 1 or len(node.outputs) != 1:
                continue
            items = type(node.layer).hyperparameters()
            stage = outcomes.layer_call(
                type(node.layer), [(item.name, (getattr(node.layer, item.name),)) for item in items]
            )
            found, result = graph.values[node.inputs[0]], graph.values[node.outputs[0]]
            for seed in seeds:
                told = outcomes.outcomes(stage, roughened(found, random.Random(seed)), MOST)
                told_of += told is not None
                assert told is None or any(covers(item, result) for item in told), kind.name
    assert told_of > 1_000


def test_types_in_great_number_are_told_together() -> None:
    stage = outcomes.layer_call(
        Conv,
        [("filters", tuple(range(1, 16))), ("kernel", (1, 3, 5, 7)), ("stride", (1, 2, 3))],
    )
    told = outcomes.outcomes(stage, TensorType(F32, (N, 3, 32, 33)), MOST)
    twice = outcomes.through(stage, told, MOST)
    assert told is not None and twice is not None
    assert len(told) == 15 * 3
    (only,) = twice
    assert only.shape[0] == N and all(map(rough.is_number, only.shape[1:]))
    assert all(isinstance(size, Axis) for size in only.shape)


def test_how_small_an_unknown_size_may_be_is_kept_for_large_tensors() -> None:
    sizes = [(N,), (1_000_000, 999_999), (12, 9)]
    (_, large, other) = rough.roughened(TensorType(F32, (N, 1, 1)), sizes).shape
    assert (lowest(large), lowest(other)) == (61 << 14, 8)
    assert 0.97 * 999_999 < (61 << 14) <= 999_999
    (_, small) = rough.roughened(TensorType(F32, (N, 1)), [(N,), (40, 30)]).shape
    assert lowest(small) == 0
    assert rough.same_size(other, 8) and not rough.same_size(other, 7)
