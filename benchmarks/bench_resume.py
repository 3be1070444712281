"""A study killed at 50 random moments: what is lost, what is doubled, whether it goes on the same.

The coordinator of a search with two workers is killed with SIGKILL at a moment drawn anew each
time, from its first trial to its last, then the study goes on. After each kill nothing that had
finished may be missing or changed; when the study has come to its end, nothing may be finished
twice, and its trials must be those of a study that was never killed. A study that ends is followed
by a new one until all kills are spent. This is no comparison of times: the figure is how many of
the kills left a study that passed.
"""

import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from harness import Report, main, require

KILLS = 50
TRIALS = 60
SCRIPT = """
import sys, time
import archc

stages = "x -> dense(4 | 5 | 6 | 7) -> dense(4..20) -> dense(4)"
text = "network N on x: f32[N, 4] -> f32[N, 4] {" + stages + "}"

def evaluate(program, trial):
    log = trial.directory / "log"
    before = log.read_text() if log.exists() else ""
    log.write_text(before + str(trial.number) + " ")
    for epoch in range(3):
        trial.report(epoch, float(epoch))
    time.sleep(0.01)
    return float(sum(item.value for item in program.trace))

print("begun", flush=True)
archc.run_search(
    archc.space(text + chr(10)), sys.argv[2], evaluate, trials=60, jobs=2, seed=7,
    store=sys.argv[1], progress=lambda trial: print(trial.number, flush=True),
)
"""
METHODS = ("regularized_evolution", "hyperband")
FINISHED = """
    SELECT number, trace, fidelity, resumes, sees, state, merit FROM trial
    WHERE state NOT IN ('WAITING', 'RUNNING') ORDER BY number
"""
DOUBLED = "SELECT number FROM attempt WHERE state = 'DONE' GROUP BY number HAVING count(*) > 1"
METRICS = "SELECT number FROM metric GROUP BY number HAVING count(*) != 3"


def rows(path: Path, query: str) -> list[Any]:
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(path, timeout=60)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:  # killed before there were tables
        return []


def begin(script: Path, store: Path, method: str) -> "subprocess.Popen[str]":
    """A coordinator that is about to open its store."""
    command = [sys.executable, script, store, method]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    require(process.stdout.readline().strip() == "begun", "the search does not begin")
    return process


def length(script: Path, folder: Path, method: str) -> tuple[float, list[Any]]:
    """How long a study takes that nobody kills, and its trials."""
    store = folder / f"{method}.db"
    process = begin(script, store, method)
    begun = time.monotonic()
    process.communicate()
    require(process.returncode == 0, "the search fails")
    found = rows(store, FINISHED)
    require(len(found) == TRIALS, "the search does not end")
    return time.monotonic() - begun, found


def kills_passed(
    script: Path, folder: Path, method: str, kills: int, moments: random.Random
) -> tuple[int, int]:
    """How many kills fell into a running study and left nothing wrong, and how many fell."""
    seconds, whole = length(script, folder, method)
    passed = fell = number = 0
    while fell < kills:
        number += 1
        store = folder / f"{method}-{number}.db"
        before: list[Any] = []
        good = mine = 0
        while True:
            process = begin(script, store, method)
            try:
                process.communicate(timeout=moments.uniform(0.05, 0.6) * seconds)
                break  # it came to its end first
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
            fell += 1
            mine += 1
            found = rows(store, FINISHED)
            good += set(before) <= set(found) <= set(whole)
            before = found
            if fell == kills:
                subprocess.run([sys.executable, script, store, method], check=True,
                               stdout=subprocess.DEVNULL)  # fmt: skip
                break
        same = rows(store, FINISHED) == whole
        clean = not rows(store, DOUBLED) and not rows(store, METRICS)
        passed += good if same and clean else 0
        print(f"{method}: {fell} of {kills} kills, {passed} passed", file=sys.stderr)
        require(mine > 0 or number < 20, "the kills come too late")
    return passed, fell


def measure(report: Report) -> None:
    kills = 4 if report.quick else KILLS
    moments = random.Random(11)
    total = 0
    with tempfile.TemporaryDirectory(prefix="archc-bench-") as name:
        folder = Path(name)
        script = folder / "script.py"
        script.write_text(SCRIPT)
        for method in METHODS:
            passed, _ = kills_passed(script, folder, method, kills // len(METHODS), moments)
            report.facts[method] = f"{passed} of {kills // len(METHODS)}"
            total += passed
    report.facts["nothing lost, nothing doubled, same proposals"] = f"{total} of {kills}"


if __name__ == "__main__":
    main("resume", "Studies killed at random moments", measure)
