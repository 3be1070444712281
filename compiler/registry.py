"""The folder is the registry: layers are found by the names of their files and imported when first
used.

Comes in: a layer's name. Goes out: its class. Packages outside add layers through the entry-point
group `archc.layers`, whose entries are named as the layer and point at the class.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ..lazy import lazy_module
from .layer import Layer

if TYPE_CHECKING:
    from importlib import metadata
else:  # finding packages takes longer than checking a program
    metadata = lazy_module("importlib.metadata")

_FOLDER = Path(__file__).with_name("layers")
_PACKAGE = __name__.rpartition(".")[0] + ".layers"


@cache
def built_in_names() -> frozenset[str]:
    """The names of the layers in the folder; files that begin with `_` hold what several layers
    share.
    """
    return frozenset(path.stem for path in _FOLDER.glob("*.py") if not path.stem.startswith("_"))


@cache
def _outside() -> "Mapping[str, metadata.EntryPoint]":
    return {entry.name: entry for entry in metadata.entry_points(group="archc.layers")}


def layer_names() -> list[str]:
    """Every layer's name, sorted."""
    return sorted(built_in_names() | _outside().keys())


@cache
def find_layer(name: str) -> type[Layer] | None:
    """The class of a layer, or None where there is no such layer."""
    if name in built_in_names():
        return _class_in(name)
    if name in _outside():
        found: type[Layer] = _outside()[name].load()
        return found
    return None


def _class_in(name: str) -> type[Layer]:
    module = import_module(f".{name}", _PACKAGE)
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and issubclass(value, Layer)
            and value.__module__ == module.__name__
        ):
            return value
    raise LookupError(f"layers/{name}.py holds no layer")


def all_layers() -> list[type[Layer]]:
    """Every layer's class, by name; imports all of them."""
    return [layer for name in layer_names() if (layer := find_layer(name)) is not None]
