"""`--long` checks 100,000 programs, and otherwise 5,000, in ten parts."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # corpus.py and mutate.py stand beside the tests

PARTS = 10


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "numbers" in metafunc.fixturenames:
        size = (100_000 if metafunc.config.getoption("--long") else 5_000) // PARTS
        parts = [range(part * size, (part + 1) * size) for part in range(PARTS)]
        metafunc.parametrize("numbers", parts, ids=[f"{part.start}-{part.stop}" for part in parts])
