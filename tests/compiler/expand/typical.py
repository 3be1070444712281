"""What usually flows into a layer, as a graph of that layer alone."""

import archc
from archc.compiler.graph import Graph
from archc.grammar.diagnostic import ProgramError


def graph_of(text: str) -> Graph | None:
    """The graph of `type -> layer`, None for text of another form."""
    type_, _, layer = text.partition(" -> ")
    try:
        return archc.parse(f"network Net on x: {type_} {{ x -> {layer} }}").check().graph("Net")
    except ProgramError:
        return None
