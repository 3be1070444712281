"""How large programs are: of one graph, and of many.

Comes in: graphs, or counts of sizes. Goes out: numbers of layers; a mean and quantiles.
"""

from collections.abc import Iterator, Mapping

from archc.compiler.graph import Graph

SIZES = ("layers", "depth", "nesting")
QUANTILES = {"least": 0.0, "median": 0.5, "90 %": 0.9, "99 %": 0.99, "most": 1.0}


def sizes_of(graph: Graph) -> tuple[int, ...]:
    """Layers, how many lie on the longest path, and how many blocks stand in one another."""
    depths: dict[int, int] = {}
    for node in graph.nodes:
        above = 1 + max((depths.get(value, 0) for value in node.inputs), default=0)
        depths.update(dict.fromkeys(node.outputs, above))
    blocks = {scope.path for scope in graph.scopes if scope.kind == "block"}
    nesting = max((sum(part in blocks for part in _above(path)) for path in blocks), default=0)
    return len(graph.nodes), max(depths.values(), default=0), nesting


def _above(path: str) -> Iterator[str]:
    """A path and all that it lies in."""
    while path:
        yield path
        path = path.rpartition(".")[0]


def figures(counted: Mapping[str, int]) -> dict[str, float]:
    """The mean of counted sizes, and what shares of the traces do not exceed."""
    counts = sorted((int(size), count) for size, count in counted.items())
    total = sum(count for _, count in counts)
    found = {"mean": round(sum(size * count for size, count in counts) / total, 2)}
    for name, share in QUANTILES.items():
        passed = 0
        for size, count in counts:
            passed += count
            if passed >= max(1, share * total):
                found[name] = size
                break
    return found
