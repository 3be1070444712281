"""Metrics against scikit-learn, over several batches; losses on the shapes that occur."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from archc.runtime.chosen import default_part
from archc.runtime.losses import LOSSES, by_class
from archc.runtime.metrics import METRICS, Tally
from sklearn.metrics import f1_score, roc_auc_score


def value(name: str, output: torch.Tensor, target: torch.Tensor, **given: Any) -> float:
    """Over two batches of unequal size."""
    tally = Tally(default_part("metric", name, **given), 0, "target", name)
    for part in (slice(0, 7), slice(7, None)):
        tally.add([output[part]], {}, {"target": target[part]})
    return tally.value()


@pytest.fixture(params=[2, 4])
def scores(request: pytest.FixtureRequest) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(request.param)
    target = torch.randint(0, request.param, (60,))
    output = torch.randn(60, request.param) + torch.nn.functional.one_hot(target)
    return output.round(decimals=1), target


def test_accuracy_f1_and_auc_are_scikit_learns(scores: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, target = scores
    guessed = output.argmax(-1)
    assert value("accuracy", output, target) == pytest.approx((guessed == target).double().mean())
    many = output.shape[1] > 2
    wanted = f1_score(target, guessed, average="macro" if many else "binary")
    assert value("f1", output, target) == pytest.approx(wanted)
    chances = output.double().softmax(-1)
    asked = roc_auc_score(target, chances, multi_class="ovr") if many else None
    wanted = asked if many else roc_auc_score(target, chances[:, 1])
    assert value("auc", output, target) == pytest.approx(wanted)


def test_f1_counts_a_class_that_is_only_guessed() -> None:
    """Nine answers of four classes, none of which is the fourth; another class never occurs."""
    target = torch.tensor([0, 1, 2, 2, 1, 0, 1, 0, 2])
    guessed = torch.tensor([0, 1, 2, 3, 3, 0, 1, 1, 2])
    output = torch.nn.functional.one_hot(guessed, 5).float()
    wanted = f1_score(target, guessed, average="macro")
    assert value("f1", output, target) == pytest.approx(wanted)


def test_top5_perplexity_and_bits() -> None:
    torch.manual_seed(0)
    output, target = torch.randn(20, 9), torch.randint(0, 9, (20,))
    best = output.topk(5).indices
    wanted = np.mean([int(t) in row.tolist() for t, row in zip(target, best, strict=True)])
    assert value("top5", output, target) == pytest.approx(wanted)
    entropy = float(torch.nn.functional.cross_entropy(output, target))
    assert value("perplexity", output, target) == pytest.approx(math.exp(entropy), rel=1e-5)
    assert value("bits_per_char", output, target) == pytest.approx(entropy / math.log(2), rel=1e-5)


def test_distances() -> None:
    output, target = torch.arange(20.0).reshape(20, 1), torch.zeros(20)
    assert value("mse", output, target) == pytest.approx(float((torch.arange(20.0) ** 2).mean()))
    assert value("mae", output, target) == pytest.approx(9.5)


@pytest.mark.parametrize("name", ["accuracy", "f1", "auc"])
def test_one_logit_is_two_classes(name: str) -> None:
    torch.manual_seed(1)
    logit, target = torch.randn(20, 1), torch.randint(0, 2, (20,))
    both = torch.cat((torch.zeros(20, 1), logit), 1)
    assert value(name, logit, target) == pytest.approx(value(name, both, target))


def test_sequences_maps_and_ignored_answers() -> None:
    torch.manual_seed(0)
    output, target = torch.randn(10, 5, 3), torch.randint(0, 3, (10, 5))
    right = (output.argmax(-1) == target).double().mean()
    assert value("accuracy", output, target) == pytest.approx(float(right))
    output, target = torch.randn(10, 3, 4, 4), torch.randint(0, 3, (10, 4, 4))
    right = (output.argmax(1) == target).double().mean()
    assert value("accuracy", output, target) == pytest.approx(float(right))
    target[:, 0] = -100
    kept = target != -100
    right = (output.argmax(1) == target)[kept].double().mean()
    assert value("accuracy", output, target) == pytest.approx(float(right))


def test_nothing_measured_is_not_a_number() -> None:
    for name in METRICS:
        tally = Tally(default_part("metric", name), 0, "target", name)
        assert math.isnan(tally.value())


def loss(name: str, output: torch.Tensor, target: torch.Tensor, **given: Any) -> float:
    return float(LOSSES[name](output, target, default_part("loss", name, **given).values))


def test_losses_on_the_shapes_that_occur() -> None:
    torch.manual_seed(0)
    functional = torch.nn.functional
    output, target = torch.randn(6, 5, 3), torch.randint(0, 3, (6, 5))
    flat = functional.cross_entropy(output.reshape(-1, 3), target.reshape(-1))
    assert loss("cross_entropy", output, target) == pytest.approx(float(flat))
    moved = output.movedim(-1, 1)
    assert loss("cross_entropy", moved, target, axis=1) == pytest.approx(float(flat))
    picture, classes = torch.randn(2, 3, 4, 4), torch.randint(0, 3, (2, 4, 4))
    wanted = functional.cross_entropy(picture, classes)
    assert loss("cross_entropy", picture, classes) == pytest.approx(float(wanted))
    shares = torch.rand(6, 3).softmax(-1)
    rows = torch.randn(6, 3)
    wanted = functional.cross_entropy(rows, shares, label_smoothing=0.1)
    assert loss("cross_entropy", rows, shares, smoothing=0.1) == pytest.approx(float(wanted))
    numbers = torch.randn(6, 1)
    answers = torch.randn(6)
    assert loss("mse", numbers, answers) == pytest.approx(
        float(((numbers[:, 0] - answers) ** 2).mean())
    )
    assert loss("mae", numbers, answers) == pytest.approx(
        float((numbers[:, 0] - answers).abs().mean())
    )
    assert loss("huber", numbers * 10, answers, delta=1e-3) == pytest.approx(
        1e-3 * float((numbers[:, 0] * 10 - answers).abs().mean()), rel=1e-2
    )
    labels = torch.tensor([0, 1, 1, 0, 1, 0])
    wanted = functional.binary_cross_entropy_with_logits(numbers[:, 0], labels.float())
    assert loss("binary_cross_entropy", numbers, labels) == pytest.approx(float(wanted))


def test_ctc_knows_where_the_labels_end() -> None:
    torch.manual_seed(0)
    scores = torch.randn(2, 8, 4)
    target = torch.tensor([[1, 2, 0], [3, -1, -1]])
    wanted = torch.nn.functional.ctc_loss(
        scores.log_softmax(-1).transpose(0, 1),
        torch.tensor([1, 2, 3]),
        torch.tensor([8, 8]),
        torch.tensor([2, 1]),
    )
    assert loss("ctc", scores, target) == pytest.approx(float(wanted))


def test_class_weights_count() -> None:
    output, target = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    even = loss("cross_entropy", output, target, weights=(1.0, 1.0, 1.0))
    assert even == pytest.approx(loss("cross_entropy", output, target), rel=1e-6)
    only = loss("cross_entropy", output, target, weights=(1.0, 0.0, 0.0))
    first = loss("cross_entropy", output[[0, 3]], target[[0, 3]])
    assert only == pytest.approx(first, rel=1e-6)


def test_a_square_is_read_by_its_last_axis_unless_told() -> None:
    output, target = torch.randn(2, 3, 3), torch.randint(0, 3, (2, 3))
    assert torch.equal(by_class(output, target, 0)[0], output.reshape(-1, 3))
    assert torch.equal(by_class(output, target, 1)[0], output.movedim(1, -1).reshape(-1, 3))
