"""Whatever a program holds, the checker answers with diagnostics, soon."""

import time
from random import Random

import pytest
from archc.compiler.check import check_text
from archc.compiler.expand.session import Limits
from archc.grammar.render import render_text
from corpus import programs
from mutate import mutate

LIMITS = Limits(nodes=3000, work=60_000)
LONGEST_SECONDS = 5.0
CORPUS = programs()


def test_wrong_programs_get_diagnostics(numbers: range) -> None:
    for number in numbers:
        random = Random(number)
        text = mutate(random.choice(CORPUS), CORPUS, random)
        start = time.perf_counter()
        try:
            checked = check_text(text, "fuzz.arch", LIMITS)
            render_text(checked.reports)
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error}\nprogram {number}:\n{text}")
        assert time.perf_counter() - start < LONGEST_SECONDS, f"slow, program {number}:\n{text}"


def test_the_corpus_reaches_deep() -> None:
    """Fuzzing tells nothing if all programs fail at once: some of them still make graphs."""
    kinds = set()
    sound = 0
    for number in range(400):
        random = Random(number)
        checked = check_text(mutate(random.choice(CORPUS), CORPUS, random), "fuzz.arch", LIMITS)
        kinds |= {report.code for report in checked.reports}
        sound += bool(checked.graphs)
    assert sound >= 40
    assert len(kinds) >= 50
