"""Texts that are too large or too deep: a diagnostic in little time, never an exception."""

import time

import pytest
from archc.grammar import ast
from archc.grammar.limits import MAX_DEPTH, MAX_FILE
from archc.grammar.parse import parse, parse_bytes
from archc.grammar.print import print_program

DEEP = 100_000


def codes(text: str) -> list[str]:
    return [report.code for report in parse(text).reports]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"let x = {'(' * DEEP}1{')' * DEEP}", "E104"),
        ("let x = " + "(" * DEEP, "E104"),
        ("block B on x " + "{" * DEEP, "E104"),
        ("let x = " + "([" * 300 + "1" + "])" * 300, "E104"),
        ("block B on x " + "{ a -> " * 300 + "}" * 300, "E104"),
        ("let x = " + "-" * 20_000 + "x", "E105"),
        ("let x = " + "not " * 2000 + "x", "E105"),
        ("let x = " + " ** ".join(["2"] * 2000), "E105"),
        ("let x = " + " + ".join(["y"] * 2000), "E105"),
        ("let x = y" + ".z" * 2000, "E105"),
        ("let x = y" + "[0]" * 2000, "E105"),
        ("let x = y" + "?" * 2000, "E105"),
        ("let x = " + "if a { b } else " * 2000 + "{ c }", "E105"),
        (f"let x = [{', '.join(['1'] * 60_000)}]", "E103"),
        ("let x = " + "y" * 70_000, "E103"),
        (f'let x = "{"y" * 70_000}"', "E103"),
    ],
)
def test_too_much(text: str, code: str) -> None:
    begin = time.process_time()
    assert codes(text) == [code]
    assert time.process_time() - begin < 3


@pytest.mark.parametrize(
    "text",
    [
        "let x = " + "(" * 199 + "1" + ")" * 199,
        "let x = " + " + ".join(["y"] * 350),
        "let x = " + " -> ".join(["y"] * 3000),
        "let x = " + " | ".join(["y"] * 3000),
        "let x = " + " + ".join(["a * b"] * 350),
        "let x = " + "-" * 350 + "x",
        "let x = " + "if a { b } else " * 350 + "{ c }",
        "block B on x " + "{ a -> " * 190 + "b" + "}" * 190,
        "block B on x {\n" + "    y = x -> f(1, 2)\n" * 4000 + "    y\n}",
        "let x = 1 # " + "y" * 100_000,
    ],
)
def test_just_enough(text: str) -> None:
    parsed = parse(text)
    assert parsed.reports == ()
    again = parse(print_program(parsed.program))
    assert again.program == parsed.program
    assert hash(again.program) == hash(parsed.program)
    assert repr(again.program) == repr(parsed.program)


def test_one_declaration_that_is_too_deep_hides_no_other() -> None:
    parsed = parse(f"let a = {'-' * 900}x\nlet b = 1 1\nlet c = 1")
    assert [report.code for report in parsed.reports] == ["E105", "E120"]
    assert parsed.program.declarations[0].names == ("a",)  # type: ignore[union-attr]
    assert isinstance(parsed.program.declarations[2], ast.Let)


def test_a_file_that_is_too_large() -> None:
    (report,) = parse_bytes(b"#" * (MAX_FILE + 1)).reports
    assert report.code == "E102"
    assert [report.code for report in parse("#" * (MAX_FILE + 1)).reports] == ["E102"]


def test_the_depth_is_counted_in_expressions() -> None:
    assert codes("let x = " + "-" * (MAX_DEPTH - 1) + "x") == []
    assert codes("let x = " + "-" * MAX_DEPTH + "x") == ["E105"]


@pytest.mark.parametrize("text", ["(" * 5000, "[)" * 5000, "{ ( ] " * 3000, "let x = 1 1\n" * 3000])
def test_many_mistakes_take_little_time(text: str) -> None:
    begin = time.process_time()
    assert parse(text).reports
    assert time.process_time() - begin < 5
