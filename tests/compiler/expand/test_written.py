"""Choices and ranges of literals: what may be decided, told from the text alone."""

from math import log
from typing import Any

import pytest
from archc.compiler.expand.decisions import Alternatives, Integers, Reals
from archc.compiler.expand.written import written
from archc.compiler.settings import read_expression


def found(text: str) -> Any:
    return written(read_expression("it", text))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1 | 2 | [2, 3]", (1, 2, (2, 3))),
        ("-1 | 1", (-1, 1)),
        ('"none" | "tanh"', ("none", "tanh")),
        ("true | false", (True, False)),
    ],
)
def test_what_options_stand_for(text: str, values: tuple[Any, ...]) -> None:
    assert found(text).values == values
    assert isinstance(found(text).domain, Alternatives)


def test_ranges() -> None:
    assert found("-6..0").domain == Integers(-6, 0)
    assert found("8..512 log").domain == Integers(8, 512, log=True)
    assert found("0.0..0.5").domain == Reals(0.0, 0.5)
    assert found("0.0..0.2 step 0.1").domain == Alternatives((0.0, 0.1, 0.2))
    assert found("0.5..1.5 step 0.5 log").domain == Alternatives(
        (0.5, 1.0, 1.5), (log(2), log(3 / 2), log(4 / 3))
    )


@pytest.mark.parametrize("text", ["f32 | f16", "1 | n", "1..n", "[1, n] | 2", "3"])
def test_what_more_must_be_looked_at(text: str) -> None:
    assert found(text) is None
