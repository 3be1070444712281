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
