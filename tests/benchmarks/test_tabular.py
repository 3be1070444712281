"""The committed table: it is whole, what its page says of it holds, and methods run on it."""

import json
import runpy
from hashlib import sha256
from pathlib import Path

import archc
import numpy as np
import pytest
from archc.search.tabular import quality
from archc.search.tabular.comparing import Unit, opened, searched
from archc.search.tabular.table import Table

FOLDER = Path(__file__).parents[2] / "benchmarks" / "tabular"
FILE = FOLDER / "digits2k.parquet"


@pytest.fixture(scope="module")
def table() -> Table:
    return archc.table("digits2k").table


def test_it_is_the_file_of_the_manifest(table: Table) -> None:
    manifest = json.loads((FOLDER / "digits2k.json").read_text(encoding="utf-8"))
    assert sha256(FILE.read_bytes()).hexdigest() == manifest["sha256"]
    assert table.checksum == manifest["content_sha256"]
    assert FILE.stat().st_size < 5_000_000
    assert quality.figures(table).items() <= manifest.items()


def test_its_page_holds_the_figures_of_the_files_beside_it() -> None:
    updated = runpy.run_path(str(FOLDER / "figures.py"))["updated"]
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert updated(page) == page
    for path in FOLDER.glob("*.json"):
        assert f"<!-- {path.name} -->" in page
        document = json.loads(path.read_text(encoding="utf-8"))
        assert "methods" not in document or document["seeds"] >= 100


def test_it_is_large_enough_and_seeds_agree(table: Table) -> None:
    hashes = {key.split()[0] for key in table.keys}
    assert len(table) == len(hashes) >= 1500
    assert (len(table.seeds), table.epochs) == (3, 27)
    assert min(quality.agreement(table)) >= 0.8
    assert table.head["facts"]["data"]["sizes"]["train"] == 400
    assert all(np.isfinite(curve).all() for curve in table.curves.values())


def test_it_is_of_the_space_beside_it(table: Table) -> None:
    """Its hashes are of the version of today: `rekeyed` makes them anew where that changes."""
    space = archc.space(FOLDER / "digits2k.arch")
    assert str(space.source) == table.head["space"]
    assert space.size == len(table)
    for program in space.samples(5, seed=3):
        row = table.rows[program.hash]
        assert table.traced[table.traces[row]] == row
        assert table.params[row] == program.params


def test_a_method_runs_on_it() -> None:
    table, _ = opened(str(FILE))
    found = searched(str(FILE), 10 * table.epochs, 1, 1, Unit("random", 0, False))
    assert [step.epochs for step in found.steps] == [27] * 10
    losses = table.curves["loss"][[step.row for step in found.steps], 0, -1]
    assert [step.loss for step in found.steps] == losses.tolist()
