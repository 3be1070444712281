"""Pictures on disk as rows of an array, decoded when they are asked for.

Comes in: paths and the size they should have. Goes out: f32 [N, C, H, W]; or a DataError that
names the file.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..lazy import Array, np, optional
from .encoders import ImageEncoder

ENDINGS = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
)
MOST_PIXELS = 100_000_000
"""A picture with more is taken for a bomb and not decoded."""


def list_pictures(folder: Path) -> list[Path]:
    """The pictures of a folder and the folders in it, in the order of their paths."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    kept = (path for path in found if path.is_file() and not path.name.startswith("."))
    return sorted(kept, key=lambda path: path.relative_to(folder).as_posix())


def pictures_size(label: str, paths: Sequence[Path]) -> tuple[int, int]:
    """The height and width that all pictures share; only headers are read."""
    first = header(paths[0])
    for path in paths:
        size = header(path)
        if size != first:
            raise DataError(
                f"{label}: {paths[0].name} is {first[0]} x {first[1]}, {path.name} is"
                f" {size[0]} x {size[1]}",
                "write size=[height, width] to bring all to one size",
                "size",
            )
    return first


def header(path: Path) -> tuple[int, int]:
    """Height and width of one picture."""
    with opened(path) as picture:
        return picture.height, picture.width


def decode(path: Path, encoder: ImageEncoder) -> Array:
    """One picture, u8 [C, H, W], in the encoder's size."""
    size = (encoder.width, encoder.height)
    library = optional("PIL.Image", "Pillow", "images")
    try:
        with opened(path) as picture:
            _require_bytes(path, picture)
            upright = optional("PIL.ImageOps", "Pillow", "images").exif_transpose(picture)
            plain = upright.convert("RGB" if encoder.channels == 3 else "L")
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise _broken(path, error) from None
    if plain.size != size:
        box = _middle(plain.size, size) if encoder.fit == "crop" else None
        plain = plain.resize(size, library.Resampling.BILINEAR, box=box)
    pixels = np.asarray(plain)
    return pixels[None] if encoder.channels == 1 else np.moveaxis(pixels, -1, 0)


def _middle(have: tuple[int, int], want: tuple[int, int]) -> tuple[float, float, float, float]:
    """The largest box in the middle that has the wanted proportions."""
    scale = min(have[0] / want[0], have[1] / want[1])
    width, height = want[0] * scale, want[1] * scale
    left, top = (have[0] - width) / 2, (have[1] - height) / 2
    return left, top, left + width, top + height


def opened(path: Path) -> Any:
    """A picture whose header has been read. Raises DataError where it is none, or too large to
    decode."""
    library = optional("PIL.Image", "Pillow", "images")
    try:
        with warnings.catch_warnings():
            # Pillow warns of sizes below our limit; ours is checked just after, before anything is
            # decoded.
            warnings.simplefilter("ignore")
            picture = library.open(path)
    except (OSError, SyntaxError, ValueError, library.DecompressionBombError) as error:
        raise _broken(path, error) from None
    if picture.width * picture.height > MOST_PIXELS:
        picture.close()
        raise DataError(
            f"{path.name} has {picture.width} x {picture.height} pixels, at most {MOST_PIXELS}"
            " are decoded",
            f"make it smaller: {path}",
        )
    return picture


def _require_bytes(path: Path, picture: Any) -> None:
    if picture.mode.startswith(("I", "F")):
        raise DataError(
            f"{path.name} has more than 8 bits per pixel ({picture.mode}), which would be cut off",
            f"save it with 8 bits per channel: {path}",
        )


def _broken(path: Path, error: Exception) -> DataError:
    return DataError(f"the picture {path} cannot be read: {error}", "replace or remove it")


@dataclass(frozen=True, slots=True)
class Pictures:
    """A column of pictures, read from disk whenever rows are asked for."""

    paths: tuple[Path, ...]
    encoder: ImageEncoder

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.paths), *self.encoder.shape

    @property
    def dtype(self) -> Any:
        return np.dtype(np.float32)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, rows: Array, /) -> Array:
        batch = np.empty((len(rows), *self.encoder.shape), dtype=np.float32)
        for at, row in enumerate(np.asarray(rows).tolist()):
            batch[at] = decode(self.paths[row], self.encoder)
        batch /= np.float32(self.encoder.scale)
        return self.encoder.normalised(batch)

    def only(self, rows: Array) -> Pictures:
        """The column of some rows."""
        kept = tuple(self.paths[row] for row in rows.tolist())
        return Pictures(kept, self.encoder)
