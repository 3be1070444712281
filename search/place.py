"""Where a store lies, as people write it.

Comes in: a path or a URL. Goes out: a `Path`, or the URL as it is.
"""

import os
import re
from pathlib import Path

Place = Path | str
"""The path of a file, or the URL of a database."""


def shown(place: Place) -> str:
    """As people may see it: without a password."""
    return re.sub(r"(://[^:/@]*:)[^@/]*@", r"\1***@", str(place))


def place_of(text: str | os.PathLike[str]) -> Place:
    """Raises nothing: what cannot be meant is told when it is opened."""
    return text if isinstance(text, str) and "://" in text else Path(text)
