"""Calls of `scan`, whose body is a graph: no text of a layer's `typical` can say one.

Comes in: a draw. Goes out: settings and input ports around a small cell, whose batch is 2.
"""

from typing import Any

from archc.compiler.graph import Graph, Node, Port
from archc.compiler.registry import find_layer
from archc.compiler.types import F32, TensorType
from hypothesis import strategies as st

BATCH, WIDTH, UNITS = 2, 3, 4


def _layer(name: str, **settings: Any) -> Any:
    found = find_layer(name)
    assert found is not None
    return found(**settings)


def _cell(dropout: bool) -> Graph:
    """h' = tanh(dense(x, h)), perhaps after a dropout; gives h' and keeps it."""
    joined = TensorType(F32, (BATCH, WIDTH + UNITS))
    hidden = TensorType(F32, (BATCH, UNITS))
    values = (TensorType(F32, (BATCH, WIDTH)), hidden, joined, joined, hidden, hidden)
    middle = _layer("dropout", rate=0.5) if dropout else _layer("relu")
    nodes = (
        Node(_layer("concat", axis=1), (0, 1), (2,), "concat", "concat"),
        Node(middle, (2,), (3,), "middle", "middle"),
        Node(_layer("dense", units=UNITS), (3,), (4,), "dense", "dense"),
        Node(_layer("tanh"), (4,), (5,), "tanh", "tanh"),
    )
    ins, outs = (Port("x", 0), Port("h", 1)), (Port("y", 5), Port("h_next", 5))
    return Graph("Cell", values, ins, outs, nodes)


@st.composite
def scans(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """Settings of a `scan` and its input ports, which fit unless the batch is a free axis."""
    settings: dict[str, Any] = {"body": _cell(draw(st.booleans())), "states": 1, "outputs": 1}
    settings |= {name: draw(st.booleans()) for name in ("reverse", "last", "give_states")}
    batch = draw(st.sampled_from([BATCH] * 4 + ["N"]))
    ports = [(F32, (batch, "T", WIDTH))]
    if draw(st.booleans()):
        ports.append((F32, (BATCH, UNITS)))
    return settings, tuple(ports)
