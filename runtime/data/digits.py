"""scikit-learn's digits: 1,797 real scans of 8x8 grey pixels, embedded, the default of every
example."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ..errors import DataError
from ..lazy import Array, np
from .assemble import image_dataset
from .dataset import Dataset
from .guard import Checksum
from .source import SplitSource
from .split import deal


@dataclass(frozen=True, kw_only=True)
class Digits(SplitSource):
    """Pixels from 0 to 16 as f32 [N, 1, 8, 8] in 0..1, normalised with the training split's mean
    and deviation."""

    validation: float = 0.1
    test: float = 0.2
    normalize: bool = True

    def load(self, root: Path) -> Dataset:
        table = read_scans()
        pixels = table[:, :64].reshape(-1, 1, 8, 8)
        classes = table[:, 64].astype(np.int64)
        checksum = Checksum(self.identity()).add(table.tobytes())
        rows = deal(self, len(pixels), classes)
        names = tuple(str(name) for name in range(10))
        return image_dataset(
            self, pixels, classes, rows, names, checksum, scale=16.0, normalize=self.normalize
        )


def read_scans() -> Array:
    """u8 [1797, 65]: 64 pixels and the digit.

    The file is read as it lies in scikit-learn's folder: importing scikit-learn takes seconds,
    this 50 ms.
    """
    package = find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        raise DataError("digits: scikit-learn is not installed", "pip install scikit-learn")
    path = Path(package.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    if not path.is_file():
        raise DataError("digits: this scikit-learn does not hold digits.csv.gz", "install it again")
    with gzip.open(path, "rt", encoding="ascii") as file:
        return np.loadtxt(file, delimiter=",", dtype=np.uint8)
