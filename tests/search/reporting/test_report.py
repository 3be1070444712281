"""The report: what it tells, that it needs no network, and that a real browser shows it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from archc.cli.main import run
from archc.search.reporting.contents import contents
from archc.search.reporting.importance import importance
from archc.search.reporting.lineage import ancestors, changes
from archc.search.reporting.page import page
from archc.search.summary import reports_of, summary

from .conftest import FAILURE

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")


@pytest.fixture(scope="module")
def told(store: Path) -> dict[str, Any]:
    found = summary(store, None)
    return contents(found, reports_of(store, found.name))


def test_it_tells_all_of_a_study(told: dict[str, Any]) -> None:
    assert [(item["name"], item["maximize"]) for item in told["objectives"]] == [
        ("quality", True), ("price", False),
    ]  # fmt: skip
    assert len(told["trials"]) == 40
    assert told["states"]["ERROR"] >= 4
    assert told["states"]["NAN"] >= 4
    best = told["trials"][told["best"]]
    assert best["values"][0] == max(item["values"][0] for item in told["trials"] if item["values"])
    assert told["best"] in told["front"]
    assert len({tuple(told["trials"][number]["values"]) for number in told["front"]}) >= 2
    assert told["curves"]["quality"][told["best"]][-1] == [3, best["values"][0]]
    assert set(told["program_of"]) == set(range(40))
    assert "network Net" in told["programs"][told["program_of"][told["best"]]]
    assert told["drawings"][told["best"]].startswith("<svg")
    for number in told["lineage"]:
        parents = told["trials"][number]["parents"]
        assert len(told["differences"][number]) == len(parents)
        for parent, text in zip(parents, told["differences"][number], strict=True):
            assert text.startswith(f"--- trial {parent}: Net\n+++ trial {number}: Net\n")


def test_what_decides_the_score_explains_it(told: dict[str, Any]) -> None:
    assert list(told["importance"])[:2] != []
    assert set(list(told["importance"])[:2]) <= {"Net.act", "Net.repeat.0.dense.units"}
    assert told["importance"]["Net.dropout.rate"] < 0.3


def test_importance_of_a_known_table() -> None:
    trials = [{"a": n % 2, "b": n % 3, "noise": n * 7919 % 101 / 101} for n in range(60)]
    scores = [10.0 * trial["a"] + trial["b"] for trial in trials]
    shares = importance(trials, scores)
    total = 25.0 + 2 / 3  # the variances of the two parts, which are independent
    assert shares["a"] == pytest.approx(25 / total, abs=0.01)
    assert shares["b"] == pytest.approx(2 / 3 / total, abs=0.03)
    assert shares["noise"] < 0.1
    assert importance(trials, [1.0] * 60) == {}
    assert importance(trials[:9], scores[:9]) == {}


def test_children_tell_what_they_changed(store: Path) -> None:
    trials = summary(store, None).trials
    children = [trial for trial in trials if trial.parents]
    assert children
    for child in children:
        (parent,) = (trials[number] for number in child.parents)
        told = changes(parent, child)
        differ = {item.name for item in set(parent.trace) ^ set(child.trace)}
        assert {line.partition(":")[0] for line in told} == differ
        line = ancestors(trials, child.number)
        assert line[-1] == child.number
        assert parent.number in line


def test_the_page_needs_no_network_and_holds_strangers_texts_as_data(
    told: dict[str, Any],
) -> None:
    text = page(told)
    addresses = set(re.findall(r"https?://[\w./]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"""(src|href)=["'](?!#)""", text)
    assert FAILURE not in text
    embedded = text.partition('id="contents">')[2].partition("</script>")[0]
    assert any(FAILURE in trial["error"] for trial in json.loads(embedded)["trials"])
    assert "{{" not in text.partition('id="contents">')[0]


@needs_browser
def test_a_browser_shows_it(store: Path, tmp_path: Path, told: dict[str, Any]) -> None:
    out = tmp_path / "report.html"
    assert run(["study", "report", str(store), "-o", str(out)]) == 0
    failed = next(item for item in told["trials"] if FAILURE in item["error"])
    shown = _browse(out, f"trial-{failed['number']}", tmp_path)
    assert 'data-ready="yes"' in shown
    assert "data-broken" not in shown
    for section in ("progress", "front", "importance", "parallel", "curves", "descent"):
        inside = shown.partition(f'<div id="{section}" class="plot">')[2].partition("</div>")[0]
        assert inside.startswith("<svg"), section
        assert "NaN" not in inside, section
    points = shown.partition('<div id="progress"')[2].partition("</div>")[0]
    assert points.count("<circle") == 40
    assert shown.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr") == 40
    about = shown.partition('<aside id="about"')[2].partition("</aside>")[0]
    assert not about.startswith(" hidden")
    assert "&lt;script&gt;" in about
    assert "network Net" in about


@needs_browser
def test_a_browser_shows_a_study_without_scores(tmp_path: Path, told: dict[str, Any]) -> None:
    empty = told | {
        "trials": [], "best": None, "front": [], "lineage": [], "curves": {}, "importance": {},
        "differences": {}, "states": {}, "programs": [], "program_of": {}, "drawings": {},
    }  # fmt: skip
    out = tmp_path / "empty.html"
    out.write_text(page(empty), encoding="utf-8")
    shown = _browse(out, "", tmp_path)
    assert 'data-ready="yes"' in shown
    assert "no trial came to a score" in shown
    assert "NaN" not in shown.partition("<main>")[2].partition("<script")[0]


def _browse(path: Path, fragment: str, scratch: Path) -> str:
    """The page as it stands once its script has run."""
    words = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        f"--user-data-dir={scratch / 'profile'}", "--virtual-time-budget=4000", "--dump-dom",
        f"{path.resolve().as_uri()}#{fragment}",
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout
