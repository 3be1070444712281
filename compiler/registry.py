"""The folder is the registry: layers are found by the names of their files and imported when first
used.

Comes in: a layer's name. Goes out: its class. Packages outside add layers through the entry-point
group `archc.layers`, whose entries are named as the layer and point at the class. A built-in layer
keeps its name whatever is installed, so that a program means the same everywhere.
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

GROUP = "archc.layers"
_FOLDER = Path(__file__).with_name("layers")
_PACKAGE = __name__.rpartition(".")[0] + ".layers"


class BrokenLayer(Exception):
    """A layer from outside that cannot be used: its name, where it comes from, and why not."""

    def __init__(self, name: str, origin: str, reason: str) -> None:
        super().__init__(f"the layer `{name}` of {origin} cannot be used: {reason}")
        self.name, self.origin, self.reason = name, origin, reason


@cache
def built_in_names() -> frozenset[str]:
    """The names of the layers in the folder; files that begin with `_` hold what several layers
    share.
    """
    return frozenset(path.stem for path in _FOLDER.glob("*.py") if not path.stem.startswith("_"))


@cache
def _outside() -> "Mapping[str, tuple[metadata.EntryPoint, ...]]":
    """The entry points by name, each once: a package may lie on the path twice."""
    found: dict[str, dict[str, metadata.EntryPoint]] = {}
    for entry in metadata.entry_points(group=GROUP):
        found.setdefault(entry.name, {}).setdefault(origin_of(entry), entry)
    return {name: tuple(dict(sorted(found[name].items())).values()) for name in sorted(found)}


def origin_of(entry: "metadata.EntryPoint") -> str:
    """`archc-maxout 1.0 (archc_maxout.layer:Maxout)`."""
    package = "a package" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
    return f"{package} ({entry.value})"


def layer_names() -> list[str]:
    """Every layer's name, sorted; whether those from outside can be used is not known yet."""
    return sorted(built_in_names() | _outside().keys())


def has_layer(name: str) -> bool:
    """Whether there is a layer of this name; nothing is imported."""
    return name in built_in_names() or name in _outside()


@cache
def find_layer(name: str) -> type[Layer] | None:
    """The class of a layer, or None where there is no such layer. Raises BrokenLayer for one from
    outside that cannot be used.
    """
    if name in built_in_names():
        return _class_in(name)
    entries = _outside().get(name)
    return None if entries is None else _load(name, entries)


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
    """Every layer's class, by name; imports all of them. Raises BrokenLayer."""
    return [layer for name in layer_names() if (layer := find_layer(name)) is not None]


# --- Layers from outside -------------------------------------------------------------------------


def outside_origin(name: str) -> str | None:
    """Where a layer comes from, or None for a built-in one."""
    if name in built_in_names() or name not in _outside():
        return None
    return origin_of(_outside()[name][0])


def broken_layers() -> list[BrokenLayer]:
    """What is wrong with the layers from outside, those that no program can reach included."""
    found = []
    for name, entries in _outside().items():
        if name in built_in_names():
            reason = "a built-in layer has this name, and keeps it"
            found += [BrokenLayer(name, origin_of(entry), reason) for entry in entries]
            continue
        try:
            find_layer(name)
        except BrokenLayer as error:
            found.append(error)
    return found


def _load(name: str, entries: "tuple[metadata.EntryPoint, ...]") -> type[Layer]:
    entry, *others = entries
    origin = origin_of(entry)
    if others:
        rivals = ", ".join(map(origin_of, others))
        raise BrokenLayer(name, origin, f"another package has one of this name: {rivals}")
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:  # a stranger's module may fail in any way
        raise BrokenLayer(name, origin, f"importing it failed: {_text(error)}") from error
    reason = _unfit(name, found)
    if reason:
        raise BrokenLayer(name, origin, reason)
    layer: type[Layer] = found
    return layer


def _unfit(name: str, found: object) -> str:
    """Why an object is no layer of this name, or nothing."""
    if not (isinstance(found, type) and issubclass(found, Layer)):
        return "it is no class of archc's `Layer`"
    if found.name != name:
        return f"its class calls itself `{found.name}`; entry point and class must agree"
    missing = [item for item in ("infer", "to_torch") if item not in _defined(found)]
    if missing:
        return f"it does not define {' and '.join(missing)}"
    try:
        found.hyperparameters()
    except Exception as error:  # annotations are the stranger's code
        return f"its hyperparameters make no sense: {_text(error)}"
    return ""


def _defined(layer: type[Layer]) -> set[str]:
    """What a class and its parents below `Layer` define."""
    own = layer.__mro__[: layer.__mro__.index(Layer)]
    return {name for kind in own for name in vars(kind)}


def _text(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
