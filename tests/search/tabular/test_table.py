"""Tables: made from a space whatever stops it, kept in a file, found by name."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import archc
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.tabular import quality
from archc.search.tabular.journal import Journal
from archc.search.tabular.making import Making, make, rekeyed
from archc.search.tabular.table import CHECKSUM, Table, find, read

from .conftest import EPOCHS, oracle


def test_every_program_is_there_once_with_every_seed(small: Space, small_table: Table) -> None:
    assert len(small_table) == small.size == len(set(small_table.keys))
    assert small_table.seeds == (0, 1, 2)
    assert small_table.epochs == EPOCHS
    assert small_table.curves["loss"].shape == (small.size, 3, EPOCHS)
    assert small_table.scores["test_loss"].shape == (small.size, 3)
    program = small.sample(4)
    row = small_table.rows[f"{program.hash} optimizer.lr={program.trace[-1].value}"]
    assert small_table.params[row] == program.params
    assert small_table.flops[row] == program.flops


def test_equal_graphs_are_one_program_unless_trained_differently(tmp_path: Path) -> None:
    space = archc.space(
        "network Twice on x: f32[N, 4] -> f32[N, 4] { x -> (relu | relu) -> dense(4 | 8, bias=true)"
        " -> dense(4) }\ntrain Twice { optimizer = adamw(lr=1e-3 | 1e-2) }"
    )
    made = make(space, oracle, Making(seeds=(0,), jobs=0), tmp_path / "journal")
    assert space.size == 8
    assert len(made) == 4


def test_a_file_gives_back_what_was_written(small_table: Table, tmp_path: Path) -> None:
    small_table.write(tmp_path / "again.parquet")
    again = read(tmp_path / "again.parquet")
    assert again.keys == small_table.keys
    assert again.checksum == small_table.checksum
    assert again.head == small_table.head
    np.testing.assert_array_equal(again.curves["loss"], small_table.curves["loss"])
    assert list(tmp_path.iterdir()) == [tmp_path / "again.parquet"]


def test_a_changed_number_is_noticed(table_file: Path, tmp_path: Path) -> None:
    whole = pq.read_table(table_file)
    column = whole.column_names.index("params")
    changed = np.array(whole.column("params").to_numpy())
    changed[3] += 1
    forged = whole.set_column(column, whole.schema.field("params"), [changed])
    pq.write_table(forged, tmp_path / "forged.parquet")
    with pytest.raises(SearchError, match="damaged"):
        read(tmp_path / "forged.parquet")
    assert CHECKSUM in forged.schema.metadata


@pytest.mark.parametrize(
    ("content", "message"), [(b"nonsense", "cannot be read"), (None, "no table of trainings")]
)
def test_what_is_no_table_is_refused(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    if content is None:
        pq.write_table(pa.table({"a": [1]}), path)
    else:
        path.write_bytes(content)
    with pytest.raises(SearchError, match=message):
        read(path)


def test_a_table_is_found_by_name(table_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHC_TABLES", f"/nowhere{os.pathsep}{table_file.parent}")
    assert find("small") == table_file
    assert find(str(table_file)) == table_file
    with pytest.raises(SearchError, match=r"no table 'smell' .*small"):
        find("smell")


def test_a_space_without_an_end_is_refused(tmp_path: Path) -> None:
    space = archc.space("network R on x: f32[N, 4] -> f32[N, 4] { x -> dropout(0.1..0.5) }")
    with pytest.raises(SearchError, match="inf programs"):
        make(space, oracle, Making(jobs=0), tmp_path / "journal")


def test_what_fails_is_told_and_what_was_trained_is_kept(small: Space, tmp_path: Path) -> None:
    def failing(program: Any, trial: Any) -> dict[str, float]:
        if trial.number == 5:
            raise RuntimeError("no luck")
        return oracle(program, trial)

    with pytest.raises(SearchError, match="no luck"):
        make(small, failing, Making(jobs=0), tmp_path / "journal")
    done: list[int] = []
    again = make(
        small, oracle, Making(jobs=0), tmp_path / "journal", lambda count, _: done.append(count)
    )
    assert done[0] == 6
    assert len(again) == small.size


def test_nothing_reported_makes_no_table(small: Space, tmp_path: Path) -> None:
    with pytest.raises(SearchError, match="no curve"):
        make(small, lambda program: 1.0, Making(jobs=0), tmp_path / "journal")


def test_another_space_does_not_go_on_with_a_journal(small: Space, tmp_path: Path) -> None:
    make(small, oracle, Making(jobs=0), tmp_path / "journal")
    with pytest.raises(SearchError, match="another seeds"):
        make(small, oracle, Making(seeds=(0,), jobs=0), tmp_path / "journal")


def test_torn_and_damaged_lines_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    book = Journal(path, {"head": 1})
    for number in range(4):
        book.add({"number": number})
    book.close()
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b"1}", b"7}")  # a changed number
    path.write_bytes(b"\n".join(lines)[:-6])  # the last line torn
    again = Journal(path, {"head": 1})
    assert [record["number"] for record in again.records] == [0, 2]
    assert again.damaged == 2
    again.add({"number": 9})
    again.close()
    last = Journal(path, {"head": 1})
    last.close()
    assert [record["number"] for record in last.records] == [0, 2, 9]


MAKING = """
import sys, time, archc
from pathlib import Path
from archc.search.tabular.making import Making, make, rekeyed
def slow(program, trial):
    time.sleep(0.01)
    trial.report(1, float(trial.number), "loss")
    return {"seconds": 0.01}
folder = Path(sys.argv[1])
made = make(archc.space(str(folder / "s.arch")), slow, Making(jobs=0), folder / "journal")
made.write(folder / "s.parquet")
"""


def test_killed_at_any_moment_it_goes_on(tmp_path: Path) -> None:
    text = "network S on x: f32[N, 4] -> f32[N, 4] { x -> dense(4 | 8 | 9 | 10 | 11) -> dense(4) }"
    (tmp_path / "s.arch").write_text(text)
    before, kills = 0, 0
    for _ in range(20):
        process = subprocess.Popen([sys.executable, "-c", MAKING, str(tmp_path)])
        while process.poll() is None and _lines(tmp_path) <= before + 4:
            time.sleep(0.005)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        assert _lines(tmp_path) >= before + 4
        before = _lines(tmp_path)
    assert kills >= 2
    made = read(tmp_path / "s.parquet")
    assert len(made) == 5
    assert np.isfinite(made.curves["loss"]).all()
    assert _lines(tmp_path) == 1 + 5 * 3, "a training was made twice"


def _lines(folder: Path) -> int:
    journal = folder / "journal"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def test_hashes_of_an_earlier_version_are_made_again(small: Space, small_table: Table) -> None:
    old = replace(small_table, keys=tuple(f"a0:{row}" for row in range(len(small_table))))
    again = rekeyed(old, small)
    assert again.keys == small_table.keys
    assert again.checksum == small_table.checksum != old.checksum


def test_quality_is_the_mean_over_seeds_and_less_is_better(small_table: Table) -> None:
    found = quality.quality(small_table)
    np.testing.assert_allclose(found, small_table.final("loss").mean(axis=1), rtol=1e-6)
    chosen = quality.best(small_table, 0.05)
    assert len(chosen) == 9 == len(small_table) // 20
    assert max(found[list(chosen)]) <= min(np.delete(found, list(chosen)))
    assert all(value > 0.9 for value in quality.agreement(small_table))
    assert quality.figures(small_table)["programs"] == len(small_table)


def test_what_diverged_is_worse_than_everything(small: Space, tmp_path: Path) -> None:
    def diverging(program: Any, trial: Any) -> dict[str, float]:
        found = oracle(program, trial)
        if program.trace[0].value == "tanh":
            trial.reports[2:] = []
            return found | {"test_loss": float("nan")}
        return found

    made = make(small, diverging, Making(jobs=0), tmp_path / "journal")
    found = quality.quality(made)
    diverged = ["tanh" in trace for trace in made.traces]
    assert np.isinf(found[diverged]).all()
    assert np.isfinite(found[np.invert(diverged)]).all()
    assert np.isnan(made.curves["loss"][diverged][:, :, 2:]).all()
    assert np.isfinite(made.curves["loss"][diverged][:, :, :2]).all()
