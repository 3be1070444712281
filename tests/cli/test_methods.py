"""`archc methods`: the taxonomy, and one method in full."""

import json

import pytest
from archc.cli.main import run
from archc.search.method import Manipulated
from archc.search.registry import method_names


def test_every_method_has_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["method", "mechanism", "manipulates", "needs"]
    assert [line.split()[0] for line in lines[1:]] == list(method_names())


def test_json_has_the_keys_that_are_promised(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["methods", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema_version"] == 1
    kinds = {str(kind) for kind in Manipulated}
    for row in answer["methods"]:
        assert {"name", "manipulates", "mechanism", "needs"} <= set(row)
        assert set(row["manipulates"]) <= kinds
        assert row["mechanism"]
    needs = {row["name"]: row["needs"] for row in answer["methods"]}
    assert needs["hyperband"] == ["fidelities"]


def test_one_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["methods", "regularized_evolution"]) == 0
    said = capsys.readouterr().out
    assert "settings: regularized_evolution(population=100, tournament=25)" in said
    assert "Real, Aggarwal, Huang and Le 2019" in said


def test_an_unknown_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["methods", "hyperbnad"]) == 2
    assert "did you mean 'hyperband'?" in capsys.readouterr().err
