"""Limits on layers: what exceeds one is refused as soon as the text tells, and nothing else is."""

import random
from collections.abc import Callable

import archc
import pytest
from archc.compiler import cost
from archc.compiler.expand.holding import Identity
from archc.compiler.expand.least import Least, least
from archc.compiler.expand.values import FunctionReference
from archc.compiler.graph import Graph
from archc.compiler.layers.scan import Scan
from archc.compiler.spaces.drawn import DrawnProgram

NET = "network Net on x: f32[N, 4] {{ x -> {} }}\n"

# --- the least that a text makes ------------------------------------------------------------------

LEAST = {
    "block A on x { x -> relu -> tanh }": 2,
    "block A on x { x -> relu -> identity }": 1,
    "block A on x { limit nodes = 9, x -> relu -> A? }": 1,
    "block A on x { limit nodes = 9, x -> (A | relu) -> (A | relu) }": 2,
    "block A on x { limit nodes = 9, x -> (A | { relu -> A } | { relu -> tanh -> silu }) }": 3,
    "block A on x { limit nodes = 9, x -> relu -> (A | B) }\n"
    "block B on x { limit nodes = 9, x -> relu -> (A | { relu -> tanh }) }": 4,
    "block A on x { limit nodes = 9, x -> relu -> A }": float("inf"),
    "block A on x { x -> fork { relu, { relu -> tanh }, identity } -> add }": 4,
    "block A on x { x -> residual { relu } }": 1,
    "block A on x { x -> repeat(3) { relu -> tanh } }": 6,
    "block A on x { x -> repeat(0..3) { relu } }": 0,
    "block A on x { x -> share(2) { relu } -> for i in [1, 2, 3] { tanh } }": 5,
    "block A(n: int) on x { x -> if n > 1 { relu -> tanh } else { silu } }": 1,
    "block A(n: int) on x { x -> relu -> repeat(n) { relu } }": 1,
    "block A(n: int) on x { x -> if n > 1 { relu } }": 0,
    "block A on x { a = x -> relu, b = x -> tanh, a + b }": 3,
    "block A on x { (x -> relu) * 2 + x }": 3,
    "block A(op: stage = relu) on x { x -> op -> op }": 0,
    "block A on x { let op = relu | tanh, x -> op }": 0,
    "block A on x { relu = x -> tanh, relu -> silu }": 2,
    "block A on x { x -> first: relu -> { tanh } }": 2,
    "vocabulary V { relu, A }\nblock A on x { limit nodes = 9, x -> tanh -> any(V) }": 2,
    "let op = (relu | { relu -> tanh }) -> relu\nblock A on x { x -> op }": 2,
    "let op = relu -> tanh\nblock A on x { x -> op -> ? }": 2,
    "let op = { let relu = identity, relu -> tanh }\nblock A on x { x -> op }": 1,
    "let op = { for relu in [identity, tanh] { relu } }\nblock A on x { x -> op }": 0,
    "let fork = repeat\nblock A on x { x -> fork(0) { relu } }": 0,
    "block A on x { let share = fork, x -> relu -> share { relu } }": 1,
    "block A(k: int) on x { y = if k > 1 { n = x -> relu, n -> tanh -> tanh }"
    " else { let n = 2, (x -> relu) * (n + 1) }, y }": 2,
}


@pytest.mark.parametrize(("text", "layers"), LEAST.items())
def test_the_least_that_a_block_makes_is_told_from_its_text(text: str, layers: float) -> None:
    space = archc.space(f"{text}\n" + NET.format("relu"))
    home = space.process.network.reference.home
    bound = home.find("A")
    assert bound is not None
    known = least(Identity(bound.value.function), home)
    assert known.of_function(bound.value) == layers


# --- nothing but what exceeds a limit is refused --------------------------------------------------

STAGES = (
    "(A | relu | identity)", "A?", "(A | { A -> A } | identity)", "(B | tanh)", "(identity | tanh)",
    "(B | A | relu?)", "any(V)", "(relu -> A | { tanh })", "(A | relu) @ [1, 3]", "n: (A | tanh)",
    "share(2) { (A | tanh) }", "P({ A -> relu } | identity)", "Q({ relu -> A } | identity)", "op",
    "scan(C)", "within2: { limit nodes = 2, (A | { relu -> tanh }) }", "H(1 | 2)",
    "{ some([relu, A, identity], 1..2) -> add }", "for relu in [identity, tanh] { relu }",
)  # fmt: skip
BODIES = (
    "x -> relu -> {}",
    "a = x -> {}, b = x -> {}, a + b",
    "x -> {} -> {}",
    "x -> residual {{ {} }}",
    "x -> repeat(2) {{ {} }}",
    "x -> for i in [1, 2] {{ {} }}",
    "x -> fork {{ {}, {} }} -> add",
    "x -> repeat(0..2) {{ {} }}",
    "let f = relu | tanh | identity, x -> f -> {}",
    "let f = {{ relu -> {} }}, x -> {} -> f",
    "relu = x -> tanh, relu -> {}",
    "let n = 1..2, y = if n > 1 {{ x -> {} }} else {{ x }}, y -> {}",
    "y = x -> {}, for i in [1, 2] {{ y = y -> {} }}, y",
    "(x -> {}) * 2 + (x -> {})",
    "x -> {{ let m = 1 | 2, repeat(m) {{ {} }} }} -> {}",
    "y = (x -> {} | x), y -> g -> {}",
    "layer f = {{ {} }}, x -> f -> {} -> f",
    "(a, b) = x -> T, (a -> {}) + (b -> {})",
    "let n = 1 | 2, y = x, if n > 1 {{ y = y -> {} }}, y -> {}",
    "let f = {{ relu -> {} }}?, x -> {}",
)
BLOCKS = """
block P(f: stage) on x {{ limit recursion = 2, x -> f -> relu -> f }}
block Q(f: stage) on x {{ x -> relu }}
block H(n: int) on x {{ limit recursion = 2, {} x -> relu -> A? }}
block T on x {{ (x -> relu, x -> (identity | tanh)) }}
cell C on x: f32[M, 4] with h: f32[M, 4] {{
    next h = h -> tanh
    x -> (A | relu) -> relu
}}
let op = {{ let tanh = identity, tanh -> relu -> A? }}
"""
MOST_PROGRAMS = 100
LONGER = 14
"""So many times as many generated grammars are compared by `make fuzz`."""
Limited = tuple[str, Callable[[Graph], bool]]
"""A text with limits, and whether a program of the text without them is within these."""


def written(seed: int, *, limited: bool) -> tuple[str, dict[str, int]]:
    """Two blocks that use themselves and one another, and how many layers a use may make."""
    draw = random.Random(seed)

    def stage() -> str:
        return draw.choice(STAGES)

    def body() -> str:
        return draw.choice(BODIES).format(stage(), stage())

    limits = {"A": draw.randint(2, 5)} | ({"B": draw.randint(2, 7)} if draw.random() < 0.5 else {})
    told = {key: f"limit nodes = {most}, " if limited else "" for key, most in limits.items()}
    word = draw.choice(("tanh", "identity", "B"))
    named = draw.choice(("relu", "{ relu -> tanh }", "(relu | { tanh -> tanh })", "identity"))
    text = (
        f"vocabulary V {{ relu, A, {word} }}\nlet g = {named}\n"
        f"block A on x {{ limit recursion = 2, {told['A']}{body()} }}\n"
        f"block B on x {{ limit recursion = 2, {told.get('B', '')}{body()} }}\n"
        + BLOCKS.format("limit nodes = n," if limited else "")
    )
    if not limited:
        text = text.replace("limit nodes = 2, ", "")
    return f"{text}network Net on x: f32[N, 3, 4] {{ x -> A -> {stage()} }}\n", limits


def fits(graph: Graph, limits: dict[str, int]) -> bool:
    """Whether every use of what is limited makes as many layers as it may."""
    for scope in graph.scopes:
        made = cost.layers(cost.Stretch(graph.nodes[scope.start : scope.end], graph.values))
        last = scope.path.split(".")[-1]
        most = 2 if last.startswith("within2") else limits.get(scope.function, made)
        if made > (scope.hyperparameters["n"] if scope.function == "H" else most):
            return False
    cells = [node.layer.body for node in graph.nodes if isinstance(node.layer, Scan)]
    return all(fits(cell, limits) for cell in cells)


def every_program(text: str) -> list[DrawnProgram] | None:
    """None where there are too many, or where no program is valid for other reasons."""
    try:
        space = archc.space(text)
        space.budget = 1_000
        return list(space.enumerate()) if space.size <= MOST_PROGRAMS else None
    except (archc.ProgramError, archc.SpaceLimit):
        return None


def by_blocks(seed: int) -> Limited:
    text, limits = written(seed, limited=True)
    return text, lambda graph: fits(graph, limits)


def by_the_network(seed: int) -> Limited:
    most = random.Random(seed).randint(2, 9)
    text, _ = written(seed, limited=False)
    required = text.replace("{ x -> A ->", f"{{ require layers <= {most}, x -> A ->")
    return required, lambda graph: cost.layers(graph) <= most


@pytest.mark.parametrize(
    ("limit", "seeds", "least"), [(by_blocks, 50, (20, 10)), (by_the_network, 36, (15, 8))]
)
def test_limits_of_layers_leave_exactly_the_programs_within_them(
    limit: Callable[[int], Limited], seeds: int, least: tuple[int, int], long: bool
) -> None:
    compared = cut = 0
    for seed in range(seeds * LONGER if long else seeds):
        unlimited = every_program(written(seed, limited=False)[0])
        if unlimited is None:
            continue
        text, is_within = limit(seed)
        expected = {item.decisions for item in unlimited if is_within(item.graph)}
        found = every_program(text) or []
        assert {item.decisions for item in found} == expected, text
        assert not found or archc.space(text).size == len(expected)
        compared += 1
        cut += 0 < len(expected) < len(unlimited)
    assert compared >= least[0]
    assert cut >= least[1]


CELL = """
block Part on x { x -> (relu | { relu -> tanh -> silu }) -> repeat(3) { tanh } }
cell Step on x: f32[N, 4] with h: f32[N, 4] -> f32[N, 4] {
    y = h -> Part
    next h = y
    y + x
}
network Net on x: f32[N, T, 4] {
    require layers <= 2
    x -> tanh? -> scan(Step) -> relu?
}
"""


def test_layers_of_a_cell_are_not_those_of_its_network() -> None:
    space = archc.space(CELL)
    assert space.size == len(list(space.enumerate())) == 6


OTHERS = (
    "block Other(f: stage) on x { x -> relu }\n"
    "cell Cell(f: stage) on x: f32[M, 4] with h: f32[M, 4] { next h = h + x\n x -> f }\n"
    "let op = { let tanh = identity, tanh -> relu }\n"
)
KEPT = {  # bodies with how many layers they may make, and how many programs are within that
    "let f = { relu -> relu -> relu } | identity, x -> (relu | tanh)": (2, 4),
    "let f = { relu -> relu -> relu }?, x -> (relu | tanh)": (2, 4),
    "x -> Other({ relu -> relu -> relu } | identity)": (2, 2),
    "let f = { relu -> relu -> relu } | identity, x -> scan(Cell(f)) -> relu": (2, 2),
    "x -> scan(Cell({ relu -> relu -> relu } | identity)) -> relu": (2, 2),
    "x -> (op | relu)": (1, 2),
    "x -> (relu | identity) -> op": (1, 1),
    "let residual = fork, x -> relu -> residual { (relu | identity) }": (1, 1),
    "s = (), z = x -> (relu | tanh), t = s -> residual { }, (z, t) -> concat(axis=1)": (2, 2),
    "y = some([x, x -> relu, x -> tanh -> relu], 1..2), y -> concat(axis=1)": (2, 3),
    "x -> { limit nodes = 9, (tanh | { relu -> relu }) } -> (relu | identity)": (2, 3),
    "x -> { limit nodes = 1, (tanh | { relu -> relu }) } -> (relu | identity)": (2, 2),
}


@pytest.mark.parametrize(("body", "counts"), KEPT.items())
def test_what_is_made_elsewhere_or_never_is_not_counted(body: str, counts: tuple[int, int]) -> None:
    most, programs = counts
    block = f"block A on x {{ limit nodes = {most}, {body} }}\n"
    space = archc.space(OTHERS + block + "network Net on x: f32[N, 3, 4] { x -> A }\n")
    assert space.size == len(list(space.enumerate())) == programs


# --- soon enough ----------------------------------------------------------------------------------

CHAIN = """
block Chain on x {{
    limit nodes = {}
    let two = {{ fork {{ Chain, Chain }} -> add }}
    let three = {{ fork {{ Chain, Chain, Chain }} -> add }}
    x -> relu -> dense(4) -> (Chain | two | three | identity)
}}
"""


@pytest.mark.parametrize("most", [10, 60, 200])
def test_a_limit_of_layers_is_kept_in_sight_while_uses_wait(most: int) -> None:
    space = archc.space(CHAIN.format(most) + NET.format("Chain"))
    space.budget = 500  # expansions of one draw
    sizes = [cost.layers(item.graph) for item in space.samples(50)]
    assert max(sizes) > most - 3
    assert max(sizes) <= most


def test_layers_that_are_required_are_kept_in_sight_while_uses_wait() -> None:
    text = CHAIN.replace("nodes", "recursion").format(99) + NET.format("Chain")
    space = archc.space(text.replace("{ x -> Chain", "{ require layers <= 30, x -> Chain"))
    space.budget = 500
    assert {cost.layers(item.graph) for item in space.samples(50)} >= {2, 4, 30}


def test_a_block_of_two_uses_that_must_end_within_few_layers_has_programs() -> None:
    block = "block A on x { limit nodes = 5, x -> (A | relu) -> (A | relu) }\n"
    space = archc.space(block + NET.format("A"))
    space.budget = 500
    # binary trees of two to five leaves
    assert space.size == len(list(space.enumerate())) == 1 + 2 + 5 + 14


def test_what_a_text_makes_at_least_is_read_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = "".join(f"block B{i} on x {{ x -> B{i + 1} -> relu? }}\n" for i in range(60))
    space = archc.space(f"{bodies}block B60 on x {{ x -> tanh }}\n" + NET.format("relu"))
    read = list[str]()
    function = Least._read

    def counted(known: Least, reference: FunctionReference) -> None:
        read.append(reference.function.name)
        function(known, reference)

    monkeypatch.setattr(Least, "_read", counted)
    bound = space.process.network.reference.home.find("B0")
    assert bound is not None
    assert Least(bound.value).of_function(bound.value) == 1
    assert len(read) <= 3 * 61


def test_layers_made_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "block A on x { limit nodes = 900, x -> repeat(400) { relu } -> (A | relu) }\n"
    counted = list[object]()
    function = cost.counts
    monkeypatch.setattr(cost, "counts", lambda layer: counted.append(layer) or function(layer))
    space = archc.space(text + NET.format("A"))
    assert [cost.layers(item.graph) for item in space.enumerate()] == [801, 401]
    assert len(counted) < 20_000
