"""Peers, played by a process that speaks as theirs do: programs, what goes on, what goes wrong.

That NePS itself understands what it is told, `archc bench methods --against neps` shows where it is
installed; its figures stand in benchmarks/tabular.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import archc
import pytest
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.tabular import peers
from archc.search.tabular.comparing import Comparing, compare
from archc.search.tabular.methods import method_of
from archc.search.tabular.running import Answers, run
from archc.search.tabular.table import Table

from .conftest import EPOCHS

PLAYED = """
import json, sys
told, asked, opened = [], 0, None
for line in sys.stdin:
    request = json.loads(line)
    answer = {"seconds": 0.25}
    if request["do"] == "open":
        asked, opened, told = 0, request, []
        if request["algorithm"] == "wrong":
            answer["error"] = "ValueError: there is no wrong"
        if request["algorithm"] == "ending":
            sys.exit("it cannot go on")
    elif request["do"] == "tell":
        told.append((request["trial"], request["loss"]))
    else:
        assert len(told) == asked, "every trial is told before the next"
        # a program, the same for longer, the same again, another one
        number, asked = asked % 4, asked + 1
        last = [c[1] if isinstance(c, list) else c - 1 for c in opened["choices"]]
        values = last if number < 3 else [0 for _ in last]
        config = {f"c{place}": value for place, value in enumerate(values)}
        config["epochs"] = (1, 3, 3, 1)[number]
        answer |= {"trial": f"t{asked}", "config": config,
                   "previous": f"t{asked - 1}" if number == 1 else None}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    script = tmp_path / "played.py"
    script.write_text(PLAYED)
    monkeypatch.setattr(peers, "command_of", lambda name: [sys.executable, str(script)])
    monkeypatch.setattr("archc.search.tabular.methods.command_of", lambda name: [])
    peers._process.cache_clear()
    yield
    if peers._process.cache_info().currsize:
        peers._process("neps").close()
    peers._process.cache_clear()


def test_choices_are_told_as_settings_and_come_back_as_programs(
    played: None, small: Space, small_table: Table
) -> None:
    choices = peers.choices_of(small)
    assert list(choices["Small.repeat.n"]) == [1, 2]
    assert list(choices["Small.repeat.1.dense.units"]) == [4, 8, 16, 32, 64]
    assert "Small.act" in choices
    assert any(name.endswith("lr") for name in choices)
    answers = Answers(small_table, small)
    steps = run(method_of(small_table, "neps"), answers, 8, seed=0)
    last, first = (answers.row(list(small.enumerate())[place]) for place in (-1, 0))
    assert {steps[0].row, steps[2].row} == {last, first}


def test_what_goes_on_pays_what_it_adds_and_what_comes_again_nothing(
    played: None, small: Space, small_table: Table
) -> None:
    method = method_of(small_table, 'neps(algorithm="played")')
    steps = run(method, Answers(small_table, small), 8, seed=0)
    assert [(step.epochs, step.spent) for step in steps] == [(1, 1), (3, 3), (1, 4)]
    assert isinstance(method, peers.Neps)
    assert method.most == EPOCHS
    assert method.seconds > 0.25 * 3


def test_searches_share_a_process_and_do_not_mix(
    played: None, table_file: Path, small_table: Table, tmp_path: Path
) -> None:
    plan = Comparing(("random",), ("neps",), seeds=2, budget=8 * EPOCHS)
    found = compare(table_file, plan, tmp_path / "journal")
    ours = [search for search in found if search.unit.method == "neps"]
    assert [step.spent for step in ours[0].steps] == [step.spent for step in ours[1].steps]
    assert not any(search.unit.shuffled for search in ours)
    assert all(search.cost > 0.25 for search in ours), "the peer's seconds count"


@pytest.mark.parametrize(
    "algorithm, said",
    [("wrong", "neps cannot go on: ValueError: there is no wrong"),
     ("ending", "the process of neps has ended: it cannot go on")],
)  # fmt: skip
def test_what_a_peer_says_is_told(
    played: None, algorithm: str, said: str, small: Space, small_table: Table
) -> None:
    method = method_of(small_table, f'neps(algorithm="{algorithm}")')
    with pytest.raises(SearchError, match=said):
        run(method, Answers(small_table, small), 8, seed=0)


def test_a_peer_that_is_not_there_is_missed_before_anything_runs(
    table_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHC_PEERS", str(tmp_path))
    with pytest.raises(SearchError, match="no environment of its own in") as caught:
        compare(table_file, Comparing(("random",), ("neps",)), tmp_path / "journal")
    assert "peers.py makes it" in caught.value.help
    assert not (tmp_path / "journal").exists()


def test_settings_that_it_has_not_and_spaces_that_cannot_be_listed(
    played: None, small_table: Table
) -> None:
    with pytest.raises(SearchError, match="neps has no setting 'count'"):
        method_of(small_table, "neps(count=3)")
    large = archc.space(
        "network Large on x: f32[N, 4] -> f32[N, 4] {\n"
        "    x -> repeat(9) { dense(4 | 8 | 16 | 32 | 64) } -> dense(4)\n}\n"
    )
    with pytest.raises(ValueError, match="more than 20,000 programs"):
        peers.choices_of(large)
