"""The programs of a study: drawn from its space, or grown by edits of such a program.

Comes in: a program, or a trial and the space of its study. Goes out: what tells programs apart, and
the program of a trial. A drawn program is told by its trace, a grown one, which has none, by its
text.
"""

from ..compiler.spaces.drawn import DrawnProgram
from ..compiler.spaces.growth.grown import GrownProgram
from ..compiler.spaces.space import Space
from ..grammar.parse import parse
from .trial import Trial, trace_text

Candidate = DrawnProgram | GrownProgram


def key_of(program: Candidate | Trial) -> str:
    """By which programs of one study are compared."""
    return trace_text(program.trace) if program.trace else program.text


def program_of(space: Space, trial: Trial) -> Candidate:
    """The program of a trial. A space of one program draws it without a decision too."""
    if trial.trace:
        return space.from_trace(trial.trace)
    if space.size == 1:
        drawn = space.from_trace(())
        if drawn.text == trial.text:
            return drawn
    tree = parse(trial.text).program
    folder, axes = space.source.folder, space.process.network.axes
    return GrownProgram(tree, f"<grown from {space.name}>", folder, space.name, axes=axes)
