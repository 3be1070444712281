"""Initialisers: their settings, and the statements that fill weights."""

import pytest
import torch
from archc.compiler import initialisers
from archc.compiler.hyperparameter import Initialiser, InitKind, Symbol
from torch import nn


def test_the_kind_knows_every_name():
    assert set(InitKind.symbols) == set(initialisers.RULES)
    found = InitKind().accept(Symbol("he"))
    assert found.name == "he" and not found.settings


@pytest.mark.parametrize("name", initialisers.RULES)
def test_a_statement_fills_a_weight(name):
    found = initialisers.check(Initialiser(name, {}))
    statement = initialisers.torch_statement(found).replace("{weight}", "weight")
    for shape in ((6, 6), (6, 6, 3)):
        weight = torch.full(shape, torch.nan)
        exec(statement, {"nn": nn, "weight": weight})
        assert weight.isfinite().all()
        by_name, settings = initialisers.torch_call(found, len(shape))
        again = torch.full(shape, torch.nan)
        getattr(nn.init, by_name)(again, **settings)
        assert again.isfinite().all()


def test_identity_of_a_kernel_lets_the_input_through():
    weight = torch.empty(4, 4, 3)
    statement = initialisers.torch_statement(Initialiser("identity", {}))
    exec(statement.format(weight="weight"), {"nn": nn, "weight": weight})
    x = torch.randn(2, 4, 7)
    torch.testing.assert_close(nn.functional.conv1d(x, weight, padding=1), x)


def test_defaults_are_filled_in_positional_order():
    assert initialisers.settings_of("uniform") == ("a", "b")
    assert initialisers.settings_of("nonsense") == ()
    found = initialisers.check(Initialiser("he", {"mode": "fan_out"}))
    assert dict(found.settings) == {"mode": "fan_out", "distribution": "normal"}
    assert initialisers.torch_statement(found) == (
        'nn.init.kaiming_normal_({weight}, mode="fan_out", nonlinearity="relu")'
    )


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("he2", {}, "there is no initialiser he2"),
        ("zeros", {"std": 1}, "zeros has no settings, so no std"),
        ("normal", {"sdt": 1}, "its settings are std"),
        ("normal", {"std": -1}, "std of normal is at least 0"),
        ("normal", {"std": "wide"}, "is a number"),
        ("normal", {"std": True}, "is a number"),
        ("truncated_normal", {"std": 0}, "use zeros instead"),
        ("uniform", {"a": 2, "b": 1}, "uniform needs a <= b"),
        ("he", {"mode": "fan"}, 'mode of he is "fan_in" or "fan_out"'),
    ],
)
def test_what_cannot_be_is_explained(name, settings, said):
    with pytest.raises(ValueError, match=said):
        initialisers.check(Initialiser(name, settings))


@pytest.mark.parametrize(("name", "rank"), [("he", 1), ("identity", 0), ("identity", 6)])
def test_a_weight_of_the_wrong_rank_is_refused(name, rank):
    with pytest.raises(ValueError, match=f"not {rank}"):
        initialisers.check_shape(Initialiser(name, {}), (2,) * rank)
