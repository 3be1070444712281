"""A network of the file as a loss: what it means, what is refused, where it goes along."""

from pathlib import Path
from typing import Any

import archc
import numpy as np
import pytest
import torch
from archc.compiler.check import check_file, check_text
from archc.runtime.data import Dataset
from archc.runtime.errors import DataError
from archc.runtime.fitness import Fitness
from archc.runtime.losses import make_objective
from archc.runtime.model import load_trained
from archc.runtime.plan import Plan, check_settings, make_plan
from archc.runtime.testing import test as measure
from archc.runtime.train import load_data
from torch.nn import functional as F

FOCAL = """
network Focal(gamma: float = 2.0) on scores: f32[N, C], target: i64[N] -> f32[N] {
    logs = scores -> log_softmax
    right = (logs, target -> unsqueeze(1)) -> take_along(axis=1) -> squeeze(1)
    easy = right -> exp
    0.0 - (1.0 - easy -> pow(gamma)) * right
}
"""
NET = """
network Net on image: f32[N, 1, 8, 8] -> logits: f32[N, 10], code: f32[N, 4] {
    code = image -> flatten -> dense(4)
    (code -> relu -> dense(10), code)
}
"""


def planned(losses: str, loss: str, net: str = NET, rest: str = "") -> tuple[Any, Plan]:
    checked = check_text(f"{losses}\n{net}\ntrain Net {{ loss = {loss}, epochs = 1, {rest} }}")
    assert checked.ok, checked.reports
    graph = checked.graph("Net")
    return graph, make_plan(checked, graph)


def reports(losses: str, loss: str, net: str = NET) -> list[str]:
    checked = check_text(f"{losses}\n{net}\ntrain Net {{ loss = {loss} }}")
    return [report.code for report in (*checked.reports, *check_settings(checked))]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_data(planned(FOCAL, "Focal")[1], Path())


def batch(rows: int = 6) -> tuple[tuple[torch.Tensor, ...], dict[str, Any], dict[str, Any]]:
    torch.manual_seed(0)
    outputs = torch.randn(rows, 10, requires_grad=True), torch.randn(rows, 4, requires_grad=True)
    return outputs, {"image": torch.rand(rows, 1, 8, 8)}, {"target": torch.randint(10, (rows,))}


def test_it_is_the_mean_of_what_the_network_gives(digits: Dataset) -> None:
    graph, plan = planned(FOCAL, "Focal(gamma=1.5) * 0.5")
    outputs, inputs, targets = batch()
    objective = make_objective(plan.losses, graph, digits)
    found = objective(outputs, inputs, targets)
    logs = F.log_softmax(outputs[0], dim=1).gather(1, targets["target"][:, None])
    wanted = 0.5 * (-((1 - logs.exp()) ** 1.5) * logs).mean()
    torch.testing.assert_close(found, wanted)
    found.backward()
    assert outputs[0].grad is not None
    assert outputs[0].grad.abs().sum() > 0
    assert objective.names == ("Focal(gamma=1.5) * 0.5",)
    assert plan.to_json()["loss"] == ["Focal(gamma=1.5) * 0.5"]


def test_a_scalar_and_a_map_count_as_well(digits: Dataset) -> None:
    own = """
    network Scalar on y: f32[N, C] -> f32[] { y * y -> mean(axes=[0, 1]) }
    network Map on y: f32[N, C] -> f32[N, C] { y * y }
    """
    graph, plan = planned(own, "[Scalar, Map(of=code) * 2]")
    outputs, inputs, targets = batch()
    found = make_objective(plan.losses, graph, digits)(outputs, inputs, targets)
    torch.testing.assert_close(found, (outputs[0] ** 2).mean() + 2 * (outputs[1] ** 2).mean())


def test_further_inputs_are_outputs_and_inputs_by_name(digits: Dataset) -> None:
    own = """
    network Elbo(beta: float) on y: f32[N, 10], x: f32[N, 1, 8, 8], code: f32[N, D],
                                 image: f32[N, 1, H, W] -> f32[N] {
        left = y -> norm(axes=[1])
        left + beta * (code -> norm(axes=[1])) + (x - image -> flatten -> sum(axes=[1]))
    }
    """
    graph, plan = planned(own, "Elbo(beta=0.5, of=logits, target=image)")
    outputs, inputs, targets = batch()
    found = make_objective(plan.losses, graph, digits)(outputs, inputs, targets)
    wanted = (outputs[0].norm(dim=1) + 0.5 * outputs[1].norm(dim=1)).mean()
    torch.testing.assert_close(found, wanted)


def test_a_name_says_what_flows_in_wherever_it_stands(digits: Dataset) -> None:
    own = """
    network Far on code: f32[N, D], image: f32[N, 1, H, W], what: i64[N] -> f32[N] { code[:, 0] }
    network Two on code: f32[N, D], logits: f32[N, C] -> f32[N] { logits[:, 0] - code[:, 0] }
    """
    outputs, inputs, targets = batch()
    graph, plan = planned(own, "Two")
    found = make_objective(plan.losses, graph, digits)(outputs, inputs, targets)
    torch.testing.assert_close(found, (outputs[0][:, 0] - outputs[1][:, 0]).mean())
    assert reports(own, "Far") == ["E439"]


def test_sizes_that_are_worked_out_from_others_are_sizes_of_their_own() -> None:
    net = """network Net on image: f32[N, 1, H, W] -> f32[N, 2, A, (H + 1) // 2] {
        image -> conv(2, 1, stride=2) -> permute([0, 1, 3, 2])
    }""".replace("A", "(W + 1) // 2")
    own = """network Smooth on y: f32[N, C, H, W] -> f32[] {
        (y[:, :, 1:] - y[:, :, :-1] -> abs -> mean(axes=[0, 1, 2, 3])) * H / W
        require H >= 2
    }"""
    _, plan = planned(own, "Smooth", net)
    chosen = plan.losses[0].network
    assert chosen is not None
    assert [str(size) for size in chosen.graph.values[0].shape] == ["N", "2", "A1", "A2"]
    y = torch.rand(2, 2, 5, 4)
    module = archc.compiler.backends.torch.build(chosen.graph)
    torch.testing.assert_close(module(y), (y[:, :, 1:] - y[:, :, :-1]).abs().mean() * 5 / 4)


ROW = "network L on y: f32[N, C] -> f32[N] "


@pytest.mark.parametrize(
    ("own", "loss", "codes"),
    [
        (FOCAL, "Focal(gamma=1.5, of=logits)", []),
        (FOCAL, "Focal(1.5)", []),
        (FOCAL, "Focall", ["E434"]),
        (FOCAL, "Focal(gama=1.5)", ["E211"]),
        (FOCAL, 'Focal(gamma="much")', ["E215"]),
        (FOCAL, "Focal(of=logit)", ["E439"]),
        (FOCAL, "Focal(target=image)", ["E262"]),
        (FOCAL, "Net", ["E263"]),
        ("network L on y: f32[N, 7] -> f32[N] { y[:, 0] }", "L", ["E264"]),
        ("network L(of: int = 1) on y: f32[N, C] -> f32[N] { y[:, 0] * of }", "L", ["E445"]),
        ("network L on y: f32[N, C], t: i64[N], s: f32[N] -> f32[N] { s }", "L", ["E439"]),
        ("network L on y: f32[N, 4] -> f32[N, 1] { y -> dense(1) }", "L(of=code)", ["E445"]),
        (ROW + "{ y -> dropout(0.5) -> sum(axes=[1]) }", "L", ["E445"]),
        (ROW + "{ y -> stop_gradient -> sum(axes=[1]) }", "L", ["E445"]),
        ("network L on y: f32[N, C] -> i64[N] { y -> argmax(axes=[1]) }", "L", ["E445"]),
        ("network L on y: f32[N, C] -> f32[N], f32[N] { (y[:, 0], y[:, 0]) }", "L", ["E445"]),
        (ROW + "{ y -> (relu | gelu) -> sum(axes=[1]) }", "L", ["E445"]),
        ("let k = 1 | 2\n" + ROW + "{ y[:, 0] * k }", "L", ["E445"]),
    ],
)
def test_what_cannot_be_a_loss_is_refused_where_it_is_checked(
    own: str, loss: str, codes: list[str]
) -> None:
    assert reports(own, loss) == codes


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("network L on y: f32[N, C], t: f32[N, C] -> f32[N, C] { y - t }", "its answer is f32"),
        ("network L on y: f32[N, C], t: f32[N] -> f32[N] { y[:, 0] - t }", "are i64[N]"),
    ],
)
def test_answers_of_another_kind_are_refused_before_the_first_step(
    own: str, words: str, digits: Dataset
) -> None:
    graph, plan = planned(own, "L")
    with pytest.raises(DataError, match="L: .*") as caught:
        make_objective(plan.losses, graph, digits)
    assert words in str(caught.value)


def test_an_answer_of_one_number_has_the_form_that_the_loss_declares(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=x, y=(x @ np.ones(3)).astype(np.float32))
    text = """
    network Wide on y: f32[N, 1], t: f32[N, 1] -> f32[N, 1] { y - t -> square }
    network Net on x: f32[N, 3] -> f32[N, 1] { x -> dense(1) }
    train Net {
        data = npz("d.npz", task="regression"), loss = Wide, epochs = 30, batch = 8, metrics = [mse]
        optimizer = adamw(lr=0.1, weight_decay=0.0)
    }
    """
    (tmp_path / "net.arch").write_text(text)
    run = archc.train(archc.compile(tmp_path / "net.arch", network="Net"), folder=tmp_path / "run")
    numbers = run.metrics["train"]
    assert numbers["loss"] == pytest.approx(numbers["mse"], rel=1e-4)
    assert numbers["loss"] < 0.05


def test_it_trains_is_kept_and_is_measured_again(tmp_path: Path) -> None:
    rest = "data = digits(), metrics = [accuracy], seed = 1, optimizer = adamw(lr=1e-2)"
    text = f"{FOCAL}{NET}train Net {{ loss = Focal(gamma=1.0), epochs = 3, {rest} }}"
    file = tmp_path / "net.arch"
    file.write_text(text)
    assert check_file(file).main == ("Net",)
    run = archc.train(archc.compile(file), folder=tmp_path / "run")
    losses = [record["train"]["loss"] for record in run.history]
    assert losses[-1] < 0.8 * losses[0]
    trained = load_trained(tmp_path / "run", torch.device("cpu"))
    found, rows = measure(trained)
    assert rows > 300
    assert found["loss"] == pytest.approx(run.metrics["test"]["loss"], rel=1e-5)


def test_mixed_pictures_are_refused(tmp_path: Path) -> None:
    rest = "data = digits(), augment = [mixup]"
    file = tmp_path / "net.arch"
    file.write_text(f"{FOCAL}{NET}train Net {{ loss = Focal, epochs = 1, {rest} }}")
    with pytest.raises(DataError, match="mixup turns classes into shares"):
        archc.train(archc.compile(file), folder=tmp_path / "run")


def test_a_search_decides_its_arguments_and_keeps_it() -> None:
    text = f"""let rate = 2e-3
    {FOCAL}
    network Net on image: f32[N, 1, 8, 8] -> f32[N, 10] {{ image -> flatten -> dense(10) }}
    train Net {{
        data = digits(), epochs = 1, optimizer = adamw(rate)
        loss = Focal(gamma=0.5 | 2.0) | cross_entropy
    }}
    """
    space = archc.space(text)
    programs = list(space.enumerate())
    assert len(programs) == 3
    for program in programs:
        again = archc.parse(str(program))
        assert again == archc.parse(str(again))
        assert ("network Focal" in str(program)) == ("loss = Focal" in str(program))
        plan = Fitness("Net").plan(again)
        assert plan.optimizer.values["lr"] == 2e-3
        assert (plan.losses[0].network is not None) == ("loss = Focal" in str(program))
        assert archc.compile(program).name == "Net"
