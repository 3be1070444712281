"""Losses by the formulas of their papers, schedules by PyTorch's own."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from archc.runtime.chosen import default_part
from archc.runtime.declared import AUGMENTATIONS, LOSSES, METRICS, OPTIMISERS, SCHEDULES
from archc.runtime.losses import LOSSES as WRITTEN
from archc.runtime.schedules import Schedule
from torch import Tensor
from torch.optim import SGD, lr_scheduler

NAMES = {
    "losses": (LOSSES, "cross_entropy binary_cross_entropy mse mae huber ctc"),
    "metrics": (METRICS, "accuracy top5 perplexity bits_per_char mse mae f1 auc"),
    "optimisers": (OPTIMISERS, "sgd momentum adam adamw rmsprop adagrad lamb lion"),
    "schedules": (SCHEDULES, "constant step cosine onecycle plateau linear"),
    "augmentations": (
        AUGMENTATIONS,
        "flip crop shift scale rotate hue saturation value cutout mixup cutmix noise",
    ),
}


@pytest.mark.parametrize("kind", NAMES)
def test_every_name_of_the_reference_is_there(kind: str) -> None:
    declared, wanted = NAMES[kind]
    assert set(wanted.split()) <= set(declared)


def loss(name: str, output: Tensor, target: Tensor, **given: Any) -> Tensor:
    return WRITTEN[name](output, target, default_part("loss", name, **given).values)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_cross_entropy_with_smoothing(smoothing: float) -> None:
    """Szegedy et al. 2016: the right class gets 1 - e + e / K, each other e / K."""
    torch.manual_seed(0)
    output, target = torch.randn(5, 4), torch.tensor([0, 3, 1, 1, 2])
    shares = torch.full((5, 4), smoothing / 4)
    shares[torch.arange(5), target] += 1 - smoothing
    logarithms = output - output.exp().sum(1, keepdim=True).log()
    wanted = -(shares * logarithms).sum(1).mean()
    torch.testing.assert_close(loss("cross_entropy", output, target, smoothing=smoothing), wanted)


def test_cross_entropy_leaves_answers_out() -> None:
    output, target = torch.randn(4, 3), torch.tensor([0, 7, 2, 7])
    kept = loss("cross_entropy", output[[0, 2]], target[[0, 2]])
    torch.testing.assert_close(loss("cross_entropy", output, target, ignore=7), kept)


def test_binary_cross_entropy_is_of_logits_and_stays_finite() -> None:
    output, target = torch.tensor([0.3, -2.0, 1.5]), torch.tensor([1, 0, 0])
    chance = torch.sigmoid(output)
    wanted = -torch.where(target == 1, chance.log(), (1 - chance).log()).mean()
    torch.testing.assert_close(loss("binary_cross_entropy", output, target), wanted)
    far = torch.tensor([500.0, -500.0], requires_grad=True)
    found = loss("binary_cross_entropy", far, torch.tensor([0, 1]))
    torch.testing.assert_close(found, torch.tensor(500.0))
    found.backward()
    assert far.grad is not None and far.grad.isfinite().all()


@pytest.mark.parametrize("delta", [0.5, 1.0, 2.0])
def test_huber_is_square_near_and_straight_far(delta: float) -> None:
    output, target = torch.tensor([0.1, -0.4, 3.0, -7.0]), torch.zeros(4)
    near, far = output.square() / 2, delta * (output.abs() - delta / 2)
    wanted = torch.where(output.abs() <= delta, near, far).mean()
    torch.testing.assert_close(loss("huber", output, target, delta=delta), wanted)


def labels_of(path: tuple[int, ...]) -> tuple[int, ...]:
    """A path through time as what it spells: repeats merged, then blanks left out."""
    merged = [at for place, at in enumerate(path) if not place or path[place - 1] != at]
    return tuple(at for at in merged if at)


@pytest.mark.parametrize("labels", [(1,), (1, 2), (2, 2), ()])
def test_ctc_sums_over_every_path(labels: tuple[int, ...]) -> None:
    """Graves et al. 2006, equation 3, by enumeration of all 3^4 paths."""
    torch.manual_seed(len(labels))
    output = torch.randn(1, 4, 3)
    chances = output[0].softmax(-1)
    total = sum(
        float(torch.stack([chances[t, at] for t, at in enumerate(path)]).prod())
        for path in product(range(3), repeat=4)
        if labels_of(path) == labels
    )
    target = torch.tensor([[*labels, *[-1] * (3 - len(labels))]])
    # As PyTorch's, the mean is over sequences of the loss per label.
    wanted = -math.log(total) / max(1, len(labels))
    assert float(loss("ctc", output, target)) == pytest.approx(wanted, rel=1e-4)


# --- Schedules -----------------------------------------------------------------------------------


PYTORCHS: dict[str, tuple[dict[str, Any], Callable[[SGD], lr_scheduler.LRScheduler]]] = {
    "constant": ({}, lambda sgd: lr_scheduler.ConstantLR(sgd, 1.0)),
    "step": ({"every": 3, "factor": 0.2}, lambda sgd: lr_scheduler.StepLR(sgd, 30, 0.2)),
    "cosine": ({"final": 0.1}, lambda sgd: lr_scheduler.CosineAnnealingLR(sgd, 100, 0.1)),
    "linear": ({"final": 0.2}, lambda sgd: lr_scheduler.LinearLR(sgd, 1.0, 0.2, 100)),
}


@pytest.mark.parametrize("name", PYTORCHS)
def test_a_schedule_is_pytorchs(name: str) -> None:
    given, make = PYTORCHS[name]
    schedule = Schedule(default_part("schedule", name, **given), 100, 10)
    sgd = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = make(sgd)
    for step in range(100):
        assert schedule.factor(step) == pytest.approx(theirs.get_last_lr()[0], rel=1e-6)
        sgd.step()
        theirs.step()


def test_plateau_is_pytorchs() -> None:
    given = {"patience": 2, "factor": 0.5, "threshold": 0.05}
    schedule = Schedule(default_part("schedule", "plateau", **given), 100, 10)
    sgd = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = lr_scheduler.ReduceLROnPlateau(sgd, factor=0.5, patience=2, threshold=0.05)
    torch.manual_seed(0)
    for value in (torch.rand(60).cumsum(0).flip(0) + 3 * torch.rand(60)).tolist():
        schedule.observe(value)
        theirs.step(value)
        assert schedule.factor(50) == pytest.approx(sgd.param_groups[0]["lr"])
    assert schedule.factor(50) < 0.1


def test_onecycle_rises_once_and_falls_to_its_end() -> None:
    """Smith and Topin 2018: PyTorch's is a step earlier at the top and at the end."""
    schedule = Schedule(default_part("schedule", "onecycle"), 101, 10)
    sgd = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = lr_scheduler.OneCycleLR(sgd, 1.0, 101)
    for step in range(101):
        assert schedule.factor(step) == pytest.approx(theirs.get_last_lr()[0], abs=0.06)
        sgd.step()
        if step < 100:
            theirs.step()
    found = [schedule.factor(step) for step in range(102)]
    top = found.index(max(found))
    assert found[top] == 1.0 and top == 30
    assert found[: top + 1] == sorted(found[: top + 1])
    assert found[top:] == sorted(found[top:], reverse=True)
    assert found[-1] == pytest.approx(4e-6)
