"""What `any(Vocabulary)` and `some([…], n)` came out as, written out.

Comes in: the call in the text, what it stood for, and the writer with the place where the call was
expanded. Goes out: the layer that was taken, or the items.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.freezing import declared
from ..expand.lookup import layer_of
from ..expand.values import FragmentStage, LayerReference
from ..hyperparameter import Between, Hyperparameter, OneOf
from .syntax import bare, literal
from .written_place import WrittenPlace

if TYPE_CHECKING:
    from .writer import Writer

_ANYTHING = ast.Name("identity", span=NOWHERE)


def taken(node: ast.Call, stage: FragmentStage, writer: "Writer", place: WrittenPlace) -> Any:
    """The layer of a vocabulary, or stages of a list, decided with its name or at its use."""
    choice = stage.expression
    expansion = writer.expansion
    used = expansion.applied.get((place.path, id(node)))
    if used is not None:
        named = (place.recipe, id(choice)), (place.recipe, id(node))
        with_name = any(key in expansion.decided for key in named)
        place = replace(place, path=used[0], recipe=place.recipe if with_name else place.path)
    written = writer.write(choice, place)
    if stage.environment is writer.reference.home:
        return written
    return writer.imports.qualified(written, stage.environment, writer.versions.names_made)


def subset(node: ast.Call, kept: Any, writer: "Writer", place: WrittenPlace) -> Any:
    """The items that were chosen: a list of values, tensors side by side, or a fork."""
    if isinstance(kept, FragmentStage):
        return taken(node, kept, writer, place)
    if isinstance(kept, list):
        return literal(kept)
    listed = node.arguments[0].value
    assert isinstance(listed, ast.List)
    items = tuple(writer.write(listed.items[position], place) for position in kept)
    return items[0] if len(items) == 1 else ast.Tuple(items, span=NOWHERE)


def recipe(meaning: Any, value: Any) -> Any:
    """The text that a recipe's uses apply: for `any(Vocabulary)` the choice that it stands for."""
    return meaning.expression if isinstance(meaning, FragmentStage) else value


def undrawn(node: ast.Call, writer: "Writer", place: WrittenPlace) -> Any:
    """`any` or `some` in a branch that was never taken: the first items will do."""
    listed = node.arguments[0].value if node.arguments else None
    if not isinstance(listed, ast.List) or not listed.items:
        return _ANYTHING
    first = writer.write(listed.items[0], place)
    is_value = isinstance(first, (ast.Number, ast.String, ast.Bool, ast.Unary))
    return bare(listed, items=(first,)) if is_value else first


def undecided(node: ast.Call, number: int) -> Any:
    """A value for `?` as an argument in a branch that was never taken."""
    function = node.function
    layer = layer_of(function.id, function.span) if isinstance(function, ast.Name) else None
    items = () if layer is None else declared(LayerReference(layer))
    name = node.arguments[number].name
    found = [item for item in items if item.name == name] or list(items[number : number + 1])
    return first_value(found[0]) if found else _ANYTHING


def first_value(item: Hyperparameter) -> Any:
    """The first value of a hyperparameter's own domain."""
    match item.domain:
        case Between(low=low):
            return literal(low)
        case OneOf(options=options):
            return literal(options[0])
        case _:
            return literal(False)
