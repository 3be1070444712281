"""Ends of real ranges that a layer refuses, and numbers that decide what they may not."""

import archc
import pytest
from archc.compiler.check import check_text
from archc.compiler.spaces.process import Process
from archc.compiler.spaces.states import State
from archc.compiler.spaces.survey import survey

HEAD = "network Net on x: f32[N, 6] -> f32[N, 6] {"


def told(body: str) -> list[tuple[str, str, str]]:
    reports = check_text(f"{HEAD}\n{body}\n}}").reports
    return [(item.code, item.place().text, item.diagnostic.message()) for item in reports]


@pytest.mark.parametrize(
    ("body", "place", "number", "cause"),
    [
        ("x -> dropout(0.0..1.0)", "0.0..1.0", "1.0", "dropout cannot have rate = 1.0"),
        ("x -> dropout(-0.5..0.5)", "-0.5..0.5", "-0.5", "dropout cannot have rate = -0.5"),
        ("let p = 0.0..1.0\n x -> elu(p)", "0.0..1.0", "0.0", "elu cannot have alpha = 0.0"),
        ("let p = 0.5..1.0\n x -> dropout(p) -> (relu | elu)", "0.5..1.0", "1.0", "dropout"),
        ("x -> dropout(rate=0.0..1.0) -> dense(5 | 6)", "0.0..1.0", "1.0", "below 1"),
    ],
)
def test_an_end_that_a_layer_refuses(body: str, place: str, number: str, cause: str) -> None:
    ((code, marked, message),) = told(body)
    assert (code, marked) == ("E463", place)
    assert message.startswith(f"this range holds {number}, which is not allowed: ")
    assert cause in message


def test_an_option_with_such_a_range_is_never_taken_and_says_why() -> None:
    text = f"{HEAD} x -> (relu | dropout(0.5..1.0)) }}"
    (warning,) = survey(archc.space(text).process).warnings
    assert warning.code == "W451"
    (label,) = warning.diagnostic.labels()
    assert label.text.startswith("this range holds 1.0, which is not allowed: dropout")


@pytest.mark.parametrize(
    "body",
    [
        "let p = 0.0..1.0\n x -> if p > 0.5 { relu } else { tanh }",
        "let p = 0.0..1.0\n require p < 0.5\n x -> dropout(p)",
    ],
)
def test_a_number_that_decides_structure_is_told_as_that(body: str) -> None:
    assert [code for code, _, _ in told(body)] == ["E458"]


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("x -> dense(1.0..4.0)", "1.0..4.0"),
        ("let w = 1.0..2.0\n x -> dense(8 * w)", "8 * w"),
        ("x -> repeat(1.0..3.0) { relu }", "1.0..3.0"),
        ("x -> share(1.0..3.0) { relu }", "1.0..3.0"),
        ("x -> Part(1.0..3.0)", "1.0..3.0"),
        ("x -> Part(2, [1, 1.0..3.0])", "[1, 1.0..3.0]"),
    ],
)
def test_a_size_from_a_real_range_is_told_to_be_chosen_from_whole_numbers(
    body: str, written: str
) -> None:
    """It had been told that a number, which nobody had written, is no integer."""
    blocks = "block Part(n: int, kernel: conv.kernel = 1) on x { x -> dense(n) }\n"
    with pytest.raises(archc.ProgramError) as error:
        archc.space(f"{blocks}{HEAD} {body} }}")
    (report,) = error.value.diagnostics
    diagnostic = report.diagnostic
    assert diagnostic.code == "E458"
    assert [label.span.text for label in diagnostic.labels()] == [written]
    assert ["whole numbers" in text for text in diagnostic.help()] == [True]


def test_a_text_from_a_real_range_is_of_the_wrong_kind() -> None:
    """No whole number would do either."""
    assert [code for code, _, _ in told("x -> dense(4, bias=0.0..1.0)")] == ["E215"]


def test_a_number_that_is_refused_behind_further_choices_leaves_no_program() -> None:
    block = "block A(p: float) on x { limit recursion = 3, x -> (A(p) | dropout(p)) }\n"
    reports = check_text(f"{block}{HEAD} x -> A(0.5..1.2) }}").reports
    assert [report.code for report in reports] == ["E459"]


def test_what_no_budget_was_left_to_prove_is_proved_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a question that is given up leaves behind is neither taken for granted nor asked of the
    next one.
    """
    space = archc.space(f"{HEAD} x -> relu? -> (relu | dropout(0.5..1.0)) -> (tanh | gelu) }}")
    prove, given_up = Process._prove, list[State]()

    def proved(process: Process, state: State) -> None:
        if not given_up:
            given_up.append(state)
            raise archc.SpaceLimit("the budget is used up")
        prove(process, state)

    monkeypatch.setattr(Process, "_prove", proved)
    with pytest.raises(archc.SpaceLimit):
        list(space.samples(50))
    assert given_up and not space.process.unproved
    assert not any("dropout" in program.text for program in space.samples(50))
