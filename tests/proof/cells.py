"""The cells of NAS-Bench-101 and NAS-Bench-201 counted anew: by plain enumeration with our
canonical form, and by the spaces of `examples/spaces/`.

Comes in: nothing. Goes out: `cells.json` beside this file.

    python tests/proof/cells.py

NAS-Bench-101 (Ying et al. 2019, section 2.1): graphs of two to seven vertices and at most nine
edges, every vertex on a way from the input to the output, one of three operations on each vertex
between; 423,624 that are not isomorphic. NAS-Bench-201 (Dong and Yang 2020, section 2.1): 15,625
cells, 6,466 of them different by their authors' text.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import combinations, product
from pathlib import Path
from typing import Any

import archc
from archc.compiler.canonical import Network, form
from archc.compiler.hash import graph_hash
from archc.compiler.zeros import without_zeros

RESULTS = Path(__file__).with_name("cells.json")
FOLDER = Path(__file__).parents[2] / "examples" / "spaces"
MOST_VERTICES, MOST_EDGES = 7, 9
OPERATIONS = ("ConvReluKeep(1)", "ConvReluKeep(3)", "MaxPool(3)")

Rows = tuple[tuple[int, ...], ...]
"""For each vertex but the input those that it reads; the last one is the output."""


# --- NAS-Bench-101 --------------------------------------------------------------------------------


def rows_of(vertices: int) -> Iterator[Rows]:
    """All cells without their operations: each vertex reads earlier ones, and all are read."""
    reads = [
        [sources for count in range(1, own + 1) for sources in combinations(range(own), count)]
        for own in range(1, vertices)
    ]
    for rows in _chosen(reads, MOST_EDGES):
        if len({source for row in rows for source in row}) == vertices - 1:
            yield rows


def _chosen(reads: Sequence[Sequence[tuple[int, ...]]], edges: int) -> Iterator[Rows]:
    """One of each, with no more edges in all."""
    if not reads:
        yield ()
        return
    least = len(reads) - 1
    for sources in reads[0]:
        if len(sources) + least <= edges:
            for rest in _chosen(reads[1:], edges - len(sources)):
                yield sources, *rest


def form_of(rows: Rows, operations: Sequence[str]) -> bytes:
    """The canonical form of a cell: the order in which a vertex reads others says nothing."""
    network = Network()
    at = [network.add("input")]
    for text, sources in zip((*operations, "output"), rows, strict=True):
        at.append(network.add(text, [at[source] for source in sources], ordered=False))
    network.outputs = [at[-1]]
    return form(network)


def structures(vertices: int) -> list[Rows]:
    """One of each kind of cells whose operations are all the same."""
    found = {form_of(rows, ["any"] * (vertices - 2)): rows for rows in rows_of(vertices)}
    return list(found.values())


def cells(vertices: int) -> int:
    """The number of cells of so many vertices that are not isomorphic."""
    found = {
        blake2b(form_of(rows, operations), digest_size=16).digest()
        for rows in structures(vertices)
        for operations in product(OPERATIONS, repeat=vertices - 2)
    }
    return len(found)


def trace_of(rows: Rows, operations: Sequence[str]) -> list[tuple[str, object]]:
    """The decisions by which `nasbench101.arch` makes a cell: its vertices come first, those that
    it lacks are read by nothing.
    """
    vertices = len(rows) + 1
    places = {**{vertex: vertex for vertex in range(vertices - 1)}, vertices - 1: 6}
    reads = {places[vertex]: row for vertex, row in enumerate(rows, 1)}
    decided: list[tuple[str, object]] = []
    for name, vertex in (("out", 6), ("fifth", 5), ("fourth", 4), ("third", 3), ("second", 2)):
        if vertex in reads:
            flags = [int(source in reads[vertex]) for source in range(vertex)]
            decided += [(_numbered(name, place), flag) for place, flag in enumerate(flags)]
    given = [*operations, *OPERATIONS[:1] * 5][:5]
    return decided + [(_numbered("ops", place), name) for place, name in enumerate(given)]


def _numbered(name: str, place: int) -> str:
    number = f"_{place + 1}" if place else ""
    return f"NasBench101.NasBench101.{name}{number}"


def expressed(found: Sequence[Rows]) -> int:
    """How many cells the space holds. The operations, which no requirement reads, are all three in
    turn. Raises ValueError for one that it does not hold.
    """
    space = archc.space(FOLDER / "nasbench101.arch", width=16, modules=1)
    for rows in found:
        space.from_trace(trace_of(rows, [OPERATIONS[place % 3] for place in range(len(rows) - 1)]))
    return len(found)


# --- NAS-Bench-201 --------------------------------------------------------------------------------

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
NAMES = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


def paper_text(operations: Sequence[str], *, zeros: bool) -> str:
    """A cell as its authors tell cells apart: by the text of the last node.

    The text of a node is that of its edges, put in order as texts and joined by `+`; of an edge it
    is the node's that it leaves, in brackets, and the operation's name, of a skip just the node's.
    With `zeros` an edge is `#` that is `none` or leaves a node whose text is `#`. A sum of zeros is
    `#+#`, which is not `#`, so zeros go no further than one node. A sum that is skipped is not put
    in order with its neighbours anew, so some equal sums have different texts.
    """
    texts = {0: "0"}
    for node in (1, 2, 3):
        parts = []
        for (source, target), name in zip(EDGES, operations, strict=True):
            if target != node:
                continue
            if zeros and (name == "none" or texts[source] == "#"):
                parts.append("#")
            elif name == "skip_connect":
                parts.append(texts[source])
            else:
                parts.append(f"({texts[source]})@{name}")
        texts[node] = "+".join(sorted(parts))
    return texts[3]


def paper_count(*, zeros: bool) -> int:
    """The number of different texts."""
    return len({paper_text(names, zeros=zeros) for names in product(NAMES, repeat=len(EDGES))})


def networks_201() -> tuple[int, int]:
    """The networks of `nasbench201.arch` that differ, as they are and without zeros."""
    space = archc.space(FOLDER / "nasbench201.arch", cells_each=1)
    plain, simple = set(), set()
    for program in space.enumerate():
        plain.add(program.hash)
        simple.add(graph_hash(without_zeros(program.graph)))
    return len(plain), len(simple)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--networks", action="store_true", help="build the 15,625 networks too: ten minutes"
    )
    chosen = parser.parse_args()
    begin = time.process_time()
    kinds = {vertices: structures(vertices) for vertices in range(2, MOST_VERTICES + 1)}
    document: dict[str, Any] = {
        "schema_version": 1,
        "nasbench101": {
            "cells": sum(cells(vertices) for vertices in kinds),
            "published": 423_624,
            "cells without operations": sum(map(len, kinds.values())),
            "of them in nasbench101.arch": expressed(
                [one for found in kinds.values() for one in found]
            ),
        },
        "nasbench201": {
            "cells": len(NAMES) ** len(EDGES),
            "texts of its authors": paper_count(zeros=False),
            "texts of its authors, with zeros": paper_count(zeros=True),
            "published": 6_466,
        },
    }
    if chosen.networks:
        plain, simple = networks_201()
        counted = {"networks that differ": plain, "with zeros propagated away": simple}
        document["nasbench201"] |= counted
    document["seconds"] = round(time.process_time() - begin)
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
