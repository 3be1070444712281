"""Programs for tests by Hypothesis: strategies that draw valid programs and shrink to small ones.

Comes in: a space, or nothing for the whole vocabulary. Goes out: strategies. Hypothesis comes with
`archc[testing]`, and is imported when a strategy is made.
"""

import os
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from .api import space as space_of
from .compiler.expand.decisions import Alternatives, Integers, Reals
from .compiler.program import Program
from .compiler.spaces.deciding import Patience, around, decided
from .compiler.spaces.drawn import DrawnProgram
from .compiler.spaces.random import scaled
from .compiler.spaces.space import Space
from .compiler.spaces.states import Place, shortest_first
from .grammar import ast
from .grammar.diagnostic import ProgramError
from .grammar.parse import parse
from .lazy import lazy_module

if TYPE_CHECKING:
    from hypothesis import strategies
    from hypothesis.strategies import DrawFn, SearchStrategy
else:
    strategies = lazy_module("hypothesis.strategies")

__all__ = ["programs", "vocabulary_programs"]

INPUTS = (
    "f32[N, 4, 8, 8]",
    "f32[N, 6, 8]",
    "f32[N, 12]",
    "i64[N, 6]",
)

PATIENCE = 60
"""Expansions for each option: a test wants many programs soon rather than every one of them."""


LONGEST = 60


class MissingHypothesis(ImportError):
    """Hypothesis is not installed."""

    def __init__(self) -> None:
        super().__init__("archc.testing needs Hypothesis: pip install 'archc[testing]'")


def programs(
    space: "Space | Program | str | os.PathLike[str]",
) -> "SearchStrategy[DrawnProgram]":
    """The programs of a space, every one valid. They shrink: to fewer choices, to the options with
    the shortest text, the identity before a layer, and to small numbers.

    `space` is one, or what `archc.space` makes one of. Raises ImportError without Hypothesis.
    """
    return _strategy(space if isinstance(space, Space) else space_of(space))


def vocabulary_programs(
    vocabulary: str | None = None, *, layers: int = 4
) -> "SearchStrategy[DrawnProgram]":
    """Networks of one to `layers` layers over the whole built-in vocabulary, on an image, a
    sequence, a vector and a sequence of tokens; with `vocabulary`, a text such as
    `vocabulary Mine { relu, conv(8 | 16, 3) }`, over that one, the first that it declares.

    Raises ValueError for a text that declares none and for fewer than one layer, ProgramError where
    no layer of the vocabulary fits anywhere, ImportError without Hypothesis.
    """
    _require()
    if not isinstance(vocabulary, str | None):
        raise TypeError(f"a vocabulary is its text, not {type(vocabulary).__name__}")
    if not isinstance(layers, int):
        raise TypeError(f"`layers` is a whole number, not {type(layers).__name__}")
    if layers < 1:
        raise ValueError(f"`layers` is at least 1, not {layers}")
    spaces, reasons = [], []
    for port in INPUTS:
        try:
            spaces.append(_networks(vocabulary, layers, port))
        except ProgramError as error:  # nothing of the vocabulary fits there
            reasons.append(error)
    if not spaces:
        raise reasons[0]
    return strategies.one_of([_strategy(found) for found in spaces])


def _require() -> None:
    try:
        strategies.composite  # noqa: B018 - the first use imports it
    except ImportError:
        raise MissingHypothesis from None


@cache
def _networks(vocabulary: str | None, layers: int, port: str) -> Space:
    """The space of networks on one kind of input."""
    head = "" if vocabulary is None else f"{vocabulary}\n"
    stage = "?" if vocabulary is None else f"any({_name_of(vocabulary)})"
    line = f"x -> repeat(1..{layers}) {{ {stage} }} -> cast(f32)"
    return space_of(f"{head}network Net on x: {port} -> f32[...] {{\n    {line}\n}}\n")


def _name_of(vocabulary: str) -> str:
    """The name of the first vocabulary that a text declares."""
    parsed = parse(vocabulary, "<vocabulary>")
    names = [item.name for item in parsed.program.declarations if isinstance(item, ast.Vocabulary)]
    if not names:
        shown = vocabulary if len(vocabulary) <= LONGEST else f"{vocabulary[:LONGEST]}…"
        raise ValueError(
            f"{shown!r} declares no vocabulary: write one, `vocabulary Mine {{ relu, tanh }}`"
        )
    if any(report.is_error for report in parsed.reports):
        raise ProgramError(parsed.reports)
    return names[0]


def _strategy(space: Space) -> "SearchStrategy[DrawnProgram]":
    _require()

    patience = Patience(PATIENCE)

    @strategies.composite
    def drawn(draw: "DrawFn") -> DrawnProgram:
        return decided(space, lambda place: _wishes(place, draw), patience)

    return drawn()


def _wishes(place: Place, draw: "DrawFn") -> Iterable[Any]:
    """What is drawn, then what stands around it: what is not legal costs no second draw, so that a
    program stays the same while it shrinks.
    """
    match place.state.domain:
        case Reals(low, high, log):
            part = draw(strategies.floats(0.0, 1.0))
            return (scaled(part, low, high, logarithmic=log),)
        case Integers() as domain:
            steps = draw(strategies.integers(0, len(domain) - 1))
            return around(domain, domain.low + domain.step * steps)
        case Alternatives() as domain:
            order = shortest_first(domain)
            start = draw(strategies.integers(0, len(order) - 1))
            return (*order[start:], *order[:start])
