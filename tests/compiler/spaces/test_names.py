"""A choice has the same name in every program of a space, and no two choices have one name."""

from collections.abc import Iterator
from typing import Any

import archc
import pytest
from archc import ProgramError
from archc.compiler.expand.context import Context
from archc.compiler.expand.decisions import Site
from brute import small_space

EXAMPLE = "x -> ({ relu -> (tanh | relu) } | sigmoid) -> (abs | gelu) -> (exp | neg)"
NETWORK = "network Net on x: f32[N, 4, 8, 8] -> f32[N, _, _, _] {{\n{}\n}}\n"
SEQUENCES = "network Net on x: f32[N, 5, 8] -> f32[N, _, _] {{\n{}\n}}\n"
VOCABULARY = """
vocabulary Ops { conv(4 | 8, 1 | 3)
    relu
    conv(2, 1 | 3)
}
"""
BLOCK = """
block Block(width: int = 4 | 8, op: stage = { relu -> (tanh | exp) } | conv(4 | 8, 1)) on x {
    x -> (identity | { relu -> (abs | neg) }) -> conv(width, 1 | 3) -> op -> (gelu | silu)
}
"""
CELL = """
cell Cell(units: int = 4 | 6) on x: [N, D] with h: [N, units] -> [N, units] {
    next h = x -> ({ dense(3 | 5) -> (abs | neg) } | tanh) -> dense(units) -> (exp | relu)
    h
}
"""


def space_of(stages: str, before: str = "", network: str = NETWORK) -> archc.Space:
    return archc.space(before + network.format(stages))


def names_of(space: archc.Space) -> list[str]:
    """All names of all programs, sorted."""
    return sorted({item.name for program in space.enumerate() for item in program.trace})


# --- the numbers ----------------------------------------------------------------------------------


def test_a_name_does_not_depend_on_what_was_decided_before() -> None:
    space = space_of(EXAMPLE)
    assert names_of(space) == ["Net.choice", "Net.choice_2", "Net.choice_3", "Net.choice_4"]
    assert space.choices["Net.choice_3"] == ["abs", "gelu"]
    assert space.choices["Net.choice_4"] == ["exp", "neg"]
    short = [item for item in space.enumerate() if "sigmoid" in str(item)]
    assert {len(item.trace) for item in short} == {3}


def test_neighbours_keep_every_other_decision() -> None:
    space = space_of(EXAMPLE)
    started = 0
    for program in space.enumerate():
        before = {item.name: item.value for item in program.trace}
        for other in space.neighbours(program):
            after = {item.name: item.value for item in other.trace}
            common = before.keys() & after.keys()
            assert sum(before[name] != after[name] for name in common) == 1, (before, after)
            started += 1
    assert started >= 40


@pytest.mark.parametrize("seed", range(20))
def test_mutation_and_crossover_change_only_what_they_must(seed: int) -> None:
    space = space_of(EXAMPLE)
    first, second = space.samples(2, seed=seed)
    before, other = ({item.name: item.value for item in p.trace} for p in (first, second))
    after = {item.name: item.value for item in space.mutate(first, seed=seed).trace}
    assert sum(before[name] != after[name] for name in before.keys() & after.keys()) == 1
    for item in space.crossover(first, second, seed=seed).trace:
        assert item.name not in before or item.value in (before[item.name], other.get(item.name))


@pytest.mark.parametrize(
    ("stages", "names"),
    [
        ("x -> (relu | tanh) -> (exp | neg)", "choice choice_2"),
        ("x -> relu? -> relu? -> tanh?", "relu? relu?_2 tanh?"),
        ("x -> a: (relu | tanh) -> (exp | neg) -> b: (abs | gelu)", "a choice b"),
        ("x -> choice_2: (relu | tanh) -> (exp | neg) -> (abs | gelu)", "choice_2 choice choice_3"),
        ("x -> conv(4 | 8, 1 | 3) -> conv(2 | 3, 1)",
         "conv.filters conv.kernel conv_2.filters"),
        ("let w = 4 | 8\n let v = [4 | 8, 1 | 2]\n x -> conv(w, 1) -> conv(v[0], 1)", "w v v_2"),
        ("x -> repeat(1..2) { relu | tanh } -> repeat(2..3) { relu }",
         "repeat.n repeat.0.choice repeat.1.choice repeat_2.n"),
        ("x -> for w in [4 | 8, 3 | 5] { conv(w, 1) }", "choice choice_2"),
        ("x -> conv(4, 1, init=he | xavier) -> conv(4, 1, init=normal(0.1 | 0.2))",
         "conv.init conv_2.init.std"),
        ('x -> rearrange("n (h d) a b -> n (a h) d b", h=1 | 2)', "rearrange.h"),
        ("x -> some([conv(4, 1 | 3), conv(4, 3 | 5)], 1..1)",
         "some some.conv.kernel some.conv_2.kernel"),
    ],
)  # fmt: skip
def test_what_choices_are_called(stages: str, names: str) -> None:
    assert names_of(space_of(stages)) == sorted(f"Net.{name}" for name in names.split())


def test_options_of_a_scan_are_called_what_they_are() -> None:
    space = space_of(
        "x -> (scan(Cell(4), reverse=true | false) | tanh)"
        " -> scan(Cell(2 | 3), reverse=true | false)",
        "cell Cell(units: int) on x: [N, D] with h: [N, units] -> [N, units] {\n"
        "next h = x -> dense(units)\n h\n}\n",
        SEQUENCES,
    )
    wanted = ["Net.Cell.reverse", "Net.Cell.units", "Net.Cell_2.reverse", "Net.choice"]
    assert names_of(space) == wanted


def test_a_name_stays_where_a_layer_hides_behind_an_option() -> None:
    """The items of a list that are vocabularies of their own number their arguments together."""
    space = space_of("let ops = [any(Ops), any(Ops)]\n x -> ops[0] -> ops[1]", VOCABULARY)
    filters = {
        tuple(item.name for item in program.trace if "filters" in item.name)
        for program in space.enumerate()
    }
    first, second = "Net.ops.conv.filters", "Net.ops.conv.filters_2"
    assert filters == {(), (first,), (second,), (first, second)}


def test_choices_in_train_are_numbered_across_its_blocks() -> None:
    space = archc.space(
        NETWORK.format("x -> relu").replace("_, _, _", "4, 8, 8")
        + "train a: Net { data = digits(), loss = mse(), epochs = 1 | 2 }\n"
        + "train b: Net { data = digits(), loss = mse(), epochs = 3 | 4 }\n"
    )
    assert names_of(space) == ["Net.train.epochs", "Net.train.epochs_2"]


# --- what is decided once -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stages", "before", "size"),
    [
        ("x -> share(2) { (relu | tanh) -> (exp | neg | abs) }", "", 6),
        ("layer t = T\n x -> t -> t",
         "block T on x { x -> (relu | tanh) -> (exp | neg | abs) }", 6),
        ("x -> some([conv(4, 1 | 3), conv(4, 3 | 5)], 1..2) -> concat(axis=1)", "", 8),
        ("let f = some([conv(4, 1 | 3), conv(4, 3 | 5)], 1..2)\n x -> f -> concat(axis=1)",
         "", 8),
    ],
)  # fmt: skip
def test_each_choice_is_decided_once_and_no_other_with_it(
    stages: str, before: str, size: int
) -> None:
    space = space_of(stages, before + "\n")
    programs = list(space.enumerate())
    assert space.size == len(programs) == size
    for program in programs:
        assert archc.compile(str(program)).hash == program.hash


# --- every kind of choice -------------------------------------------------------------------------


class Recorder:
    """Decides as it was decided, and notes where each choice stands and what it is called."""

    def __init__(self, decisions: tuple[Any, ...]) -> None:
        self.decisions = iter(decisions)
        self.met: list[tuple[tuple[str, tuple[int, ...], int], str]] = []

    def decide(self, site: Site, context: Context) -> Any:
        self.met.append(((context.place, context.uses, id(site.node)), site.name))
        return next(self.decisions)


def met_in(space: archc.Space, most: int) -> Iterator[list[tuple[Any, str]]]:
    """Each choice of a program with its name, program by program."""
    for program in space.samples(most, seed=1):
        recorder = Recorder(program.decisions)
        space.process.network.follow(recorder)
        yield recorder.met
        assert [name for _, name in recorder.met] == [
            item.name.partition(".")[2] for item in program.trace
        ]


def expect_stable(space: archc.Space, most: int = 60) -> None:
    """The same choice has the same name in all programs, and another choice has another."""
    names: dict[Any, str] = {}
    owners: dict[str, Any] = {}
    for met in met_in(space, most):
        for choice, name in met:
            assert names.setdefault(choice, name) == name
            assert owners.setdefault(name, choice) == choice, name
        assert len({name for _, name in met}) == len(met)


KINDS = {
    "options of options": "x -> ({ relu -> ({ (exp | abs) -> (neg | tanh) } | gelu) } | silu)"
    " -> (abs | gelu) -> (exp | neg)",
    "optional stages": "x -> { relu? -> tanh }? -> relu? -> tanh? -> relu?",
    "labels": "x -> a: ({ b: (relu | tanh) -> (exp | abs) } | gelu) -> (silu | exp)",
    "labelled layers": "x -> a: (conv(4 | 8, 1) | relu) -> b: (conv(4 | 8, 1) | tanh)",
    "labelled braces": "x -> a: { (relu | { exp -> (abs | neg) }) -> (exp | gelu) } -> (abs | neg)",
    "arguments": "x -> (conv(4 | 8, 1 | 3) | conv(4 | 8, 5)) -> conv(2 | 3, 1)",
    "lets": "let ops = [{ conv(4 | 8, 1) -> (relu | exp) } | tanh, conv(4 | 8, 1) | relu]\n"
    "x -> ops[0] -> ops[1] -> ops[0]",
    "vocabularies": "let ops = [any(Ops) | relu, any(Ops)]\n x -> ops[0] -> ops[1] -> any(Ops)",
    "recipes used twice": "let f = { relu -> (tanh | { exp -> (abs | neg) }) -> (abs | gelu) }\n"
    "x -> f -> f",
    "numbers of turns": "x -> (repeat(1..2) { relu | { exp -> (abs | neg) -> relu? } } | gelu)"
    " -> repeat(0..2) { tanh | exp }",
    "for": "x -> for w in [4 | 8, 2 | 3] { (conv(w, 1 | 3) | relu) -> relu? } -> (abs | neg)",
    "for of stages": "x -> for s in [{ relu -> (tanh | exp) -> (abs | neg) }, gelu] { s }"
    " -> (abs | neg)",
    "share": "x -> share(2) { ({ relu -> (abs | neg) } | gelu) -> (exp | tanh) } -> (abs | neg)",
    "instances": "layer c = conv(4, 1 | 3) | conv(4, 5, stride=1 | 2)\n x -> c -> c -> (abs | neg)",
    "instances of blocks": "layer b = Block(4, relu)\n x -> b -> b -> (abs | neg)",
    "blocks": "x -> (Block | relu) -> Block -> (Block(4) | exp) -> Block(op=relu | tanh)",
    "some": "x -> some([conv(4, 1 | 3), { relu -> (tanh | exp) }, conv(4, 3 | 5)], 1..2)"
    " -> concat(axis=1) -> (abs | neg)",
    "some of tensors": "y = x -> (relu | { tanh -> (abs | neg) })\n"
    "some([x, y, x -> conv(4, 1 | 3)], 1..1) -> (exp | gelu)",
    "some in a let": "let f = some([conv(4, 1 | 3), conv(4, 3 | 5)], 1..2)\n"
    "x -> f -> concat(axis=1)",
    "if": "let deep = true | false\n"
    "x -> if deep { (relu | tanh) -> (abs | neg) } else { exp | gelu } -> (abs | neg)",
    "any value": "x -> (conv(?, 1, stride=?) | relu) -> conv(?, 1) -> (abs | neg)",
    "recursion": "x -> Tree -> (abs | neg)",
    "initialisers": "x -> (conv(4, 1, init=he | normal(0.1 | 0.2)) | relu)"
    " -> conv(4, 1, init=xavier | normal(0.1 | 0.2))",
    "a file's own": "x -> (act | relu) -> act -> stem -> (abs | neg)",
    "sums": "y = x -> (relu | { exp -> (abs | neg) })\n x + (y -> (tanh | exp)) -> (abs | neg)",
    "residuals and forks": "x -> residual { (relu | { exp -> (abs | neg) }) -> (abs | neg) }"
    " -> fork { { relu | tanh }, { exp | gelu } } -> concat(axis=1) -> (abs | neg)",
}  # fmt: skip
DECLARED = VOCABULARY + BLOCK + """
let act = { relu -> (tanh | exp) -> (abs | neg) } | gelu
let stem = conv(4 | 8, 1) -> (abs | gelu)
block Tree on x {
    limit recursion = 3
    x -> ({ Tree -> (abs | neg) } | relu) -> (tanh | exp) -> (Tree | gelu) -> (exp | silu)
}
"""  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_choice_has_one_name_in_all_programs(kind: str) -> None:
    expect_stable(space_of(KINDS[kind], DECLARED))


def test_choices_in_cells_have_one_name_in_all_programs() -> None:
    stages = "x -> (scan(Cell, reverse=true | false) | tanh) -> scan(Cell(3 | 4)) -> scan(Cell)"
    expect_stable(space_of(stages, CELL, SEQUENCES))


def test_layers_of_the_built_in_vocabulary_number_their_arguments_by_where_they_stand() -> None:
    expect_stable(space_of("x -> (? | relu) -> ?", DECLARED), 6)


def test_choices_of_random_spaces_have_one_name_in_all_programs(long: bool) -> None:
    looked_at = 0
    for seed in range(200, 500 if long else 240):
        try:
            space = archc.space(small_space(seed).text)
        except ProgramError:  # it holds no program
            continue
        expect_stable(space, 40)
        looked_at += 1
    assert looked_at > 20


def test_values_of_which_one_is_taken_share_their_names() -> None:
    """The rate is the rate, whichever optimizer has it; stages number on, as layers do."""
    space = archc.space(
        NETWORK.format(
            "let deep = true | false\n let w = if deep { 4 | 8 } else { 3 | 5 }\n"
            "let op = conv(w, 1 | 3) | conv(w, 5 | 7)\n"
            "x -> op -> conv(if deep { 2 | 4 } else { 6 | 8 }, 1) -> conv(4 | 8, 1)"
        )
        + "train Net { data = digits(), loss = mse(),"
        " optimizer = sgd(lr=0.1 | 0.01) | adam(lr=0.01 | 0.001) }\n"
    )
    wanted = "conv.filters conv_2.filters deep op op.kernel train.optimizer train.optimizer.lr w"
    assert names_of(space) == [f"Net.{name}" for name in wanted.split()]


def test_vocabularies_of_which_one_is_taken_stand_for_one_choice() -> None:
    space = space_of(
        "let deep = true | false\n let op = [any(if deep { Ops } else { Few }), any(Few)]\n"
        "x -> op[0] -> op[1]",
        VOCABULARY + "vocabulary Few { tanh\n exp\n}\n",
    )
    names = [name for name in names_of(space) if "conv" not in name]
    assert names == ["Net.deep", "Net.op", "Net.op_2"]


def test_names_that_the_text_cannot_tell_apart_are_still_unique() -> None:
    """One default that two uses under one name leave to be decided."""
    space = space_of("let two = [Part(), Part()]\n x -> two[0] -> two[1]",
                     "block Part(width: int = 4 | 8) on x { x -> conv(width, 1) }\n")  # fmt: skip
    assert names_of(space) == ["Net.two.width", "Net.two.width_2"]
    assert space.size == 4
