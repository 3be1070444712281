"""What a vocabulary lends, decided: blocks and `let`s in which something is open are drawn anew for
every edit, since an edited program is a finished one.

Comes in: a vocabulary. Goes out: one whose declarations leave nothing open, as far as their text
alone decides it: `any`, `some` and ranges between names stay as they are.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ....grammar import ast
from ..random import Random
from .tree import below, rebuilt
from .vocabulary import Vocabulary, built_in

ROUNDS = 4
"""So often what is open is drawn anew where nothing valid came of it."""
VARYING = (ast.Choice, ast.Optional, ast.Range, ast.Open)


def decided(vocabulary: Vocabulary, random: Random) -> Iterator[Vocabulary]:
    """The vocabulary itself where nothing that it lends is open; otherwise some, decided anew."""
    if not any(isinstance(node, VARYING) for item in vocabulary.donors for node in below(item)):
        yield vocabulary
        return
    for _ in range(ROUNDS):
        donors = tuple(_closed(item, vocabulary, random) for item in vocabulary.donors)
        numbers = {item.name: item.value for item in donors if isinstance(item, ast.Let)}
        yield replace(vocabulary, donors=donors, numbers=numbers)


def _closed(item: ast.Declaration, vocabulary: Vocabulary, random: Random) -> Any:
    def change(node: Any, old: Any) -> Any:
        match node:
            case ast.Choice() | ast.Optional():
                return vocabulary.value(node, random)
            case ast.Range() if _is_of_numbers(node):
                return vocabulary.value(node, random)
            case ast.Call() if node.body is None and any(map(_is_open, node.arguments)):
                return vocabulary.draw(node, random)
            case ast.Pipeline(stages=stages):
                return replace(node, stages=tuple(_layer(stage, random) for stage in stages))
            case _:
                return node

    return rebuilt(item, change)


def _is_of_numbers(node: ast.Range) -> bool:
    ends = (node.low, node.high, *(() if node.step is None else (node.step,)))
    return all(ast.number_of(item) is not None for item in ends)


def _is_open(argument: ast.Argument) -> bool:
    return isinstance(argument.value, ast.Open)


def _layer(stage: Any, random: Random) -> Any:
    """`?` as a stage is any layer."""
    if not isinstance(stage, ast.Open):
        return stage
    layers = built_in()
    return layers.draw(layers.order(random)[0], random)
