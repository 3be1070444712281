"""The renderer: one golden file per way a diagnostic can look, and properties for hostile text."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest
from archc.grammar.diagnostic import Diagnostic, Label, Report, Step
from archc.grammar.render import render_github, render_json, render_sarif, render_text
from archc.grammar.span import NOWHERE, Source, Span
from hypothesis import given
from hypothesis import strategies as st

Golden = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Sketch(Diagnostic):
    """A diagnostic made of whatever a test puts into it."""

    code: ClassVar[str] = "E999"
    title: ClassVar[str] = "a sketch"
    explanation: ClassVar[str] = "Made for a test. It means nothing."

    text: str
    where: tuple[Label, ...]
    reasons: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    def message(self) -> str:
        return self.text

    def labels(self) -> Iterator[Label]:
        return iter(self.where)

    def notes(self) -> Iterator[str]:
        return iter(self.reasons)

    def help(self) -> Iterator[str]:
        return iter(self.advice)


@dataclass(frozen=True, slots=True)
class Doubt(Sketch):
    code: ClassVar[str] = "W998"
    severity: ClassVar[str] = "warning"


NET = Source(
    "net.arch",
    """block Residual(width: int) on x {
    a = x -> conv(30, 3) -> batchnorm
    b = a -> conv(64, 3, groups=4)
    residual {
        conv(width, 3)
        -> relu
    }
    c + b -> relu
}
""",
)
OTHER = Source("lib/blocks.arch", "block Tiny on x {\n    x -> relu\n}\n")


def at(source: Source, text: str, label: str = "", secondary: bool = False) -> Label:
    start = source.text.index(text)
    return Label(Span(source, start, start + len(text)), label, secondary)


def sketch(*labels: Label, **more: tuple[str, ...]) -> Report:
    return Report(Sketch("something is wrong here", labels, **more))


GROUPS = Report(
    Sketch(
        "groups do not divide the channels",
        (
            at(NET, "groups=4", "asks for 4 groups"),
            at(NET, "conv(30, 3)", "has 30 channels", secondary=True),
        ),
        reasons=("30 % 4 == 2",),
        advice=("use a divisor of 30: 1, 2, 3, 5\nor change the width",),
    ),
    (
        Step(at(OTHER, "Tiny").span, "in block Outer, used here"),
        Step(at(NET, "residual").span, "in block Residual, used here"),
    ),
)
MANY = Source("many.arch", "\n" * 98 + "x -> a\n" + "line\n" * 30 + "y -> b\n")
LONG = Source("long.arch", "x -> " + "relu -> " * 4000 + "oops" + " -> relu" * 4000 + "\n")
WIDE = Source("wide.arch", '\tname = "网络é" -> bad\n')

CASES = {
    "two_lines": [GROUPS],
    "same_line": [
        sketch(
            at(NET, "c + b -> relu", "", secondary=True),
            at(NET, "c + b", "must agree"),
        )
    ],
    "three_on_a_line": [
        sketch(
            at(NET, "30", "thirty", secondary=True),
            at(NET, "batchnorm", "wants more"),
            at(NET, "x -> conv(30", "from here", secondary=True),
        )
    ],
    "several_lines": [
        sketch(
            at(NET, "residual {\n        conv(width, 3)\n        -> relu\n    }", "this fragment"),
            at(NET, "conv(width, 3)", "changes the shape", secondary=True),
        )
    ],
    "inside_out": [
        sketch(
            at(NET, "on x {\n    a", "from the middle to the middle"),
            at(NET, "{\n    a = x -> conv(30, 3) -> batchnorm\n    b", "nested", secondary=True),
        )
    ],
    "long_bracket": [sketch(Label(Span(NET, 0, len(NET.text)), "the whole block"))],
    "two_files": [sketch(at(NET, "relu", "here"), at(OTHER, "relu", "and there", secondary=True))],
    "far_apart": [sketch(at(MANY, "a", "here"), at(MANY, "b", "defined here", secondary=True))],
    "long_line": [sketch(at(LONG, "oops", "no such layer"))],
    "wide_characters": [sketch(at(WIDE, "bad", "after a tab and wide characters"))],
    "empty_span": [sketch(Label(Span(NET, len(NET.text), len(NET.text)), "the file ends here"))],
    "nowhere": [sketch(Label(NOWHERE), advice=("say more",))],
    "warning": [Report(Doubt("this is odd", (at(NET, "relu"),))), sketch(at(NET, "relu"))],
    "windows": [sketch(at(Source("crlf.arch", "a\r\nb -> c\r\n"), "b -> c\r\n", "a line"))],
    "deep_trail": [
        Report(
            Sketch("too deep", (at(NET, "relu"),)),
            tuple(
                Step(at(NET, "residual").span, f"in turn {turn}, used here") for turn in range(40)
            ),
        )
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_agreed(name: str, golden: Golden) -> None:
    golden(render_text(CASES[name]), f"render/{name}.txt")


def test_color_only_adds_codes(golden: Golden) -> None:
    colored = render_text([GROUPS, *CASES["warning"]], color=True)
    golden(colored.replace("\x1b", "<esc>"), "render/color.txt")
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render_text([GROUPS, *CASES["warning"]])


def test_nothing_to_say_prints_nothing() -> None:
    assert render_text([]) == "" == render_github([])


def test_a_long_line_is_cut_around_the_caret() -> None:
    text = render_text(CASES["long_line"], width=80)
    assert max(map(len, text.splitlines())) <= 80
    above, under = text.splitlines()[3:5]
    caret = under.index("^")
    assert above[caret : caret + 4] == "oops"


@pytest.mark.parametrize("render", [render_text, render_json, render_github, render_sarif])
def test_control_characters_do_not_reach_the_terminal(
    render: Callable[[list[Report]], str],
) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\r\u202e\x9b31m"
    source = Source(evil, f"x -> {evil}\n")
    label = Label(Span(source, 5, 8), evil)
    report = Report(Sketch(evil, (label,), (evil,), (evil,)), (Step(label.span, evil),))
    assert not set(render([report])) & set("\x1b\x07\r\u202e\x9b")


@given(st.text(max_size=200), st.data(), st.integers(20, 200))
def test_any_text_and_any_labels_can_be_drawn(text: str, data: st.DataObject, width: int) -> None:
    source = Source("any.arch", text)
    offsets = st.integers(0, len(text) + 3)
    spans = st.builds(lambda a, b: Span(source, min(a, b), max(a, b)), offsets, offsets)
    labels = st.builds(Label, spans, st.text(max_size=20), st.booleans())
    found = data.draw(st.lists(labels, min_size=1, max_size=6))
    reports = [Report(Sketch(text, tuple(found)))]
    drawn = render_text(reports, width=width)
    signs = {"^", "-"} if any(label.secondary for label in found) else {"^"}
    assert not text or signs & set(drawn)
    assert all(ord(character) >= 32 or character == "\n" for character in drawn)
    json.loads(render_json(reports))
    json.loads(render_sarif(reports))
    assert render_github(reports).count("\n") == 1


def test_json_has_the_fixed_keys() -> None:
    found = json.loads(render_json([GROUPS], [{"name": "Net", "size": 10**30}]))
    assert found["schema_version"] == 1
    assert found["networks"] == [{"name": "Net", "size": 10**30}]
    (diagnostic,) = found["diagnostics"]
    assert diagnostic["code"] == "E999"
    assert diagnostic["severity"] == "error"
    assert diagnostic["message"] == "groups do not divide the channels"
    place = {key: diagnostic[key] for key in ("file", "line", "column", "end_line", "end_column")}
    assert place == {
        "file": "net.arch", "line": 3, "column": 26, "end_line": 3, "end_column": 34,
    }  # fmt: skip
    assert diagnostic["help"].startswith("use a divisor of 30")
    assert diagnostic["notes"] == ["30 % 4 == 2"]
    assert [label["secondary"] for label in diagnostic["labels"]] == [False, True]
    assert [step["text"] for step in diagnostic["trail"]] == [
        "in block Outer, used here",
        "in block Residual, used here",
    ]


def test_github_escapes_what_would_end_a_command() -> None:
    source = Source("a,b:c%.arch", "relu\n")
    report = Report(Sketch("50% of\nit", (at(source, "relu"),), ("why",)))
    assert render_github([report]) == (
        "::error file=a%2Cb%3Ac%25.arch,line=1,endLine=1,title=E999%3A a sketch,col=1,endColumn=5"
        "::50%25 of%0Ait%0Anote: why\n"
    )


def test_sarif_keeps_what_its_schema_asks_for() -> None:
    found = json.loads(render_sarif([GROUPS, *CASES["warning"]], version="1.2.3"))
    assert found["version"] == "2.1.0"
    (run,) = found["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "archc"
    assert driver["version"] == "1.2.3"
    assert [rule["id"] for rule in driver["rules"]] == ["E999", "W998"]
    assert all(
        rule["help"]["text"] and rule["shortDescription"]["text"] for rule in driver["rules"]
    )
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        for location in [*result["locations"], *result.get("relatedLocations", [])]:
            physical = location["physicalLocation"]
            assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", physical["artifactLocation"]["uri"])
            assert all(number >= 1 for number in physical["region"].values())
    assert len(run["results"][0]["relatedLocations"]) == 3
