"""A coordinator killed at any moment: nothing finished is lost, nothing is doubled."""

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SCRIPT = """
import sys, time
import archc

stages = "x -> dense(4 | 5 | 6 | 7) -> dense(4..20) -> dense(4)"
text = "network N on x: f32[N, 4] -> f32[N, 4] {" + stages + "}"

def evaluate(program):
    time.sleep(0.05)
    return sum(item.value for item in program.trace)

archc.run_search(
    archc.space(text + chr(10)), evaluate=evaluate, trials=40, jobs=2, seed=7, store=sys.argv[1],
    settings={"population": 8, "tournament": 3},
)
"""
QUERY = """
    SELECT number, trace, state, merit FROM trial
    WHERE state NOT IN ('WAITING', 'RUNNING') ORDER BY number
"""


def rows(path: Path, query: str = QUERY) -> list[Any]:
    connection = sqlite3.connect(path, timeout=30)
    try:
        return connection.execute(query).fetchall()
    except sqlite3.OperationalError:  # killed before there were tables
        return []
    finally:
        connection.close()


def test_killed_at_random_moments_it_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    script, whole, killed = (tmp_path / name for name in ("script.py", "whole.db", "killed.db"))
    script.write_text(SCRIPT)
    begun = time.monotonic()
    subprocess.run([sys.executable, script, whole], check=True, timeout=100)
    length = time.monotonic() - begun
    moments = random.Random(5)
    before: list[Any] = []
    for _ in range(5):
        running = subprocess.Popen([sys.executable, script, killed])
        try:
            running.wait(moments.uniform(0.3, 0.9) * length)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        found = rows(killed)
        assert set(before) <= set(found), "something finished was lost or changed"
        before = found
    subprocess.run([sys.executable, script, killed], check=True, timeout=100)
    assert rows(killed) == rows(whole)
    assert len(rows(killed)) == 40
    doubled = "SELECT number FROM attempt WHERE state = 'DONE' GROUP BY number HAVING count(*) > 1"
    assert rows(killed, doubled) == []
    interrupted = rows(killed, "SELECT count(*) FROM attempt WHERE interrupted")
    assert interrupted[0][0] > 0, "no kill fell into the search"
    assert rows(killed, "SELECT ended FROM study") == [("COMPLETE",)]
