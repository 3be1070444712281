"""`x[:, -1]`, `x[0]`, `sizes[2]`: indexing as NumPy's, decided statically."""

from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from ..registry import find_layer
from . import evaluate
from .context import Context, join
from .environment import Environment
from .values import LayerStage, Results, Tensor, describe


def index(node: ast.Index, value: Any, env: Environment, context: Context) -> Any:
    match value:
        case tuple():
            return _item(node, value, env, context)
        case Results():
            found = _item(node, value.items, env, context)
            return Results(found, (None,) * len(found)) if isinstance(found, tuple) else found
        case Tensor():
            return _tensor(node, value, env, context)
        case _:
            raise Fault(errors.values.NotIndexable(node.span, describe(value)))


def _item(node: ast.Index, items: tuple[Any, ...], env: Environment, context: Context) -> Any:
    if len(node.items) == 1 and isinstance(node.items[0], ast.Slice):
        part = node.items[0]
        bounds = (
            _bound(part.start, env, context),
            _bound(part.stop, env, context),
            _bound(part.step, env, context),
        )
        return _taken(items, slice(*bounds), context)
    return _taken(items, _position(node, len(items), env, context), context)


def _taken(items: tuple[Any, ...], position: int | slice, context: Context) -> Any:
    found = items[position]
    if context.session.reads is not None:
        context.session.reads.index(items, position, found)
    return found


def _position(node: ast.Index, count: int, env: Environment, context: Context) -> int:
    if len(node.items) != 1:
        raise Fault(errors.values.BadIndex(node.span, "one position is wanted here"))
    position = _bound(node.items[0], env, context)
    if position is None or not -count <= position < count:
        raise Fault(errors.values.BadIndex(node.span, f"there are {count} items, counted from 0"))
    return position


def _bound(node: ast.Expression | None, env: Environment, context: Context) -> int | None:
    if node is None:
        return None
    if type(node) is ast.Number and type(node.value) is int:
        return node.value
    value = evaluate.number(node, env, context)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault(
            errors.values.BadIndex(node.span, f"a whole number is wanted, not {describe(value)}")
        )
    return value


def _tensor(node: ast.Index, tensor: Tensor, env: Environment, context: Context) -> Tensor:
    """One `select` or `slice` for each item that is not a bare `:`. A selected axis is gone for the
    items after it.
    """
    axis = 0
    for item in _without_ellipsis(node, tensor):
        if isinstance(item, ast.Slice):
            tensor = _slice(node, tensor, axis, item, env, context)
            axis += 1
        else:
            position = evaluate.number(item, env, context)
            tensor = _apply("select", {"axis": axis, "index": position}, tensor, node, context)
    return tensor


def _without_ellipsis(node: ast.Index, tensor: Tensor) -> list[ast.Expression]:
    """`...` stands for as many `:` as the other items leave."""
    every = ast.Slice(None, None, None, span=node.span)
    items = list(node.items)
    dots = [place for place, item in enumerate(items) if isinstance(item, ast.Ellipsis)]
    if len(dots) > 1:
        raise Fault(errors.values.BadIndex(node.span, "`...` may stand once"))
    if dots:
        items[dots[0] : dots[0] + 1] = [every] * max(tensor.type.rank - len(items) + 1, 0)
    if len(items) > tensor.type.rank:
        raise Fault(errors.values.BadIndex(node.span, f"{len(items)} positions for {tensor.type}"))
    return items


def _slice(
    node: ast.Index, tensor: Tensor, axis: int, part: ast.Slice, env: Environment, context: Context
) -> Tensor:
    if part.start is None and part.stop is None and part.step is None:
        return tensor
    settings: dict[str, Any] = {"axis": axis, "start": 0, "stop": tensor.type.shape[axis]}
    for name, bound in (("start", part.start), ("stop", part.stop), ("step", part.step)):
        if bound is not None:
            settings[name] = evaluate.number(bound, env, context)
    return _apply("slice", settings, tensor, node, context)


def _apply(
    name: str, settings: dict[str, Any], tensor: Tensor, node: ast.Index, context: Context
) -> Tensor:
    layer = find_layer(name)
    assert layer is not None
    path = join(context.path, context.fresh(name))
    for parameter in layer.hyperparameters():
        if parameter.name in settings:
            try:
                settings[parameter.name] = parameter.kind.accept(settings[parameter.name])
            except ValueError as error:
                raise Fault(errors.values.BadIndex(node.span, f"{error} is wanted")) from None
    return context.builder.add(LayerStage(layer(**settings)), (tensor,), path, path, node.span)[0]
