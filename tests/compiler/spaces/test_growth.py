"""Free growth: where edits can be tried, what each makes, what is refused, and vocabularies."""

import pickle
from collections import Counter
from pathlib import Path

import archc
import pytest
from archc.compiler.spaces.growth import registry

ROOT = Path(__file__).parents[3]
IMAGE = """
network Net on x: f32[N, 3, 16, 16] -> f32[N, 5] {
    x -> conv(8, 3) -> batchnorm -> relu -> conv(16, 3, stride=2) -> relu -> global_avgpool
      -> dense(5)
}

train Net { data = digits(), optimizer = sgd(lr=0.1), epochs = 1 }
"""
BLOCKS = """
block Two(width: int) on x: [N, C, H, W] -> [N, width, _, _] {
    x -> conv(width, 3) -> relu -> residual { conv(width, 3) -> relu }
}

network Net on x: f32[N, 3, 16, 16] -> f32[N, 5] {
    x -> Two(4) -> repeat(2) { conv(4, 3) -> relu }
      -> fork { conv(4, 1), { conv(2, 3) -> relu } } -> concat(axis=1)
      -> mean(axes=[2, 3]) -> dense(5)
}
"""
OWN = """
block Squeeze(width: int) on x: [N, C, H, W] -> [N, C, H, W] {
    x -> conv(width, 1) -> relu -> conv(C, 1)
}

vocabulary Images {
    Squeeze(width = 2 | 4)
    conv(filters = 4..64 log, kernel = small)
}

let small = 3
"""


def weights(program: archc.Program) -> dict[str, tuple[int, ...]]:
    return {weight.name: weight.shape for weight in archc.compile(program).graph.weights()}


def edited(
    text: str, edit: str, where: str, seed: int = 0, vocabulary: str | None = None
) -> archc.GrownProgram:
    """The program with an edit at the place of that name."""
    growth = archc.growth(archc.parse(text), vocabulary=vocabulary)
    (place,) = [item for item in growth.places(edit) if item.where == where]
    return growth.apply(place, seed)


def body(program: archc.Program) -> str:
    """The network's body in one line."""
    (found,) = [item for item in str(program).split("\n\n") if item.startswith("network")]
    return " ".join(found.partition("{\n")[2].rpartition("\n}")[0].split())


# --- single edits ---------------------------------------------------------------------------------


def test_an_inserted_layer_leaves_the_names_of_all_others() -> None:
    before = weights(archc.parse(IMAGE))
    grown = edited(IMAGE, "insert", "after x", vocabulary="vocabulary V { conv(3, 5) }")
    assert body(grown).startswith("x -> conv_3: conv(3, 5) -> conv(8, 3) -> batchnorm")
    assert weights(grown) == before | {"conv_3.weight": (3, 3, 5, 5), "conv_3.bias": (3,)}
    assert str(grown.made) == "insert: insert conv(3, 5) after x"


def test_a_removed_layer_leaves_the_names_of_all_others() -> None:
    grown = edited(IMAGE, "remove", "conv")
    assert body(grown).startswith("x -> batchnorm -> relu -> conv_2: conv(16, 3, stride=2)")
    assert weights(grown)["conv_2.weight"] == (16, 3, 3, 3)
    again = edited(str(grown), "insert", "after x", vocabulary="vocabulary V { conv(3, 5) }")
    assert body(again).startswith("x -> conv(3, 5) -> batchnorm -> relu -> conv_2: conv(16")


def test_a_size_is_made_to_fit_where_none_drawn_does() -> None:
    """No width but the residual's own is valid within it."""
    grown = edited(
        BLOCKS, "insert", "after Two.relu_2", vocabulary="vocabulary V { conv(3..500, 3) }"
    )
    assert "residual { conv(width, 3) -> relu -> conv(4, 3) }" in str(grown)


def test_a_replaced_layer_is_another() -> None:
    grown = edited(IMAGE, "replace", "relu_2", vocabulary="vocabulary V { relu, tanh }")
    assert "stride=2) -> tanh -> global_avgpool" in body(grown)
    with pytest.raises(archc.NoEdit, match=r"no valid replace relu_2: .* stay as it is"):
        edited(IMAGE, "replace", "relu_2", vocabulary="vocabulary V { relu }")


def test_altering_a_hyperparameter_changes_it_alone() -> None:
    vocabulary = "vocabulary V { conv(filters = 8 | 24, kernel = 3 | 5), batchnorm }"
    grown = edited(IMAGE, "alter", "conv.filters", vocabulary=vocabulary)
    assert body(grown) == body(archc.parse(IMAGE)).replace("conv(8, 3)", "conv(24, 3)")
    grown = edited(IMAGE, "alter", "conv_2.kernel", vocabulary=vocabulary)
    assert "conv(16, 5, stride=2)" in body(grown)
    places = archc.growth(IMAGE, vocabulary=vocabulary).places("alter")
    assert not [item for item in places if item.where.startswith("batchnorm")]
    own = edited(IMAGE, "alter", "batchnorm.affine", vocabulary="vocabulary V { relu }")
    assert "batchnorm(affine=false)" in body(own)


def test_a_skip_between_equal_shapes_is_a_sum() -> None:
    growth = archc.growth(IMAGE)
    (place,) = [
        item for item in growth.places("add_skip") if item.where == "to the point after relu"
    ]
    found = {str(growth.apply(place, seed)): growth.apply(place, seed) for seed in range(16)}
    texts = {body(item) for item in found.values()}
    same = "h = x -> conv(8, 3) h_2 = h -> batchnorm -> relu h_2 + h -> conv(16, 3, stride=2)"
    assert any(text.startswith(same) for text in texts)
    projected = (
        "h_2 = x -> conv(8, 3) -> batchnorm -> relu h_2 + (x -> conv_3: conv(8, 1)) -> conv(16"
    )
    assert any(text.startswith(projected) for text in texts), texts
    for item in found.values():
        assert weights(archc.parse(IMAGE)).items() <= weights(item).items()


def test_a_skip_across_a_stride_is_projected_or_padded() -> None:
    growth = archc.growth(IMAGE)
    (place,) = [
        item for item in growth.places("add_skip") if item.where == "to the point after relu_2"
    ]
    texts = {body(growth.apply(place, seed)) for seed in range(16)}
    assert any("conv(16, 1, stride=2)" in text for text in texts)
    padded = growth.apply(place, 1, registry.make_edit("add_skip", {"fit": "pad"}))
    assert "use std.growth: Merge" in str(padded)
    assert weights(padded) == weights(archc.parse(IMAGE))
    unfitted = registry.make_edit("add_skip", {"fit": "none"})
    (place,) = [item for item in growth.places("add_skip") if item.where.endswith("after conv_2")]
    with pytest.raises(archc.NoEdit, match="nothing can be tried"):
        growth.apply(place, 0, unfitted)


def test_a_padded_skip_goes_on_fitting() -> None:
    padded = registry.make_edit("add_skip", {"fit": "pad"})
    program: archc.Program = archc.parse(IMAGE)
    for step in range(4):
        program = archc.grow(program, step, edit=padded)
        program = archc.grow(program, step, edit=["alter_channels", "alter_stride"])
    assert "Merge" in body(program)


def test_within_braces_a_skip_is_a_residual_or_a_fork() -> None:
    growth = archc.growth(BLOCKS)
    places = [item for item in growth.places("add_skip") if "repeat." in item.where]
    texts = {str(growth.apply(place, seed)) for place in places for seed in range(4)}
    assert any("repeat(2) { conv(4, 3) -> residual { relu } }" in text for text in texts)


def test_removing_a_skip_keeps_the_main_line() -> None:
    skipped = "h = x -> conv(3, 3) -> relu\n h + x -> mean(axes=[2, 3]) -> dense(5)"
    text = f"network Net on x: f32[N, 3, 4, 4] -> f32[N, 5] {{ {skipped} }}\n"
    grown = edited(text, "remove_skip", "the sum of Net")
    assert body(grown) == "x -> conv(3, 3) -> relu -> mean(axes=[2, 3]) -> dense(5)"
    grown = edited(BLOCKS, "remove_skip", "the residual after Two.relu")
    assert "x -> conv(width, 3) -> relu -> conv(width, 3) -> relu" in str(grown)
    for seed in range(6):
        grown = archc.grow(BLOCKS, seed, edit="add_skip")
        back = archc.grow(grown, seed, edit="remove_skip")
        assert weights(back).keys() <= weights(grown).keys()


def test_a_split_adds_a_branch_and_a_join_takes_one_away() -> None:
    split = edited(IMAGE, "split", "relu", vocabulary="vocabulary V { tanh }")
    assert "batchnorm -> fork { relu, " in body(split)
    joined = archc.grow(split, 0, edit="join")
    assert "fork" not in body(joined)
    joined = edited(BLOCKS, "join", "branches after repeat", seed=1)
    assert "fork" not in str(joined)
    assert "concat" not in str(joined)


# --- large-scale evolution ------------------------------------------------------------------------


def test_convolutions_come_and_go_with_norm_and_activation() -> None:
    vocabulary = "vocabulary None_ { relu }"
    growth = archc.growth(IMAGE, vocabulary=vocabulary)
    (place,) = [item for item in growth.places("insert_convolution") if item.where == "after relu"]
    texts = {body(growth.apply(place, seed)) for seed in range(24)}
    new = {text.partition("relu -> ")[2].partition(" -> conv_2")[0] for text in texts}
    assert any("conv(8, 3)" in text and "batchnorm" in text for text in new)
    assert any("conv(8, 3, stride=2)" in text for text in new)
    assert any("batchnorm" not in text for text in new)
    removed = edited(IMAGE, "remove_convolution", "conv")
    assert body(removed).startswith("x -> conv_2: conv(16, 3, stride=2) -> relu_2: relu")


def test_filters_stay_odd_and_strides_powers_of_two() -> None:
    names = ["alter_stride", "filter_size", "alter_channels", "insert_convolution"]
    program: archc.Program = archc.parse(IMAGE)
    for step in range(24):
        program = archc.grow(program, step, edit=names[step % 4])
        for node in archc.compile(program).graph.nodes:
            if node.layer.name == "conv":
                kernel, stride = node.layer.kernel, node.layer.stride  # type: ignore[attr-defined]
                assert all(size % 2 for size in (kernel if isinstance(kernel, tuple) else [kernel]))
                assert stride in (1, 2, 4)


def test_filter_size_changes_that_convolution_alone() -> None:
    before = {node.name: node.layer for node in archc.compile(IMAGE).graph.nodes}
    grown = edited(IMAGE, "filter_size", "conv_2")
    after = {node.name: node.layer for node in grown.graph.nodes}
    assert [name for name in before if before[name] != after[name]] == ["conv_2"]


def test_the_learning_rate_moves_by_a_factor_of_two_at_most() -> None:
    rates = set()
    for seed in range(12):
        text = str(archc.grow(IMAGE, seed, edit="alter_learning_rate"))
        rates.add(float(text.partition("sgd(lr=")[2].partition(")")[0]))
    assert len(rates) == 12
    assert min(rates) >= 0.05
    assert max(rates) <= 0.2


# --- vocabularies ---------------------------------------------------------------------------------


def test_a_vocabulary_brings_its_own_blocks() -> None:
    grown = edited(IMAGE, "insert", "after relu", vocabulary=OWN, seed=1)
    again = archc.growth(grown, vocabulary=OWN)
    found = {str(again.grow(seed, "insert")) for seed in range(8)}
    assert any("block Squeeze(width: int)" in text for text in found)
    assert all(text.count("block Squeeze") <= 1 for text in found)
    assert all("vocabulary" not in text for text in found)


def test_a_block_of_the_same_name_is_left_alone() -> None:
    own = IMAGE.replace("relu -> global", "Squeeze -> global")
    text = f"block Squeeze on x: [N, C, H, W] -> [N, C, H, W] {{ x -> tanh }}\n{own}"
    grown = next(
        found
        for seed in range(20)
        if "Squeeze_2" in str(found := archc.grow(text, seed, edit="insert", vocabulary=OWN))
    )
    assert "block Squeeze_2(width: int)" in str(grown)
    assert "x -> tanh" in str(grown)


def test_a_block_that_is_called_as_a_number_would_be_keeps_its_name() -> None:
    text = """
    block Node on x { x -> dense(4) }
    block Node_2 on x { x -> dense(4) }
    network Net on x: f32[N, 4] -> f32[N, 4] { x -> Node -> Node_2 }
    """
    for seed in range(8):
        grown = archc.grow(text, seed, edit="insert", vocabulary="vocabulary V { Node }")
        owners = {node.owner for node in grown.graph.nodes}
        assert len(owners) == 3
        assert owners > {"Node.dense", "Node_2.dense"}


def test_a_vocabulary_of_the_program_itself_is_named() -> None:
    text = OWN + IMAGE
    grown = archc.grow(text, 3, edit="insert", vocabulary="Images")
    assert "vocabulary Images" in str(grown)
    with pytest.raises(ValueError, match="no vocabulary `Nope`; there is Images"):
        archc.grow(text, vocabulary="Nope")


def test_a_vocabulary_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "layers.arch"
    path.write_text("vocabulary A { relu }\nvocabulary B { tanh, any(A) }\n")
    grown = archc.grow(IMAGE, edit="insert", vocabulary=f"{path}:B")
    assert grown.made.what.split()[1] in ("relu", "tanh")
    with pytest.raises(ValueError, match="not one vocabulary; there is A, B"):
        archc.grow(IMAGE, vocabulary=path)


def test_logarithmic_steps_are_drawn_by_their_logarithm() -> None:
    seen: Counter[float] = Counter()
    for seed in range(200):
        wide = "vocabulary V { dropout(0.1..0.9 step 0.4 log) }"
        grown = archc.grow(IMAGE, seed, edit="insert", vocabulary=wide)
        seen[next(n.layer.rate for n in grown.graph.nodes if n.layer.name == "dropout")] += 1
    assert set(seen) == {0.1, 0.5, 0.9}
    # log(5), log(9 / 5) and log(13 / 9) of log(13): 126, 46 and 29 of 200
    assert 105 < seen[0.1] < 147 and 28 < seen[0.5] < 64 and 14 < seen[0.9] < 46


def test_ranges_are_of_numbers() -> None:
    with pytest.raises(ValueError, match="are of numbers"):
        archc.grow(IMAGE, edit="insert", vocabulary="vocabulary V { conv(2 * 2 .. 8, 3) }")


# --- what is asked --------------------------------------------------------------------------------


def test_equal_seeds_give_equal_programs() -> None:
    for seed in range(4):
        assert archc.grow(BLOCKS, seed) == archc.grow(BLOCKS, seed)
    assert len({str(archc.grow(BLOCKS, seed)) for seed in range(12)}) > 9


def test_the_edits_are_those_with_a_place() -> None:
    linear = "network N on x: f32[B, 8] -> f32[B, 5] { x -> dense(5) }\n"
    assert set(archc.growth(linear).edits) == {
        "add_skip", "alter", "insert", "insert_convolution", "insert_one_to_one", "remove",
        "replace", "split",
    }  # fmt: skip
    assert set(archc.growth(BLOCKS).edits) >= set(registry.GENERAL)
    with pytest.raises(ValueError, match="there is no edit 'nope'; the edits are add_skip"):
        archc.growth(linear).places("nope")


def test_where_nothing_is_valid_it_is_said() -> None:
    linear = "network N on x: f32[B, 8] -> f32[B, 5] { x -> dense(5) }\n"
    with pytest.raises(archc.NoEdit, match=r"no valid remove dense: .*f32\[B, 8\]"):
        edited(linear, "remove", "dense")
    with pytest.raises(archc.NoEdit, match=r"of 2 tried.*conv"):
        edited(linear, "insert", "after x", vocabulary="vocabulary V { conv(4 | 8, 3) }")
    with pytest.raises(archc.NoEdit, match="it has no place for join"):
        archc.grow(linear, edit="join")


def test_edits_are_drawn_by_their_weights() -> None:
    weighted = {"remove": 1, "insert": 9, "alter": 0}
    made = [archc.grow(BLOCKS, seed, edit=weighted).made.edit for seed in range(30)]
    assert made.count("insert") > 20
    assert set(made) == {"insert", "remove"}


def test_an_open_program_is_drawn_first() -> None:
    with pytest.raises(ValueError, match="draw a program from it first"):
        archc.grow(IMAGE.replace("conv(8, 3)", "conv(8 | 16, 3)"))
    space = archc.space(IMAGE.replace("conv(8, 3)", "conv(8 | 16, 3)"))
    assert archc.grow(space.sample(), 1).made


def test_a_grown_program_travels() -> None:
    grown = archc.grow(BLOCKS, 5)
    copy = pickle.loads(pickle.dumps(grown))
    assert copy == grown
    assert (copy.made, copy.hash, copy.network) == (grown.made, grown.hash, grown.network)
    assert copy.as_json()["edit"]["name"] == grown.made.edit


@pytest.mark.parametrize("name", registry.edit_names())
def test_every_edit_says_what_it_does(name: str) -> None:
    kind = registry.edit_class(name)
    assert kind.__doc__
    assert kind.changes in ("layers", "connections", "learning hyperparameters")
    with pytest.raises(ValueError, match=f"{name} has no setting 'colour'"):
        registry.make_edit(name, {"colour": 1})


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples").glob("*.arch")), ids=lambda path: path.stem
)
def test_every_example_grows(path: Path) -> None:
    program = archc.load(path)
    network = program.networks[0]
    for seed in range(3):
        grown = archc.grow(program, seed, network=network)
        assert archc.parse(str(grown)) == grown
        assert grown.graph.outputs


DEAD = """
network Net on x: f32[N, 4] -> f32[N, 4] {
    y = x -> dense(4) -> repeat(0) { dense(4) -> tanh }
    y -> if 1 < 2 { relu } else { gelu -> tanh }
}
"""


@pytest.mark.parametrize("edit", ["insert", "replace", "remove", "split", "alter"])
def test_an_edit_that_changes_nothing_is_none(edit: str) -> None:
    program = archc.parse(DEAD)
    layers = "vocabulary V { relu \n tanh \n identity \n dense(units = 4 | 8) }"
    before = archc.compile(program).hash
    for seed in range(12):
        try:
            grown = archc.grow(program, seed=seed, edit=edit, vocabulary=layers)
        except archc.NoEdit:
            continue
        assert grown.hash != before, grown.made
