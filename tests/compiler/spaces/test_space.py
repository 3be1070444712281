"""What can be asked of a space: edits, membership, vectors, states, and drawn programs."""

import pickle
from pathlib import Path

import archc
import pytest
from archc import ProgramError

FOLDER = Path(__file__).parents[3] / "examples" / "spaces"
EXAMPLES = [
    FOLDER / f"{name}.arch" for name in ("images", "nasbench201", "recursive", "vocabulary")
]
SPACE = """
network Net on x: f32[N, 2, 8, 8] -> f32[N, 3] {
    let act = relu | gelu
    x -> repeat(1..3) { conv(2 | 4, 1 | 3) -> act -> (maxpool(2) | identity) @ [1, 2] }
      -> dropout(0.1..0.5) -> mean(axes=[2, 3]) -> dense(3)
}
"""


@pytest.fixture(scope="module")
def space() -> archc.Space:
    return archc.space(SPACE)


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def example(request: pytest.FixtureRequest) -> archc.Space:
    if request.param.stem == "nasbench201":
        return archc.space(request.param, cells_each=1)
    return archc.space(request.param)


def test_what_is_printed_is_the_program_that_was_drawn(example: archc.Space) -> None:
    for program in example.samples(8, seed=11):
        again = archc.compile(str(program))
        assert again.hash == program.hash
        assert again.params == program.params
        assert again.flops == program.flops
        assert not archc.parse(str(program)).check().spaces
        assert archc.parse(str(program)) == program
        assert archc.compile(program).hash == program.hash


def test_a_trace_gives_its_program(example: archc.Space) -> None:
    for program in example.samples(5, seed=12):
        pairs = [(item.name, item.value) for item in program.trace]
        assert example.from_trace(pairs).trace == program.trace
        assert example.from_trace(dict(pairs)).hash == program.hash


def test_mutants_differ_and_are_valid(example: archc.Space) -> None:
    program = example.sample(seed=13)
    for seed in range(8):
        mutant = example.mutate(program, seed=seed)
        assert mutant.trace != program.trace
        assert mutant.trace == example.mutate(program, seed=seed).trace
        assert archc.parse(str(mutant)).check().ok


def test_children_take_after_their_parents(example: archc.Space) -> None:
    one, two = example.samples(2, seed=14)
    for seed in range(6):
        child = example.crossover(one, two, seed=seed)
        assert child.trace == example.crossover(one, two, seed=seed).trace
        assert archc.parse(str(child)).check().ok


def test_crossover_takes_single_decisions_and_whole_parts(space: archc.Space) -> None:
    one, two = space.samples(2, seed=3)
    mine, yours = dict(one_pairs(one)), dict(one_pairs(two))
    children = [dict(one_pairs(space.crossover(one, two, seed=seed))) for seed in range(30)]
    from_both = [child for child in children if child not in (mine, yours)]
    assert len(from_both) >= 20


def one_pairs(program: archc.DrawnProgram) -> list[tuple[str, object]]:
    return [(item.name, item.value) for item in program.trace]


def test_neighbours_differ_in_one_choice_and_what_it_opens(space: archc.Space) -> None:
    program = space.sample(seed=1)
    found = list(space.neighbours(program))
    assert len({item.trace for item in found}) == len(found)
    for other in found:
        names = [item.name for item in program.trace]
        changed = [item for item in other.trace if item.name in names and item not in program.trace]
        assert len(changed) == 1


def test_a_space_of_one_program_has_no_mutant() -> None:
    single = archc.space("network One on x: f32[1, 4] -> f32[1, 4] {\n    x -> relu\n}\n")
    assert single.size == 1
    assert single.sample().trace == ()
    with pytest.raises(ValueError, match="no other program"):
        single.mutate(single.sample())


def test_a_mutation_never_repeats_a_value_that_is_written_twice() -> None:
    twice = archc.space("network T on x: f32[1, 4] -> f32[1, 4] {\n    x -> (relu | relu)\n}\n")
    with pytest.raises(ValueError, match="no other program"):
        twice.mutate(twice.sample())


# --- membership -----------------------------------------------------------------------------------


def test_a_program_belongs_to_the_space_it_was_drawn_from(example: archc.Space) -> None:
    program = example.sample(seed=15)
    found = example.contains(str(program))
    assert found
    assert example.from_trace(found.trace).hash == program.hash


def test_a_program_edited_by_hand_is_found_or_the_reason_told(space: archc.Space) -> None:
    text = """network Edited on x: f32[N, 2, 8, 8] -> f32[N, 3] {
    x -> conv(4, 3) -> gelu -> conv(2, 1) -> gelu -> maxpool(2)
      -> dropout(0.25) -> mean(axes=[2, 3]) -> dense(3)
}
"""
    found = space.contains(text)
    assert found
    assert {item.name: item.value for item in found.trace or ()} == {
        "Net.act": "gelu", "Net.repeat.n": 2, "Net.dropout.rate": 0.25,
        "Net.repeat.0.conv.filters": 4, "Net.repeat.0.conv.kernel": 3,
        "Net.repeat.0.choice": "identity", "Net.repeat.1.conv.filters": 2,
        "Net.repeat.1.conv.kernel": 1, "Net.repeat.1.choice": "maxpool(2)",
    }  # fmt: skip
    assert space.contains(text.replace("conv(4, 3)", "conv(4, [3, 3], padding=1)"))
    other = space.contains(text.replace("conv(4, 3)", "conv(5, 3)"))
    assert not other
    assert "layer 1 of the program is conv" in other.reason
    assert "outside the range" in space.contains(text.replace("0.25", "0.75")).reason
    assert "no finished program" in space.contains(text.replace("4, 3", "4, 3 | 5")).reason


# --- vectors --------------------------------------------------------------------------------------


def test_vectors_give_their_programs_back(example: archc.Space) -> None:
    if example.name == "Recursive":
        return  # its automaton takes long to be known as a whole
    programs = list(example.samples(6, seed=16))
    lengths = {len(example.encode(program)) for program in programs}
    assert len(lengths) == 1
    assert len(example.encoder.columns) in lengths
    for program in programs:
        assert example.decode_vector(example.encode(program)).trace == program.trace


def test_any_vector_of_the_right_length_is_a_program(space: archc.Space) -> None:
    length = len(space.encoder.columns)
    for number in range(5):
        vector = [((place * 7 + number * 3) % 11) / 10 for place in range(length)]
        assert archc.parse(str(space.decode_vector(vector))).check().ok
    with pytest.raises(ValueError, match=f"has {length} numbers"):
        space.decode_vector([0.0])


def test_distance_is_a_metric_on_traces(space: archc.Space) -> None:
    one, two, three = space.samples(3, seed=17)
    assert space.distance(one, one) == 0
    assert space.distance(one, two) == space.distance(two, one) > 0
    assert space.distance(one, three) <= space.distance(one, two) + space.distance(two, three)


def test_tokens_are_the_decisions(space: archc.Space) -> None:
    program = space.sample(seed=2)
    assert space.tokens(program)[0] == f"Net.act={program.trace[0].value}"
    assert len(space.tokens(program)) == len(program.trace)


# --- deciding -------------------------------------------------------------------------------------


def test_a_program_is_decided_choice_by_choice(space: archc.Space) -> None:
    state = space.begin()
    wanted = {item.name: item.value for item in space.sample(seed=4).trace}
    while not state.done:
        assert state.site is not None
        with pytest.raises(ValueError, match="not decided yet"):
            _ = state.program
        before = state
        state = state.choose(wanted[state.site])
        assert before.site != state.site
    assert state.options() == []
    assert state.program.trace == space.sample(seed=4).trace


def test_options_are_those_that_can_still_be_completed() -> None:
    narrow = archc.space(
        "network P on x: f32[1, 1, 4, 4] -> f32[1, 1] {\n"
        "    x -> maxpool(1 | 2 | 4) -> maxpool(1 | 2 | 4) -> mean(axes=[2, 3])\n}\n"
    )
    state = narrow.begin()
    assert state.options() == [1, 2, 4]
    assert state.choose(2).options() == [1, 2]
    assert state.choose(4).options() == [1]
    with pytest.raises(ValueError, match="leads to no valid program"):
        state.choose(4).choose(2)
    with pytest.raises(ValueError, match="is no option of"):
        state.choose(3)


def test_options_respect_what_is_required_of_costs() -> None:
    narrow = archc.space(
        "network P on x: f32[1, 4] -> f32[1, 4] {\n"
        "    x -> dense(1..8, bias=false) -> dense(4, bias=false)\n    require params <= 24\n}\n"
    )
    assert narrow.begin().options() == [1, 2, 3]
    assert narrow.size == 3


# --- when choices are made ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ("let f = relu | tanh\n    x -> f -> f", 2),
        ("x -> repeat(2) { relu | tanh }", 4),
        ("let n = 1 | 2\n    x -> repeat(n) { dense(4) } -> repeat(n) { relu }", 2),
        ("let f = dense(4 | 5) \n    x -> f -> f -> dense(4)", 2),
        ("layer f = dense(4)\n    x -> (f | relu) -> f", 2),
        ("x -> share(3) { dense(4, bias=true | false) }", 2),
        ("x -> for w in [4, 5 | 6] { dense(w) } -> dense(4)", 2),
        ("x -> fork { relu | tanh, relu? } -> add", 4),
        ("x -> B -> B", 4),
        ("let b = B\n    x -> b -> b", 4),
        ("layer b = B\n    x -> b -> b", 2),
        ("x -> C(relu | tanh)", 2),
        ("x -> D -> D", 4),
        ("x -> D(4) -> D(5) -> dense(4)", 1),
        ("x -> R", 4),
        ("x -> some([relu, tanh, gelu], 1..2) -> T", 0),
        ("(x -> (relu | tanh)) + (x -> (relu | tanh))", 4),
    ],
)
def test_how_often_a_choice_is_made(body: str, size: int) -> None:
    blocks = """
block B on x { x -> (relu | tanh) }
block C(act: stage) on x { x -> act -> act }
block D(width: int = 4 | 5) on x: f32[N, _] -> f32[N, width] { x -> dense(width) }
block R on x { limit recursion = 4
    x -> relu -> (R | tanh) }
"""
    text = f"{blocks}network S on x: f32[1, 4] -> f32[1, _] {{\n    {body}\n}}\n"
    if size == 0:
        with pytest.raises(ProgramError):
            archc.space(text)
        return
    space = archc.space(text)
    assert space.size == size
    assert len(list(space.enumerate())) == size


# --- programs -------------------------------------------------------------------------------------


def test_a_drawn_program_travels_between_processes(space: archc.Space) -> None:
    program = space.sample(seed=5)
    twin = pickle.loads(pickle.dumps(program))
    assert twin == program
    assert twin.trace == program.trace
    assert space.own(twin).hash == program.hash


def test_a_trace_that_does_not_fit_is_refused(space: archc.Space) -> None:
    pairs = [(item.name, item.value) for item in space.sample(seed=6).trace]
    with pytest.raises(ValueError, match="does not decide Net.act"):
        space.from_trace(pairs[1:])
    with pytest.raises(ValueError, match="'selu' is no option of Net.act: one of 'relu', 'gelu'"):
        space.from_trace([("Net.act", "selu"), *pairs[1:]])
    with pytest.raises(ValueError, match="no choice Net.other"):
        space.from_trace([*pairs, ("Net.other", 1)])


def test_hyperparameters_and_axes_close_choices() -> None:
    text = """network Net(width: int = 4 | 8) on x: f32[N, T, 4] -> f32[N, T, _] {
    x -> dense(width) -> (relu | tanh)
    require flops <= 5k
}
"""
    with pytest.raises(ProgramError, match="flops"):
        archc.space(text)
    assert archc.space(text, axes={"T": 10}).size == 4
    assert archc.space(text, axes={"T": 60}).size == 3
    assert archc.space(text, axes={"T": 10}, width=8).size == 2


def test_an_empty_space_names_the_choice_and_the_reasons() -> None:
    text = """network Net on x: f32[1, 1, 2, 2] -> f32[1, 1] {
    x -> (maxpool(3) | avgpool(4)) -> mean(axes=[2, 3])
}
"""
    with pytest.raises(ProgramError, match="no option of `Net.choice`"):
        archc.space(text)


def test_an_error_that_is_no_choice_is_told_as_it_is() -> None:
    text = "network Net on x: f32[1, 4] -> f32[1, 4] {\n    x -> (relu | tanh) -> rellu\n}\n"
    with pytest.raises(ProgramError) as caught:
        archc.space(text)
    assert [item.code for item in caught.value.diagnostics] == ["E201"]


def test_recursion_ends_on_every_draw() -> None:
    space = archc.space(EXAMPLES[[path.stem for path in EXAMPLES].index("recursive")])
    depths = [program.text.count("residual") for program in space.samples(200, seed=1)]
    assert max(depths) <= 4
    assert space.size == 80  # 2, then 2 + t + 2 t three times


def test_a_deep_space_does_not_overflow() -> None:
    text = "network Deep on x: f32[1, 4] -> f32[1, 4] {\n    x -> repeat(100) { relu | tanh }\n}\n"
    space = archc.space(text)
    assert space.size == 2**100
    assert len(space.sample(uniform=True).trace) == 100
    assert len(space.sample(conditioned=True).trace) == 100
