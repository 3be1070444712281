"""The back end `python`: a graph as stand-alone source that needs torch alone.

Comes in: a checked graph. Goes out: the text of a module with one class for each block, which loads
the same `state_dict` as the back end `torch` and computes the same.
"""

from .scopes import class_name_of_graph as class_name
from .source import source

__all__ = ["class_name", "source"]
