"""Zeros propagated away: what is left of a graph, and which graphs become equal."""

import pytest
from archc.compiler.check import check_text
from archc.compiler.hash import graph_hash
from archc.compiler.zeros import without_zeros


def simplified(body: str) -> str:
    checked = check_text(f"network N on x: f32[N, 4, 8, 8] -> f32[...] {{\n    {body}\n}}\n")
    checked.raise_errors()
    return graph_hash(without_zeros(checked.graphs["N"]))


EQUAL = {
    "a term of a sum": ("(x -> relu) + (x -> zero)", "x -> relu"),
    "through layers": ("(x -> relu) + (x -> zero -> conv(4, 3, bias=false) -> tanh)", "x -> relu"),
    "a norm of zeros": ("(x -> relu) + (x -> zero -> batchnorm)", "x -> relu"),
    "a product": ("(x -> relu) + x * (x -> zero)", "x -> relu"),
    "all of a sum": ("x + ((x -> zero) + (x -> zero))", "x -> identity"),
    "two ways to zero": ("x -> relu -> zero", "x -> conv(4, 1) -> zero"),
    "one term of three": ("(x, x -> zero, x -> relu) -> add", "x + (x -> relu)"),
}


@pytest.mark.parametrize("pair", EQUAL.values(), ids=EQUAL)
def test_these_become_equal(pair: tuple[str, str]) -> None:
    assert simplified(pair[0]) == simplified(pair[1])


DIFFERENT = {
    "a bias": ("(x -> relu) + (x -> zero -> conv(4, 1))", "x -> relu"),
    "a cosine": ("(x -> relu) + (x -> zero -> cos)", "x -> relu"),
    "zeros beside": ("(x, x -> zero) -> concat(axis=1)", "x -> relu"),
    "zeros of other sizes": (
        "(x, x -> zero -> conv(4, 1, bias=false)) -> concat(axis=1)",
        "(x, x -> zero -> conv(5, 1, bias=false)) -> concat(axis=1)",
    ),
    "a wider sum": ("(x -> mean(axes=3, keep=true)) + (x -> zero)", "x -> mean(axes=3, keep=true)"),
    "a number": ("x + ((x -> zero) + 1.0)", "x -> identity"),
}


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_these_stay_different(pair: tuple[str, str]) -> None:
    assert simplified(pair[0]) != simplified(pair[1])
