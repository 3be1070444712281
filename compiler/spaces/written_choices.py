"""What `any(Vocabulary)` and `some([…], n)` came out as, written out.

Comes in: the call in the text, what it stood for, and the writer with the place where the call was
expanded. Goes out: the layer that was taken, or the items.
"""

from typing import TYPE_CHECKING, Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.values import FragmentStage
from .syntax import literal

if TYPE_CHECKING:
    from .writer import Place, Writer


def taken(node: ast.Call, stage: FragmentStage, writer: "Writer", place: "Place") -> Any:
    """The layer of a vocabulary, or stages of a list, decided with its name or at its use."""
    choice = stage.expression
    expansion = writer.expansion
    used = expansion.applied.get((place.path, id(node)))
    if used is not None:
        named = (place.recipe, id(choice)), (place.recipe, id(node))
        with_name = any(key in expansion.decided for key in named)
        place = type(place)(used[0], place.recipe if with_name else place.path)
    written = writer.write(choice, place)
    if stage.environment is writer.reference.home:
        return written
    return writer.imports.qualified(written, stage.environment, writer.names_made)


def subset(node: ast.Call, kept: Any, writer: "Writer", place: "Place") -> Any:
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
