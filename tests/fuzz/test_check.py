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
LONGEST_SECONDS = 12.0  # of processor time; the longest take three, the rest is for a busy machine
CORPUS = programs()


def test_wrong_programs_get_diagnostics(numbers: range) -> None:
    for number in numbers:
        random = Random(number)
        text = mutate(random.choice(CORPUS), CORPUS, random)
        start = time.process_time()
        try:
            checked = check_text(text, "fuzz.arch", LIMITS)
            render_text(checked.reports)
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error}\nprogram {number}:\n{text}")
        assert time.process_time() - start < LONGEST_SECONDS, f"slow, program {number}:\n{text}"


SPACE = "network Space on x: f32[N, 4] {\n    x -> dense(2 | 4)"
FOUND = [  # by fuzzing, and mended
    f"use std.vision{'a' * 300}\n",
    f"{SPACE} -> x[0](1.5)\n    require flops <= 5M\n}}\n",
    f'{SPACE}\n    require flops <= "5M"\n}}\n',
    "network Space on x: f32[N, 8] -> f32[N, 9] {\n"
    "    parameter([1, 8], init=normal(0.02)) + x[0:1..4]\n}\n",
]


@pytest.mark.parametrize("text", FOUND)
def test_what_was_found_stays_mended(text: str) -> None:
    checked = check_text(text, "fuzz.arch")
    assert not checked.ok
    assert render_text(checked.reports)


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
