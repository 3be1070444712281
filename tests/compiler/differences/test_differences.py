"""What changed between two programs: alignment, changes, costs, weights, and how it is drawn."""

import json
from collections.abc import Callable
from pathlib import Path

import archc
import pytest
from archc.compiler.differences.align import Item, align
from archc.compiler.spaces.random import Random

BEFORE = """
network Net on x: f32[N, 3, 16, 16] -> f32[N, 5] {
    x -> conv(8, 3) -> batchnorm -> relu -> conv(16, 3, stride=2) -> relu -> conv(16, 3) -> relu
      -> global_avgpool -> head: dense(5)
}
train Net { data = digits(), optimizer = sgd(lr=0.1), epochs = 1 }
"""
AFTER = """
network Net on x: f32[N, 3, 16, 16] -> f32[N, 5] {
    a = x -> conv(8, 5) -> conv(8, 3) -> batchnorm -> relu
    b = a -> conv(24, 3, stride=2) -> tanh
    b + (a -> conv(24, 1, stride=2)) -> conv(16, 3) -> relu -> global_avgpool -> head: dense(5)
}
train Net { data = digits(), optimizer = sgd(lr=0.2), epochs = 1, seed = 1 }
"""


def changed(before: str, after: str) -> list[tuple[str, str, list[str]]]:
    """What is not the same: kind, name, what changed."""
    pairs = [pair for pair in archc.diff(before, after).layers if pair.kind != "same"]
    return [
        (pair.kind, (pair.after or pair.before).name, [item.what for item in pair.changes])  # type: ignore[union-attr]
        for pair in pairs
    ]


def network(body: str) -> str:
    return f"network Net on x: f32[N, 3, 8, 8] -> f32[N, _, _, _] {{ {body} }}\n"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("rebuilt", BEFORE, AFTER),
        ("same", BEFORE, BEFORE),
        ("training", BEFORE, BEFORE.replace("0.1", "0.3")),
        ("labels", BEFORE, BEFORE.replace("-> conv(16, 3) ->", "-> last: conv(16, 3) ->")),
    ],
)
def test_it_is_drawn(
    name: str, before: str, after: str, golden: Callable[[str, str | Path], None]
) -> None:
    golden(str(archc.diff(before, after)), f"diff/{name}.txt")


def test_nothing_changed() -> None:
    found = archc.diff(BEFORE, BEFORE)
    assert found.is_same
    assert found.computes_the_same
    assert found.weights.kept_params == archc.compile(BEFORE).params
    assert not (found.weights.lost or found.weights.new or found.weights.misplaced)


def test_a_layer_before_others_is_one_layer_added() -> None:
    found = changed(
        network("x -> conv(8, 3) -> conv(4, 3)"),
        network("x -> conv(2, 1) -> conv(8, 3) -> conv(4, 3)"),
    )
    assert found == [
        ("added", "conv", []),
        ("changed", "conv_2", ["name"]),
        ("changed", "conv_3", ["name"]),
    ]


def test_labels_hold_layers_together() -> None:
    one = network("x -> a: conv(8, 3) -> b: conv(8, 3)")
    assert changed(one, network("x -> b: conv(8, 3)")) == [("removed", "a", [])]
    other = network("x -> a: conv(8, 3) -> b: conv(8, 5)")
    assert changed(one, other) == [("changed", "b", ["kernel"])]


def test_a_connection_is_seen_where_it_is_read() -> None:
    plain = network("a = x -> conv(8, 3)\n b = a -> relu\n b -> conv(8, 3)")
    around = network("a = x -> conv(8, 3)\n b = a -> relu\n b + a -> conv(8, 3)")
    assert changed(plain, around) == [("added", "add", [])]
    crossed = network("a = x -> conv(8, 3)\n b = a -> relu\n a * 1.0 -> conv(8, 3)")
    crossed = crossed.replace("a * 1.0", "(a, b) -> add")
    swapped = crossed.replace("(a, b)", "(b, a)")
    assert changed(crossed, swapped) == [("changed", "add", ["reads"])]


def test_shared_weights_are_told_from_own_ones() -> None:
    shared = network("layer f = conv(3, 3)\n x -> f -> f")
    own = network("x -> f: conv(3, 3) -> f_2: conv(3, 3)")
    assert ("changed", "f_2", ["weights"]) in changed(shared, own)


def test_what_weights_become() -> None:
    found = archc.diff(BEFORE, AFTER).weights
    assert "head.weight" in found.kept
    assert found.reshaped["conv_3.weight"] == ((16, 16, 3, 3), (24, 8, 3, 3))
    assert found.misplaced == ("conv.bias",)
    assert found.new["conv_4.weight"] == (24, 8, 1, 1)
    renamed = archc.diff(BEFORE, BEFORE.replace("head:", "classes:")).weights
    assert renamed.moved == {"head.weight": "classes.weight", "head.bias": "classes.bias"}
    assert not renamed.lost
    lost = archc.diff(BEFORE, BEFORE.replace(" -> batchnorm", "")).weights
    assert set(lost.lost) == {
        f"batchnorm.{name}"
        for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    }


def test_an_edit_of_growth_is_found_again() -> None:
    """Names stay under edits, so all that differs is what the edit did."""
    for seed in range(6):
        vocabulary = "vocabulary V { conv(4 | 8, 1 | 3), tanh }"
        grown = archc.grow(BEFORE, seed, edit="insert", vocabulary=vocabulary)
        found = archc.diff(BEFORE, grown)
        kinds = [pair.kind for pair in found.layers]
        assert kinds.count("added") == 1
        assert "removed" not in kinds
        assert not (found.weights.lost or found.weights.moved or found.weights.misplaced)


def test_signature_and_symbolic_costs() -> None:
    one = "network Net on x: f32[N, T, 8] -> f32[N, T, 4] { x -> dense(4) }\n"
    other = "network Net on x: f32[N, T, 8] -> y: f32[N, T, 6] { x -> dense(6) }\n"
    found = archc.diff(one, other)
    assert [item.what for item in found.signature] == ["output output", "output y"]
    assert found.costs[0].flops == "68 * T"
    assert "(open) depends on T: give sizes, as by --set T=128" in str(found)
    sized = archc.diff(one, other, values={"T": 2})
    assert [side.flops for side in sized.costs] == [136, 204]


def test_models_are_compared_as_they_were_compiled() -> None:
    text = "network Net(w: int = 4) on x: f32[N, 8] -> f32[N, w] { x -> dense(w) }\n"
    found = archc.diff(archc.compile(text), archc.compile(text, w=6))
    (pair,) = found.layers
    assert [(item.what, item.before, item.after) for item in pair.changes][0] == ("units", 4, 6)
    other = text.replace("Net", "Other")
    assert archc.diff(text + other, other, network=("Net", "Other")).is_same


def test_a_side_must_be_closed() -> None:
    with pytest.raises(archc.ProgramError, match="E226"):
        archc.diff(BEFORE, BEFORE.replace("conv(8, 3)", "conv(8 | 4, 3)"))


def test_json_is_plain() -> None:
    found = json.loads(json.dumps(archc.diff(BEFORE, AFTER).as_json()))
    assert found["same"] is False
    assert found["costs"]["params"] == [archc.compile(BEFORE).params, archc.compile(AFTER).params]
    assert {item["kind"] for item in found["layers"]} == {"added", "changed", "removed"}
    assert found["settings"][0] == {
        "what": "optimizer", "before": "sgd(lr=0.1)", "after": "sgd(lr=0.2)",
    }  # fmt: skip


# --- alignment ------------------------------------------------------------------------------------


def items(random: Random, count: int) -> list[Item]:
    kinds = ("conv", "relu", "dense")
    drawn = [kinds[random.below(3)] for _ in range(count)]
    return [Item("", f"{kind}_{place}", kind, kind, "t") for place, kind in enumerate(drawn)]


def test_alignments_keep_both_orders_and_lose_nothing() -> None:
    for seed in range(60):
        random = Random(seed, 1)
        before, after = items(random, random.below(9)), items(random, random.below(9))
        pairs = align(before, after)
        assert [i for i, _ in pairs if i is not None] == list(range(len(before)))
        assert [j for _, j in pairs if j is not None] == list(range(len(after)))
        for i, j in pairs:
            if i is not None and j is not None:
                assert before[i].kind == after[j].kind


def test_as_many_layers_pair_as_a_longest_common_subsequence() -> None:
    def longest(one: list[Item], other: list[Item]) -> int:
        if not one or not other:
            return 0
        if one[0].kind == other[0].kind:
            return 1 + longest(one[1:], other[1:])
        return max(longest(one[1:], other), longest(one, other[1:]))

    for seed in range(40):
        random = Random(seed, 2)
        before, after = items(random, 7), items(random, 7)
        paired = sum(None not in pair for pair in align(before, after))
        assert paired == longest(before, after)


def test_long_networks_are_aligned_by_anchors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.compiler.differences.align.MOST_CELLS", 30)
    random = Random(5, 3)
    before = items(random, 60)
    after = [*before[:20], *items(random, 3), *before[20:45], *before[46:]]
    pairs = align(before, after)
    assert [i for i, _ in pairs if i is not None] == list(range(60))
    assert sum(i is not None and j is not None and before[i] == after[j] for i, j in pairs) == 59
