"""CIFAR-100's binary version: `cifar100("cifar-100-binary")`, with fine or coarse labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .cifar import Layout, load_cifar
from .dataset import Dataset
from .source import SplitSource

FILES = (("train.bin",), "test.bin")
LAYOUTS = {
    "fine": Layout(*FILES, "fine_label_names.txt", labels=2, chosen=1, classes=100),
    "coarse": Layout(*FILES, "coarse_label_names.txt", labels=2, chosen=0, classes=20),
}


@dataclass(frozen=True)
class Cifar100(SplitSource):
    """f32 [N, 3, 32, 32] and 100 classes, or their 20 families with labels="coarse"."""

    path: str
    labels: Literal["fine", "coarse"] = "fine"
    normalize: bool = True

    def load(self, root: Path) -> Dataset:
        return load_cifar(self, root, self.path, LAYOUTS[self.labels], self.normalize)
