"""What `docs/search.md` shows: its space is searched, its method finds the best program."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.search.declared import check_searches, declared_search
from archc.search.method import ANY_CHOICE, History, Method, Proposal
from archc.search.trial import State

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs/search.md").read_text(encoding="utf-8")


def test_its_block_means_what_the_page_says(page: str) -> None:
    (text,) = re.findall(r"```arch\n(.*?)```", page, re.DOTALL)
    checked = archc.parse(text).check()
    assert check_searches(checked) == []
    found = declared_search(checked, "Net")
    assert (found.method, found.method_settings) == ("hyperband", {"eta": 3})
    assert found.budget == {"epochs": 200.0, "seconds": 1800.0}
    assert [(item.name, item.maximize) for item in found.objectives] == [
        ("accuracy", True), ("params", False),
    ]  # fmt: skip


def test_its_method_climbs(page: str) -> None:
    (text,) = re.findall(r"```python\n(\"\"\"Hill.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {
        "dataclass": dataclass, "Method": Method, "History": History, "Proposal": Proposal,
        "ANY_CHOICE": ANY_CHOICE, "Random": Any,
    }  # fmt: skip
    exec(text, names)
    stages = " -> ".join(["dense(4 | 5 | 6 | 7)"] * 4)
    space = archc.space(f"network N on x: f32[N, 4] -> f32[N, 4] {{ x -> {stages} -> dense(4) }}\n")

    def evaluate(program: Any) -> float:
        return float(sum(item.value for item in program.trace))

    study = archc.run_search(space, names["HillClimbing"](start=5), evaluate, trials=80, jobs=0)
    assert {trial.state for trial in study.trials} == {State.DONE}
    assert study.best is not None
    assert study.best.merit == 28


def test_its_states_are_those_there_are(page: str) -> None:
    table = page[page.index("| state | means |") : page.index("Only `DONE` trials")]
    assert set(re.findall(r"`([A-Z]+)`", table)) == {state.value for state in State}
