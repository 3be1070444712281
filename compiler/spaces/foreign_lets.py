"""Open `let`s of other files: each becomes a `let` of the drawn program, with what was decided.

Comes in: the environment of the file that is written. Goes out: which names mean such a `let`, in
that file and those that it reads. A signature may hide names of its file; nothing else may.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ...grammar import ast
from ..expand.environment import Environment
from ..expand.meanings import meaning
from ..expand.values import (
    FragmentStage,
    FunctionReference,
    FunctionStage,
    Namespace,
    OpenLet,
    VocabularyValue,
)
from .foreign import binders, own_names
from .open_network import Expansion


class ForeignLets(NamedTuple):
    """`lets` in an order in which each can be declared; `readers` are nodes by id, each with the
    `let` that it means; `bound` are names that other files bind or read.
    """

    home: Environment
    lets: Sequence[OpenLet]
    readers: dict[int, OpenLet]
    bound: set[str]

    def in_program(
        self, expansion: Expansion, train: Iterable[ast.Settings]
    ) -> Mapping[int, OpenLet]:
        """The readers, with those in what `any` stood for, which has nodes of its own, and in
        `train`.
        """
        found = dict(self.readers)
        if not self.lets:
            return found
        for value in expansion.values.values():
            for text, where in _texts(value):
                _read(text, where, self.home, found)
        for block in train:
            _read(block, self.home, self.home, found)
        return found


@lru_cache(maxsize=64)
def foreign_lets(home: Environment) -> ForeignLets:
    """Those of all files that a file reads, itself or by others."""
    files = list(_files(home, set()))
    lets = [
        bound.value
        for file in files
        for bound in file.own()
        if isinstance(bound.value, OpenLet) and bound.value.home is file is not home
    ]
    found = ForeignLets(home, lets, {}, set())
    for file in files if lets else ():
        for bound in file.own():
            for text, where in _texts(bound.value):
                found.bound.update(binders(text))
                _read(text, where, home, found.readers)
    return found


def _files(file: Environment, seen: set[int]) -> Iterator[Environment]:
    """The files that one reads, each before those that read it."""
    seen.add(id(file))
    for bound in file.own():
        for other in _homes(bound.value):
            if id(other) not in seen:
                yield from _files(other, seen)
    yield file


def _homes(value: Any) -> Iterator[Environment]:
    if isinstance(value, Namespace):
        yield value.exports
    else:
        yield from (where for _, where in _texts(value))


def _texts(value: Any) -> Iterator[tuple[ast.Node, Environment]]:
    """The pieces of text that a value stands for, and the file that each stands in."""
    match value:
        case FunctionReference(function=function, home=home):
            yield function, home
        case FunctionStage(reference=reference, values=values):
            yield reference.function, reference.home
            yield from _texts(tuple(values.values()))
        case VocabularyValue(choice=choice, home=home):
            yield choice, home
        case OpenLet(declaration=declaration, home=home):
            yield declaration, home
        case FragmentStage(expression=expression, environment=environment):
            yield expression, environment.file
        case tuple():
            for item in value:
                yield from _texts(item)


def _read(node: ast.Node, file: Environment, home: Environment, found: dict[int, OpenLet]) -> None:
    hidden = set(own_names(node, file)) if isinstance(node, ast.Function) else set()
    waiting = [node]
    while waiting:
        item = waiting.pop()
        named = isinstance(item, ast.Name | ast.Attribute) and _first(item) not in hidden
        meant = meaning(item, file) if named else None  # type: ignore[arg-type]
        if isinstance(meant, OpenLet) and meant.home is not home:
            found[id(item)] = meant
        elif isinstance(item, ast.Hyperparameter):  # its type is no name of the file
            waiting += () if item.default is None else (item.default,)
        else:
            waiting += ast.children(item)


def _first(node: ast.Node) -> str | None:
    """The name that a qualified one begins with."""
    first = node.value if isinstance(node, ast.Attribute) else node
    return first.id if isinstance(first, ast.Name) else None
