"""What is computed twice is computed once."""

import pytest
from archc.compiler.passes import CommonSubexpressions
from pass_runs import on_image, run

TIED = "layer c = conv(4, 3, bias=false)"


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("(x -> relu) + (x -> relu)", 2),
        ("(x -> relu -> exp) + (x -> relu -> exp)", 3),
        ("y = x -> relu\n (x + y) * (y + x)", 3),
        ("y = x -> relu\n (x - y) * (y - x)", 4),
        ("layer c = conv(4, 3)\n (x -> c) + (x -> c)", 2),
        ("(x -> conv(4, 3)) + (x -> conv(4, 3))", 3),
        ("(x -> dropout(0.1)) + (x -> dropout(0.1))", 3),
        ("(x * constant(1.0)) + (x * constant(1.0))", 3),
        ("(x -> clip(0, 1)) + (x -> clip(0, 2))", 3),
        (f"{TIED}\n (x -> c) + (x -> conv(4, 3, bias=false, weight=c.weight))", 2),
        ("(x -> split(2, axis=1) -> concat) + (x -> split(2, axis=1) -> concat)", 3),
    ],
)  # fmt: skip
def test_what_is_computed_twice_is_computed_once(body: str, left: int) -> None:
    assert len(run(on_image(body), CommonSubexpressions()).after.nodes) == left


def test_a_constant_of_another_dtype_is_another_value() -> None:
    body = "(x * constant(1.0)) + (x * (constant(1) -> cast(f32)))"
    assert not run(on_image(body), CommonSubexpressions()).changed
