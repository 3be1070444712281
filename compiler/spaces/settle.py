"""Whether a network with open choices holds a valid program.

Comes in: the network and the session of its check. Goes out: its process, and reports where there
is nothing to draw.
"""

from ...grammar.diagnostic import ProgramError
from .. import errors
from ..deep import deep_recursion
from ..expand.session import Session
from ..expand.values import FunctionReference
from .process import Process, SpaceLimit
from .walk import Walk

TRIES = 1000
"""How many expansions may look for a valid program of a space."""


def settled(reference: FunctionReference, session: Session) -> dict[str, Process]:
    """The space of a network, if it holds a valid program; else the reason is reported."""
    process = Process(reference, limits=session.limits, budget=TRIES)
    process.entered = session.entered
    name = reference.function.name
    try:
        with deep_recursion():
            Walk(process).start()
    except ProgramError as error:
        session.reports += error.diagnostics
        return {}
    except SpaceLimit:
        span = reference.function.name_span
        session.report(errors.spaces.NothingFound(span, name, TRIES))
    return {name: process}
