"""The methods by name.

Comes in: a name and settings. Goes out: a method. The folder `methods` is the registry: a file's
name is its method's, and it is imported when it is used; files that begin with `_` hold what
several share. Packages outside add methods through the entry-point group `archc.methods`, whose
entries are named as the method and point at the class; a built-in method keeps its name whatever is
installed.
"""

import inspect
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, replace
from difflib import get_close_matches
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from pkgutil import iter_modules
from types import UnionType
from typing import Any, Union, get_args, get_origin

from .errors import SearchError
from .method import Method

GROUP = "archc.methods"
NAME = "method"
"""The key of a method's name, where its settings stand beside it as plain data."""


@cache
def built_in_names() -> tuple[str, ...]:
    folder = Path(__file__).parent / "methods"
    names = (module.name for module in iter_modules([str(folder)]))
    return tuple(sorted(name for name in names if not name.startswith("_")))


def _outside() -> dict[str, metadata.EntryPoint]:
    return {point.name: point for point in metadata.entry_points(group=GROUP)}


_foreign: dict[type[Method], str] = {}
"""What classes of other packages are called, once they are loaded."""


def method_names() -> tuple[str, ...]:
    """The methods there are, sorted; none is imported."""
    return tuple(sorted({*built_in_names(), *_outside()}))


@cache
def method_class(name: str) -> type[Method]:
    """The class of a method. Raises SearchError for an unknown name."""
    if name in built_in_names():
        module = import_module(f".methods.{name}", __package__)
        own: type[Method]
        (own,) = (item for item in vars(module).values() if _is_own(item, module.__name__))
        return own
    point = _outside().get(name)
    if point is None:
        near = get_close_matches(name, method_names(), n=1)
        guess = f"did you mean {near[0]!r}? " if near else ""
        known = ", ".join(method_names())
        raise SearchError(f"there is no search method {name!r}", f"{guess}the methods are {known}")
    try:
        found = point.load()
    except Exception as error:  # a stranger's module may fail in any way
        raise SearchError(
            f"the method {name!r} ({point.value}) cannot be loaded: {error}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, Method)):
        raise SearchError(f"the method {name!r} ({point.value}) is no class of archc's `Method`")
    _foreign[found] = name
    return found


def _is_own(item: Any, module: str) -> bool:
    return isinstance(item, type) and issubclass(item, Method) and item.__module__ == module


# --- settings


def make_method(name: str, settings: Mapping[str, Any] | None = None) -> Method:
    """A method with these settings. A setting that is a method is given as one, by its name, or as
    a mapping with its name under `method`. Raises SearchError for a setting it has not, or a wrong
    value.
    """
    return made_of(method_class(name), name, settings)


def made_of(kind: type[Method], name: str, settings: Mapping[str, Any] | None = None) -> Method:
    """A method of a class, which people know by a name. Raises SearchError as `make_method`."""
    known = {item.name: item for item in settable(kind)}
    given: dict[str, Any] = {}
    for key, value in (settings or {}).items():
        if key not in known:
            names = ", ".join(known) or "none"
            raise SearchError(f"{name} has no setting {key!r}", f"its settings are: {names}")
        given[key] = _fitted(name, known[key], value)
    try:
        return kind(**given)
    except ValueError as error:
        raise SearchError(f"{name}: {error}") from None


def _fitted(name: str, setting: Field[Any], value: Any) -> Any:
    """The value as the setting's type has it. Raises SearchError for another type."""
    kinds = _kinds(setting.type)
    if any(_is_method(kind) for kind in kinds):
        match value:
            case str():
                return make_method(value)
            case Mapping():
                rest = {key: item for key, item in value.items() if key != NAME}
                return make_method(value[NAME], rest)
    for kind in kinds:
        plain = get_origin(kind) or kind
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is plain or (_is_method(kind) and isinstance(value, Method)):
            return value
        if plain is tuple and isinstance(value, list):
            return tuple(value)
    wanted = " or ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
    raise SearchError(f"{name}: {setting.name} is of type {wanted}, not {value!r}")


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """The types that a setting may have."""
    union = get_origin(annotation) in (Union, UnionType)
    return get_args(annotation) if union else (annotation,)


def _is_method(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Method)


def settable(kind: type[Method]) -> tuple[Field[Any], ...]:
    """The settings of a method, in order."""
    return tuple(item for item in fields(kind) if item.init)


def name_of(method: Method) -> str:
    """The registry's name of a method, or the place of a class that it does not know."""
    if type(method) in _foreign:
        return _foreign[type(method)]
    module = type(method).__module__
    own = module.rpartition(".")[2]
    inside = module.startswith(f"{__package__}.methods.")
    return own if inside else f"{module}.{type(method).__qualname__}"


def settings_of(method: Method) -> dict[str, Any]:
    """The settings of a method as plain data, from which `make_method` makes it again."""
    return {item.name: _plain(getattr(method, item.name)) for item in settable(type(method))}


def _plain(value: Any) -> Any:
    if isinstance(value, Method):
        return {NAME: name_of(value), **settings_of(value)}
    return list(value) if isinstance(value, tuple) else value


def fresh(method: Method) -> Method:
    """The method with the same settings, as if nothing had been asked of it yet."""
    inner = {
        item.name: fresh(value)
        for item in settable(type(method))
        if isinstance(value := getattr(method, item.name), Method)
    }
    return replace(method, **inner)


# --- the taxonomy


@dataclass(frozen=True, slots=True)
class Row:
    """What `archc methods` says of a method. `text` is its module's docstring."""

    name: str
    manipulates: tuple[str, ...]
    mechanism: str
    needs: tuple[str, ...]
    settings: Mapping[str, Any]
    text: str

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "manipulates": list(self.manipulates),
            "mechanism": self.mechanism,
            "needs": list(self.needs),
            "settings": dict(self.settings),
        }


def row_of(name: str) -> Row:
    """The row of a method. Raises SearchError for an unknown name."""
    kind = method_class(name)
    needs = (*kind.needs, *(("fidelities",) if kind.fidelities else ()))
    text = inspect.cleandoc(inspect.getmodule(kind).__doc__ or kind.__doc__ or "")
    return Row(
        name,
        tuple(sorted(map(str, kind.manipulates))),
        kind.mechanism,
        tuple(dict.fromkeys(needs)),
        settings_of(kind()),
        text,
    )
