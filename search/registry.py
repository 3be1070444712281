"""The methods by name.

Comes in: a name and settings. Goes out: a method. The folder `methods` is the registry: a file's
name is its method's, and it is imported when it is used.
"""

from collections.abc import Mapping
from dataclasses import Field, fields
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from .errors import SearchError
from .method import Method


@cache
def method_names() -> tuple[str, ...]:
    """The methods there are, sorted."""
    folder = Path(__file__).parent / "methods"
    return tuple(sorted(module.name for module in iter_modules([str(folder)])))


@cache
def method_class(name: str) -> type[Method]:
    """The class of a method. Raises SearchError for an unknown name."""
    if name not in method_names():
        known = ", ".join(method_names())
        raise SearchError(f"there is no search method {name!r}", f"the methods are {known}")
    module = import_module(f".methods.{name}", __package__)
    method: type[Method]
    (method,) = (item for item in vars(module).values() if _is_own(item, module.__name__))
    return method


def _is_own(item: Any, module: str) -> bool:
    return isinstance(item, type) and issubclass(item, Method) and item.__module__ == module


def make_method(name: str, settings: Mapping[str, Any] | None = None) -> Method:
    """A method with these settings. Raises SearchError for one it has not, or a wrong value."""
    kind = method_class(name)
    given = dict(settings or {})
    known = {item.name: item for item in settable(kind)}
    for key, value in given.items():
        if key not in known:
            names = ", ".join(known) or "none"
            raise SearchError(f"{name} has no setting {key!r}", f"its settings are: {names}")
        if type(value) is not known[key].type:
            wanted = getattr(known[key].type, "__name__", known[key].type)
            raise SearchError(f"{name}: {key} is of type {wanted}, not {value!r}")
    try:
        return kind(**given)
    except ValueError as error:
        raise SearchError(f"{name}: {error}") from None


def settable(kind: type[Method]) -> tuple[Field[Any], ...]:
    """The settings of a method, in order."""
    return tuple(item for item in fields(kind) if item.init)


def name_of(method: Method) -> str:
    """The registry's name of a method, or that of a class from outside."""
    module = type(method).__module__
    own = module.rpartition(".")[2]
    inside = module.startswith(f"{__package__}.methods.")
    return own if inside else f"{module}.{type(method).__qualname__}"


def settings_of(method: Method) -> dict[str, Any]:
    """The settings of a method as plain data."""
    return {item.name: getattr(method, item.name) for item in settable(type(method))}
