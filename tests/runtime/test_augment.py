"""Augmentations: seeded, on the batch, and each with the property that it is named for."""

import math

import pytest
import torch
from archc.runtime.augment import (
    Augmentation,
    augmentation_class,
    augmentations,
    make_augmentation,
)
from archc.runtime.augment_math import beta
from archc.runtime.errors import DataError

NAMED = [
    "flip",
    "crop",
    "shift",
    "scale",
    "rotate",
    "hue",
    "saturation",
    "value",
    "cutout",
    "mixup",
    "cutmix",
    "noise",
]
MIXED = ("mixup", "cutmix")


def make(name: str, **settings: object) -> Augmentation:
    return make_augmentation(name, {**({"classes": 5} if name in MIXED else {}), **settings})


def seeded(seed: int = 0, device: str = "cpu") -> torch.Generator:
    return torch.Generator(device).manual_seed(seed)


def images(count: int = 64, channels: int = 3, height: int = 9, width: int = 12) -> torch.Tensor:
    return torch.rand(count, channels, height, width, generator=seeded(99))


def applied(
    name: str, batch: torch.Tensor, seed: int = 0, **settings: object
) -> tuple[torch.Tensor, torch.Tensor]:
    return make(name, **settings).apply(batch, torch.arange(len(batch)) % 5, seeded(seed))


def test_every_augmentation_of_the_design_is_there() -> None:
    assert sorted(NAMED) == list(augmentations())


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_shape_type_and_arguments_are_kept(name: str, dtype: torch.dtype) -> None:
    batch = images().to(dtype)
    before = batch.clone()
    changed, targets = applied(name, batch)
    assert changed.shape == batch.shape and changed.dtype == dtype
    assert torch.equal(batch, before) and not torch.equal(changed, batch)
    assert torch.isfinite(changed).all()
    assert targets.shape == ((64, 5) if name in MIXED else (64,))


@pytest.mark.parametrize("name", NAMED)
def test_the_generator_alone_decides(name: str) -> None:
    batch = images()
    torch.manual_seed(1)
    first, target = applied(name, batch, 7)
    torch.manual_seed(2)
    again, same = applied(name, batch, 7)
    other, _ = applied(name, batch, 8)
    assert torch.equal(first, again) and torch.equal(target, same)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", [name for name in NAMED if name not in (*MIXED, "noise")])
def test_rows_are_changed_differently(name: str) -> None:
    batch = images(1).expand(64, -1, -1, -1)
    changed, _ = applied(name, batch)
    assert len({row.numpy().tobytes() for row in changed}) >= {"flip": 2, "shift": 9}.get(name, 10)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("flip", {"probability": 0.0}),
        ("crop", {"padding": 0}),
        ("shift", {"fraction": 0.0}),
        ("scale", {"least": 1.0, "most": 1.0}),
        ("rotate", {"degrees": 0.0}),
        ("hue", {"degrees": 0.0}),
        ("saturation", {"amount": 0.0}),
        ("value", {"amount": 0.0}),
        ("cutout", {"fraction": 0.0}),
        ("cutout", {"probability": 0.0}),
        ("noise", {"std": 0.0}),
    ],
)
def test_at_zero_nothing_changes(name: str, settings: dict[str, object]) -> None:
    batch = images()
    assert torch.allclose(applied(name, batch, **settings)[0], batch, atol=1e-5)


def test_flip() -> None:
    batch = images(400)
    assert torch.equal(applied("flip", batch, probability=1.0)[0], batch.flip(-1))
    both = applied("flip", batch, probability=1.0, vertical=1.0)[0]
    assert torch.equal(both, batch.flip(-1, -2))
    flipped = (applied("flip", batch)[0] != batch).flatten(1).any(dim=1)
    assert 150 < int(flipped.sum()) < 250


@pytest.mark.parametrize(
    ("name", "settings", "down", "right"),
    [("crop", {"padding": 3}, 3, 3), ("shift", {"fraction": 0.25}, 2, 3)],
)
def test_moves_are_whole_pixels_within_reach(
    name: str, settings: dict[str, object], down: int, right: int
) -> None:
    batch = images(300) + 1
    changed = applied(name, batch, **settings)[0]
    padded = torch.nn.functional.pad(batch, (right, right, down, down))
    seen = set()
    for row, (before, after) in enumerate(zip(padded, changed, strict=True)):
        places = [
            (i, j)
            for i in range(2 * down + 1)
            for j in range(2 * right + 1)
            if torch.equal(before[:, i : i + 9, j : j + 12], after)
        ]
        assert len(places) == 1, row
        seen.add(places[0])
    assert len(seen) > 0.9 * (2 * down + 1) * (2 * right + 1)


def test_scale_and_rotate_keep_the_middle() -> None:
    batch = torch.zeros(32, 1, 11, 21)
    batch[:, :, 5, 10] = 1
    for name in ("scale", "rotate"):
        changed = applied(name, batch)[0]
        assert (changed.flatten(1).argmax(dim=1) == 5 * 21 + 10).all()


def test_rotate_turns_by_the_angle_without_stretching() -> None:
    rows, columns = torch.meshgrid(torch.arange(41.0) - 20, torch.arange(61.0) - 30, indexing="ij")
    dot = torch.exp(-((rows - 0) ** 2 + (columns - 15) ** 2) / 8)
    changed = applied("rotate", dot.expand(50, 1, -1, -1), degrees=40.0)[0][:, 0]
    weight = changed.sum(dim=(1, 2))
    y, x = (changed * rows).sum(dim=(1, 2)) / weight, (changed * columns).sum(dim=(1, 2)) / weight
    assert torch.allclose(torch.hypot(x, y), torch.full((50,), 15.0), atol=0.1)
    angle = torch.rad2deg(torch.atan2(y, x))
    assert angle.abs().max() <= 40.2 and angle.min() < -30 and angle.max() > 30


def test_scale_enlarges() -> None:
    square = torch.zeros(1, 1, 40, 40)
    square[:, :, 15:25, 15:25] = 1
    for factor in (0.5, 2.0):
        changed = applied("scale", square, least=factor, most=factor)[0]
        assert float(changed.sum()) == pytest.approx(100 * factor**2, rel=0.05)


def test_colours() -> None:
    batch = images()
    grey = batch[:, :1].expand(-1, 3, -1, -1)
    turned = applied("hue", batch, degrees=180.0)[0]
    assert torch.allclose(turned.mean(dim=1), batch.mean(dim=1), atol=1e-5)
    assert torch.allclose(turned.norm(dim=1), batch.norm(dim=1), atol=1e-4)
    for name in ("hue", "saturation"):
        assert torch.allclose(applied(name, grey)[0], grey, atol=1e-5)
        with pytest.raises(DataError, match="needs 3 colours"):
            applied(name, images(channels=1))
    distance = applied("saturation", batch, amount=0.5)[0] - batch.mean(dim=1, keepdim=True)
    ratio = distance / (batch - batch.mean(dim=1, keepdim=True))
    assert torch.allclose(ratio, ratio[:, :1, :1, :1].expand_as(ratio), rtol=1e-2, atol=1e-2)
    brightness = applied("value", batch, amount=0.5)[0] / batch
    assert brightness.min() > 0.49 and brightness.max() < 1.51
    assert brightness.flatten(1).std(dim=1).max() < 1e-3


def test_hue_is_a_rotation_of_the_colours() -> None:
    red = torch.zeros(500, 3, 1, 1)
    red[:, 0] = 1
    turned = applied("hue", red, degrees=90.0)[0][:, :, 0, 0]
    axis = torch.full((3,), 1 / math.sqrt(3))
    flat = turned - (turned @ axis)[:, None] * axis
    start = red[0, :, 0, 0] - red[0, :, 0, 0] @ axis * axis
    cosine = (flat @ start) / (flat.norm(dim=1) * start.norm())
    assert torch.allclose(turned.sum(dim=1), torch.ones(500), atol=1e-5)
    assert cosine.min() < 0.05 and cosine.max() > 0.99 and cosine.min() > -1e-3


def test_cutout_blanks_one_square() -> None:
    batch = images(2000) + 1
    holes = applied("cutout", batch, fraction=0.34)[0] == 0
    assert (holes.flatten(1).sum(dim=1) == 3 * 3 * 3).all()
    assert (holes.any(dim=3).sum(dim=(1, 2)) == 9).all()
    assert holes.any(dim=0).all()


def test_mixup_blends_inputs_and_targets_alike() -> None:
    batch = torch.nn.functional.one_hot(torch.arange(64) % 5, 5).float()
    mixed, shares = applied("mixup", batch, alpha=1.0)
    assert torch.allclose(mixed, shares)
    assert torch.allclose(shares.sum(dim=1), torch.ones(64))
    assert len(set(shares.max(dim=1).values.tolist())) > 20


def test_mixup_takes_numbers_as_they_are() -> None:
    values = torch.rand(32, 4)
    inputs, targets = make("mixup").apply(values, values.sum(dim=1, keepdim=True), seeded())
    assert torch.allclose(inputs.sum(dim=1, keepdim=True), targets, atol=1e-5)


def test_cutmix_mixes_targets_by_area() -> None:
    kinds = torch.arange(64) % 5
    batch = kinds.float()[:, None, None, None].expand(-1, 1, 20, 20)
    for seed in range(5):
        mixed, shares = make("cutmix").apply(batch, kinds, seeded(seed))
        area = torch.stack([(mixed == kind).float().mean(dim=(1, 2, 3)) for kind in range(5)], 1)
        assert torch.allclose(area, shares, atol=1e-5)


def test_mixing_after_mixing() -> None:
    batch = images()
    first, shares = applied("mixup", batch)
    _, twice = make("cutmix").apply(first, shares, seeded(1))
    assert torch.allclose(twice.sum(dim=1), torch.ones(64), atol=1e-5)


@pytest.mark.parametrize("alpha", [0.1, 0.2, 1.0, 4.0, 100.0])
def test_beta_has_its_moments(alpha: float) -> None:
    drawn = beta(torch.zeros(40_000), alpha, seeded())
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert float(drawn.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(drawn.var()) == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.03)
    torch.manual_seed(0)
    quarter = torch.distributions.Beta(alpha, alpha).sample((40_000,)).quantile(0.25)
    assert float(drawn.quantile(0.25)) == pytest.approx(float(quarter), abs=0.015)


def test_noise_takes_any_float() -> None:
    series = torch.zeros(1000, 20)
    noisy = make("noise", std=0.5).apply(series, torch.zeros(1000), seeded())[0]
    assert float(noisy.std()) == pytest.approx(0.5, rel=0.03)
    assert abs(float(noisy.mean())) < 0.02


@pytest.mark.parametrize("name", NAMED)
def test_wrong_inputs_are_refused(name: str) -> None:
    with pytest.raises(DataError, match="needs"):
        applied(name, torch.zeros(4, 3, 5, 5, dtype=torch.int64))
    if name not in ("noise", "mixup"):
        with pytest.raises(DataError, match=r"images \[N, C, H, W\], the input is \[4, 7\]"):
            applied(name, torch.zeros(4, 7))


@pytest.mark.parametrize("name", MIXED)
def test_mixing_needs_the_number_of_classes(name: str) -> None:
    with pytest.raises(DataError, match="classes=10"):
        make_augmentation(name, {}).apply(images(), torch.arange(64), seeded())


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("flip", {"probability": 1.5}),
        ("flip", {"vertical": -0.1}),
        ("crop", {"padding": -1}),
        ("shift", {"fraction": 2}),
        ("scale", {"least": 0}),
        ("scale", {"least": 2, "most": 1}),
        ("rotate", {"degrees": 400}),
        ("hue", {"degrees": -1}),
        ("saturation", {"amount": 2}),
        ("value", {"amount": -1}),
        ("cutout", {"fraction": 1.1}),
        ("cutout", {"probability": 2}),
        ("mixup", {"alpha": 0}),
        ("cutmix", {"alpha": 101}),
        ("cutmix", {"classes": -1}),
        ("noise", {"std": -0.1}),
        ("noise", {"sdt": 0.1}),
    ],
)
def test_wrong_settings_are_refused(name: str, settings: dict[str, object]) -> None:
    with pytest.raises(DataError) as caught:
        make_augmentation(name, settings)
    assert caught.value.setting in (*settings, "most")


def test_an_unknown_augmentation_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(DataError, match="did you mean `cutout`"):
        augmentation_class("cut_out")


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMED)
def test_on_an_accelerator(name: str) -> None:
    batch, targets = images().cuda(), (torch.arange(64) % 5).cuda()
    first, _ = make(name).apply(batch, targets, seeded(3, "cuda"))
    again, _ = make(name).apply(batch, targets, seeded(3, "cuda"))
    assert first.is_cuda and torch.allclose(first, again) and not torch.equal(first, batch)
