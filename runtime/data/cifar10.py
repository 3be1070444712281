"""CIFAR-10's binary version: `cifar10("cifar-10-batches-bin")`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .cifar import Layout, load_cifar
from .dataset import Dataset
from .source import SplitSource

BATCHES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
LAYOUT = Layout(BATCHES, "test_batch.bin", "batches.meta.txt", labels=1, chosen=0, classes=10)


@dataclass(frozen=True)
class Cifar10(SplitSource):
    """f32 [N, 3, 32, 32] and ten classes; 50,000 images to train and validate, 10,000 to test."""

    path: str
    normalize: bool = True

    def load(self, root: Path) -> Dataset:
        return load_cifar(self, root, self.path, LAYOUT, self.normalize)
