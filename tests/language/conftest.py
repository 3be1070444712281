"""Small programs, and what the checker makes of them."""

from collections.abc import Callable

import pytest
from archc.compiler.check import check_text
from archc.compiler.graph import Graph

Codes = Callable[[str], list[str]]
Graphs = Callable[[str], Graph]


@pytest.fixture
def codes() -> Codes:
    """The codes of what is wrong with a program, in the order of the text."""

    def run(text: str) -> list[str]:
        return [report.code for report in check_text(text).reports]

    return run


@pytest.fixture
def graph() -> Graphs:
    """The graph of the network `Net` of a program that is right."""

    def run(text: str) -> Graph:
        checked = check_text(text)
        messages = [f"{r.code}: {r.diagnostic.message()}" for r in checked.reports if r.is_error]
        assert not messages
        return checked.graph("Net")

    return run
