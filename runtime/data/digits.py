"""scikit-learn's digits: 1,797 real scans of 8x8 grey pixels, embedded, the default of every example."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..lazy import LazyModule, np
from .assemble import image_dataset
from .dataset import Dataset
from .guard import Checksum
from .source import SplitSource
from .split import deal

datasets = LazyModule("sklearn.datasets")


@dataclass(frozen=True, kw_only=True)
class Digits(SplitSource):
    """Pixels from 0 to 16 as f32 [N, 1, 8, 8] in 0..1, normalised with the training split's mean and deviation."""

    validation: float = 0.1
    test: float = 0.2
    normalize: bool = True

    def load(self, root: Path) -> Dataset:
        bunch = datasets.load_digits()
        pixels = np.ascontiguousarray(bunch.images[:, None].astype(np.uint8))
        classes = bunch.target.astype(np.int64)
        checksum = Checksum(self.identity()).add(pixels.tobytes()).add(classes.tobytes())
        rows = deal(self, len(pixels), classes)
        names = tuple(str(name) for name in range(10))
        return image_dataset(
            self, pixels, classes, rows, names, checksum, scale=16.0, normalize=self.normalize
        )
