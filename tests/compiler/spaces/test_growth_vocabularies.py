"""Vocabularies that programs are grown with: checked like those of spaces, whatever they hold."""

from pathlib import Path

import archc
import pytest
from archc.compiler.check import check_text

NET = "network Net on x: f32[N, 4] -> f32[N, 4] { x -> dense(4) }\n"


@pytest.mark.parametrize(("text", "code"), [
    ("vocabulary V { conv(8, 3, padding = sme | same) }", "E201"),
    ("vocabulary V { dense(4 | 8, bais=false) }", "E211"),
    ("vocabulary V { Nope(7), relu }", "E201"),
    ("vocabulary V { scan(Nope), relu }", "E201"),
    ("vocabulary V { relu, any(V) }", "E465"),
    ("vocabulary V { relu, any(W | X) }\nvocabulary W { tanh }\nvocabulary X { any(V) }", "E465"),
])  # fmt: skip
def test_what_is_wrong_with_a_vocabulary_is_told(text: str, code: str, tmp_path: Path) -> None:
    """One misspelt name had been passed over in silence, as an entry that fits nowhere."""
    path = tmp_path / "layers.arch"
    path.write_text(text)
    for vocabulary in (text, archc.parse(text), f"{path}:V"):
        with pytest.raises(archc.ProgramError) as found:
            archc.grow(NET, edit="insert", vocabulary=vocabulary)
        assert found.value.diagnostics[0].diagnostic.code == code


def test_a_block_between_makes_no_vocabulary_endless() -> None:
    text = """
    block Twice on x: f32[N, D] -> f32[N, D] { limit recursion = 2, x -> any(V) -> any(V) }
    vocabulary V { relu, Twice }
    network Net on x: f32[N, 4] -> f32[N, 4] { x -> any(V) }
    """
    assert archc.space(text).size > 1


def test_a_vocabulary_whose_entries_do_not_parse_is_told_once() -> None:
    text = "vocabulary V { 3 }\nnetwork Net on x: f32[N, 4] -> f32[N, 4] { x -> any(V) }"
    assert [report.diagnostic.code for report in check_text(text).reports] == ["E120"]


def test_vocabularies_within_vocabularies_give_their_entries(tmp_path: Path) -> None:
    path = tmp_path / "nested.arch"
    path.write_text(
        "vocabulary A { any(B), any(C | D) }\nvocabulary B { any(C) }\n"
        "vocabulary C { tanh }\nvocabulary D { relu }"
    )
    growth = archc.growth(NET, vocabulary=f"{path}:A")
    made = {growth.grow(seed, "insert").made.what for seed in range(30)}
    assert {what.split()[1] for what in made} == {"tanh", "relu"}


def test_a_vocabulary_of_another_file_within_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "words.arch").write_text("vocabulary Small { tanh }")
    (tmp_path / "more.arch").write_text("use words\nvocabulary More { any(words.Small), relu }")
    with pytest.raises(ValueError, match=r"`any\(words.Small\)` of the vocabulary More"):
        archc.growth(NET, vocabulary=tmp_path / "more.arch")


def test_an_identity_can_be_inserted() -> None:
    """Refused as an edit that changes nothing, the operator had never had a result."""
    grown = archc.grow(NET, edit="insert_one_to_one")
    assert "identity" in str(grown)
    assert archc.compile(grown).params == archc.compile(NET).params


def test_an_edit_without_a_place_is_named() -> None:
    with pytest.raises(ValueError, match="it has no place for join"):
        archc.grow(NET, edit="join")


OPEN_BLOCKS = """
let most = 4 | 6
block Gate(reduce: int, gate: stage = sigmoid | hardsigmoid) on x: f32[N, C, H, W] {
    s = x -> global_avgpool -> dense(C // reduce) -> relu -> dense(C) -> gate
    x * (s -> reshape([N, C, 1, 1]))
}
block Deep on x: f32[N, C, H, W] -> f32[N, C, H, W] {
    let kernel = 1 | 3
    x -> repeat(1..3) { conv(C, kernel) -> (relu | tanh)? } -> conv(C, ?)
}
vocabulary Mine { Gate(reduce=2 | most), Deep }
"""
IMAGES = """
network Net on x: f32[N, 4, 8, 8] -> f32[N, 5] {
    x -> conv(12, 3) -> relu -> global_avgpool -> dense(5)
}
"""


def test_what_is_open_in_a_block_of_a_vocabulary_is_decided_for_every_edit() -> None:
    grown = [archc.grow(IMAGES, seed, edit="insert", vocabulary=OPEN_BLOCKS) for seed in range(30)]
    assert all(archc.space(archc.parse(str(item))).size == 1 for item in grown)
    texts = "".join(map(str, grown))
    wanted = "stage = sigmoid", "stage = hardsigmoid", "repeat(1)", "repeat(3)", "-> tanh"
    assert [word for word in wanted if word not in texts] == []
    again = archc.grow(IMAGES, 7, edit="insert", vocabulary=OPEN_BLOCKS)
    assert str(again) == str(grown[7])


def test_blocks_decided_in_two_ways_are_two() -> None:
    program: archc.Program = archc.parse(IMAGES)
    for seed in range(6):
        program = archc.grow(program, seed, edit="insert", vocabulary=OPEN_BLOCKS)
    assert archc.parse(str(program)).check().reports == ()
    assert "block Deep_2" in str(program)


def test_what_growth_cannot_decide_is_told() -> None:
    text = "block Both on x { x -> some([relu, tanh], 2) -> add }\nvocabulary Mine { Both }"
    some = text.replace("[relu, tanh], 2", "[relu, tanh, silu], 2")
    with pytest.raises(archc.NoEdit, match="leaves open what is not decided here: `any`, `some`"):
        archc.grow(IMAGES, edit="insert", vocabulary=some)


@pytest.mark.parametrize("low", ["least", "-most"])
def test_a_range_whose_ends_are_no_numbers_is_told(low: str) -> None:
    pad = f"x -> pad(1, value={low}..9) -> conv(C, 3, padding=0)"
    text = f"block Frame(least: int = 1, most: int = 2) on x: f32[N, C, H, W] {{ {pad} }}"
    growth = archc.growth(IMAGES, vocabulary=f"{text}\nvocabulary Mine {{ Frame }}")
    (place,) = [item for item in growth.places("insert") if item.where == "after x"]
    with pytest.raises(archc.NoEdit, match="or a range whose ends are no numbers"):
        growth.apply(place)
