"""The back end `torch`: a graph as an `nn.Module`.

Comes in: a checked graph. Goes out: a module whose submodules stand where the graph's paths say, so
that the keys of its `state_dict` are the names of the graph's weights, and whose `forward` is
straight-line code that was compiled once. Inputs go by position or name; one output comes back as a
tensor, several as a tuple in declared order, which `torch.compile` and `torch.export` both carry.
"""

from .build import build
from .network import Network, Scope
from .targets import resolve

__all__ = ["Network", "Scope", "build", "resolve"]
