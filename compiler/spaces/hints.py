"""What the text of a program tells of the decisions that make it: a first guess, and no more.

A program that was drawn and edited still reads like its space, with something decided in the place
of each choice: `let from = [[0, 1], [2, 0]]` says at once what a search would find out node by
node. The names that blocks and the network give with `let` are put side by side.

Comes in: a space and a finished program. Goes out: by the id of a choice in the space's text what
stands in its place.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...grammar import ast
from ...grammar.print import print_expression
from ..expand import functions
from ..expand.decisions import Alternatives, Domain, Integers
from ..expand.environment import Environment
from ..expand.holding import Identity
from ..expand.meanings import meaning
from ..expand.values import FunctionReference, VocabularyValue
from ..expand.vocabularies import own_choice
from ..hyperparameter import spell
from .states import decisions_of

if TYPE_CHECKING:
    from .space import Space

_QUALIFIER = re.compile(r"\b[A-Za-z_]\w*\.(?=[A-Za-z_])")
_VERSION = re.compile(r"v?\d*")

Hints = dict[int, ast.Expression]


def hints(space: "Space", program: ast.Program, network: str) -> Hints:
    """What stands in the place of each choice that a `let` holds."""
    found: Hints = {}
    theirs = [item for item in program.declarations if isinstance(item, ast.Function)]
    own = space.process.network.reference
    for reference in _reached(own):
        function = reference.function
        name = network if reference is own else function.name
        versions = [item for item in theirs if _is_version(item, function.kind, name)]
        if len(versions) == 1:  # of several it is not known which use came out as which
            others = dict(_lets(versions[0]))
            for let, value in _lets(function):
                if let in others:
                    _pair(value, others[let], reference.home, found)
    return found


def _is_version(function: ast.Function, kind: str, name: str) -> bool:
    """Whether a function is a block as it came out somewhere: `Cell2`, `Cell101v2`."""
    return (
        function.kind == kind and _VERSION.fullmatch(function.name.removeprefix(name)) is not None
    )


def decision(domain: Domain, written: ast.Expression) -> Any:
    """The decision that stands for what is written; None where there is none."""
    text = _plain(written)
    if isinstance(domain, Integers):
        number = int(text) if text.isdecimal() else None
        return number if number is not None and number in decisions_of(domain) else None
    if not isinstance(domain, Alternatives):
        return None
    for place in decisions_of(domain):
        option = domain.options[place]
        if (str(option) if isinstance(option, tuple) else _shown(option)) == text:
            return place
    return None


def _shown(option: Any) -> str:
    return _plain(option) if isinstance(option, ast.Node) else spell(option)


def _plain(node: Any) -> str:
    """The text, by whatever path its names are reached."""
    return _QUALIFIER.sub("", print_expression(node))


def _lets(function: ast.Function) -> Iterator[tuple[str, ast.Expression]]:
    for statement in function.body.statements:
        if isinstance(statement, ast.Let):
            yield statement.name, statement.value


def _pair(mine: Any, other: Any, home: Environment, found: Hints) -> None:
    """Notes what stands in the place of the choices in a value."""
    match mine:
        case ast.Choice() | ast.Range() | ast.Optional():
            found[id(mine)] = other
        case ast.List(items=items) if isinstance(other, ast.List):
            for one, two in zip(items, other.items, strict=False):
                _pair(one, two, home, found)
        case ast.Call(function=ast.Name(id="any")):
            for vocabulary in _vocabularies(mine, home):
                found[id(own_choice(Identity(mine), Identity(vocabulary.choice)))] = other
        case ast.Call(function=ast.Name(id="some")):
            found[id(mine)] = _positions(mine, other)
        case ast.If():
            written = _branches(other) if isinstance(other, ast.If) else [other, other]
            for one, two in zip(_branches(mine), written, strict=True):
                _pair(one, two, home, found)


def _branches(node: ast.If) -> list[Any]:
    """What a value is in either case."""
    bodies = (node.then, node.otherwise)
    return [None if body is None else functions.result_of(body) for body in bodies]


def _positions(call: ast.Call, other: Any) -> Any:
    """The positions of the items that were kept, written as the domain shows them."""
    listed = call.arguments[0].value if call.arguments else None
    if not isinstance(listed, ast.List) or not isinstance(other, ast.List | ast.Tuple):
        return other
    texts = [_plain(item) for item in listed.items]
    kept = [texts.index(_plain(item)) for item in other.items if _plain(item) in texts]
    return ast.Name(str(tuple(kept)), span=other.span)


def _vocabularies(node: Any, home: Environment) -> Iterator[VocabularyValue]:
    """The vocabularies that are named in a piece of text."""
    for reference in _named(node, home):
        if isinstance(reference, VocabularyValue):
            yield reference


def _reached(start: FunctionReference) -> Sequence[FunctionReference]:
    """A function and all that it may use."""
    found = {id(start.function): start}
    waiting = [start]
    while waiting:
        reference = waiting.pop()
        for value in _named(reference.function.body, reference.home):
            if isinstance(value, FunctionReference) and id(value.function) not in found:
                found[id(value.function)] = value
                waiting.append(value)
    return list(found.values())


def _named(node: Any, home: Environment) -> Iterator[Any]:
    """What the names in a piece of text stand for, as far as the text of a file tells."""
    if isinstance(node, ast.Name | ast.Attribute):
        yield meaning(node, home)
        return
    for child in ast.children(node):
        yield from _named(child, home)
