"""What the names of a file stand for, as far as the text alone tells.

Comes in: an expression, and the names of the file that it stands in. Goes out: the layer, block or
vocabulary that it names, and whether something is wanted to flow into it; nothing is decided or
evaluated. What only an argument or a `let` names is not told. `home` has the names of the file;
those of the language are known anyway.
"""

from collections.abc import Iterator
from typing import Any

from ...grammar import ast
from ..hyperparameter import Initialiser, InitKind
from .alike import options_of
from .environment import Environment
from .lookup import find_name
from .values import Combinator, FunctionReference, LayerReference, Namespace, VocabularyValue


def meaning(node: ast.Expression, home: Environment | None) -> Any:
    """What a name of the file or of the language stands for, else nothing."""
    match node:
        case ast.Name(id=name):
            bound = home.find(name) if home is not None else None
            if bound is not None:
                return bound.value
            found = find_name(name)
            if found is None and name in InitKind.symbols:
                return Initialiser(name, {})
            return found
        case ast.Attribute(value=ast.Name() as module, name=name):
            space = meaning(module, home)
            bound = space.exports.here(name) if isinstance(space, Namespace) else None
            return None if bound is None else bound.value
    return None


def is_stage(node: ast.Expression, home: Environment | None) -> bool:
    """Whether something is wanted to flow into an expression, as far as the text tells."""
    match node:
        case ast.Fragment() | ast.For() | ast.Labelled():
            return True
        case ast.Choice() | ast.Optional():
            return is_stage(options_of(node)[0], home)
        case ast.Pipeline(stages=stages):
            return is_stage(stages[0], home)
        case ast.Call(function=function, body=body):
            return body is not None or _takes_inputs(function, home)
        case _:
            return _takes_inputs(node, home)


def _takes_inputs(node: ast.Expression, home: Environment | None) -> bool:
    match meaning(node, home):
        case LayerReference(layer=layer):
            return layer.arity[1] != 0
        case FunctionReference(function=function):
            return bool(function.inputs)
        case Combinator(name=name):
            return name != "some"
    return False


def vocabularies(node: ast.Expression, home: Environment | None) -> Iterator[VocabularyValue]:
    """Those that an expression may stand for, whichever option or branch is taken."""
    match node:
        case ast.Choice(options=options):
            for item in options:
                yield from vocabularies(item, home)
        case ast.If():
            for body in bodies_of(node):
                for statement in body.statements:
                    if isinstance(statement, ast.Result):
                        yield from vocabularies(statement.value, home)
        case _:
            meant = meaning(node, home)
            if isinstance(meant, VocabularyValue):
                yield meant


def bodies_of(node: ast.If) -> list[ast.Body]:
    """The braces of an `if`, of which at most one is run."""
    return [body for body in (node.then, node.otherwise) if body is not None]
