"""From a file or text to reports and graphs."""

import os
from pathlib import Path

import pytest
from archc.compiler.check import check_file, check_text
from archc.compiler.expand.session import Limits
from archc.grammar.diagnostic import ProgramError

NET = """\
network Net(width: int = 3, act: stage = relu) on x: f32[N, T, 4] -> f32[N, T, width] {
    x -> dense(width) -> act
}
"""


def codes(text: str, limits: Limits | None = None) -> list[str]:
    return [report.code for report in check_text(text, limits=limits).reports]


def failure(error: pytest.ExceptionInfo[ProgramError]) -> list[str]:
    return [report.code for report in error.value.diagnostics]


def test_a_graph_with_defaults_and_with_other_values() -> None:
    checked = check_text(NET)
    assert checked.ok
    assert checked.networks == ("Net",)
    assert checked.graph() is checked.graphs["Net"]
    wide = checked.graph(values={"width": 5, "act": "tanh", "T": 7})
    assert str(wide.values[wide.outputs[0].value]) == "f32[N, 7, 5]"
    assert [node.layer.name for node in wide.nodes] == ["dense", "tanh"]
    also = checked.graph("Net", {"width": "2 * 2 + 1", "act": "leaky_relu(0.1)"})
    assert str(also.values[also.outputs[0].value]) == "f32[N, T, 5]"


@pytest.mark.parametrize(
    ("network", "values", "code"),
    [
        ("Nut", {}, "E421"),
        (None, {"depth": 3}, "E211"),
        (None, {"width": "3,"}, "E423"),
        (None, {"width": "["}, "E423"),
        (None, {"width": "rellu"}, "E201"),
        (None, {"width": "1 | 2"}, "E226"),
        (None, {"width": 1.5}, "E215"),
        (None, {"width": -1}, "E313"),
        (None, {"T": 0}, "E424"),
        (None, {"width": "(" * 5000}, "E423"),
        (None, {"width": "-" * 5000 + "1"}, "E423"),
    ],
)
def test_wrong_values(network: str | None, values: dict[str, object], code: str) -> None:
    with pytest.raises(ProgramError) as error:
        check_text(NET).graph(network, values)
    assert failure(error) == [code]


def test_which_of_several() -> None:
    checked = check_text(NET + NET.replace("Net", "Other"))
    with pytest.raises(ProgramError) as error:
        checked.graph()
    assert failure(error) == ["E422"]
    assert checked.graph("Other").name == "Other"


def test_a_network_that_waits_for_hyperparameters() -> None:
    checked = check_text(NET.replace("width: int = 3", "width: int"))
    assert checked.ok
    assert not checked.graphs
    assert checked.is_sound("Net")
    assert checked.graph(values={"width": 2}).name == "Net"
    with pytest.raises(ProgramError) as error:
        checked.graph()
    assert failure(error) == ["E212"]


def test_a_graph_of_a_wrong_file_raises_what_is_wrong() -> None:
    checked = check_text(NET + "network Bad on x: f32[N] { x -> what }\n")
    assert "Net" in checked.graphs
    with pytest.raises(ProgramError) as error:
        checked.graph("Net")
    assert failure(error) == ["E201"]


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(nodes=1), "E401"),
        (Limits(parameters=14), "E403"),
        (Limits(weight=11), "E404"),
        (Limits(activations=5), "E405"),
    ],
)
def test_limits(limits: Limits, code: str) -> None:
    assert codes(NET, limits) == [code]


def test_a_limit_is_the_largest_that_is_allowed() -> None:
    assert codes(NET, Limits(nodes=2, parameters=15, weight=12, activations=6)) == []


# --- files ----------------------------------------------------------------------------------------


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.arch"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "main.arch"


PART = "block Part on x { x -> dense(w) }\nlet w = 3\n"


@pytest.mark.parametrize(
    ("use", "stage"),
    [
        ("use parts", "parts.Part"),
        ("use parts as p", "p.Part"),
        ("use parts: Part", "Part"),
        ("use parts: Part, w", "Part -> dense(w)"),
        ("use deep.er", "er.Part"),
    ],
)
def test_use(use: str, stage: str, tmp_path: Path) -> None:
    main = f"{use}\nnetwork Net on x: f32[N, 4] -> f32[N, 3] {{ x -> {stage} }}\n"
    path = write(tmp_path, main=main, parts=PART, deep__er=PART)
    checked = check_file(path)
    assert not checked.reports
    assert len(checked.files) == 1


@pytest.mark.parametrize(
    ("use", "code"),
    [
        ("use nothing", "E411"),
        ("use " + "a" * 5000, "E411"),
        ("use parts: Nothing", "E414"),
        ("use main", "E412"),
        ("use cycle", "E412"),
        ("use outside", "E413"),
        ("use linked.parts", "E413"),
        ("use circle", "E411"),
        ("use std.nothing", "E411"),
        ("use parts\nuse deep.parts", "E205"),
        ("use broken: Part", "E201"),
    ],
)
def test_use_of_what_cannot_be_used(use: str, code: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    main = f"{use}\nnetwork Net on x: f32[N, 4] {{ x -> relu }}\n"
    path = write(
        root,
        main=main,
        parts=PART,
        deep__parts=PART,
        cycle="use second\n",
        second="use cycle\n",
        broken="block Part on x { x -> what }\nlet z = what\n",
    )
    write(tmp_path, outside=PART, elsewhere__parts=PART)
    os.symlink(tmp_path / "outside.arch", root / "outside.arch")
    os.symlink(tmp_path / "elsewhere", root / "linked")
    os.symlink(root / "circle.arch", root / "circle.arch")
    found = [report.code for report in check_file(path).reports]
    assert code in found
    assert len(found) == 1


def test_errors_in_modules_are_named_from_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "net", main="use parts\n", parts="let w = what\n")
    monkeypatch.chdir(tmp_path)
    (report,) = check_file("net/main.arch").reports
    assert report.place().source.name == os.path.join("net", "parts.arch")


def test_a_text_uses_the_standard_library_alone() -> None:
    assert codes("use std.vision: SqueezeExcite\n") == []
    assert codes("use parts\n") == ["E415"]
