"""What travels through a store: pickled, with the versions of who packed it in front.

Comes in: a task, an outcome, an evaluation. Goes out: bytes, and the same again elsewhere. Another
version may hold things otherwise, so what it packed is refused before anybody looks into it.
"""

import pickle
import platform
from functools import cache
from importlib import metadata
from typing import Any

from .errors import SearchError

# isort: split
import cloudpickle

FORMAT = 1
"""Grows when what is packed changes while the version of archc stays what it is."""
MARK = b"archc "


@cache
def _stamp() -> str:
    python = ".".join(platform.python_version_tuple()[:2])
    return f"archc {metadata.version('archc')} with Python {python}, form {FORMAT}"


def pack(thing: Any) -> bytes:
    """By value where that is needed, so that functions of notebooks and scripts travel."""
    packed: bytes = cloudpickle.dumps(thing)
    return _stamp().encode() + b"\n" + packed


def is_ours(packed: bytes) -> bool:
    """Whether the same versions packed it."""
    return packed.partition(b"\n")[0] == _stamp().encode()


def unpack(packed: bytes, what: str) -> Any:
    """Raises SearchError for what another version packed, or what cannot be loaded here. `what` is
    how messages call it.
    """
    if not is_ours(packed):
        raise _foreign(packed, what)
    try:
        return pickle.loads(packed.partition(b"\n")[2])
    except Exception as error:
        raise SearchError(
            f"{what} cannot be loaded here: {type(error).__name__}: {error}",
            "the packages of the search that runs the study are needed here too",
        ) from error


def _foreign(packed: bytes, what: str) -> SearchError:
    ours, (head, _, _) = _stamp(), packed.partition(b"\n")
    theirs = head.decode() if head.startswith(MARK) and head.isascii() else "an older archc"
    return SearchError(
        f"{what} comes from {theirs}, and this is {ours}",
        "let the search and its workers run the same versions: install here what runs there, or "
        "stop the search, bring it to the version that is here, and go on with --resume",
    )
