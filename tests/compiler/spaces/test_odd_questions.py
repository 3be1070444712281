"""Questions as they come from outside: numbers of NumPy, nothing to decide, slips of the pen."""

from itertools import islice
from typing import Any

import archc
import numpy
import pytest
from archc.compiler.check import check_text
from archc.compiler.spaces import states
from archc.compiler.spaces.survey import survey

NET = "network Net on x: f32[N, 8] -> f32[N, _] {{\n    {}\n}}\n"
ONE = NET.format("x -> dense(4)")
FEW = NET.format("x -> dense(8 | 16) -> dropout(0.1..0.5) -> (relu | tanh)")


@pytest.fixture(scope="module")
def few() -> archc.Space:
    return archc.space(FEW)


def test_a_space_of_one_program_holds_it() -> None:
    space = archc.space(ONE)
    program = space.sample()
    assert space.contains(program).trace == space.contains(ONE).trace == ()
    assert space.own(archc.parse(ONE)).trace == ()
    assert space.crossover(program, program).trace == ()
    outside = space.contains(ONE.replace("4", "5"))
    assert not outside and "dense" in outside.reason


@pytest.mark.parametrize("kind", [numpy.int64, numpy.int32, numpy.uint64])
def test_numbers_of_numpy_are_seeds(few: archc.Space, kind: Any) -> None:
    program = few.sample(seed=kind(5))
    assert program.trace == few.sample(seed=5).trace
    assert few.mutate(program, seed=kind(7)).trace == few.mutate(program, seed=7).trace
    streams = [few.samples(n, seed=seed, start=n) for n, seed in ((kind(4), kind(2)), (4, 2))]
    assert [item.trace for item in streams[0]] == [item.trace for item in streams[1]]


@pytest.mark.parametrize("seed", [1.5, None, "a"])
def test_a_seed_is_a_whole_number(few: archc.Space, seed: Any) -> None:
    with pytest.raises(TypeError, match="a seed is a whole number"):
        few.sample(seed=seed)


def test_numbers_of_numpy_are_decisions(few: archc.Space) -> None:
    pairs = {"Net.dense.units": 16, "Net.dropout.rate": 0.25, "Net.choice": "tanh"}
    odd = {**pairs, "Net.dense.units": numpy.int64(16), "Net.dropout.rate": numpy.float32(0.25)}
    assert few.from_trace(odd).trace == few.from_trace(pairs).trace
    state = few.begin()
    for value in odd.values():
        state = state.choose(value)
    assert str(state.program) == str(few.from_trace(pairs))


def test_a_state_says_where_one_stands(few: archc.Space) -> None:
    state = few.begin()
    assert repr(state) == "<deciding Net.dense.units: 8 | 16>"
    state = state.choose(8)
    assert repr(state) == "<deciding Net.dropout.rate: 0.1..0.5>"
    assert repr(state.choose(0.25).choose("tanh")) == "<all of Net is decided>"
    many = archc.space(NET.format(f"x -> dense({' | '.join(map(str, range(1, 20)))})")).begin()
    assert repr(many) == "<deciding Net.dense.units: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | …>"
    long = archc.space(NET.format("x -> ({\n    relu\n} | tanh)"))
    assert repr(long.begin()) == "<deciding Net.choice: { relu } | tanh>"


def test_a_program_has_what_require_knows_of_its_costs() -> None:
    text = """network Net on x: f32[N, T, 4] -> f32[N, T, 4] {
    x -> fork { dense(4), identity, relu } -> add
}"""
    drawn = archc.space(text).sample()
    assert (drawn.params, drawn.layers, drawn.longest_path) == (20, 3, 2)
    assert (drawn.flops, drawn.activations) == ("44 * T", "48 * T")
    sized = archc.space(text, axes={"T": 10}).sample()
    assert (sized.flops, sized.activations) == (440, 480)
    grown = archc.grow(archc.parse(text), edit="remove", seed=1)
    again = archc.space(str(grown)).sample()
    assert (grown.layers, grown.activations) == (again.layers, again.activations)


def test_options_below_zero_are_numbers() -> None:
    space = archc.space(NET.format("x -> roll(shifts=-1 | 1, axes=1) -> leaky_relu(-0.5 | 0.5)"))
    state = space.begin()
    assert state.options() == [-1, 1]
    assert state.choose(-1).options() == [-0.5, 0.5]
    program = space.from_trace({"Net.roll.shifts": -1, "Net.leaky_relu.slope": -0.5})
    assert space.from_trace({"Net.roll.shifts": "-1", "Net.leaky_relu.slope": "-0.5"}) == program
    assert "roll(shifts=-1, axes=1) -> leaky_relu(-0.5)" in str(program)
    assert space.contains(str(program)).trace == program.trace
    assert space.decode_vector(space.encode(program)).trace == program.trace


def test_a_whole_number_stands_for_a_real_option() -> None:
    space = archc.space(NET.format("x -> dropout(0.0..0.5 step 0.1) -> relu"))
    program = space.begin().choose(0).program
    assert program == space.from_trace({"Net.dropout.rate": 0}) == space.begin().choose(0.0).program
    assert [repr(item.value) for item in program.trace] == ["0.0"]
    for value in (False, 1, "0.0"):
        with pytest.raises(ValueError, match="is no option of"):
            space.begin().choose(value)


def test_a_whole_option_is_no_real_one_and_no_truth() -> None:
    """Where both are options, the one of the same type is meant."""
    both = archc.space(NET.format("x -> leaky_relu(1.0 | 1 | 2 | 3.0)")).begin()
    values = [both.choose(value).program.trace[0].value for value in (1, 1.0, 2, 3)]
    assert [repr(value) for value in values] == ["1", "1.0", "2", "3.0"]
    for value in (True, 2.0):
        with pytest.raises(ValueError, match="is no option of"):
            both.choose(value)
    truth = archc.space(NET.format("x -> dense(4, bias=true | false)")).begin()
    with pytest.raises(ValueError, match="1 is no option of"):
        truth.choose(1)


@pytest.mark.parametrize("trace", [None, 3, "Net.choice", [1], [("a",)], [(["a"], 1)], {1: 2}])
def test_what_is_no_trace_is_told(few: archc.Space, trace: Any) -> None:
    with pytest.raises(TypeError, match="a trace is pairs"):
        few.from_trace(trace)


def test_a_trace_decides_a_choice_once(few: archc.Space) -> None:
    trace = few.sample().trace
    with pytest.raises(ValueError, match=r"decides Net\.choice twice"):
        few.from_trace([*trace, ("Net.choice", "relu")])


@pytest.mark.parametrize("program", [None, 3, b"network"])
def test_what_is_no_program_is_told(few: archc.Space, program: Any) -> None:
    with pytest.raises(TypeError, match="a Program or its text, not a"):
        few.contains(program)


@pytest.mark.parametrize("size", [0, -1, True, 1.5])
def test_an_axis_has_a_size_from_one_on(size: Any) -> None:
    with pytest.raises(archc.ProgramError) as found:
        archc.space(FEW, axes={"N": size})
    assert found.value.diagnostics[0].diagnostic.code == "E424"
    assert archc.space(FEW, axes={"N": numpy.int64(4)}).sample().axes == {"N": 4}


# --- odd programs


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("x -> some([relu, tanh], -1) -> add", "E461"),
        ("x -> some([relu, tanh], 3) -> add", "E461"),
        ("x -> some([relu, tanh], true) -> add", "E461"),
        ("x -> some([relu, tanh], 1..2 log) -> add", "E461"),
        ("x -> some -> relu", "E461"),
        ("x -> any -> relu", "E460"),
        ("x -> dense((8 | 16) @ [10 ** 400, 1])", "E453"),
        ("x -> dense((8 | 16) @ [1e200 * 1e200, 1])", "E453"),
        ("x -> dense((8 | 16) @ [true, 1])", "E453"),
        ("x -> dense(8 | 16)\n    require params <= 1..3", "E452"),
    ],
)
def test_what_makes_no_sense_is_an_error(body: str, code: str) -> None:
    reports = check_text(NET.format(body)).reports
    assert [report.diagnostic.code for report in reports] == [code]


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ("x -> some([relu, tanh, silu], 1..3 step 2) -> concat(axis=1)", 3 + 1),
        ("x -> some([relu, tanh, silu], -5..1000000000000 step 2) -> concat(axis=1)", 3 + 1),
        ("x -> some([relu, tanh, silu], -1000000000000..1) -> concat(axis=1)", 3),
        ("x -> dense(8 | 16)\n    require params <= (100 | 150 | 300)", 3 + 2),
        (
            "let deep = true | false\n    x -> dense(8 | 16)\n"
            "    require (if deep { params } else { layers }) <= 72",
            1 + 2,
        ),
    ],
)
def test_sizes_and_requirements_may_be_open(body: str, size: int) -> None:
    space = archc.space(NET.format(body))
    programs = list(space.enumerate())
    assert space.size == len(programs) == size
    for program in programs:
        assert archc.compile(str(program)).hash == program.hash


def test_an_empty_vocabulary_among_others_is_never_taken() -> None:
    words = "vocabulary Nothing { }\nvocabulary Words { any(Nothing), relu, tanh }\n"
    assert archc.space(words + NET.format("x -> any(Words)")).size == 2


def test_a_limit_of_one_layer_is_told_as_one() -> None:
    block = "block A on x {\n    limit nodes = 1\n    x -> relu -> (relu | tanh)\n}\n"
    (report,) = check_text(block + NET.format("x -> A")).reports
    assert report.diagnostic.message() == "this body may make 1 layer at most"


# --- large ranges


def test_numbers_of_one_range_are_warned_of_together() -> None:
    text = NET.format("x -> repeat(-99..2 step 3) { relu } -> dense(-1..2)")
    first, second = (item.diagnostic for item in survey(archc.space(text).process).warnings)
    assert first.message().startswith("`-99`, `-96`, `-93`, `-90` and 29 more of `Net.repeat.n`")
    assert second.message() == "`-1` and `0` of `Net.dense.units` lead to no valid program"


def test_nothing_is_proved_of_a_space_in_which_nothing_was_found() -> None:
    checked = check_text(NET.format("x -> dense(-5000..0)"))
    assert [report.diagnostic.code for report in checked.reports] == ["W452"]
    found = survey(checked.spaces["Net"])
    assert (found.size, found.exact, found.most) == (0, False, float("inf"))


def test_refused_numbers_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, edge = 0, states.edge

    def counted(state: states.State, decision: Any) -> Any:
        nonlocal looks
        looks += 1
        return edge(state, decision)

    monkeypatch.setattr(states, "edge", counted)
    with pytest.raises(archc.ProgramError):
        archc.space(NET.format("x -> dense(-900..0)"))
    assert looks < 20 * 900


def test_the_first_program_of_many_long_choices_is_enumerated_at_once() -> None:
    """Each of 20,000 options had been tried before."""
    space = archc.space(
        """network Net on x: f32[N, 8] -> f32[N, 1] {
            x -> repeat(20) { dense(1..1000) -> (relu | tanh) } -> dense(1)
        }"""
    )
    space.budget = 200
    first, second = islice(space.enumerate(), 2)
    assert {item.value for item in first.trace} == {1, "relu"}
    assert [item.value for item in second.trace] == [1, "relu"] * 19 + [1, "tanh"]


def test_a_budget_that_was_too_small_can_be_set() -> None:
    space = archc.space(
        """network Net on x: f32[N, 8] -> f32[N, 1] {
            x -> repeat(20) { dense(1..9) -> (relu | tanh) } -> dense(1)
        }"""
    )
    assert space.budget == 200_000
    space.budget = 50
    with pytest.raises(archc.SpaceLimit, match="50 expansions"):
        _ = space.size
    space.budget = 100_000
    assert space.size == 18**20


@pytest.mark.parametrize(("budget", "error"), [(0, ValueError), (1.5, TypeError)])
def test_a_budget_is_a_number_of_expansions(
    few: archc.Space, budget: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        few.budget = budget
