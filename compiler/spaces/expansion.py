"""A decided program as the checker expands it: its graph, and what is needed to write it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..expand.context import Context
from ..expand.decisions import Site
from ..graph import Graph


@dataclass(slots=True)
class Expansion:
    """A program that was expanded to its end."""

    graph: Graph
    decided: Mapping[tuple[str, int], Any]
    applied: Mapping[tuple[str, int], tuple[str, Any]]
    values: Mapping[tuple[str, int], Any]


class Replay:
    """Decides as it was decided before."""

    def decide(self, site: Site, context: Context) -> Any:
        return next(context.session.replayed)  # type: ignore[arg-type]
