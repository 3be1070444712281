"""Submodules by their paths, whatever their names.

Comes in: a root and a path. Goes out: what stands there, and the code that reaches it.
"""

import keyword
from collections.abc import Mapping

from torch import nn

from ....grammar.diagnostic import InternalError
from ...spelling import quoted
from .network import Scope


def attach(root: nn.Module, owner: str, leaf: nn.Module, functions: Mapping[str, str]) -> None:
    # Entries of `_modules` may have any name, while `add_module` refuses `forward` or `train`.
    *scopes, last = owner.split(".")
    parent, path = root, ""
    for name in scopes:
        path = f"{path}.{name}" if path else name
        if name not in parent._modules:
            parent._modules[name] = Scope(functions.get(path, ""))
        parent = child_of(parent, name)
    parent._modules[last] = leaf


def child_of(module: nn.Module, name: str) -> nn.Module:
    child = module._modules[name]
    if child is None:
        raise InternalError(f"the submodule {name} is missing")
    return child


def at(root: nn.Module, path: str) -> nn.Module:
    for name in path.split("."):
        root = child_of(root, name)
    return root


def access(text: str, parent: nn.Module, name: str, child: nn.Module) -> str:
    """How code reaches a submodule, whatever its name."""
    if getattr(parent, name, None) is not child:
        return f"{text}._modules[{quoted(name)}]"
    if name.isidentifier() and not keyword.iskeyword(name):
        return f"{text}.{name}"
    return f"getattr({text}, {quoted(name)})"
