"""Broken programs: every mistake is reported where it stands, and the rest is kept."""

import pytest
from archc.grammar import ast
from archc.grammar.parse import parse
from hypothesis import given
from hypothesis import strategies as st

HEAD = "network N on x: f32[N, 1] -> f32[N, 1] {\n"
TAIL = "\nlast = x\nlast\n}\n"

MISTAKES = [
    ("x -> conv(64 3)", "E120", "3"),
    ("y = 3 3", "E120", "3"),
    ("x -> dense(1", "E112", "("),
    ("y = [1, 2", "E112", "["),
    ("x -> conv(64, 3 -> relu, 5", "E112", "("),
    ('y = f("a, 2), b = 3', "E107", '"'),
    ("y = x)", "E113", ")"),
    ("if stride = 1 { relu }", "E121", "="),
    ("y = z = 1", "E121", "="),
    ("next = x", "E122", "next"),
    ("let for = 3", "E122", "for"),
    ("x -> layer(3)", "E122", "layer"),
    ("return x", "E123", "return"),
    ("let f = lambda x: 3", "E123", "lambda"),
    ("if a { b } elif c { d }", "E123", "elif"),
    ("fork { -x }", "E126", "-"),
    ("fork { -> relu }", "E126", "->"),
    ("1 < 2 < 3", "E127", "<"),
    ("relu @ [1] | gelu", "E128", "@"),
    ("a @ [1]", "E128", "@"),
    ("(a | b @ [1, 2]) @ [1, 2]", "E128", "@"),
    ("x[0] = 3", "E129", "x[0]"),
    ("(a, 2) = x", "E129", "2"),
    ("w = 8 if a else 16", "E130", "if"),
    ("y = a == not b", "E131", "not"),
    ("q = x ->\nz = 1", "E132", "->"),
    ("q = x ->\nlet z = 1", "E120", ""),
    ("y = .5", "E106", ".5"),
    ("y = 1.", "E106", "1."),
    ("y = 3x3", "E106", "3x3"),
    ("y = 'a'", "E107", "'"),
    ('y = "a', "E107", '"'),
    ('y = "a\\d"', "E108", "\\d"),
    ("größe = 3", "E109", "größe"),
    ("y = 3 $", "E110", "$"),
    ("x => relu", "E111", "=>"),
    ("x |> relu", "E111", "|>"),
    ("a && b", "E111", "&&"),
    ("x += 1", "E111", "+="),
    ("y = 1;", "E111", ";"),
    ("block B on x { x }", "E115", "block"),
    ("if a", "E117", ""),
    ("a, , b", "E120", ","),
    ("y = (,)", "E120", ","),
    ("for x of y { }", "E120", "of"),
    ("let y 3", "E120", "3"),
    ("require a: b", "E120", "b"),
    ("y = a..b..c", "E120", ".."),
]


@pytest.mark.parametrize(("statement", "code", "place"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_named_and_the_rest_is_kept(statement: str, code: str, place: str) -> None:
    parsed = parse(f"{HEAD}{statement}{TAIL}let after = 1")
    (report,) = parsed.reports
    assert report.code == code
    assert report.place().text == place
    assert report.place().line == 2
    assert report.diagnostic.message()
    assert "BODY" not in report.diagnostic.message()
    function, after = parsed.program.declarations
    assert isinstance(function, ast.Function)
    assert isinstance(function.body.statements[-1], ast.Result)
    assert isinstance(after, ast.Let)


DECLARATIONS = [
    ("width = 64", "E114", "width"),
    ("x -> relu", "E114", "x"),
    ("def f(x): x", "E123", "def"),
    ("import torch", "E123", "import"),
    ("block B(width = 3) on x { x }", "E124", "width"),
    ("block B on x f32[N] { x }", "E124", "x"),
    ("block B(x: f32[N]) { x }", "E125", "x"),
    ("block B x: f32[N] { x }", "E125", "x"),
    ("block B on x\n{ x }", "E116", "{"),
    ("block B on x", "E117", ""),
    ("block on x { x }", "E122", "on"),
    ("use a.b as", "E120", ""),
    ("use ../x", "E120", ".."),
    ("train N { lr: 3, epochs = 2 }", "E120", ":"),
    ("vocabulary V { conv(3), a | b }", "E120", "|"),
    ("network N on x: f32[N] - f32[N] { x }", "E120", "-"),
    ("cell C on x: f32[N] with h { h }", "E120", "{"),
    ("}", "E113", "}"),
    ("block B on x {\n    y = x -> repeat(2) {\n        relu\n    y\n}", "E112", "{"),
]


@pytest.mark.parametrize(
    ("text", "code", "place"), DECLARATIONS, ids=[case[0] for case in DECLARATIONS]
)
def test_a_broken_declaration_hides_no_other(text: str, code: str, place: str) -> None:
    parsed = parse(f"let before = 1\n{text}\nblock After on x {{ x }}\n")
    assert [(report.code, report.place().text) for report in parsed.reports] == [(code, place)]
    assert isinstance(parsed.program.declarations[0], ast.Let)
    assert isinstance(parsed.program.declarations[-1], ast.Function)


def test_several_mistakes_in_one_run() -> None:
    text = f"{HEAD}a = 1 1\nb = repeat(2) {{ c = 2 2\n d = 3 3 }}\ne = (4\nf = 5x{TAIL}let g 6\n"
    reports = parse(text).reports
    assert [report.code for report in reports] == ["E120", "E120", "E120", "E112", "E106", "E120"]
    assert [report.place().line for report in reports] == [2, 3, 4, 5, 6, 10]


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("y = 1 1", ("y",)),
        ("(a, b) = 1 1", ("a", "b")),
        ("let y = 1 1", ("y",)),
        ("layer y = 1 1", ("y",)),
        ("next h = 1 1", ("h",)),
        ("y = x ->\nz = 3", ("y", "z")),
        ("1 1", ()),
    ],
)
def test_a_broken_statement_tells_what_it_would_have_bound(
    statement: str, names: tuple[str, ...]
) -> None:
    (function,) = parse(f"{HEAD}{statement}{TAIL}").program.declarations
    assert isinstance(function, ast.Function)
    broken = function.body.statements[0]
    assert isinstance(broken, ast.Broken)
    assert broken.names == names
    assert broken.span.text == statement


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("block B on { }", ("B",)),
        ("use a.b as c d", ("c",)),
        ("use a: B, C D", ("B", "C", "D")),
        ("use a.b..", ("b",)),
        ("let x = 1 1", ("x",)),
    ],
)
def test_a_broken_declaration_tells_what_it_would_have_bound(
    text: str, names: tuple[str, ...]
) -> None:
    (broken,) = parse(text).program.declarations
    assert isinstance(broken, ast.Broken)
    assert set(names) <= set(broken.names)


def test_broken_settings_are_kept_apart() -> None:
    (train,) = parse("train N { epochs = 3, lr: 4, batch = 5 }").program.declarations
    assert isinstance(train, ast.Settings)
    assert [setting.name for setting in train.settings] == ["epochs", "batch"]
    assert len(train.broken) == 1


def test_the_brace_that_was_opened_is_blamed() -> None:
    text = "block A on x {\n    x -> repeat(2) {\n        relu\n\nblock B on x { x }\n"
    parsed = parse(text)
    assert [report.place().line for report in parsed.reports] == [1, 2]
    assert [type(node) for node in parsed.program.declarations] == [ast.Function] * 2


def test_a_string_that_does_not_end_hides_no_bracket() -> None:
    (report,) = parse('train N { data = text("data.txt), epochs = 3 }').reports
    assert report.code == "E107"
    (report,) = parse("train N { data = text('data.txt), epochs = 3 }").reports
    assert report.code == "E107"


def test_statements_outside_are_reported_once() -> None:
    assert [report.code for report in parse("x -> relu\ny\nz -> relu\n").reports] == ["E114"]


WORDS = (
    "block network cell train use let layer next require limit if else for in on with not and or "
    "true x relu conv 3 0.5 1. 3x3 step log as"
)
SIGNS = '-> : @ | .. ... . , = == < + - * / // % ** ? _ ( ) [ ] { } # " \' \\ $ é => && "s"'
PIECES = st.sampled_from([*WORDS.split(), *SIGNS.split(), "\n", "\t", "\r"])


@given(st.lists(PIECES, max_size=60).map(" ".join) | st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    parsed = parse(text)
    places = [report.place().start for report in parsed.reports]
    assert places == sorted(places)
    for report in parsed.reports:
        assert report.diagnostic.message()
        assert all(report.diagnostic.help())
    if not parsed.reports:
        assert not any(isinstance(node, ast.Broken) for node in parsed.program.declarations)


@given(st.data())
def test_no_damage_to_a_program_raises(data: st.DataObject) -> None:
    text = f"{HEAD}y = x -> conv(64, [3, 3]) -> repeat(2) {{ a | b? }}\nif a == 1 {{ y }}{TAIL}"
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    damaged = text[:start] + data.draw(PIECES) + text[end:]
    for report in parse(damaged).reports:
        assert report.diagnostic.message()
        list(report.diagnostic.labels())
