"""What is wrong with the vocabularies of a file, told by their text alone.

Comes in: the declarations of a file. Goes out: vocabularies from which nothing can be drawn, with
the reason: one that takes its layers from itself, and one of which no entry could be read.
"""

from collections.abc import Iterator

from ...grammar import ast
from ...grammar.diagnostic import Diagnostic
from .. import errors


def unusable(program: ast.Program) -> Iterator[tuple[ast.Vocabulary, Diagnostic | None]]:
    """Each with what is wrong, None where its entries did not parse and are told already."""
    declared = [item for item in program.declarations if isinstance(item, ast.Vocabulary)]
    taken = {item.name: dict(_taken(item)) for item in declared}
    for item in declared:
        if item.broken and not item.entries:
            yield item, None
        elif item.name in _reached(item.name, taken):
            span = taken[item.name][_first_step(item.name, taken)].span
            yield item, errors.spaces.VocabularyOfItself(span, item.name)


def _taken(vocabulary: ast.Vocabulary) -> Iterator[tuple[str, ast.Node]]:
    """The names that stand in its `any(…)`. One among the arguments of a block is the block's."""
    for entry in vocabulary.entries:
        if isinstance(entry, ast.Call) and _is_any(entry.function):
            waiting: list[ast.Node] = [argument.value for argument in entry.arguments]
            while waiting:
                node = waiting.pop()
                if isinstance(node, ast.Name):
                    yield node.id, entry
                waiting += ast.children(node)


def _is_any(function: ast.Expression) -> bool:
    return isinstance(function, ast.Name) and function.id == "any"


def _reached(name: str, taken: dict[str, dict[str, ast.Node]]) -> set[str]:
    found: set[str] = set()
    waiting = list(taken[name])
    while waiting:
        one = waiting.pop()
        if one in taken and one not in found:
            found.add(one)
            waiting += taken[one]
    return found


def _first_step(name: str, taken: dict[str, dict[str, ast.Node]]) -> str:
    """The first name in a vocabulary that leads back to it."""
    return next(
        one for one in taken[name] if one == name or (one in taken and name in _reached(one, taken))
    )
