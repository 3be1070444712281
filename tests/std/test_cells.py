"""`std.cells`: as many cells as the papers say, and of the form that they say."""

import archc
import pytest


def space_of(inputs: str, stage: str) -> archc.Space:
    start = "(x, y)" if "," in inputs.replace("[N, 4, 4, 4]", "") else "x"
    return archc.space(
        "use std.cells\n"
        f"network Use on {inputs} -> f32[N, _, _, _] {{\n    {start} -> {stage}\n}}\n"
    )


def test_nas_bench_201_has_the_published_number_of_cells() -> None:
    assert space_of("x: f32[N, 4, 4, 4]", "cells.NasBench201Cell").size == 15_625


@pytest.mark.slow
@pytest.mark.parametrize("reduces", ["false", "true"])
def test_darts_has_the_published_number_of_cells(reduces: str) -> None:
    """The product of (k + 1) k / 2 * 7^2 for k from 1 to 4 (appendix A.3)."""
    pair = "x: f32[N, 4, 4, 4], y: f32[N, 4, 4, 4]"
    assert space_of(pair, f"cells.DartsCell(4, {reduces})").size == 1 * 3 * 6 * 10 * 7**8


def test_a_cell_of_nas_bench_101_has_at_most_nine_edges_and_no_vertex_aside() -> None:
    space = space_of("x: f32[N, 4, 4, 4]", "cells.NasBench101(8, 1)")
    for program in space.samples(40, seed=1):
        rows = [[0] * 7 for _ in range(7)]
        flags: dict[str, list[int]] = {}
        for item in program.trace:
            name = item.name.split(".")[-1].split("_")[0]
            if name in ("out", "fifth", "fourth", "third", "second"):
                flags.setdefault(name, []).append(int(item.value))
        for place, name in enumerate(("second", "third", "fourth", "fifth", "out"), start=2):
            for source, flag in enumerate(flags.get(name, [])):
                rows[source][place] = flag
        rows[0][1] = int(any(rows[1]))
        assert sum(map(sum, rows)) <= 9
        for vertex in range(1, 6):
            assert any(row[vertex] for row in rows) == any(rows[vertex])
