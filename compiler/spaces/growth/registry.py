"""The edits by name: the folder `edits` is the registry, a file's name is its edit's."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from .edit import Edit

GENERAL = ("insert", "remove", "replace", "alter", "add_skip", "remove_skip", "split", "join")
"""What `grow` draws from unless told."""


@cache
def edit_names() -> tuple[str, ...]:
    """The edits there are, sorted."""
    folder = Path(__file__).parent / "edits"
    found = (module.name for module in iter_modules([str(folder)]))
    return tuple(sorted(name for name in found if not name.startswith("_")))


@cache
def edit_class(name: str) -> type[Edit]:
    """The class of an edit. Raises ValueError for an unknown name."""
    if name not in edit_names():
        raise ValueError(f"there is no edit {name!r}; the edits are {', '.join(edit_names())}")
    module = import_module(f".edits.{name}", __package__)
    edit: type[Edit]
    (edit,) = (item for item in vars(module).values() if _is_own(item, module.__name__))
    return edit


def _is_own(item: Any, module: str) -> bool:
    return isinstance(item, type) and issubclass(item, Edit) and item.__module__ == module


def make_edit(name: str, settings: Mapping[str, Any] | None = None) -> Edit:
    """An edit with these settings. Raises ValueError."""
    kind = edit_class(name)
    known = [item.name for item in fields(kind)]
    unknown = sorted(set(settings or {}) - set(known))
    if unknown:
        listed = ", ".join(known) or "none"
        raise ValueError(f"{name} has no setting {unknown[0]!r}; its settings are: {listed}")
    return kind(**(settings or {}))
