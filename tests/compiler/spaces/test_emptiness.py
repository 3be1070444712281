"""A space without a program: only what is at fault is named."""

import archc
import pytest
from archc.compiler.check import check_text

TEXT = """network Net on x: f32[N, 10, 8] -> f32[N, 10, 3] {{
    let width = 4 | 8 | 16
    x -> repeat(1..3) {{ {body} }} -> dense(3)
    {required}
}}
"""
BODY = "dense(width) -> (relu | lstm(width))"


def told(*required: str, body: str = BODY) -> tuple[str, list[str], list[str]]:
    """The code, the texts that its carets mark, and the notes."""
    text = TEXT.format(body=body, required="\n    ".join(f"require {item}" for item in required))
    (report,) = [item for item in check_text(text).reports if item.is_error]
    marked = [item.span.text.removeprefix("require ") for item in report.diagnostic.labels()]
    return report.code, marked, list(report.diagnostic.notes())


@pytest.mark.parametrize(
    ("required", "at_fault"),
    [
        (["flops <= 20k", "activations <= 400"], ["activations <= 400"]),
        (["activations <= 400"], ["activations <= 400"]),
        (["flops <= 20k", "params >= 1M", "layers > 50"], ["params >= 1M", "layers > 50"]),
        (["flops <= 20k", "layers <= 400", "params >= 3k"], ["flops <= 20k", "params >= 3k"]),
        (["params < 60", "params > 60", "params > 50"], ["params < 60", "params > 60"]),
    ],
)
def test_only_the_requirements_at_fault_are_named(required: list[str], at_fault: list[str]) -> None:
    code, marked, _ = told(*required)
    assert (code, marked) == ("E462", at_fault)


def test_it_says_what_the_programs_cost() -> None:
    every = [archc.compile(item) for item in archc.space(
        TEXT.format(body=BODY, required="require flops >= 0")).enumerate()]  # fmt: skip
    params = [item.params for item in every]
    _, _, notes = told("params > 1M")
    assert notes == [f"over all programs, params are {min(params):,} to {max(params):,}"]


def test_an_option_that_no_shape_allows_is_not_accused() -> None:
    body = "({ dense(width) -> relu } | maxpool(20))"
    code, marked, _ = told("params >= 1M", body=body)
    assert (code, marked) == ("E462", ["params >= 1M"])


def test_where_shapes_leave_nothing_requirements_are_not_accused() -> None:
    code, _, notes = told("params <= 1M", body="(maxpool(20) | maxpool(30))")
    assert code == "E459" and len(notes) == 2


def test_where_costs_are_too_many_to_be_known_all_are_named() -> None:
    text = """network Net on x: f32[N, 4] -> f32[N, 4] {
    x -> dense(4) -> (dense(1..1000) -> dense(1..1000) | tanh) -> dense(4)
    require params <= 3
    require flops <= 3
}
"""
    (report,) = [item for item in check_text(text).reports if item.is_error]
    assert report.code == "E462" and len(list(report.diagnostic.labels())) == 2


@pytest.mark.parametrize(
    ("body", "code", "choice"),
    [
        ("let w = 8 | 16\n    require w == 32\n    x -> dense(w) -> dense(4)", "E290", "Net.w"),
        ("x -> dense(8 | 16)", "E266", "Net.dense.units"),
        (  # the choice before it has no part in it
            "x -> unsqueeze(1) -> conv(8 | 16, 2 | 4) -> flatten -> dense(4)",
            "E314",
            "Net.conv.kernel",
        ),
    ],
)
def test_one_rule_that_all_options_break_names_the_choice_too(
    body: str, code: str, choice: str
) -> None:
    text = f"network Net on x: f32[N, 8] -> f32[N, 4] {{\n    {body}\n}}\n"
    (report,) = check_text(text).reports
    assert report.code == code
    assert [step.text for step in report.trail] == [
        f"so it ends with every option of `{choice}` here"
    ]


def test_a_rule_that_no_choice_can_mend_accuses_none() -> None:
    text = "network Net on x: f32[N, 8] -> f32[N, 4] { x -> dense(8 | 16) -> conv(3, 3) }"
    (report,) = check_text(text).reports
    assert report.code == "E302" and not report.trail


def test_each_option_is_told_what_it_runs_into() -> None:
    body = "({ dense(4) -> conv(3, 3) -> maxpool(9) } | maxpool(9) | maxpool(10) | maxpool(10, 1))"
    text = f"""network Net on x: f32[N, 10, 8] -> f32[N, 10, 3] {{
    x -> dropout(0.1 | 0.2) -> {body} -> dense(3)
}}
"""
    (report,) = check_text(text).reports
    assert report.diagnostic.message() == "no option of `Net.choice` leads to a valid program"
    small = "the input with its padding, less the kernel's reach, must be at least 1, but is"
    assert list(report.diagnostic.notes()) == [
        f"`{{ dense(4) -> conv(3, 3) -> maxpool(9) }}`: {small} -4",
        f"`maxpool(9)`: {small} 0",
        f"`maxpool(10)` and `maxpool(10, 1)`: {small} -1",
    ]


def test_many_reasons_are_told_in_part() -> None:
    text = """network Net on x: f32[N, 10, 8] -> f32[N, 10, 3] {
    x -> (maxpool(9) | maxpool(10) | maxpool(11) | maxpool(12) | conv(3, 4) | { conv(3, 2) -> relu }
        | maxpool(13) | conv(3, 6)) -> dense(3)
}
"""
    (report,) = check_text(text).reports
    *_, last = report.diagnostic.notes()
    assert report.diagnostic.message() == "no option of `Net.choice` leads to a valid program"
    assert last == "and 3 options more, refused in similar ways"
