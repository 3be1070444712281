"""The printer: what it writes means the same, prints the same again, and loses no comment."""

import re

import pytest
from archc.grammar import ast
from archc.grammar.parse import parse, parse_expression
from archc.grammar.print import print_expression, print_program
from archc.grammar.span import NOWHERE
from hypothesis import given
from hypothesis import strategies as st
from trees import expressions, programs


def formatted(text: str) -> str:
    parsed = parse(text)
    assert not parsed.reports
    return print_program(parsed.program)


@given(programs)
def test_a_tree_survives_printing(program: ast.Program) -> None:
    text = print_program(program)
    parsed = parse(text)
    assert not parsed.reports, text
    assert parsed.program == program
    assert print_program(parsed.program) == text


@given(expressions)
def test_an_expression_survives_printing(expression: ast.Expression) -> None:
    text = print_expression(expression)
    parsed = parse_expression(text)
    assert not parsed.reports, text
    assert parsed.expression == expression


def commented(text: str, places: list[int]) -> str:
    """The text with a comment at the end of some lines and above others."""
    lines = text.split("\n")
    for number, place in enumerate(places):
        index = place % len(lines)
        if place % 2 or "#" in lines[index]:
            lines.insert(index, f"   # above {number}")
        else:
            lines[index] += f"  # beside {number}"
        if place % 3 == 0:
            lines.insert(index, "\n")
    return "\n".join(lines)


@given(programs, st.lists(st.integers(0, 999), max_size=8))
def test_comments_survive(program: ast.Program, places: list[int]) -> None:
    text = commented(print_program(program), places)
    parsed = parse(text)
    assert not parsed.reports, text
    assert parsed.program == program
    once = print_program(parsed.program)
    again = parse(once)
    assert not again.reports, once
    assert again.program == program
    assert sorted(comment.text for comment in again.program.comments) == sorted(
        comment.text for comment in parsed.program.comments
    )
    assert print_program(again.program) == once


def test_examples_survive(program: str) -> None:
    once = formatted(program)
    assert parse(once).program == parse(program).program
    assert formatted(once) == once
    assert max(map(len, once.splitlines())) <= 100


def test_lines_break_at_every_kind_of_place(program: str) -> None:
    """The examples without what the author broke, as if a program had made them."""
    whole = parse(program).program
    made = ast.Program(whole.declarations, span=NOWHERE)
    assert parse(print_program(made)).program == whole


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("a->b|c", "a -> (b | c)"),
        ("a -> l:b|c", "a -> l: (b | c)"),
        ("a | b @ [1, 2]", "(a | b) @ [1, 2]"),
        ("(a+b)*c", "(a + b) * c"),
        ("((a*b))+c", "a * b + c"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a**b)**c", "(a ** b) ** c"),
        ("2**-x", "2 ** -x"),
        ("(-x)**2", "(-x) ** 2"),
        ("not(a==b)", "not a == b"),
        ("(not a)==b", "(not a) == b"),
        ("x[ :,-1, ::2 ]", "x[:, -1, ::2]"),
        ("1.5M", "1.5M"),
        ("{a->b}|c", "{ a -> b } | c"),
        ("f(){a}", "f { a }"),
        ("if a{b}else{if c{d}}", "if a { b } else if c { d }"),
        ("1..4  step 2 log", "1..4 step 2 log"),
        ('"a\\u0041\\n"', '"aA\\n"'),
    ],
)
def test_canonical_forms(written: str, canonical: str) -> None:
    expression = parse_expression(written).expression
    assert expression is not None
    assert print_expression(expression) == canonical


def test_comments_stay_where_they_are() -> None:
    text = """\
# about the file

# about B
block B on x {  # opens
    # first
    y = x -> relu  # beside

    # second
    y
        # between
        -> conv(3)  # after conv
        -> relu
    # last
}  # closes

# the end
"""
    assert formatted(text) == text


def test_comments_inside_arguments_move_above() -> None:
    text = "let x = f(\n    1, # one\n    2)\n"
    assert formatted(text) == "# one\nlet x = f(1, 2)\n"


def test_a_long_pipeline_has_an_arrow_on_each_line() -> None:
    stages = [f"conv({number}, kernel=3, stride=1)" for number in range(100, 108)]
    text = formatted(f"block B on x {{ x -> {' -> '.join(stages)} }}")
    assert re.findall(r"^        -> conv\(\d+", text, re.MULTILINE) == [
        f"        -> conv({number}" for number in range(100, 108)
    ]


def test_a_long_call_has_an_argument_on_each_line() -> None:
    arguments = [f"name_{number}={number}" for number in range(12)]
    text = formatted(f"let x = f({', '.join(arguments)})")
    assert text == "let x = f(\n" + "".join(f"    {item},\n" for item in arguments) + ")\n"


def test_a_statement_never_begins_with_a_minus() -> None:
    minus = ast.Unary("-", ast.Name("x", span=NOWHERE), span=NOWHERE)
    body = ast.Body((ast.Result(minus, span=NOWHERE),) * 2, span=NOWHERE)
    fragment = ast.Fragment(body, span=NOWHERE)
    text = print_expression(fragment)
    assert text == "{ (-x), (-x) }"
    assert parse_expression(text).expression == fragment


def test_nothing_prints_as_nothing() -> None:
    assert formatted("") == ""
    assert formatted("\n\n # only\n") == "# only\n"
