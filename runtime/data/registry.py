"""Which sources there are, by name.

Comes in: the files of this folder and the entry points `archc.data`. Goes out: names, settings,
sources, data sets. A file is a source unless it is one of `PARTS`; it is imported when it is asked
for.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from ..errors import DataError
from ..settings import Setting, configure, settings_of, suggestion
from .dataset import Dataset
from .source import Source

GROUP = "archc.data"
PARTS = frozenset(
    {
        "assemble",
        "cifar",
        "csv_reader",
        "dataset",
        "encoders",
        "guard",
        "npy",
        "part",
        "picture",
        "raw",
        "registry",
        "source",
        "split",
        "table",
        "table_encoder",
        "table_source",
        "transform",
    }
)


@cache
def _own() -> tuple[str, ...]:
    found = (module.name for module in iter_modules([str(Path(__file__).parent)]))
    return tuple(sorted(name for name in found if name not in PARTS))


def _foreign() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def sources() -> tuple[str, ...]:
    """The names of all sources, sorted; none is imported."""
    return tuple(sorted({*_own(), *_foreign()}))


def source_class(name: str) -> type[Source]:
    """The class behind a name. Raises DataError for an unknown one."""
    if name in _own():
        return _only_source(import_module(f".{name}", __package__))
    point = _foreign().get(name)
    if point is None:
        raise DataError(f"there is no data source `{name}`", suggestion(name, sources()))
    try:
        found = point.load()
    except Exception as error:  # a stranger's module may fail in any way
        raise DataError(
            f"the data source `{name}` ({point.value}) cannot be loaded: {error}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, Source)):
        raise DataError(
            f"the data source `{name}` ({point.value}) is not a class of archc's `Source`"
        )
    return found


def _only_source(module: Any) -> type[Source]:
    here = (
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Source) and kind.__module__ == module.__name__
    )
    return next(here)


def source_settings(name: str) -> tuple[Setting, ...]:
    """What a source can be told: names, types, defaults, which may be given by position."""
    return settings_of(source_class(name))


def make_source(
    name: str, settings: Mapping[str, object], positional: Sequence[object] = ()
) -> Source:
    """A source with its settings checked; nothing is read yet. The checker calls this."""
    return configure(source_class(name), name, settings, positional)


def load(
    name: str, settings: Mapping[str, object], root: Path, positional: Sequence[object] = ()
) -> Dataset:
    """The data that `name(…)` means in a file of the folder `root`. Raises DataError."""
    try:
        return make_source(name, settings, positional).load(root)
    except OSError as error:
        raise DataError(
            f"{name}: {error.strerror or error}", f"the file is {error.filename}"
        ) from None
    except MemoryError:
        raise DataError(
            f"{name}: the memory does not suffice", "give less data, or stream it"
        ) from None
