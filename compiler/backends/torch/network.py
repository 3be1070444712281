"""The classes of built modules.

Comes in: the source of a `forward`. Goes out: a class with that method, one for each source, which
can be copied and pickled, and whose tracebacks show the source.
"""

import hashlib
import linecache
import sys
import weakref
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Any

import torch
from torch import nn


class Scope(nn.Module):
    """A block, labelled fragment or turn: it holds layers under their names and is not called."""

    def __init__(self, function: str = "") -> None:
        super().__init__()
        self._function = function

    def _get_name(self) -> str:
        return self._function or "Scope"


class Network(nn.Module):
    """The root of a compiled graph. `code` is the source of its `forward`."""

    code: str = ""
    _dtypes: tuple[torch.dtype, ...] = ()

    def _apply(self, fn: Any, recurse: bool = True) -> "Network":
        """Keeps `_dtypes`, what the inputs must be, in step with casts such as `.half()`."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._dtypes = tuple(fn(torch.empty(0, dtype=dtype)).dtype for dtype in self._dtypes)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Classes made at run time cannot be found by name; their source can travel.
        return _revive, (type(self).__name__, self.code), self.__getstate__()  # type: ignore[no-untyped-call]


_classes: "weakref.WeakValueDictionary[tuple[str, str], type[Network]]" = (
    weakref.WeakValueDictionary()
)


def class_of(name: str, code: str) -> type[Network]:
    """The class of all modules with this code."""
    found = _classes.get((name, code))
    if found is not None:
        return found
    digest = hashlib.sha256(f"{name} {code}".encode()).hexdigest()[:12]
    filename = f"<archc {name} {digest}>"
    # A module of its own: torch.compile finds what an inner `forward` reads by the module.
    module = ModuleType(f"{__name__}.made_{digest}")
    exec(_compiled(code, filename), vars(module))
    made = type(name, (Network,), {"forward": vars(module)["forward"], "code": code})
    sys.modules[module.__name__] = module
    weakref.finalize(made, sys.modules.pop, module.__name__, None)
    # Tracebacks read the source from here, for as long as the class lives.
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    weakref.finalize(made, linecache.cache.pop, filename, None)
    _classes[(name, code)] = made
    return made


@lru_cache(maxsize=64)
def _compiled(code: str, filename: str) -> CodeType:
    """Networks are often built again: to load weights, to evaluate, in the next trial."""
    return compile(code, filename, "exec")


def _revive(name: str, code: str) -> Network:
    """An empty module of a pickled class; its state follows."""
    kind = class_of(name, code)
    return kind.__new__(kind)
