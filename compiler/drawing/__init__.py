"""Drawings of a graph: one file per format, named as the ending of the file that it writes.

Comes in: a graph and a format's name. Goes out: text. Every format module holds `draw(picture,
depth) -> str`, where `depth` is how many levels of blocks stand open, None for a depth that suits
the format. A new format is a new file here; files with `_` hold what several share.
"""

from functools import cache
from importlib import import_module
from pathlib import Path

from ..cost import Sizes
from ..graph import Graph
from ._picture import picture_of
from ._spelling import spell_layer

__all__ = ["draw", "formats", "picture_of", "spell_layer"]


@cache
def formats() -> tuple[str, ...]:
    """The names of the formats, sorted: `dot`, `html`, …"""
    names = (path.stem for path in Path(__file__).parent.glob("*.py"))
    return tuple(sorted(name for name in names if not name.startswith("_")))


def draw(
    graph: Graph, format_name: str, *, depth: int | None = None, sizes: Sizes | None = None
) -> str:
    """The graph in a format of `formats()`, blocks closed below `depth`."""
    if format_name not in formats():
        raise ValueError(f"a drawing is one of {', '.join(formats())}, not {format_name!r}")
    module = import_module(f".{format_name}", __name__)
    drawn: str = module.draw(picture_of(graph, sizes), depth)
    return drawn
