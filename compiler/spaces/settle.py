"""Whether a network with open choices holds a valid program.

Comes in: the network and the session of its check. Goes out: its process, and reports where there
is nothing to draw.
"""

from ...grammar import ast
from ...grammar.diagnostic import Fault, ProgramError
from .. import errors
from ..expand import recursion
from ..expand.session import Session
from ..expand.values import FunctionReference
from ..settings import train_blocks
from .budget import Budget
from .limit import SpaceLimit
from .open_network import OpenNetwork
from .process import Process
from .walk import Walk

TRIES = 2_000
"""How many expansions may look for a valid program of a space."""


def settled(
    reference: FunctionReference, session: Session, program: ast.Program
) -> dict[str, Process]:
    """The space of a network, if it holds a valid program; else the reason is reported."""
    functions = [item for item in program.declarations if isinstance(item, ast.Function)]
    endless = [fault.diagnostic for fault in recursion.unlimited(functions)]
    for diagnostic in endless:
        session.report(diagnostic)
    if endless:
        return {}
    for warning in recursion.beyond(functions, session.limits.depth):
        session.report(warning)
    train = tuple(train_blocks(program, reference.function.name))
    network = OpenNetwork(reference, limits=session.limits, train=train, entered=session.entered)
    process = Process(network, Budget(TRIES))
    name = reference.function.name
    try:
        process.answer(lambda: Walk(process).start())
    except ProgramError as error:
        session.reports += error.diagnostics
        return {}
    except Fault as fault:  # a requirement of costs that makes no sense
        session.report(fault.diagnostic)
        return {}
    except SpaceLimit:
        span = reference.function.name_span
        session.report(errors.emptiness.NothingFound(span, name, TRIES))
    return {name: process}
