"""`archc count`, and what `archc check` says of a space."""

import json
import sys
from pathlib import Path

import pytest
from archc.cli.main import run
from archc.compiler.spaces import space as space_module
from archc.compiler.spaces import within

SPACE = """
network Net(width: int = 4 | 8) on x: f32[N, 4] -> f32[N, 2] {
    x -> repeat(1..2) { dense(width) -> (relu | tanh) } -> dense(2)
}
"""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    path = tmp_path / "space.arch"
    path.write_text(SPACE)
    return path


def test_the_size_is_digits(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["count", str(space), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["size"] == "12"
    assert answer["exact"] is True
    assert [item["name"] for item in answer["choices"]] == [
        "Net.width", "Net.repeat.n", "Net.repeat.0.choice", "Net.repeat.1.choice",
    ]  # fmt: skip


def test_options_are_shown_as_they_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "space.arch"
    path.write_text("""network Net on x: f32[N, 8] -> f32[N, 8] {
    let units = 8..64 log
    let more = 8..64 step 8 log
    let rate = 1e-3..0.5 log
    x -> dense(units, bias=true | false) -> (dense(more, bias=true | false) | identity)?
      -> dropout(rate) -> dense(8)
}
""")
    assert run(["count", str(path)]) == 0
    rows = [line.split("  ") for line in capsys.readouterr().out.splitlines()[2:]]
    options = {row[1]: " ".join(row[2:-1]).strip() for row in rows}
    assert options == {
        "Net.units": "8..64 log",
        "Net.more": "8..64 step 8 log",
        "Net.rate": "0.001..0.5 log",
        "Net.dense.bias": "true | false",
        "Net.stage?": "(dense(more, bias=true | false) | identity) | identity",
        "Net.choice": "dense(more, bias=true | false) | identity",
        "Net.dense_2.bias": "true | false",
    }
    assert run(["count", str(path), "--json"]) == 0
    choices = json.loads(capsys.readouterr().out)["choices"]
    assert {item["name"]: item["options"] for item in choices}["Net.dense.bias"] == [True, False]


def test_hyperparameters_close_choices(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["count", str(space), "--set", "width=16", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == "6"


def test_distinct_graphs_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "same.arch"
    path.write_text(
        "network S on x: f32[N, 4] -> f32[N, 4] {\n    x -> (relu? | identity) -> tanh?\n}\n"
    )
    assert run(["count", str(path), "--distinct"]) == 0
    said = capsys.readouterr().out
    assert "S: 6 programs" in said
    assert "4 distinct graphs" in said


def test_a_real_range_makes_a_space_infinite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "real.arch"
    path.write_text("network R on x: f32[N, 4] -> f32[N, 4] {\n    x -> dropout(0.0..0.5)\n}\n")
    assert run(["count", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == "inf"


def test_a_count_beyond_its_budget_tells_what_is_proved(
    space: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["count", str(space), "--budget", "3", "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["exact"] is False
    assert "needs more than 3 expansions (`--budget`)" in said.err
    assert "at least" in said.err


def test_a_budget_may_be_more_than_questions_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space_module, "MOST_EXPANSIONS", 50)
    path = tmp_path / "many.arch"
    path.write_text(
        "network Net on x: f32[N, 8] -> f32[N, 2] { x -> dense(1..40) -> dense(1..9) -> dense(2) }"
    )
    assert run(["count", str(path), "--budget", "60"]) == 1
    assert "needs more than 60 expansions" in capsys.readouterr().err
    assert run(["count", str(path), "--budget", "10000", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == "360"


def test_what_no_budget_counts_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(within, "MOST_BANDS", 5)
    path = tmp_path / "many.arch"
    path.write_text(
        "network Net on x: f32[N, 8] -> f32[N, 2] {\n"
        "    x -> dense(1..9) -> dense(1..9) -> dense(2)\n"
        "    require params <= 100 and flops <= 150\n}\n"
    )
    assert run(["count", str(path)]) == 1
    said = capsys.readouterr().err
    assert "the programs cannot be counted: there are more than 5 bands of costs" in said
    assert "--budget" not in said


def test_check_prints_size_and_choices(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(space)]) == 0
    said = capsys.readouterr().out
    assert "1 network, no errors" in said
    assert "Net: 12 programs" in said
    assert "Net.repeat.0.choice" in said
    assert run(["check", str(space), "--format", "json"]) == 0
    (network,) = json.loads(capsys.readouterr().out)["networks"]
    assert network["size"] == 12


def test_commands_for_finished_networks_name_the_choices(
    space: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["show", str(space)]) == 1
    said = capsys.readouterr().err
    assert "error[E226]" in said
    assert said.count("`archc sample` draws one") == 1


def test_a_count_goes_as_far_as_its_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a glance, which is short for large programs, would have given up."""
    kernels = ", ".join(["1 | 3"] * 8)
    stages = " -> ".join(f"conv(2, kernels[{place}])" for place in range(8))
    text = f"""network Net on x: f32[1, 2, 4, 4] -> f32[...] {{
    let kernels = [{kernels}]
    x -> repeat(200) {{ relu }} -> {stages}
}}
"""
    (tmp_path / "net.arch").write_text(text)
    assert run(["check", str(tmp_path / "net.arch")]) == 0
    assert "256 programs" not in capsys.readouterr().out
    assert run(["count", str(tmp_path / "net.arch"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == "256"


def test_a_network_without_choices_has_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "whole.arch"
    path.write_text("network Net on x: f32[N, 4] -> f32[N, 4] { x -> relu }\n")
    assert run(["count", str(path)]) == 0
    assert capsys.readouterr().out == "Net: 1 program, nothing is open\n"


def test_a_size_of_more_digits_than_python_spells_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "network Net on x: f32[4] -> f32[4] { x -> repeat(2500) { relu | tanh } }"
    (tmp_path / "net.arch").write_text(text)
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)  # the least that can be set; it is 4,300 otherwise
    try:
        assert run(["count", str(tmp_path / "net.arch"), "--json"]) == 0
        size = json.loads(capsys.readouterr().out)["size"]
        assert run(["count", str(tmp_path / "net.arch")]) == 0
        assert sys.get_int_max_str_digits() == 640
    finally:
        sys.set_int_max_str_digits(limit)
    assert size == str(2**2500)
    assert capsys.readouterr().out.startswith(f"Net: {2**2500:,} programs\n")


def test_a_block_that_uses_itself_is_counted_though_its_states_are_not_all_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = "limit recursion = 9, x -> ({ A -> A } | A | relu)"
    text = f"block A on x {{ {body} }}\nnetwork Net on x: f32[N, 4] {{ x -> A }}\n"
    (tmp_path / "net.arch").write_text(text)
    size = 0
    for _ in range(9):
        size = size**2 + size + 1
    assert run(["count", str(tmp_path / "net.arch")]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Net: {size:,} programs\n")
    assert said.endswith("looked through\n")
    assert run(["check", str(tmp_path / "net.arch")]) == 0
    assert f"Net: {size:,} programs\n" in capsys.readouterr().out


def test_a_space_whose_train_cannot_be_meant_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.arch"
    path.write_text(
        "network Net on x: f32[N, 4] -> f32[N, _] { x -> dense(2 | 4) }\n"
        "train Net { optimizer = adaam }\n"
    )
    for words in (["sample"], ["mutate", "--seed", "1"], ["count"], ["enumerate"]):
        assert run([words[0], str(path), *words[1:]]) == 1
        told = capsys.readouterr()
        assert "`adaam`" in told.err
        assert not told.out
