"""Modules that are imported when they are first used.

Comes in: the name of a module. Goes out: a stand-in for it.

Start-up time is decided by what is not imported: PyTorch alone costs three seconds, and
`archc check` must answer in a tenth of one. An import inside a function would do as well, but it
hides what a module needs from the reader and from the import contracts. So a module that starts
quickly names its slow needs at the top, twice:

    if TYPE_CHECKING:
        from ..runtime import train as training
    else:
        training = lazy_module("..runtime.train", __package__)

The first form is what the type checker and import-linter see, the second is what runs.
"""

from importlib import import_module
from types import ModuleType
from typing import Any


class _LazyModule(ModuleType):
    """Becomes the module it stands for at the first attribute that is asked of it."""

    def __init__(self, name: str, package: str | None) -> None:
        super().__init__(name)
        self.__dict__["_wanted"] = (name, package)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(*self.__dict__["_wanted"]), attribute)

    def __repr__(self) -> str:
        return f"<lazy module {self.__dict__['_wanted'][0]!r}>"


def lazy_module(name: str, package: str | None = None) -> Any:
    """A stand-in for the module `name`; a relative name (`..runtime.train`) starts at `package`."""
    return _LazyModule(name, package)
