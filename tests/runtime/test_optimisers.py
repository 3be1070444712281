"""Optimisers against PyTorch's own and against their formulas; schedules at chosen steps."""

import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import torch
from archc.grammar.diagnostic import ProgramError
from archc.runtime.chosen import default_part
from archc.runtime.declared import OPTIMISERS, SCHEDULES
from archc.runtime.optimisers import freeze, make_optimizer
from archc.runtime.schedules import Schedule
from torch import nn, optim


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def descend(module: nn.Module, optimizer: optim.Optimizer, steps: int = 5) -> list[torch.Tensor]:
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    for _ in range(steps):
        module(x).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    return [weight.detach().clone() for weight in module.parameters()]


REFERENCES: dict[str, tuple[dict[str, Any], Callable[[Any], optim.Optimizer]]] = {
    "sgd": ({"lr": 0.1}, lambda p: optim.SGD(p, 0.1)),
    "momentum": (
        {"lr": 0.1, "nesterov": True},
        lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
    ),
    "adam": ({"lr": 0.01, "weight_decay": 0.1}, lambda p: optim.Adam(p, 0.01, weight_decay=0.1)),
    "adamw": ({"lr": 0.01}, lambda p: optim.AdamW(p, 0.01)),
    "rmsprop": ({"lr": 0.01, "momentum": 0.5}, lambda p: optim.RMSprop(p, 0.01, momentum=0.5)),
    "adagrad": ({"lr": 0.1}, lambda p: optim.Adagrad(p, 0.1)),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_an_optimiser_is_pytorchs(name: str) -> None:
    given, reference = REFERENCES[name]
    ours, theirs = net(), net()
    found = descend(ours, make_optimizer(default_part("optimiser", name, **given), ours))
    wanted = descend(theirs, reference(theirs.parameters()))
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)


def one_weight(value: list[float]) -> nn.Module:
    module = nn.Module()
    module.weight = nn.Parameter(torch.tensor(value, dtype=torch.float64))
    return module


def test_lion_follows_its_paper() -> None:
    module = one_weight([1.0, -2.0])
    chosen = default_part("optimiser", "lion", lr=0.1, weight_decay=0.5)
    optimizer = make_optimizer(chosen, module)
    x, m = [1.0, -2.0], [0.0, 0.0]
    for gradient in ([3.0, -1.0], [-0.5, 0.2]):
        module.weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        for i, g in enumerate(gradient):
            update = math.copysign(1, 0.9 * m[i] + 0.1 * g)
            x[i] -= 0.1 * (update + 0.5 * x[i])
            m[i] = 0.99 * m[i] + 0.01 * g
    assert module.weight.tolist() == pytest.approx(x)


def test_lamb_follows_its_paper() -> None:
    module = one_weight([1.0, -2.0])
    chosen = default_part("optimiser", "lamb", lr=0.1, weight_decay=0.5)
    optimizer = make_optimizer(chosen, module)
    x, m, v = [1.0, -2.0], [0.0, 0.0], [0.0, 0.0]
    for step, gradient in enumerate(([3.0, -1.0], [-0.5, 0.2]), start=1):
        module.weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        m = [0.9 * a + 0.1 * g for a, g in zip(m, gradient, strict=True)]
        v = [0.999 * a + 0.001 * g * g for a, g in zip(v, gradient, strict=True)]
        first, second = 1 - 0.9**step, 1 - 0.999**step
        u = [
            a / first / (math.sqrt(b / second) + 1e-6) + 0.5 * w
            for a, b, w in zip(m, v, x, strict=True)
        ]
        ratio = math.hypot(*x) / math.hypot(*u)
        x = [w - 0.1 * ratio * update for w, update in zip(x, u, strict=True)]
    assert module.weight.tolist() == pytest.approx(x)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_descends_and_its_state_travels(name: str) -> None:
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    module = net()
    before = float(module(x).detach().square().mean())
    optimizer = make_optimizer(default_part("optimiser", name, lr=0.01), module)
    descend(module, optimizer)
    assert float(module(x).detach().square().mean()) < before
    again = net()
    again.load_state_dict(module.state_dict())
    copy = make_optimizer(default_part("optimiser", name, lr=0.01), again)
    copy.load_state_dict(deepcopy(optimizer.state_dict()))
    for a, b in zip(descend(module, optimizer), descend(again, copy), strict=True):
        assert torch.equal(a, b)


def test_no_decay_spares_weights() -> None:
    chosen = default_part("optimiser", "sgd", lr=0.1, weight_decay=1.0, no_decay=("*.bias",))
    module = net()
    optimizer = make_optimizer(chosen, module)
    assert [len(group["params"]) for group in optimizer.param_groups] == [2, 2]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [1.0, 0.0]


def test_patterns_that_match_nothing_are_refused() -> None:
    with pytest.raises(ProgramError, match=r"no weight is called '\*norm\*'"):
        make_optimizer(default_part("optimiser", "sgd", no_decay=("*norm*",)), net())
    with pytest.raises(ProgramError, match="no weight is called 'stem"):
        freeze(net(), ["stem.*"])
    frozen = net()
    freeze(frozen, ["*"])
    with pytest.raises(ProgramError, match="nothing to train"):
        make_optimizer(default_part("optimiser", "sgd"), frozen)
    with pytest.raises(ProgramError, match="nesterov"):
        make_optimizer(default_part("optimiser", "sgd", nesterov=True), net())


def factors(name: str, steps: int = 100, per_epoch: int = 10, **given: Any) -> list[float]:
    schedule = Schedule(default_part("schedule", name, **given), steps, per_epoch)
    return [schedule.factor(step) for step in range(steps)]


def test_schedules_at_chosen_steps() -> None:
    assert set(factors("constant")) == {1.0}
    assert factors("constant", warmup=0.1)[:10] == pytest.approx([i / 10 for i in range(1, 11)])
    assert factors("constant", warmup=2.0)[18:20] == pytest.approx([0.95, 1.0])
    step = factors("step", every=2, factor=0.5)
    assert (step[19], step[20], step[99]) == (1.0, 0.5, 0.5**4)
    cosine = factors("cosine", final=0.1)
    assert (cosine[0], cosine[50]) == pytest.approx((1.0, 0.55))
    assert factors("linear")[25] == pytest.approx(0.75)
    cycle = factors("onecycle", warmup=0.3)
    assert cycle[0] == pytest.approx(0.04) and cycle[30] == 1.0 and cycle[99] < 0.001


@pytest.mark.parametrize("name", SCHEDULES)
def test_factors_stay_between_nothing_and_one(name: str) -> None:
    for steps, per_epoch in ((1, 1), (3, 2), (100, 7)):
        assert all(0 <= f <= 1 for f in factors(name, steps, per_epoch, warmup=0.5))


def test_plateau_waits_and_remembers() -> None:
    chosen = default_part("schedule", "plateau", patience=1, factor=0.5)
    schedule = Schedule(chosen, 100, 10)
    for loss in (1.0, 1.0, 1.0):
        schedule.observe(loss)
    assert schedule.factor(50) == 0.5
    again = Schedule(chosen, 100, 10)
    again.load(schedule.state())
    for found in (schedule, again):
        found.observe(1.0)
        found.observe(1.0)
    assert schedule.factor(60) == again.factor(60) == 0.25
