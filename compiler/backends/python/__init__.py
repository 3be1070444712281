"""The back end `python`: a graph as stand-alone source that needs torch alone.

Comes in: a checked graph. Goes out: the text of a module with one class for each block, which loads
the same `state_dict` as the back end `torch` and computes the same.
"""

from .source import class_name, source

__all__ = ["class_name", "source"]
