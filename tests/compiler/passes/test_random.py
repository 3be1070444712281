"""Random programs through all passes: PyTorch, printed source and ONNX compute what they did."""

from collections import Counter
from pathlib import Path

import pytest
from archc.compiler import verify as verifying
from archc.compiler.backends.torch.arrays import evaluate, state_of
from archc.compiler.check import check_file
from archc.compiler.passes import optimise
from pass_programs import program
from pass_runs import graph_of, weights_of

PARTS = 6
RESNET = Path(__file__).parents[3] / "examples" / "zoo" / "resnet.arch"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seeds" in metafunc.fixturenames:
        size = (3_000 if metafunc.config.getoption("--long") else 180) // PARTS
        parts = [range(part * size, (part + 1) * size) for part in range(PARTS)]
        metafunc.parametrize("seeds", parts, ids=[f"{part.start}-{part.stop}" for part in parts])


def test_optimised_programs_compute_the_same(seeds: range) -> None:
    done: Counter[str] = Counter()
    for seed in seeds:
        graph = graph_of(program(seed))
        weights = weights_of(graph, seed)
        found = optimise(graph, weights, evaluate)
        done.update(step.name for step in found.steps)
        before, after = state_of(graph, weights), state_of(found.graph, found.weights)
        report = verifying.compare((graph, before), (found.graph, after), seed)
        assert report.ok, f"seed {seed}\n{program(seed)}\n{report}"
        again = optimise(found.graph, found.weights, evaluate)
        assert not again.steps, f"seed {seed}\n{program(seed)}\n{again.steps}"
    assert len(done) == 5, f"a pass found nothing to do: {done}"


@pytest.mark.parametrize("seed", range(12))
def test_back_ends_take_optimised_graphs(seed: int) -> None:
    graph = graph_of(program(seed))
    found = optimise(graph, weights_of(graph, seed), evaluate)
    report = verifying.verify(found.graph, weights=state_of(found.graph, found.weights), choices=2)
    assert report.ok, f"{program(seed)}\n{report}"


def test_no_batch_norm_is_left_of_a_resnet() -> None:
    """53 convolutions with a norm each, 12 skips that are identities."""
    checked = check_file(RESNET)
    checked.raise_errors()
    graph = checked.graph("ResNet50")
    before = Counter(node.layer.name for node in graph.nodes)
    found = optimise(graph, weights_of(graph), evaluate)
    after = Counter(node.layer.name for node in found.graph.nodes)
    assert before["batchnorm"] == before["conv"] == after["conv"] == 53
    assert after["batchnorm"] == after["identity"] == 0
    assert len(found.graph.nodes) == len(graph.nodes) - 53 - before["identity"]
