"""Where a store lies, as people write it.

Comes in: a path or a URL. Goes out: a `Path`, or the URL as it is.
"""

import os
from pathlib import Path

Place = Path | str
"""The path of a file, or the URL of a database."""


def place_of(text: str | os.PathLike[str]) -> Place:
    """Raises nothing: what cannot be meant is told when it is opened."""
    return text if isinstance(text, str) and "://" in text else Path(text)
