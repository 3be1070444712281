"""Choices in `train` cost nothing: whatever the last layers cost, all lead to one end."""

from pathlib import Path

import archc
import pytest
from archc.compiler.check import check_file, check_text
from archc.compiler.spaces.survey import survey
from archc.grammar.diagnostic import ProgramError
from archc.runtime import plan

NETWORK = """network Net on x: f32[N, 13] -> f32[N, 3] {{
    x -> repeat(1..2) {{ dense(4 | 8) -> dropout(0.0 | 0.1) }} -> dense(3)
    require params <= {most}
}}

train Net {{
    data = digits()
    optimizer = adamw(lr={rate})
}}
"""


def space_of(rate: str, most: int = 150) -> archc.Space:
    return archc.space(NETWORK.format(rate=rate, most=most))


def test_a_real_range_in_train_under_a_required_cost() -> None:
    space = space_of("3e-4..3e-2 log")
    assert space.size == float("inf")
    drawn = list(space.samples(200))
    assert all(program.params <= 150 for program in drawn)
    assert len({program.trace[-1].value for program in drawn}) == 200


@pytest.mark.parametrize("most", [80, 110, 150, 1000])
def test_options_in_train_multiply_the_size(most: int) -> None:
    networks = {program.trace[:-1] for program in space_of("1e-3 | 1e-2 | 1e-1", most).enumerate()}
    space = space_of("1e-3 | 1e-2 | 1e-1", most)
    assert space.size == 3 * len(networks) > 0
    first = list(space_of("1e-3 | 1e-2", most).enumerate())
    assert len(first) == 2 * len(networks)
    assert all(archc.compile(program).params <= most for program in first)


USED = """
let rate = 2e-3
network Body(k: int = 4) on x: f32[N, 8] -> f32[N, 4] { x -> dense(k | 8) -> dense(4) }
network Net on x: f32[N, 8] -> f32[N, 2] { x -> Body(k=3) -> relu -> dense(2) }
network Other on x: f32[N, 8] -> f32[N, 2] { x -> dense(2) }
network Loss on y: f32[N, 2], t: f32[N, 2] -> f32[N] { y - t -> norm(axes=[1]) }
train Net { optimizer = adamw(rate), loss = [mse, Loss * 0.5] }
"""


def test_what_the_network_and_its_settings_use_goes_along() -> None:
    space = archc.space(USED, network="Net")
    for program in space.enumerate():
        text = str(program)
        assert [name in text for name in ("let rate", "block Body", "network Loss", "Other")] == [
            True, True, True, False,
        ]  # fmt: skip
        checked = archc.parse(text).check()
        assert checked.ok, checked.reports
        assert archc.compile(text).hash == program.hash
        assert checked.main == ("Net",)


def test_the_training_tells_all_that_settings_name() -> None:
    program = next(archc.space(USED, network="Net").enumerate())
    assert program.training.startswith("let rate = 2e-3\n")
    assert "network Loss" in program.training
    assert "train _ {" in program.training
    assert not any(name in program.training for name in ("Net", "Body", "Other"))


# --- open `let`s of the file ---------------------------------------------------------------------

KNOBS = """let width = 8 | 16
let rate = 0.01 | 0.1
let momentum = 0.5 | 0.9
let twice = 2 * width
"""
READER = """network Net on x: f32[N, 64] -> f32[N, 10] {{ x -> dense({units}) -> dense(10) }}
train Net {{
    data = digits()
    loss = cross_entropy
    optimizer = {optimizer}
    batch = {batch}
}}
"""
SIZES = {
    ("4", "sgd(lr=rate)", "8"): 2,
    ("width", "sgd(lr=rate)", "width"): 2 * 2,
    ("4", "sgd(lr=rate)", "twice"): 2 * 2,
    ("4 | 8", "sgd(lr=rate)", "width // 2 | twice"): 2 * 2 * (2 + 2),
    ("4", "sgd(lr=rate, momentum=0.1 | 0.5) | adam(lr=rate)", "8"): 2 * 2 + 2,
    ("4", "sgd(lr=rate, momentum=momentum) | adam(lr=0.2 | rate)", "8"): 2 * 2 + (1 + 2),
}


@pytest.mark.parametrize(("written", "size"), SIZES.items())
def test_settings_read_what_the_file_leaves_open(written: tuple[str, ...], size: int) -> None:
    reader = READER.format(**dict(zip(("units", "optimizer", "batch"), written, strict=True)))
    space = archc.space(KNOBS + reader)
    programs = list(space.enumerate())
    assert len({item.trace for item in programs}) == len(programs) == space.size == size
    for program in programs:
        checked = archc.parse(str(program)).check()
        assert checked.ok and not checked.spaces and not plan.check_settings(checked)
        assert space.from_trace(program.trace) == program
        assert space.decode_vector(space.encode(program)).trace == program.trace
        found = space.contains(str(program)).trace
        assert found == program.trace


def test_one_let_stands_for_one_value_wherever_it_is_read() -> None:
    space = archc.space(KNOBS + READER.format(units="4", optimizer="sgd(width)", batch="width"))
    text = str(space.from_trace({"Net.width": 16}))
    assert space.contains(text)
    outside = space.contains(text.replace("batch = width", "batch = 8"))
    assert not outside and "`batch` in `train` is not offered" in outside.reason


def test_settings_read_what_another_file_leaves_open(tmp_path: Path) -> None:
    (tmp_path / "knobs.arch").write_text(KNOBS)
    reader = READER.format(units="8 | 9", optimizer="sgd(lr=rate)", batch="knobs.twice")
    (tmp_path / "net.arch").write_text(f"use knobs\nuse knobs: rate\n{reader}")
    space = archc.space(tmp_path / "net.arch")
    assert space.size == 2 * 2 * 2
    for program in space.enumerate():
        (tmp_path / "drawn.arch").write_text(str(program))
        checked = check_file(tmp_path / "drawn.arch")
        assert not checked.reports and not checked.spaces and not plan.check_settings(checked)
        assert space.contains(str(program)).trace == program.trace


def test_a_finished_network_that_is_trained_in_several_ways_is_a_space() -> None:
    checked = check_text(KNOBS + READER.format(units="4", optimizer="sgd(lr=rate)", batch="8 | 16"))
    assert checked.graph("Net").name == "Net"
    assert survey(checked.spaces["Net"]).size == 4
    closed = check_text(KNOBS + READER.format(units="4", optimizer="sgd(lr=0.1)", batch="8"))
    assert not closed.spaces


PARTS = """let base = 0.1
let small = 0.01
let rate = base | small
let twice = 2 * rate
"""


def _reads_parts(folder: Path, setting: str) -> archc.Space:
    (folder / "parts.arch").write_text(PARTS)
    reader = READER.format(units="4", optimizer=f"sgd(lr={setting})", batch="8")
    (folder / "net.arch").write_text(f"use parts\n{reader}")
    return archc.space(folder / "net.arch")


@pytest.mark.parametrize("setting", ["parts.rate", "parts.twice"])
def test_a_text_is_known_again_where_it_names_what_another_file_has(
    setting: str, tmp_path: Path
) -> None:
    space = _reads_parts(tmp_path, setting)
    assert space.size == 2
    for program in space.enumerate():
        assert "parts." in str(program)
        assert space.contains(str(program)).trace == program.trace
        (tmp_path / "drawn.arch").write_text(str(program))
        assert space.contains(archc.load(tmp_path / "drawn.arch")).trace == program.trace


def test_a_value_stands_for_the_name_that_another_file_gives_it(tmp_path: Path) -> None:
    space = _reads_parts(tmp_path, "parts.rate")
    _, program = space.enumerate()
    assert "parts.small" in str(program)
    assert space.contains(str(program).replace("parts.small", "0.01")).trace == program.trace
    outside = space.contains(str(program).replace("parts.small", "0.02"))
    assert not outside and "`optimizer` in `train` is not offered" in outside.reason


def test_what_is_wrong_with_an_option_of_a_let_is_told() -> None:
    text = "let rate = 0.01 | -1\nlet batch = rate | 2\n"
    checked = check_text(text + READER.format(units="4", optimizer="sgd(rate)", batch="batch"))
    reports = plan.check_settings(checked)
    assert [(report.code, report.place().text) for report in reports] == [
        ("E433", "batch"), ("E433", "rate"),
    ]  # fmt: skip


def test_an_option_of_a_let_that_makes_no_sense_is_never_drawn() -> None:
    reader = READER.format(units="4", optimizer="sgd(lr=rate)", batch="8")
    space = archc.space("let rate = 0.1 | 1 // 0 | 0.2\n" + reader)
    assert space.size == 2
    assert not plan.check_settings(space.source.check())


@pytest.mark.parametrize(
    ("optimizer", "code"),
    [
        ("adaam(lr=0.1)", "E434"),
        ("sgd(lr=0.1 | -1)", "E433"),
        ("sgd(lr=0.1 | 1 // 0)", "E279"),
        ("sgd(lr=0.1)?", "E434"),
    ],
)
def test_a_space_whose_settings_cannot_be_meant_is_refused(optimizer: str, code: str) -> None:
    with pytest.raises(ProgramError) as refused:
        archc.space(READER.format(units="4 | 8", optimizer=optimizer, batch="8"))
    assert [report.code for report in refused.value.diagnostics] == [code]


def test_a_range_that_makes_no_sense_in_an_option_is_never_drawn() -> None:
    space = archc.space(READER.format(units="4", optimizer="sgd(0.1)", batch="8 | (2..(1 // 0))"))
    assert [program.trace[-1].value for program in space.enumerate()] == [8]


def test_training_wants_a_let_decided() -> None:
    checked = check_text(KNOBS + READER.format(units="4", optimizer="sgd(rate)", batch="twice"))
    with pytest.raises(ProgramError) as refused:
        plan.make_plan(checked, checked.graph("Net"))
    open_ones = [(report.code, report.place().text) for report in refused.value.diagnostics]
    assert open_ones == [("E226", "0.01 | 0.1"), ("E226", "8 | 16")]


@pytest.mark.parametrize("rate", ["0.1 | 0.01", "0.01..0.1 log", "rate"])
def test_a_finished_network_grows_whatever_its_training_leaves_open(rate: str) -> None:
    text = KNOBS + READER.format(units="4", optimizer=f"sgd(lr={rate})", batch="8")
    grown = archc.grow(text, edit="insert_one_to_one")
    assert "identity" in str(grown) and f"sgd(lr={rate})" in str(grown)
    assert archc.space(archc.parse(str(grown))).size > 1


def test_a_network_with_open_choices_is_not_grown() -> None:
    with pytest.raises(ValueError, match="Net has open choices: draw a program from it first"):
        archc.grow(READER.format(units="4 | 8", optimizer="sgd(lr=0.1)", batch="8"))
