"""Why a program is outside a space, where it is not a layer that the space has not."""

import archc
import pytest

# --- train settings -------------------------------------------------------------------------------

NETWORK = "network Net on x: f32[N, 6] -> f32[N, 2] { x -> dense(4 | 8) -> dense(2) }\n"
SPACE = f"{NETWORK}train Net {{ data = digits(), epochs = 1 | 2, batch = 16 }}\n"


def drawn(text: str) -> tuple[archc.Space, str]:
    space = archc.space(text)
    return space, str(space.sample(seed=1))


@pytest.mark.parametrize(
    ("setting", "name"), [("loss = mse", "loss"), ("clip = 1.0", "clip"), ("seed = 3", "seed")]
)
def test_a_setting_that_the_space_has_not_is_named(setting: str, name: str) -> None:
    space, text = drawn(SPACE)
    found = space.contains(text.replace("batch = 16", f"batch = 16\n    {setting}"))
    assert not found
    assert found.reason == f"its `train` sets `{name}`, which the space does not"
    with pytest.raises(ValueError, match=name):
        space.mutate(archc.parse(text.replace("batch = 16", f"batch = 16\n    {setting}")))


def test_a_setting_that_the_program_lacks_is_named() -> None:
    space, text = drawn(SPACE)
    found = space.contains(text.replace("    batch = 16\n", ""))
    assert found.reason == "its `train` lacks `batch`"


def test_a_block_that_the_space_has_not_is_named() -> None:
    space, text = drawn(SPACE)
    none = "its `train` is called `fast`, and the space has none of that name"
    assert space.contains(text.replace("train Net", "train fast: Net")).reason == none
    assert space.contains(f"{text}train fast: Net {{ epochs = 1 }}\n").reason == none
    bare = archc.space(NETWORK)
    assert bare.contains(text).reason == "it has a `train`, which the space has not"


def test_blocks_are_compared_by_name() -> None:
    named = SPACE.replace("train Net", "train fast: Net")
    space, text = drawn(f"{named}train slow: Net {{ epochs = 8 | 9 }}\n")
    assert space.contains(text)
    start = text.index("train slow")
    assert space.contains(text[:start]).reason == "it has no `train slow`, which the space has"
    found = space.contains(text.replace("train fast: Net", "train Net"))
    assert found.reason == "its `train` has no name, and those of the space have one"
    found = space.contains(text[:start] + text[start:].replace("epochs = ", "epochs = 1"))
    assert found.reason == "its `epochs` in `train slow` is not offered"


def test_a_bare_network_is_compared_without_settings() -> None:
    space, text = drawn(SPACE)
    assert space.contains(text[: text.index("train Net")])


def test_the_settings_are_those_of_the_network_that_is_compared() -> None:
    """A block that stands after a network of another name had been taken for it."""
    space, text = drawn(SPACE)
    other = text.replace("Net", "Other").replace("dense(2)", "B")
    other += "block B on x: f32[N, C] -> f32[N, 2] { x -> dense(2) }\n"
    assert space.contains(other)
    assert "`batch` in `train`" in space.contains(other.replace("= 16", "= 17")).reason


# --- inputs and outputs ---------------------------------------------------------------------------

TYPED = "network Net{} on {} -> {} {{ {} }}\n"
BODY = "x -> conv(4 | 8, 1) -> global_avgpool -> dense(3)"
IMAGE = "f32[N, 1, 8, 8]"


def reason_of(space: tuple[str, str, str, str], program: tuple[str, str, str, str]) -> str:
    """Why a program is outside; of each the hyperparameters, the inputs, the outputs and the
    body.
    """
    found = archc.space(TYPED.format(*space)).contains(TYPED.format(*program))
    assert not found
    return found.reason


@pytest.mark.parametrize("other", ["f32[N, 1, 16, 16]", "f16[N, 1, 8, 8]", "f32[N, 1, 8]"])
def test_an_input_of_another_type_is_told(other: str) -> None:
    body = "x -> conv(4, 1) -> global_avgpool -> dense(3)"
    reason = reason_of(("", f"x: {IMAGE}", "f32[N, 3]", BODY), ("", f"x: {other}", "[N, 3]", body))
    assert reason == f"its input `x` is {other}, the space's is {IMAGE}"


@pytest.mark.parametrize(
    ("declared", "shown"),
    [("f32[N, 3]", "f32[N, 3]"), ("[..., 3]", "[..., 3]"), ("f32[_, classes]", "f32[_, 3]")],
)
def test_an_output_of_another_type_is_told(declared: str, shown: str) -> None:
    space = ("(classes: int = 3)", f"x: {IMAGE}", declared, BODY)
    body = "x -> conv(4, 1) -> global_avgpool -> dense(5)"
    reason = reason_of(space, ("", f"x: {IMAGE}", "f32[N, 5]", body))
    assert reason == f"its output is f32[N, 5], the space's is {shown}"


def test_another_number_of_inputs_and_outputs_is_told() -> None:
    one = ("", "x: f32[N, 4]", "f32[N, 4]", "x -> (relu | tanh)")
    two = ("", "x: f32[N, 4], y: f32[N, 4]", "f32[N, 4]", "x + y -> relu")
    assert reason_of(one, two) == "it has 2 inputs, where the space has 1"
    split = ("", "x: f32[N, 4]", "a: f32[N, 4], b: f32[N, 4]", "(x -> relu, x -> tanh)")
    assert reason_of(one, split) == "it has 2 outputs, where the space has 1"
    named = (*split[:2], "a: f32[N, 4], b: f32[N, 2]", "(x -> relu, x -> tanh -> dense(2))")
    open_one = (*split[:3], "(x -> (relu | gelu), x -> tanh)")
    assert reason_of(open_one, named) == "its output `b` is f32[N, 2], the space's is f32[N, 4]"


@pytest.mark.parametrize(
    ("hyperparameters", "inputs", "outputs", "body"),
    [
        ("(c: int = 1 | 3)", "x: f32[N, c, 8, 8]", "f32[N, 3]", BODY),
        ("(c: int = 1 | 3, n: int = 3)", "x: f32[N, 2 * c, 8, 8]", "f32[N, n]", BODY),
        ("(c: float = 4)", "x: f32[N, c]", "f32[N, _]", "x -> (relu | tanh)"),
        ("", "x: f32[N, C, H, H]", "f32[N, _, H, H]", "x -> (relu | tanh)"),
        ("", "x: f32[N, 2 * many]", "f32[N, 2 * many]", "x -> (relu | tanh)"),
        ("", "x: f32[N, 8]", "f32[N, units]", "let units = 2 | 3\n x -> dense(units)"),
        ("", "x: f32[N, D]", "[...]", "require D == 8\n x -> (relu | tanh) -> dense(2)"),
    ],
)
def test_types_that_are_open_exclude_no_program(
    hyperparameters: str, inputs: str, outputs: str, body: str
) -> None:
    """Names of axes differ, sizes depend on choices, and a requirement tells a size."""
    space = archc.space(f"let many = 4 | 8\n{TYPED.format(hyperparameters, inputs, outputs, body)}")
    for program in space.enumerate():
        assert space.contains(str(program)).trace == program.trace
        renamed = str(program).replace("N", "M").replace("Met", "Net")
        assert space.contains(renamed).trace == program.trace


def test_an_axis_is_told_apart_from_a_number_where_it_is_one_in_all_programs() -> None:
    space = ("", "x: f32[N, 4]", "f32[N, 3]", "x -> dense(8 | 9) -> dense(3)")
    reason = reason_of(space, ("", "x: f32[2, 4]", "f32[2, 3]", "x -> dense(8) -> dense(3)"))
    assert reason == "no program of the space has the same inputs and outputs"


# --- requirements ---------------------------------------------------------------------------------


def net(body: str, hyperparameters: str = "") -> str:
    return f"network Net{hyperparameters} on x: f32[N, 6] -> f32[N, 2] {{ {body} }}"


def test_a_requirement_of_costs_that_fails_is_told_with_the_cost() -> None:
    space = archc.space(net("x -> dense(8 | 16 | 32) -> relu -> dense(2)\n require params <= 200"))
    assert space.contains(net("x -> dense(16) -> relu -> dense(2)"))
    found = space.contains(net("x -> dense(32) -> relu -> dense(2)"))
    assert found.reason == "it does not fulfil `require params <= 200` (params is 290)"
    other = space.contains(net("x -> dense(33) -> relu -> dense(2)")).reason
    assert other == "layer 1 of the program is dense, and `units=33` is not offered"


def test_a_cost_that_sums_do_not_settle_is_told() -> None:
    wanted = 'require longest_path <= 3: "deep"'
    space = archc.space(net(f"x -> repeat(1..4) {{ dense(4 | 8) }} -> dense(2)\n {wanted}"))
    assert space.contains(net("x -> repeat(2) { dense(4) } -> dense(2)"))
    found = space.contains(net("x -> repeat(4) { dense(4) } -> dense(2)"))
    assert found.reason == f"it does not fulfil `{wanted}` (longest_path is 5)"


def test_a_requirement_of_hyperparameters_that_fails_is_told_with_their_values() -> None:
    header = "(a: int = 10..90 step 10, b: int = 10..90 step 10)"
    body = "require a + b <= 100\n x -> dense(a) -> (relu | tanh) -> dense(b) -> dense(2)"
    space = archc.space(net(body, header))
    assert space.contains(net("x -> dense(60) -> tanh -> dense(40) -> dense(2)"))
    found = space.contains(net("x -> dense(60) -> tanh -> dense(70) -> dense(2)"))
    assert found.reason == "it does not fulfil `require a + b <= 100` (a is 60, b is 70)"
    other = space.contains(net("x -> dense(60) -> tanh -> dense(95) -> dense(2)"))
    assert "layer 3 of the program is dense" in other.reason


def test_requirements_of_blocks_are_told_and_hold_afterwards() -> None:
    """What was followed without requirements is not taken for a block that fulfils them."""
    body = "let w = 4 | 8 | 20\n require w > C\n x -> dense(w)"
    block = f"block B on x: f32[N, C] -> f32[N, _] {{ {body} }}\n"
    space = archc.space(block + net("x -> B -> relu -> B -> dense(2)"))

    def reason(first: int, second: int) -> str:
        text = f"x -> dense({first}) -> relu -> dense({second}) -> dense(2)"
        return space.contains(net(text)).reason

    alone = "it does not fulfil `require w > C` (C is 20, w is 8)"
    assert reason(20, 8) == alone
    assert not reason(8, 20)
    assert reason(4, 4) == (
        "it does not fulfil `require w > C` (C is 6, w is 4) and `require w > C` (C is 4, w is 4)"
    )
    assert reason(20, 8) == alone
    assert space.size == 1
