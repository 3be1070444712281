"""Everything that the checker can find wrong, by family; the codes E200 to E699 and W200 to W699.

`errors.shapes.WrongRank(...)`: a family is imported when it is first named, so a program without
errors pays for none.
"""

from importlib import import_module
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return import_module(f".{name}", __name__)
    except ModuleNotFoundError as error:  # torch.compile asks every module for names
        raise AttributeError(name) from error
