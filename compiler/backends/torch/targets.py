"""What names in lowerings stand for.

Comes in: `nn.Conv2d`, or `package.module:Class`. Goes out: the class or function.
"""

import math
from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import nn

ROOTS = {"torch": torch, "nn": nn, "F": nn.functional, "math": math}
"""The names that lowerings may use."""


@cache
def resolve(target: str) -> Any:
    """`nn.Conv2d`, or `package.module:Class`."""
    if ":" in target:
        module, _, name = target.partition(":")
        return getattr(import_module(module), name)
    head, *rest = target.split(".")
    found: Any = ROOTS[head]
    for name in rest:
        found = getattr(found, name)
    return found
