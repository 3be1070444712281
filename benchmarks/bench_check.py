"""ResNet-50: from text to a checked graph, in a process that has done it before.

The reference is Lark's untyped tree of the same text. The bar is an absolute time, 30 ms; a busy
machine shows in the quartiles, so the quickest turn stands beside the median.
"""

import statistics
from functools import partial

from archc.compiler.check import check_text
from archc.compiler.types import product
from bench_parse import trees_of_lark
from harness import PROGRAMS, Report, main, paired, require, timed

PARAMETERS = 25_557_032
MOST_MILLISECONDS = 30


def measure(report: Report) -> None:
    text = (PROGRAMS / "resnet50.arch").read_text(encoding="utf-8")
    graph = check_text(text).graph()
    trees = trees_of_lark(text)
    weights = [weight for weight in graph.weights() if weight.trainable]
    found = sum(product(weight.shape) for weight in weights)
    require(found == PARAMETERS, f"ResNet-50 has {found:,} parameters, not {PARAMETERS:,}")
    work = partial(check_text, text)
    if not report.quick:
        for _ in range(5):
            work()
    times: list[float] = []

    def ours() -> float:
        times.append(timed(work))
        return times[-1]

    row = paired("text to checked graph", ours, partial(timed, trees), turns=report.turns(101))
    report.rows.append(row)
    median = statistics.median(times) * 1000
    report.facts = {
        "parameters": found,
        "layers": len(graph.nodes),
        "median, ms": median,
        "quickest, ms": min(times) * 1000,
        "bar": f"at most {MOST_MILLISECONDS} ms",
        "met": median <= MOST_MILLISECONDS,
    }


if __name__ == "__main__":
    main("check", "ResNet-50 from text to a checked graph", measure)
