"""Whether a program belongs to a space: the first trace that gives it, or why there is none.

Comes in: a space and a finished program, perhaps edited by hand. The space is expanded decision by
decision, and a way is left as soon as it makes a layer that the program does not have. What went
wrong is learned: the decisions that the layer rests on (`expand/reads.py`) are not made together
again, so that ten named operations are found one after another, and not by trying all of their
combinations. (Conflict-driven search: Stallman and Sussman 1977; Marques-Silva and Sakallah 1999.)
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from ...grammar.diagnostic import ProgramError
from ...grammar.parse import parse
from ..hash import graph_hash
from ..program import Program
from ..settings import train_blocks
from . import hints, ports, trained, unfulfilled
from .drawn import graph_of
from .following import Question
from .learned import Learned
from .limit import SpaceLimit
from .searching import searched
from .syntax import NotPrintable
from .target import Target
from .trace import Trace

if TYPE_CHECKING:
    from .space import Space

MOST_EXPANSIONS = 5_000
MOST_HINTED = 500
MOST_BETTER = 1_000
"""So many expansions look for an earlier trace than the one that the program's text hints at."""
MOST_REORDERED = 1_000
"""So many expansions look for the program's layers in another order than that of its text."""
MOST_UNREQUIRED = 500
"""So many look for it as if nothing were required, in either order."""
MOST_ENUMERATED = 2_000


@dataclass(frozen=True, slots=True)
class Membership:
    """True where a program belongs to a space: `trace` is the first that gives it; else `reason`
    says why not.
    """

    trace: Trace | None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.trace is not None


def find(space: "Space", program: Program | str) -> Membership:
    """The first trace in the order of enumeration that gives the program's graph. Raises SpaceLimit
    where that is not found out.
    """
    try:
        program = _program_of(program, space.source)
        graph = graph_of(program, space.name)
        other = ports.difference(space.process.network, graph)
        if other:
            return Membership(None, other)
        settings = _settings(space, program, graph.name)
    except ProgramError as error:
        return Membership(
            None, f"it is no finished program: {error.diagnostics[0].diagnostic.message()}"
        )
    except trained.Differs as reason:
        return Membership(None, str(reason))
    target, wanted, hinted = Target(graph), graph_hash(graph), _hints(space, program, graph.name)
    question = Question(space, target, wanted, settings, ordered=True)
    trace = _in_order(question, hinted)
    if trace is None:
        others = Question(space, target, wanted, settings, ordered=False)
        trace = searched(others, MOST_REORDERED, f": as it is written, {question.reason}")
        question.required |= others.required
    if trace is None:
        trace = _by_hash(space, wanted)
    return Membership(trace, "" if trace is not None else _reason(question, hinted))


def _reason(question: Question, found: hints.Hints) -> str:
    """Why there is no trace: what is required, if that alone keeps the program out."""
    reason = ""
    for ordered in (True, False) if question.required else ():
        again = replace(question, ordered=ordered, hints=found, learned=Learned())
        reason = reason or unfulfilled.reason(again, MOST_UNREQUIRED)
    return reason or question.reason


def _in_order(question: Question, found: hints.Hints) -> Trace | None:
    """The first trace that makes the program's layers in their order; where that takes too long,
    the one that its text hints at.
    """
    if not found:
        return searched(question, MOST_EXPANSIONS)
    known, question.hints = None, found
    try:
        known = searched(question, MOST_HINTED)
        if known is None:
            return None
    except SpaceLimit:
        known = None
    question.hints = {}
    try:
        return searched(question, MOST_EXPANSIONS if known is None else MOST_BETTER)
    except SpaceLimit:
        if known is None:
            raise
        return known


def _settings(space: "Space", program: Program, network: str) -> Mapping[int, Any]:
    """What the `train` blocks of a program's network decide, if it has any."""
    own = tuple(train_blocks(program.tree, network))
    if not own:
        return {}
    blocks, home = space.process.network.train, space.process.network.reference.home
    names = cache(lambda: program.check().environment)
    return trained.decisions(blocks, space.source.tree, home, own, program.tree, names)


def _hints(space: "Space", program: Program, network: str) -> hints.Hints:
    try:
        return hints.hints(space, program.tree, network)
    except NotPrintable:
        return {}


def _program_of(program: Any, source: Program) -> Program:
    """A text reads the files that the space reads."""
    if isinstance(program, Program):
        return program
    if not isinstance(program, str):
        kind = type(program).__name__
        raise TypeError(f"a program of a space is a Program or its text, not a {kind}")
    parsed = parse(program, "<memory>")
    if parsed.reports:
        raise ProgramError(parsed.reports)
    return Program(parsed.program, folder=source.folder)


def _by_hash(space: "Space", wanted: str) -> Trace | None:
    """A program that has other layers, and is the same: small spaces are looked through."""
    try:
        if not space.size <= MOST_ENUMERATED:
            return None
    except SpaceLimit:
        return None
    return next((item.trace for item in space.enumerate() if item.hash == wanted), None)
