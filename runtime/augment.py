"""Augmentations: random changes to a training batch, on the device it lies on.

Comes in: a batch of inputs, its targets, and a generator on the same device. Goes out: the changed
batch, in tensors of its own; the arguments are never written to. Each augmentation is a frozen
dataclass whose fields are its settings, in the language `augment = [flip, crop(2), mixup(0.2)]`.
Images are f32 [N, C, H, W]; `noise` takes any float tensor. Targets are class indices [N], class
shares [N, K], or numbers. All draw per image, so that a batch varies in itself, and the same
generator state gives the same batch. What comes into view from beyond an edge is zero: black
before, the mean after normalisation.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .augment_math import along, beta, chance, moved, resampled, uniform, whole, window
from .errors import DataError
from .lazy import torch
from .settings import configure, suggestion

if TYPE_CHECKING:
    Tensor = torch.Tensor
    Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Augmentation(ABC):
    """Base of every augmentation: `apply` changes a batch, ranges are checked in
    `__post_init__`."""

    @abstractmethod
    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        """The changed inputs and targets, shapes of the inputs kept."""

    @classmethod
    def name(cls) -> str:
        return cls.__name__.lower()

    def require(self, condition: bool, setting: str, what: str) -> None:
        if not condition:
            value = getattr(self, setting)
            raise DataError(f"{self.name()}: `{setting}` {what}, not {value!r}", "", setting)


def require_float(kind: Augmentation, inputs: Tensor) -> Tensor:
    if not inputs.is_floating_point():
        raise DataError(f"{kind.name()} needs real numbers, the input holds {inputs.dtype}")
    return inputs


def require_images(kind: Augmentation, inputs: Tensor) -> Tensor:
    if inputs.dim() != 4:
        raise DataError(
            f"{kind.name()} needs images [N, C, H, W], the input is {list(inputs.shape)}"
        )
    return require_float(kind, inputs)


def require_colour(kind: Augmentation, inputs: Tensor) -> Tensor:
    images = require_images(kind, inputs)
    if images.shape[1] != 3:
        raise DataError(
            f"{kind.name()} needs 3 colours, the images have {images.shape[1]} channels"
        )
    return images


def shared_targets(kind: Augmentation, targets: Tensor, classes: int) -> Tensor:
    """Targets that can be mixed: numbers as they are, class indices [N] as shares [N, classes]."""
    if targets.is_floating_point():
        return targets
    if targets.dim() != 1 or classes < 1:
        raise DataError(
            f"{kind.name()} mixes classes [N], and needs to know how many there are",
            f"write {kind.name()}(classes=10)",
            "classes",
        )
    return torch.nn.functional.one_hot(targets, classes).to(torch.get_default_dtype())


@dataclass(frozen=True)
class Flip(Augmentation):
    """Mirrors an image left to right with `probability`, top to bottom with probability
    `vertical`."""

    probability: float = 0.5
    vertical: float = 0.0

    def __post_init__(self) -> None:
        for setting in ("probability", "vertical"):
            self.require(0 <= getattr(self, setting) <= 1, setting, "is from 0 to 1")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        images = require_images(self, inputs)
        for axis, probability in ((-1, self.probability), (-2, self.vertical)):
            chosen = chance(images, probability, generator)
            images = torch.where(chosen, images.flip(axis), images)
        return images, targets


@dataclass(frozen=True)
class Crop(Augmentation):
    """Pads every side by `padding` zeros and cuts a window of the old size out at random."""

    padding: int = 4

    def __post_init__(self) -> None:
        self.require(0 <= self.padding <= 4096, "padding", "is from 0 to 4096")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        images = require_images(self, inputs)
        span = 2 * self.padding + 1
        move = [whole(images, span, generator) - self.padding for _ in range(2)]
        return moved(images, move[0], move[1]), targets


@dataclass(frozen=True)
class Shift(Augmentation):
    """Moves an image by whole pixels, up to `fraction` of its sides in each direction."""

    fraction: float = 0.1

    def __post_init__(self) -> None:
        self.require(0 <= self.fraction <= 1, "fraction", "is from 0 to 1")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        images = require_images(self, inputs)
        reach = [round(side * self.fraction) for side in images.shape[-2:]]
        move = [whole(images, 2 * most + 1, generator) - most for most in reach]
        return moved(images, move[0], move[1]), targets


@dataclass(frozen=True)
class Scale(Augmentation):
    """Enlarges an image around its middle by a factor from `least` to `most`, its logarithm
    uniform."""

    least: float = 0.8
    most: float = 1.25

    def __post_init__(self) -> None:
        self.require(self.least >= 0.01, "least", "is at least 0.01")
        self.require(self.least <= self.most <= 100, "most", "is from `least` to 100")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        images = require_images(self, inputs)
        low, high = math.log(self.least), math.log(self.most)
        back = torch.exp(-(low + (high - low) * uniform(images, generator)))
        none = torch.zeros_like(back)
        return resampled(images, (back, none, none, back)), targets


@dataclass(frozen=True)
class Rotate(Augmentation):
    """Turns an image around its middle by up to `degrees` either way."""

    degrees: float = 15.0

    def __post_init__(self) -> None:
        self.require(0 <= self.degrees <= 180, "degrees", "is from 0 to 180")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        images = require_images(self, inputs)
        angle = math.radians(self.degrees) * (2 * uniform(images, generator) - 1)
        cosine, sine = torch.cos(angle), torch.sin(angle)
        height, width = images.shape[-2:]
        # The grid runs from -1 to 1 on both axes, so the terms across carry the ratio of the sides.
        return resampled(
            images, (cosine, -sine * height / width, sine * width / height, cosine)
        ), targets


@dataclass(frozen=True)
class Hue(Augmentation):
    """Turns the colours of RGB images by up to `degrees`, around the grey axis; grey stays as it
    is."""

    degrees: float = 18.0

    def __post_init__(self) -> None:
        self.require(0 <= self.degrees <= 180, "degrees", "is from 0 to 180")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        images = require_colour(self, inputs)
        angle = math.radians(self.degrees) * (2 * uniform(images, generator) - 1)
        # A rotation around (1, 1, 1) is a circulant matrix: each channel mixes with the next two.
        third = (1 - torch.cos(angle)) / 3
        twist = torch.sin(angle) / math.sqrt(3)
        stay = torch.cos(angle) + third
        ahead, behind = images.roll(-1, dims=1), images.roll(1, dims=1)
        parts = zip((stay, third - twist, third + twist), (images, ahead, behind), strict=True)
        turned = [along(weight, images) * part for weight, part in parts]
        return turned[0] + turned[1] + turned[2], targets


@dataclass(frozen=True)
class Saturation(Augmentation):
    """Scales the distance of RGB images from grey by a factor from 1 - `amount` to 1 + `amount`."""

    amount: float = 0.3

    def __post_init__(self) -> None:
        self.require(0 <= self.amount <= 1, "amount", "is from 0 to 1")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        images = require_colour(self, inputs)
        factor = along(1 + self.amount * (2 * uniform(images, generator) - 1), images)
        grey = images.mean(dim=1, keepdim=True)
        return grey + factor * (images - grey), targets


@dataclass(frozen=True)
class Value(Augmentation):
    """Scales the brightness of an image by a factor from 1 - `amount` to 1 + `amount`."""

    amount: float = 0.3

    def __post_init__(self) -> None:
        self.require(0 <= self.amount <= 1, "amount", "is from 0 to 1")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        images = require_images(self, inputs)
        return along(
            1 + self.amount * (2 * uniform(images, generator) - 1), images
        ) * images, targets


@dataclass(frozen=True)
class Cutout(Augmentation):
    """Blanks a square with sides of `fraction` of the shorter side, somewhere in the image
    (DeVries 2017)."""

    fraction: float = 0.25
    probability: float = 1.0

    def __post_init__(self) -> None:
        self.require(0 <= self.fraction <= 1, "fraction", "is from 0 to 1")
        self.require(0 <= self.probability <= 1, "probability", "is from 0 to 1")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        images = require_images(self, inputs)
        side = round(self.fraction * min(images.shape[-2:]))
        hole = window(images, side, side, generator) & chance(images, self.probability, generator)
        return images.masked_fill(hole, 0.0), targets


@dataclass(frozen=True)
class Mixup(Augmentation):
    """Blends each row with another of the batch, shares drawn from Beta(alpha, alpha) (Zhang et
    al. 2018).

    Class indices become shares [N, K], which `classes` must count.
    """

    alpha: float = 0.2
    classes: int = 0

    def __post_init__(self) -> None:
        self.require(0 < self.alpha <= 100, "alpha", "is above 0, at most 100")
        self.require(self.classes >= 0, "classes", "is not negative")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        require_float(self, inputs)
        shares = shared_targets(self, targets, self.classes)
        partner = torch.randperm(len(inputs), generator=generator, device=inputs.device)
        share = beta(inputs, self.alpha, generator)
        blended = [
            along(share, part) * part + (1 - along(share, part)) * part[partner]
            for part in (inputs, shares)
        ]
        return blended[0], blended[1]


@dataclass(frozen=True)
class Cutmix(Augmentation):
    """Pastes a rectangle of another image of the batch in; targets mix by area (Yun et al. 2019,
    algorithm 1).

    The area is drawn from Beta(alpha, alpha), once per batch. Class indices become shares [N, K]
    of `classes`.
    """

    alpha: float = 1.0
    classes: int = 0

    def __post_init__(self) -> None:
        self.require(0 < self.alpha <= 100, "alpha", "is above 0, at most 100")
        self.require(self.classes >= 0, "classes", "is not negative")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        images = require_images(self, inputs)
        shares = shared_targets(self, targets, self.classes)
        partner = torch.randperm(len(images), generator=generator, device=images.device)
        kept = beta(images[:1], self.alpha, generator)
        # One size for the batch, as a tensor: reading it would make the device wait.
        sides = [(side * torch.sqrt(1 - kept)).round().long() for side in images.shape[-2:]]
        pasted = window(images, sides[0], sides[1], generator)
        area = pasted.to(images.dtype).mean(dim=(1, 2, 3))
        mixed = torch.where(pasted, images[partner], images)
        share = along(area, shares)
        return mixed, (1 - share) * shares + share * shares[partner]


@dataclass(frozen=True)
class Noise(Augmentation):
    """Adds independent normal noise of the deviation `std` to every number."""

    std: float = 0.05

    def __post_init__(self) -> None:
        self.require(self.std >= 0, "std", "is not negative")

    def apply(self, inputs: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        require_float(self, inputs)
        drawn = torch.randn(
            inputs.shape, generator=generator, device=inputs.device, dtype=inputs.dtype
        )
        return inputs + self.std * drawn, targets


KINDS: Mapping[str, type[Augmentation]] = {
    kind.name(): kind
    for kind in (
        Flip,
        Crop,
        Shift,
        Scale,
        Rotate,
        Hue,
        Saturation,
        Value,
        Cutout,
        Mixup,
        Cutmix,
        Noise,
    )
}


def augmentations() -> tuple[str, ...]:
    """The names of all augmentations, sorted."""
    return tuple(sorted(KINDS))


def augmentation_class(name: str) -> type[Augmentation]:
    """The class behind a name; its fields are the settings. Raises DataError for an unknown one."""
    if name not in KINDS:
        raise DataError(f"there is no augmentation `{name}`", suggestion(name, KINDS))
    return KINDS[name]


def make_augmentation(
    name: str, settings: Mapping[str, object], positional: Sequence[object] = ()
) -> Augmentation:
    """An augmentation with its settings checked."""
    return configure(augmentation_class(name), name, settings, positional)
