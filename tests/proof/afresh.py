"""A drawn program, judged afresh: by the checker without the automaton it was drawn from, as the
text that it is printed as, and by a run in PyTorch.

Comes in: a program. Goes out: its graph, or why it is refused.
"""

from typing import TYPE_CHECKING, Any

import archc
from archc.compiler.deep import deep_recursion
from archc.compiler.expand import networks
from archc.compiler.expand.context import Context
from archc.compiler.expand.decisions import Site
from archc.compiler.expand.session import Session
from archc.compiler.graph import Graph
from archc.compiler.spaces import training
from archc.compiler.spaces.open_network import OpenNetwork
from archc.grammar.diagnostic import ProgramError
from archc.lazy import lazy_module

if TYPE_CHECKING:
    import torch
    from archc.compiler import samples, verify
else:
    torch = lazy_module("torch")
    samples, verify = lazy_module("archc.compiler.samples"), lazy_module("archc.compiler.verify")

LARGEST = 3_000_000
"""Programs with more parameters, or activations of one example, are not run."""


class Told:
    """Decides as the trace says, and sees that the checker asks for just that."""

    def __init__(self, program: archc.DrawnProgram) -> None:
        names = [item.name for item in program.trace]
        self.left = list(zip(names, program.decisions, strict=True))[::-1]
        self.network = program.space.name

    def decide(self, site: Site, context: Context) -> Any:
        name, decision = self.left.pop()
        if name != f"{self.network}.{site.name}":
            raise AssertionError(f"the trace decides {name}, the checker asks for {site.name}")
        return decision


def checked(program: archc.DrawnProgram, fresh: OpenNetwork) -> Graph | str:
    """The program as the checker expands it anew, or why it refuses it. `fresh` has drawn nothing;
    it keeps what uses of blocks made in the programs that it has checked.
    """
    told = Told(program)
    session = Session(fresh.limits, axes=fresh.axes)
    session.decider, session.copies = told, fresh.copies
    with deep_recursion():
        text = fresh.reference.function.span.source.text
        graph = networks.expand(fresh.reference, fresh.overrides, session, text)
        training.decide(fresh.train, fresh.reference.home, session)
    errors = [report for report in session.reports if report.is_error]
    if errors:
        return f"{errors[0].code} {errors[0].diagnostic.message()}"
    if graph is None or told.left:
        return "the trace holds decisions that the checker never asks for"
    return graph


def refusal_of_text(program: archc.DrawnProgram) -> str | None:
    """Why the printed program is none, or another."""
    try:
        again = archc.compile(str(program), network=program.space.name)
    except ProgramError as error:
        return f"as text: {error}"
    return None if again.hash == program.hash else "as text it is another program"


def run(program: archc.DrawnProgram) -> None:
    """Forward and backward in training mode, at the smallest sizes that the program allows."""
    model = archc.compile(program)
    torch.set_num_threads(1)
    module = model.torch()
    sizes = samples.sizes_for(model.graph, 1, least=2) or samples.sizes_for(model.graph, 1)
    inputs = verify.random_inputs(model.graph, sizes[0], torch.Generator().manual_seed(0))
    outputs = module(*inputs)
    for output in outputs if isinstance(outputs, tuple) else (outputs,):
        if output.requires_grad:
            output.float().sum().backward(retain_graph=True)


def is_small(program: archc.DrawnProgram) -> bool:
    values = program.graph.values
    numbers = sum(_elements(value.shape) for value in values)
    return program.params <= LARGEST and numbers <= LARGEST


def _elements(shape: tuple[Any, ...]) -> int:
    total = 1
    for size in shape:
        total *= size if isinstance(size, int) else 2
    return total
