"""Published numbers of cells, counted anew."""

import json

import archc
import pytest
from archc import ProgramError
from cells import (
    FOLDER,
    OPERATIONS,
    RESULTS,
    cells,
    paper_count,
    paper_text,
    structures,
    trace_of,
)


@pytest.mark.parametrize(
    ("most", "count"), [(6, 64_542), pytest.param(7, 423_624, marks=pytest.mark.slow)]
)
def test_nas_bench_101_has_the_published_number_of_cells(most: int, count: int) -> None:
    """All graphs enumerated, told apart by the canonical form; 423,624 is the paper's."""
    assert sum(cells(vertices) for vertices in range(2, most + 1)) == count


def test_cells_of_nas_bench_101_are_in_the_space() -> None:
    """Of few vertices all, of many every hundredth; the page says how many in all."""
    space = archc.space(FOLDER / "nasbench101.arch", width=16, modules=1)
    small = [rows for vertices in range(2, 5) for rows in structures(vertices)]
    for rows in [*small, *structures(7)[::100]]:
        operations = (OPERATIONS * 2)[: len(rows) - 1]
        program = space.from_trace(trace_of(rows, operations))
        assert sum(item.value == 1 for item in program.trace) + int(len(rows) > 1) == sum(
            map(len, rows)
        )


def test_a_cell_of_ten_edges_is_not() -> None:
    space = archc.space(FOLDER / "nasbench101.arch", width=16, modules=1)
    rows = ((0,), (0, 1), (0, 1, 2), (0, 1, 2, 3))
    with pytest.raises((ProgramError, ValueError)):
        space.from_trace(trace_of(rows, OPERATIONS))


def test_the_texts_of_nas_bench_201_are_those_of_the_paper() -> None:
    assert paper_count(zeros=True) == 6_466
    assert paper_count(zeros=False) == 12_751


def test_what_the_texts_do_not_see() -> None:
    zero, skip, conv = "none", "skip_connect", "nor_conv_3x3"
    nothing = paper_text([zero] * 6, zeros=True)
    through = paper_text([zero, zero, zero, zero, zero, conv], zeros=True)
    assert (nothing, through) == ("#+#+#", "#+#+(#+#)@nor_conv_3x3")  # both compute zeros
    once = paper_text([conv, skip, skip, zero, zero, skip], zeros=True)
    assert once == "#+#+(0)@nor_conv_3x3+0"


def test_the_counts_that_the_page_tells_are_those_counted() -> None:
    told = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert told["nasbench101"]["cells"] == told["nasbench101"]["published"] == 423_624
    assert told["nasbench201"]["texts of its authors, with zeros"] == 6_466
