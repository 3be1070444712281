"""Drawing, mutating and hashing programs, against NePS, PyGlove, NNI, NNSmith and networkx.

    python benchmarks/sampling/peers.py      # once: environments of their own
    python benchmarks/sampling/measure.py

The same spaces are written for each peer (`peer_*.py`), and every program's full trace is read.
Ours and a peer's process take turns, and each measures its own CPU time. A peer whose environment
is missing is left out, and the figures say so.
"""

import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count as counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import archc
import networkx
from archc.compiler.graph import Graph
from archc.compiler.hash import graph_hash
from harness import EXAMPLES, Bar, Report, main, paired, require
from peers import FOLDER, PEERS, python_of
from spaces import CHOICES, FIFTY, FLAT, LARGE, NESTED, RECURSIVE

TURNS = 7
TEN, FIFTY_TIMES = Bar(least=10, faster=True), Bar(least=50, faster=True)
Measure = Callable[[], float]
LEAST_TYPED = 2_000
MOST_MILLISECONDS = 200


class Peer:
    """A peer's process: asked for a case, it answers with CPU seconds."""

    def __init__(self, name: str) -> None:
        script = Path(__file__).with_name(f"peer_{name}.py")
        self.process = subprocess.Popen(
            [str(python_of(name, FOLDER)), str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def seconds(self, case: str, number: int) -> float:
        """Seconds for one program of a case, `number` drawn in a row."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{case} {number}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        require(bool(answer), f"the peer of {case} has ended")
        return float(answer) / number


@contextmanager
def peers() -> Iterator[dict[str, Peer]]:
    """The peers whose environments are there."""
    found = {name: Peer(name) for name in PEERS if python_of(name, FOLDER).exists()}
    try:
        yield found
    finally:
        for peer in found.values():
            peer.process.kill()
            peer.process.wait()


def timed(work: Callable[[], None], number: int) -> float:
    begin = time.process_time()
    work()
    return (time.process_time() - begin) / number


class Stream:
    """Programs of a space that were not drawn before, each one's trace read."""

    def __init__(self, space: archc.Space) -> None:
        self.space = space
        self.start = 0

    def draw(self, number: int) -> None:
        for program in self.space.samples(number, seed=1, start=self.start):
            _ = program.trace
        self.start += number

    def seconds(self, number: int) -> float:
        return timed(partial(self.draw, number), number)


def cold(text: str, number: int) -> float:
    """From the text to so many programs."""
    return timed(lambda: Stream(archc.space(text)).draw(number), number)


def measure(report: Report) -> None:
    with peers() as found:
        report.facts["peers left out"] = sorted(set(PEERS) - set(found)) or "none"
        drawing(report, found)
        edits(report, found)
        vocabulary(report, found)
    hashing(report)
    typed(report)
    first(report)


def drawing(report: Report, found: dict[str, Peer]) -> None:
    """Spaces that every peer can say."""
    many = 200 if report.quick else 1000
    warm = 200 if report.quick else 10_000
    turns = report.turns(TURNS)
    for name, number, bar in (("neps", 300, TEN), ("pyglove", 40, TEN), ("nni", 600, None)):
        if name in found:
            ask, stream = found[name].seconds, Stream(archc.space(FLAT))
            stream.draw(warm)
            row(report, f"3 cells, warm, {name}", partial(stream.seconds, many * 5),
                partial(ask, "flat", number), turns, bar)  # fmt: skip
            row(report, f"3 cells, cold, 1,000 programs, {name}", partial(cold, FLAT, many),
                partial(ask, "flat:cold", number), turns, bar)  # fmt: skip
    cases = ("choices", "20 choices", CHOICES), ("nested", "nested, depth 4", NESTED)
    for case, title, text in (*cases, ("recursive", "recursive grammar", RECURSIVE)):
        if "neps" in found:
            stream = Stream(archc.space(text))
            stream.draw(warm)
            row(report, f"{title}, warm, neps", partial(stream.seconds, many * 5),
                partial(found["neps"].seconds, case, 100), turns, TEN)  # fmt: skip


def row(
    report: Report, what: str, ours: Measure, theirs: Measure, turns: int, bar: Bar | None
) -> None:
    theirs()
    shown = paired(what, ours, theirs, turns=turns, bar=bar or Bar(least=0, faster=True))
    report.rows.append(shown if bar else replace(shown, bar=None))


def edits(report: Report, found: dict[str, Peer]) -> None:
    if "pyglove" not in found:
        return
    space = archc.space(FLAT)
    parent, seeds = space.sample(seed=0), counter()
    number = 100 if report.quick else 1000

    def mutate() -> None:
        for seed in (next(seeds) for _ in range(number)):
            _ = space.mutate(parent, seed=seed).trace

    mutate()
    row(report, "mutations, pyglove", lambda: timed(mutate, number),
        partial(found["pyglove"].seconds, "mutations", 40), report.turns(TURNS), FIFTY_TIMES,
    )  # fmt: skip


def vocabulary(report: Report, found: dict[str, Peer]) -> None:
    """Ten layers over the whole vocabulary; what is not known yet is found out on the way."""
    if "nnsmith" not in found:
        return
    stream = Stream(archc.space(EXAMPLES / "spaces" / "everything.arch"))
    number = 20 if report.quick else 500
    stream.draw(number)
    row(report, "networks of 10 layers over the vocabulary, nnsmith",
        partial(stream.seconds, number), partial(found["nnsmith"].seconds, "everything", 10),
        report.turns(5), FIFTY_TIMES,
    )  # fmt: skip


def hashing(report: Report) -> None:
    """Ours tells every two different networks apart, so there are three references: networkx's
    hash of the bare shape, with the default of three rounds; the same told what each layer is, its
    type and the places of inputs; and that with so many rounds that a node knows of all others.
    """
    warnings.filterwarnings("ignore", message="The hashes produced for")
    graph = archc.compile(FIFTY).graph
    theirs = told(graph)
    rounds = networkx.dag_longest_path_length(theirs)
    require(45 <= len(graph.nodes) <= 55, f"the graph has {len(graph.nodes)} layers")
    number = 20 if report.quick else 200
    references: dict[str, dict[str, Any]] = {
        "layers, types and places of inputs": {"node_attr": "label", "edge_attr": "place"},
        "the bare shape, no layers": {},
        f"layers, types and places, {rounds} rounds": {
            "node_attr": "label", "edge_attr": "place", "iterations": rounds
        },
    }  # fmt: skip
    for what, asked in references.items():
        other = partial(networkx.weisfeiler_lehman_graph_hash, theirs, **asked)
        report.compare(
            f"canonical hash of a graph of 50 layers, networkx: {what}",
            partial(graph_hash, graph),
            other,
            turns=TURNS,
            number=max(10, number // 10) if "iterations" in asked else number,
            bar=Bar(least=4, faster=True),
        )
    cold_fact = "hash of these 50 layers, of none of which anything is kept, ms"
    report.facts[cold_fact] = cold_hash(graph, number)


def told(graph: Graph) -> networkx.DiGraph:
    """What the hash is to know of a network, as networkx takes it."""
    found = networkx.DiGraph()
    makers: dict[int, str] = {}
    for port in graph.inputs:
        makers[port.value] = port.name
        found.add_node(port.name, label=str(graph.values[port.value]))
    for node in graph.nodes:
        (output,) = node.outputs
        makers[output] = node.name
        found.add_node(node.name, label=f"{node.layer} {graph.values[output]}")
        for place, value in enumerate(node.inputs):
            ordered = node.layer.name not in ("add", "mul")
            found.add_edge(makers[value], node.name, place=str(place) if ordered else "")
    return found


def cold_hash(graph: Graph, number: int) -> float:
    """Milliseconds for one hash where no layer's text is known; what is kept lies with a layer."""
    copies = [
        replace(graph, nodes=tuple(replace(n, layer=replace(n.layer)) for n in graph.nodes))
        for _ in range(number)
    ]
    require(graph_hash(copies[0]) == graph_hash(graph), "a copy has another hash")
    begin = time.process_time()
    for copy in copies:
        graph_hash(copy)
    return (time.process_time() - begin) / number * 1000


def typed(report: Report) -> None:
    """Typed graph, costs and hash of each program, none kept from another."""
    stream = Stream(archc.space(FLAT))
    stream.draw(2000)
    number = 50 if report.quick else 1000

    def work() -> None:
        for program in stream.space.samples(number, seed=2, start=stream.start):
            _ = program.trace, program.graph, program.params, program.flops, program.hash
        stream.start += number

    rates = sorted(1 / timed(work, number) for _ in range(report.turns(TURNS)))
    rate = rates[len(rates) // 2]
    report.facts["3 cells with typed graph, costs and hash, per second"] = rate
    report.facts[f"at least {LEAST_TYPED:,} per second"] = rate >= LEAST_TYPED


def first(report: Report) -> None:
    """A space of more than 10^20 programs, from its text to the first of them."""
    path = Path(__file__).with_name("large.arch")
    times = []
    for _ in range(report.turns(TURNS)):
        path.write_text(LARGE, encoding="utf-8")
        begin = time.perf_counter()
        _ = archc.space(path).sample(seed=len(times)).trace
        times.append((time.perf_counter() - begin) * 1000)
    path.unlink()
    size = archc.space(LARGE).size
    require(size > 10**20, f"the space holds {size} programs")
    median = sorted(times)[len(times) // 2]
    report.facts["space of 10^21 programs, first sample after reading the file, ms"] = median
    report.facts[f"at most {MOST_MILLISECONDS} ms"] = median <= MOST_MILLISECONDS


if __name__ == "__main__":
    title = "Drawing programs, against other systems: seconds for one program"
    main("sampling", title, measure)
