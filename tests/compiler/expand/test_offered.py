"""Options name what there is, whichever of them is taken; words that stand for themselves and names
that a function binds are no errors.
"""

from pathlib import Path

import archc
import pytest
from archc.compiler.check import check_file, check_text


def told(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """The code, the text at the caret and the help of each error."""
    reports = [item for item in check_text(text).reports if item.is_error]
    return [(item.code, item.place().text, tuple(item.diagnostic.help())[:1]) for item in reports]


def network(line: str, more: str = "") -> str:
    return f"{more}\nnetwork N on x: f32[B, 8] -> f32[B, 8] {{ {line} }}\n"


@pytest.mark.parametrize(
    ("line", "place", "nearest"),
    [
        ("x -> (gelu | sigmiod)", "sigmiod", "sigmoid"),
        ("x -> tahn?", "tahn", "tanh"),
        ("let act = relu | tahn\n x -> act", "tahn", "tanh"),
        ("let acts = [relu | tahn, gelu]\n x -> acts[0] -> acts[1]", "tahn", "tanh"),
        ("x -> (relu | { tahn -> relu })", "tahn", "tanh"),
        ("x -> (relu | residual { y: tahn })", "tahn", "tanh"),
        ("x -> (relu | repeat(2) { dens(8) })", "dens", "dense"),
        ("x -> (relu | (gelu | tahn))", "tahn", "tanh"),
        ("x -> some([relu, tahn], 1)", "tahn", "tanh"),
        ("y = x -> relu | tahn\n y", "tahn", "tanh"),
        ("x -> (if 1 < 2 { relu | tahn } else { gelu })", "tahn", "tanh"),
    ],
)
def test_an_option_of_an_unknown_name(line: str, place: str, nearest: str) -> None:
    assert told(network(line)) == [("E201", place, (f"did you mean `{nearest}`?",))]


def test_an_option_with_an_unknown_hyperparameter() -> None:
    bais = ("E211", "bais=true | false", ("did you mean `bias`?",))
    assert told(network("x -> dense(8, bais=true | false)? -> dense(8)")) == [bais]
    block = "block Wide(width: int = 8) on x { x -> dense(width) }"
    wdith = ("E211", "wdith=8", ("did you mean `width`?",))
    assert told(network("x -> (Wide(8) | Wide(wdith=8))", block)) == [wdith]
    assert told(network("x -> (relu | elu(0.1, 2))"))[0][0] == "E213"


def test_entries_of_vocabularies() -> None:
    text = """vocabulary V {
    relu
    tahn
    dense(8, bais=false)
}
"""
    expected = [
        ("E201", "tahn", ("did you mean `tanh`?",)),
        ("E211", "bais=false", ("did you mean `bias`?",)),
    ]
    assert told(text) == expected
    assert told(text + network("x -> any(V)")) == expected
    other = ("E201", "W", ())
    assert told(text + network("x -> (relu | any(W))"))[-1][:2] == other[:2]


def test_choices_of_a_file_of_blocks_and_of_modules(tmp_path: Path) -> None:
    assert told("let act = relu | tahn\n" + network("x -> act"))[0][1] == "tahn"
    block = "block Act(act: stage = relu | tahn) on x { x -> act }"
    assert told(block)[0][1] == "tahn"
    taker = "block Act(act: stage) on x { x -> act }"
    assert told(network("x -> Act(relu | tahn)", taker))[0][1] == "tahn"
    (tmp_path / "parts.arch").write_text("block A on x { x -> (relu | tahn) }\n")
    main = tmp_path / "main.arch"
    main.write_text("use parts\n" + network("x -> (parts.A | parts.Bee)"))
    reports = [(item.code, item.place().text) for item in check_file(main).reports]
    assert sorted(reports) == [("E201", "tahn"), ("E414", "parts.Bee")]


@pytest.mark.parametrize(
    "text",
    [
        network("x -> (relu | act)\n let act = tanh"),
        network("x -> for k in [8, 16] { relu | dense(k) } -> dense(8)"),
        network('x -> dense(8, init=he | normal(0.02) | constant(0.1))'),
        network("let start = he | normal(0.02)\n x -> dense(8, init=start)"),
        network("layer d = dense(8)\n x -> (d | relu)"),
        network("let w = B * 0 + 8 | 8\n x -> dense(8)"),
        network("let kind = f32 | f16\n x -> cast(kind) -> cast(f32)"),
        network("x -> (relu | A(start=normal(0.1) | identity))",
                "block A(start: dense.init = he | zeros) on x { x -> dense(8, init=start) }"),
        network("x -> (relu | leak(0.1))", "let leak = leaky_relu"),
        """network N on x: f32[B, 4, 8, 8] {
            x -> conv(8, 3 | 5, padding=same | valid) -> (relu | { c -> conv(C, 1) })
            let C = 4
        }
        """.replace("{ c -> conv(C, 1) }", "conv(C, 1)"),
    ],
)  # fmt: skip
def test_what_is_bound_or_a_word_of_its_own_is_no_error(text: str) -> None:
    assert [item for item in told(text) if item[0] in ("E201", "E211", "E213")] == []


IMAGE = "network N on x: f32[B, 3, 8, 8] -> f32[B, 4, 8, 8]"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"{IMAGE} {{ x -> conv(4, 3, padding=same | vaild) }}", "vaild"),
        (f"{IMAGE} {{ x -> conv(4, 3, vaild | 1) }}", "vaild"),
        (f"{IMAGE} {{ x -> conv(witdh | 4, 3) }}", "witdh"),
        ("block P(p: conv.padding = same | vaild) on x { x -> conv(4, 3, padding=p) }", "vaild"),
        (network("x -> W(4 | witdh) -> dense(8)", "block W(w: int) on x { x -> dense(w) }"),
         "witdh"),
    ],
)  # fmt: skip
def test_words_and_names_among_arguments(text: str, place: str) -> None:
    assert [item[:2] for item in told(text)] == [("E201", place)]


@pytest.mark.parametrize(
    "text",
    [
        f"{IMAGE} {{ x -> conv(4, 3, padding=same | valid | [1, 1]) }}",
        f"{IMAGE} {{ let w = 4\n x -> conv(w | 8, 3, padding=(same | 1)) }}",
        "block P(p: conv.padding = same | valid) on x { x -> conv(4, 3, padding=p) }\n"
        f"{IMAGE} {{ x -> P(valid | same) }}",
        network('x -> rearrange("b (h d) -> b (d h)", h=2 | k)\n let k = 4'),
        network("x -> (relu | mean(axes=[1], keep=true | false)) -> dense(8)"),
    ],
)
def test_words_of_hyperparameters_are_no_errors(text: str) -> None:
    assert [item for item in told(text) if item[0] == "E201"] == []


def test_such_a_space_is_refused() -> None:
    with pytest.raises(archc.ProgramError, match="E201"):
        archc.space(network("x -> (relu | tahn)"))


def test_an_option_that_stands_twice_is_warned_of_and_the_space_is_looked_at() -> None:
    text = network("x -> (relu | gelu | relu) -> dense(8 | 4 | 8) -> dense(8)")
    checked = check_text(text)
    found = [(item.code, item.place().text, item.is_error) for item in checked.reports]
    assert found == [("W453", "relu", False), ("W453", "8", False)]
    assert list(checked.spaces) == ["N"]
    assert archc.space(text).size == 9


def test_an_entry_that_stands_twice_is_warned_of() -> None:
    text = "vocabulary V {\n    relu\n    conv(8 | 16, 3)\n    conv( 8|16, 3 )\n}\n"
    checked = check_text(text + network("x -> any(V)"))
    assert [(item.code, item.place().start) for item in checked.reports] == [("W453", 48)]


def test_options_that_differ_in_anything_are_not_the_same() -> None:
    text = network("x -> ({ a: relu } | { b: relu } | relu) -> dense(8, bias=true | false)")
    assert check_text(text).reports == ()


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("x -> dense(8, init=zeros | zerros(0.1))", ""),
        ("x -> any(V) -> dense(8)", "vocabulary V {\n dense(8, init=zerros(0.1))\n}"),
        ("x -> Wide", "block Wide(start: dense.init = ones | zerros(0.1)) on x { x -> relu }"),
    ],
)
def test_an_option_that_is_no_initialiser(line: str, more: str) -> None:
    found = told(network(line, more))
    assert [(code, place) for code, place, _ in found] == [("E298", "zerros(0.1)")]


def test_options_that_are_initialisers() -> None:
    line = "let start = normal(0.1)\n x -> dense(8, init=zeros | constant(0.5 | 1.0) | start)"
    assert check_text(network(line)).reports == ()
