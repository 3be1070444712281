"""What was proved is what is drawn today, and that a difference is noticed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from draws import CHUNK, RESULTS, redrawn, same
from prove import SPACES, Amounts, Prover

PROVED = {entry["space"]: entry for entry in json.loads(RESULTS.read_text())["spaces"]}


@pytest.mark.parametrize("name", SPACES)
def test_what_was_proved_first_is_drawn_today(name: str) -> None:
    entry = PROVED[name]
    assert len(entry["draws"]) == 10
    assert same(entry | {"draws": entry["draws"][:1]}) == CHUNK


def test_a_proof_keeps_the_digests_of_whole_chunks(tmp_path: Path) -> None:
    for traces in (250, 300):
        proof = Prover("recursive", Amounts(traces, 0, 0), tmp_path).prove(float("inf"))
    again = redrawn("recursive", {})
    assert proof.traces == 300
    assert proof.draws == [next(again), next(again)] == PROVED["recursive"]["draws"][:2]


@pytest.mark.parametrize(
    ("draws", "told", "status"),
    [
        (PROVED["recursive"]["draws"][:2], "200 of 200: the same", 0),
        ([PROVED["recursive"]["draws"][0], "0123"], "100 of 200: another", 1),
        ([], "no digest", 1),
    ],
)
def test_another_draw_is_told(draws: list[str], told: str, status: int, tmp_path: Path) -> None:
    entry: dict[str, Any] = {"space": "recursive", "settings": {}, "draws": draws}
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"spaces": [entry]}))
    script = Path(__file__).with_name("draws.py")
    done = subprocess.run(
        [sys.executable, script, "--results", results], check=False, capture_output=True, text=True
    )
    assert told in done.stdout
    assert done.returncode == status
