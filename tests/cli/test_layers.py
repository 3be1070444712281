"""`archc layers`: the vocabulary as a list, one layer in full, JSON for programs."""

import json

import pytest
from archc.cli.layers import descriptions
from archc.cli.main import run
from archc.compiler.registry import all_layers, layer_names
from archc.grammar.ast import Call, Name, Vocabulary
from archc.grammar.parse import parse
from archc.grammar.print import print_program

SHAPED_BY_MORE = {"einsum", "reduce", "scan"}
"""Their shapes follow from a pattern or a cell."""


def test_the_list_holds_every_layer_in_its_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers"]) == 0
    said = capsys.readouterr().out
    lines = [line for line in said.splitlines() if line.startswith("  ")]
    assert sorted(line.split()[0] for line in lines) == layer_names()
    assert said.splitlines()[0] == "convolution"


def test_a_narrow_terminal_is_not_overrun(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert run(["layers"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 40


def test_one_layer_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", "conv"]) == 0
    said = capsys.readouterr().out
    head = "conv(filters, kernel, stride=1, padding=same, dilation=1, groups=1, bias=true)\n"
    assert said.startswith(head)
    assert "Weights: weight [filters, C // groups, *kernel]" in said
    assert "example: x -> conv(64, 3, stride=2)" in said
    assert "  filters   an integer" in said
    assert "8..512 log" in said


def test_json_has_values_and_domains(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema_version"] == 1
    layers = {entry["name"]: entry for entry in answer["layers"]}
    assert sorted(layers) == layer_names()
    settings = {entry["name"]: entry for entry in layers["conv"]["hyperparameters"]}
    assert list(settings)[:3] == ["filters", "kernel", "stride"]
    assert settings["filters"]["required"] is True
    assert settings["filters"]["domain"] == "8..512 log"
    assert settings["stride"]["default"] == 1
    assert settings["padding"]["default"] == "same"
    assert settings["bias"]["default"] is True


def test_an_unknown_name_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", "convv"]) == 2
    assert "did you mean 'conv'?" in capsys.readouterr().err


def test_what_is_told_of_a_layer_is_complete() -> None:
    for item in descriptions():
        assert item.summary.endswith("."), item.name
        assert item.name in item.example, f"{item.name} has no example of itself"
        assert "hapes" in item.text or item.name in SHAPED_BY_MORE, item.name


def test_scan_shows_what_a_program_can_write() -> None:
    scan = next(item for item in descriptions() if item.name == "scan")
    assert [entry.name for entry in scan.hyperparameters] == ["reverse", "last"]


# --- The vocabulary ------------------------------------------------------------------------------

NO_DOMAINS = {
    "broadcast", "constant", "einsum", "expand", "pad", "parameter", "permute", "rearrange",
    "reduce", "reshape", "scan", "split",
}  # fmt: skip
"""What they must be given (a pattern, a shape, a cell) has no values that fit most networks."""


def test_the_vocabulary_is_canonical_arch(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", "--as-vocabulary"]) == 0
    text = capsys.readouterr().out
    parsed = parse(text, "<vocabulary>")
    assert not parsed.reports
    assert print_program(parsed.program) == text


def test_the_vocabulary_holds_every_layer_from_one_tensor_to_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["layers", "--as-vocabulary", "--json"]) == 0
    text = json.loads(capsys.readouterr().out)["vocabulary"]
    (vocabulary,) = parse(text, "<vocabulary>").program.declarations
    assert isinstance(vocabulary, Vocabulary)
    listed = {name_of(entry) for entry in vocabulary.entries}
    single = {
        layer.name for layer in all_layers() if layer.arity[0] == 1 and layer.family != "joining"
    }
    assert listed == single - NO_DOMAINS - {"equal", "greater", "less", "sort", "topk"}
    assert "states" not in text  # which a recurrent layer hands on beside its result


def name_of(entry: object) -> str:
    function = entry.function if isinstance(entry, Call) else entry
    assert isinstance(function, Name)
    return function.id


def test_layers_without_domains_are_those_that_are_known() -> None:
    lacking = {
        layer.name
        for layer in all_layers()
        for item in layer.hyperparameters()
        if item.required and item.domain is None
    }
    assert lacking == NO_DOMAINS


def test_the_vocabulary_is_of_all_layers_or_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", "conv", "--as-vocabulary"]) == 2
    assert "leave NAME out" in capsys.readouterr().err
