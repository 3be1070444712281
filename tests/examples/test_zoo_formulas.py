"""What recent networks of the zoo compute: against the formulas of their papers, and what they must
not see.
"""

import shutil
from pathlib import Path

import numpy
import pytest
import torch
from archc.compiler.backends import torch as backend
from archc.compiler.check import check_file
from torch import nn
from torch.nn import functional
from zoo_modules import ZOO, built, result


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.default_generator.manual_seed(0)


def test_switch_asks_one_expert_of_each_token(tmp_path: Path) -> None:
    for name in ("switch", "t5"):
        shutil.copy(ZOO / f"{name}.arch", tmp_path)
    file = tmp_path / "net.arch"
    file.write_text(
        "use switch: Experts\n"
        "network Net on x: f32[N, T, 8] -> f32[N, T, 8] { x -> Experts(5, 6, 0.1) }\n"
    )
    ours = backend.build(check_file(file).graph("Net")).eval()
    x = torch.randn(2, 7, 8)
    wanted = torch.empty_like(x)
    for place in numpy.ndindex(2, 7):
        chances = ours.get_parameter("Experts.router.weight") @ x[place]
        expert = int(chances.argmax())
        path = f"Experts.experts.{expert}.FeedForward"
        inner, outer = (ours.get_parameter(f"{path}.{part}.weight") for part in DENSE_TWICE)
        wanted[place] = chances.softmax(0)[expert] * (outer @ functional.relu(inner @ x[place]))
    torch.testing.assert_close(result(ours, x), wanted.detach(), rtol=1e-4, atol=1e-5)


DENSE_TWICE = ("dense", "dense_2")


def test_rwkv_is_a_mean_that_fades(tmp_path: Path) -> None:
    """Equation 16, summed up anew at every step."""
    shutil.copy(ZOO / "rwkv.arch", tmp_path)
    file = tmp_path / "net.arch"
    file.write_text(
        "use rwkv: Mean\nnetwork Net on k: f32[N, T, 3], v: f32[N, T, 3] -> f32[N, T, 3] {\n"
        "    (k, v) -> wkv: scan(Mean(3))\n}\n"
    )
    ours = backend.build(check_file(file).graph("Net")).eval()
    decay = nn.init.normal_(ours.get_parameter("wkv.decay.weight")).detach().exp()
    bonus = nn.init.normal_(ours.get_parameter("wkv.first.weight")).detach()
    k, v = torch.randn(2, 6, 3), torch.randn(2, 6, 3)
    wanted = []
    for t in range(6):
        ages = torch.arange(t - 1, -1, -1).view(-1, 1)
        weights = torch.cat((k[:, :t] - ages * decay, k[:, t : t + 1] + bonus), 1).exp()
        wanted.append((weights * v[:, : t + 1]).sum(1) / weights.sum(1))
    torch.testing.assert_close(result(ours, k, v), torch.stack(wanted, 1))


def test_pointnet_knows_no_order() -> None:
    ours = built("pointnet", "PointNet", {"classes": 5})
    points = torch.randn(2, 3, 30)
    mixed = points[:, :, torch.randperm(30)]
    wanted = result(ours, points)
    assert wanted.std() > 0.01
    torch.testing.assert_close(result(ours, mixed), wanted)


def test_whisper_hears_all_and_reads_no_word_ahead() -> None:
    sizes = {"vocab": 30, "width": 8, "depth": 2, "heads": 2, "context": 20, "frames": 6}
    ours = built("whisper", "Whisper", sizes)
    sound, text = torch.randn(1, 80, 12), torch.randint(30, (1, 9))
    before = result(ours, sound, text)
    other = text.clone()
    other[0, 5] = (text[0, 5] + 1) % 30
    changed = (result(ours, sound, other) - before).abs().amax(-1)[0] > 1e-6
    assert changed.tolist() == [False] * 5 + [True] * 4
    sound[0, :, 11] += 1.0
    assert bool(((result(ours, sound, text) - before).abs().amax(-1) > 1e-6).all())


def test_the_attention_of_a_graph_is_its_formula() -> None:
    """Equations 1 to 6, node by node."""
    ours = built("gat", "GAT", {"features": 5, "classes": 3})
    state = {name: torch.randn_like(tensor) for name, tensor in ours.state_dict().items()}
    ours.load_state_dict(state)
    nodes = torch.randn(6, 5)
    links = (torch.rand(6, 6) < 0.4) | torch.eye(6, dtype=torch.bool)

    def listen(x: torch.Tensor, part: str) -> torch.Tensor:
        h = (x @ state[f"{part}.dense.weight"].T).view(6, *state[f"{part}.source.weight"].shape)
        out = torch.zeros_like(h)
        for i in range(6):
            near = links[i].nonzero().flatten()
            own = (h[i] * state[f"{part}.target.weight"]).sum(-1)
            others = (h[near] * state[f"{part}.source.weight"]).sum(-1)
            shares = functional.leaky_relu(own + others, 0.2).softmax(0)
            out[i] = (shares.unsqueeze(-1) * h[near]).sum(0)
        return out

    hidden = functional.elu(listen(nodes, "Listen").flatten(1) + state["bias.weight"])
    wanted = listen(hidden, "Listen_2").squeeze(1) + state["bias_2.weight"]
    with torch.no_grad():
        found = ours(nodes, links)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def test_codes_are_the_nearest_and_let_the_gradient_through() -> None:
    ours = built("vqvae", "VQVAE", {"width": 4, "codes": 6, "size": 3})
    book = ours.get_parameter("Quantise.book.weight")
    with torch.no_grad():
        book.normal_()
    image = torch.rand(2, 3, 32, 32)
    again, z, code, index = ours(image)
    flat = z.permute(0, 2, 3, 1).reshape(-1, 3)
    assert torch.equal(index.flatten(), torch.cdist(flat, book).argmin(dim=1))
    torch.testing.assert_close(code, book[index].permute(0, 3, 1, 2))
    assert book.grad is None
    again.square().sum().backward()
    assert book.grad is None, "the book is moved by its own term alone"
    assert ours.get_parameter("conv.weight").grad is not None
    loss = built("vqvae", "Loss")
    found = loss(*(item.detach().requires_grad_() for item in (again, image, z, code)))
    parts = (functional.mse_loss(*pair) for pair in ((again, image), (code, z), (z, code)))
    wanted = sum(weight * part for weight, part in zip((1.0, 1.0, 0.25), parts, strict=True))
    torch.testing.assert_close(found, wanted)
