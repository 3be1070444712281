"""The parser on programs that are right: what they mean, where each node stands, how fast."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from archc.grammar import ast
from archc.grammar.parse import parse, parse_bytes, parse_expression, parse_file
from archc.grammar.print import print_program
from archc.grammar.tables import GRAMMAR, STARTS
from lark import Lark


def value_of(text: str) -> ast.Expression:
    parsed = parse_expression(text)
    assert parsed.expression is not None, parsed.reports
    return parsed.expression


def body_of(text: str) -> list[str]:
    """The statements of a body, each as its text."""
    parsed = parse(f"block B on x {{\n{text}\n}}")
    assert not parsed.reports, parsed.reports
    (function,) = parsed.program.declarations
    assert isinstance(function, ast.Function)
    return [statement.span.text for statement in function.body.statements]


def below(node: ast.Node) -> Iterator[ast.Node]:
    for child in ast.children(node):
        yield child
        yield from below(child)


def test_the_grammar_is_strict() -> None:
    """Without conflicts, which plain LALR settles in silence; Lark's own lexer agrees."""
    grammar = Path(GRAMMAR).read_text(encoding="utf-8")
    options = {"parser": "lalr", "strict": True, "start": STARTS, "keep_all_tokens": True}
    parser = Lark(grammar, **options)
    tree = parser.parse("x -> cell -> repeat(1..4 log) { a | b? } @ [1]", start="expression")
    assert tree.data == "pipeline"


def test_examples_parse(program: str) -> None:
    assert parse(program).reports == ()


def test_every_span_holds_its_node(program: str) -> None:
    root = parse(program).program
    assert root.span.text == program
    checked = 0
    for node in below(root):
        assert node.span.start < node.span.end
        if isinstance(node, ast.Slice):
            continue
        if isinstance(node, ast.Expression):
            assert value_of(node.span.text) == node
            checked += 1
        elif isinstance(node, ast.Statement):
            assert body_of(node.span.text) == [node.span.text]
            checked += 1
        elif isinstance(node, ast.Body):
            assert node.span.text.startswith(("{", "if"))
            assert node.span.text.endswith("}")
    assert checked >= 10


def test_spans_lie_inside_their_parents(program: str) -> None:
    root = parse(program).program
    for node in (root, *below(root)):
        for child in ast.children(node):
            assert node.span.start <= child.span.start <= child.span.end <= node.span.end


def test_a_function_knows_where_its_name_is() -> None:
    (function,) = parse("block  Part on x { x }").program.declarations
    assert isinstance(function, ast.Function)
    assert function.name_span.text == "Part"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("-a ** 2", "-(a ** 2)"),
        ("2 ** -x ** y", "2 ** (-(x ** y))"),
        ("2 ** 3 ** 2", "2 ** (3 ** 2)"),
        ("a - b - c", "(a - b) - c"),
        ("a + b * c // d", "a + ((b * c) // d)"),
        ("not a == b and c or d", "((not (a == b)) and c) or d"),
        ("a + 1..b * 2", "(a + 1)..(b * 2)"),
        ("1..2 | 3..4 log", "(1..2) | (3..4 log)"),
        ("a -> b | c", "a -> (b | c)"),
        ("a -> l: b | c -> d", "a -> (l: (b | c)) -> d"),
        ("-x[0].y?", "-(((x[0]).y)?)"),
        ("(a | b) @ [1, 2]", "a | b @ [1, 2]"),
    ],
)
def test_precedence(text: str, tree: str) -> None:
    assert value_of(text) == value_of(tree)


def test_parentheses_matter_where_they_group() -> None:
    assert value_of("(a | b) | c") != value_of("a | b | c")
    assert value_of("(a -> b) -> c") != value_of("a -> b -> c")
    assert value_of("a - (b - c)") != value_of("a - b - c")


def test_soft_words_are_names() -> None:
    text = "x -> cell -> log -> step: train(layers=3, use=as) -> block.search"
    assert parse(f"let step = {text}").reports == ()
    assert parse("network log(step: int, train: use.cell) on as: f32[log] { as }").reports == ()
    assert (
        parse("train train: search { block = 1, log = 2\nuse = a..b step step log }").reports == ()
    )


def test_a_value_that_nothing_reads() -> None:
    """`_` stands for it, among several names."""
    parsed = parse("block B on x {\n    (_, h, _) = x -> lstm(2, states=true)\n    h\n}\n")
    assert not parsed.reports
    (function,) = parsed.program.declarations
    assert isinstance(function, ast.Function)
    bind = function.body.statements[0]
    assert isinstance(bind, ast.Bind) and bind.targets == ("_", "h", "_")
    assert "(_, h, _) = x" in print_program(parsed.program)


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("a\nb", ["a", "b"]),
        ("a, b,", ["a", "b"]),
        ("a ->\n b", ["a ->\n b"]),
        ("a\n\n # why\n -> b", ["a\n\n # why\n -> b"]),
        ("a\n- b", ["a\n- b"]),
        ("a\n(b)\n[c]", ["a", "(b)", "[c]"]),
        ("f(\n1\n,2)\nb", ["f(\n1\n,2)", "b"]),
        ("f(fork {\na\nb\n})", ["f(fork {\na\nb\n})"]),
        ("if a { b }\nelse { c }", ["if a { b }\nelse { c }"]),
        ('require a\n: "m"', ['require a\n: "m"']),
        ("a?\nb", ["a?", "b"]),
        ("x[...]\n1..2 log\ny", ["x[...]", "1..2 log", "y"]),
        ("let\na = 1", ["let\na = 1"]),
        ("a | b\n@ [1, 2]", ["a | b\n@ [1, 2]"]),
        ("a\r\nb\r\n\t-> c\r", ["a", "b\r\n\t-> c"]),
    ],
)
def test_line_breaks(text: str, statements: list[str]) -> None:
    assert body_of(text) == statements


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("200k", 200_000),
        ("1.5M", 1_500_000),
        ("2G", 2_000_000_000),
        ("1e3", 1000),
        ("1e-3", 0.001),
        ("1e-400k", None),
        ("1.0", 1.0),
        ("2.5e1", 25.0),
        ("0.1", 0.1),
        ("1.2345k", 1234.5),
        ("0.0", 0.0),
        ("0e5", 0),
        ("9007199254740993", 9007199254740993),
        ("1e300", None),
        ("1e99999999999", None),
        ("9" * 301, None),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    parsed = parse_expression(text)
    if value is None:
        assert [report.code for report in parsed.reports] == ["E106"]
        return
    assert isinstance(parsed.expression, ast.Number)
    assert parsed.expression.value == value
    assert type(parsed.expression.value) is type(value)
    assert parsed.expression.text == text


def test_strings() -> None:
    text = '"a\\"b\\\\ \\n\\t\\r\\u00e9 é"'
    assert value_of(text) == ast.String('a"b\\ \n\t\r\u00e9 é', span=value_of("a").span)


def test_comments_are_kept() -> None:
    program = parse("# one\nlet x = 1  # two\r\n").program
    assert [(comment.start, comment.text) for comment in program.comments] == [
        (0, "# one"),
        (17, "# two"),
    ]


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.arch"
    path.write_bytes(b"\xef\xbb\xbflet x = 1\r\nlet y = 2")
    parsed = parse_file(path)
    assert parsed.reports == ()
    assert [node.span.text for node in parsed.program.declarations] == ["let x = 1", "let y = 2"]
    with pytest.raises(OSError, match="missing"):
        parse_file(tmp_path / "missing.arch")


def test_bytes_that_are_no_text() -> None:
    (report,) = parse_bytes(b"let x = \xff", "a.arch").reports
    assert report.code == "E101"
    assert report.place().start == 8
    assert [report.code for report in parse("let x = 1\0").reports] == ["E101"]


def test_one_program_parses_as_another_does(program: str) -> None:
    first, second = parse(program).program, parse(f"\n\n{program}").program
    assert first == second
    assert hash(first) == hash(second)
    assert repr(first) == repr(second)


def test_an_integer_is_no_float() -> None:
    assert value_of("1") != value_of("1.0")
    assert value_of("1000") == value_of("1k")


def test_time_is_linear() -> None:
    text = "let x = f(1, a -> b) + 3 * [1, 2]\n"
    parse(text)
    times = []
    for count in (500, 5000):
        begin = time.process_time()
        assert parse(text * count).reports == ()
        times.append((time.process_time() - begin) / count)
    assert times[1] < 3 * times[0]


@pytest.mark.parametrize(
    ("stage", "help_"),
    [
        ("if relu | tanh { relu }", "a choice stands in parentheses here: `(a | b)`"),
        ("for i in [1, 2] | [1] { relu }", "a choice stands in parentheses here: `(a | b)`"),
        ("dropout(0.1..0.5 log step 0.1)", "`step` stands before `log`: `8..64 step 8 log`"),
    ],
)
def test_how_a_choice_is_written_where_it_cannot_stand_so(stage: str, help_: str) -> None:
    parsed = parse(f"network Net on x: f32[N, 8] -> f32[N, _] {{\n    x -> {stage}\n}}\n", "a.arch")
    (report,) = parsed.reports
    assert list(report.diagnostic.help()) == [help_]


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("train {\n    epochs = 3\n}\n", "the network stands before the brace: `train Name { … }`"),
        ("search\n{\n}\n", "the network stands before the brace: `search Name { … }`"),
        (
            "network Net on (a: f32[N, 4], b: f32[N, 7]) -> f32[N, 3] {\n    a\n}\n",
            "ports stand without parentheses: `on a: f32[N, 4], b: f32[N, 7]`",
        ),
    ],
)
def test_headers_that_are_written_as_elsewhere(text: str, help_: str) -> None:
    (report,) = parse(text, "a.arch").reports
    assert list(report.diagnostic.help()) == [help_]
