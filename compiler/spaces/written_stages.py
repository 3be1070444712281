"""Stages that have a name, where one name cannot say what each of their uses came out as.

`let p = P(4, Q)` makes choices in `P` and in `Q` anew at every use of `p`. So a use that came out
as another than the first is written out in its place: a block as a call of its version, a fragment
with all that is in it, each under a label that keeps its path.

Comes in: values of stages, and the writer with the place where they are written. Goes out:
expressions that mean the same there. In the braces that a fragment was written in its names mean
what they meant; elsewhere what they stand for is written in their place.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.naming import last_part
from ..expand.values import (
    FragmentStage,
    FunctionReference,
    FunctionStage,
    Instance,
    LayerReference,
    LayerStage,
    Results,
    Tensor,
    WeightReference,
)
from ..hyperparameter import Initialiser
from .syntax import NotPrintable, bare, literal
from .written_place import WrittenPlace

if TYPE_CHECKING:
    from .writer import Writer

_ANYTHING = ast.Name("identity", span=NOWHERE)


def known_as(stage: FragmentStage) -> Hashable:
    """What tells a named fragment from others: its text, its names and its choices. Whatever else
    it is called, it stays the same.
    """
    return id(stage.expression), id(stage.environment), stage.frozen_key


def same(one: Any, other: Any) -> bool:
    """Whether two values are one stage by two names."""
    if isinstance(one, FragmentStage) and isinstance(other, FragmentStage):
        return known_as(one) == known_as(other)
    return one is other


def fragments(value: Any) -> Iterator[Hashable]:
    """The fragments that a hyperparameter's value is or lists."""
    if isinstance(value, FragmentStage):
        yield known_as(value)
    elif isinstance(value, tuple):
        for item in value:
            yield from fragments(item)


def spelled(value: Any, writer: "Writer", place: WrittenPlace) -> Any:
    """A hyperparameter's value as an expression. Raises NotPrintable for what no text says there:
    an instance or a tensor of other braces.
    """
    own = writer.versions.name_within(value, place)
    if own is not None:
        return ast.Name(own, span=NOWHERE)
    match value:
        case LayerReference():
            return ast.Name(value.layer.name, span=NOWHERE)
        case LayerStage():
            return _layer(value, place)
        case FunctionReference():
            return writer.versions.name_of(value)
        case FunctionStage():
            return called(writer.versions.name_of(value.reference), value, writer, place)
        case FragmentStage():
            written = writer.first_text(value, place)
            return moved(written, value, writer, place)
        case Instance():
            return _owned(value.owner, place)
        case tuple():
            items = tuple(spelled(item, writer, place) for item in value)
            return ast.List(items, span=NOWHERE)
        case _:
            return literal(value)


def called(
    name: Any, stage: FunctionStage, writer: "Writer", place: WrittenPlace, body: Any = ()
) -> Any:
    """A block with what it was given; `body` is its text where that is known."""
    arguments = tuple(
        ast.Argument(item, value, span=NOWHERE)
        for item, value in _given(stage, writer, place, body)
    )
    return ast.Call(name, arguments, span=NOWHERE)


def _given(
    stage: FunctionStage, writer: "Writer", place: WrittenPlace, body: Any
) -> Iterator[tuple[str, Any]]:
    for name in stage.values:
        if name not in stage.given:
            continue
        try:
            yield name, spelled(stage.values[name], writer, place)
        except NotPrintable:
            if not body or _reads(body, name):
                raise
            yield name, _ANYTHING


def _reads(node: ast.Node, name: str) -> bool:
    if isinstance(node, ast.Name) and node.id == name:
        return True
    return any(_reads(child, name) for child in ast.children(node))


def _layer(stage: LayerStage, place: WrittenPlace) -> Any:
    """A layer with the settings that are not its defaults."""
    layer = stage.layer
    settings = {item.name: (getattr(layer, item.name), item) for item in layer.hyperparameters()}
    given = {
        name: literal(value)
        for name, (value, item) in settings.items()
        if item.required or value != item.default
    }
    given |= {key: _weight(weight, place) for key, weight in stage.tied.items()}
    if stage.initialiser is not None:
        given["init"] = _initialiser(stage.initialiser)
    name = ast.Name(layer.name, span=NOWHERE)
    return _call(name, given) if given else name


def _call(name: ast.Name, given: dict[str, Any]) -> ast.Call:
    values = tuple(ast.Argument(key, value, span=NOWHERE) for key, value in given.items())
    return ast.Call(name, values, span=NOWHERE)


def _initialiser(initialiser: Initialiser) -> Any:
    name = ast.Name(initialiser.name, span=NOWHERE)
    settings = {key: literal(value) for key, value in initialiser.settings.items()}
    return _call(name, settings) if settings else name


def _weight(weight: WeightReference, place: WrittenPlace) -> Any:
    return ast.Attribute(_owned(weight.owner, place), weight.name, span=NOWHERE)


def _owned(owner: str, place: WrittenPlace) -> ast.Name:
    """The name of an instance."""
    above, _, name = owner.rpartition(".")
    if above != place.root and not above.startswith(f"{place.root}."):
        raise NotPrintable(f"the layer `{name}` is used where its name is not known")
    return ast.Name(name, span=NOWHERE)


def moved(written: Any, stage: FragmentStage, writer: "Writer", place: WrittenPlace) -> Any:
    """The text of a fragment where it is used: its names stand for what they stood for."""
    home = stage.environment.file
    foreign = home is not writer.reference.home
    same = place.root in writer.scopes.get(id(stage.expression), ())
    written = _renamed(written, id(stage.expression), writer)
    if same and not foreign:
        return written

    def visit(value: Any) -> Any:
        if isinstance(value, ast.Name):
            found = stage.environment.find_inside(value.id)
            if found is not None:
                return value if same else _stands_for(value, found.value, writer, place)
            known = not foreign or value.id in writer.versions.names_made
            return value if known else writer.imports.of_file(value, home)
        if isinstance(value, ast.Node):
            parts = ((item.name, getattr(value, item.name)) for item in fields(value))
            return _joined(
                bare(value, **{name: visit(part) for name, part in parts if _inside(part)})
            )
        return tuple(map(visit, value)) if type(value) is tuple else value

    return visit(written)


def _renamed(written: Any, key: int, writer: "Writer") -> Any:
    """The text with names of its own for what it binds, which may be known where it goes to."""
    names = {name: writer.imports.own_name(name, key) for name in _bound(written)}

    def visit(value: Any) -> Any:
        if isinstance(value, ast.Name):
            return bare(value, id=names.get(value.id, value.id))
        if isinstance(value, ast.Node):
            parts = ((item.name, getattr(value, item.name)) for item in fields(value))
            changes = {name: visit(part) for name, part in parts if _inside(part)}
            return bare(value, **{**changes, **_targets(value, names)})
        return tuple(map(visit, value)) if type(value) is tuple else value

    return visit(written) if names else written


def _targets(node: ast.Node, names: Mapping[str, str]) -> Mapping[str, Any]:
    match node:
        case ast.Let(name=name) | ast.Instance(name=name):
            return {"name": names[name]}
        case ast.Bind(targets=targets) | ast.For(targets=targets):
            return {"targets": tuple(names.get(target, target) for target in targets)}
        case _:
            return {}


def _bound(node: ast.Node) -> Iterator[str]:
    match node:
        case ast.Let(name=name) | ast.Instance(name=name):
            yield name
        case ast.Bind(targets=targets) | ast.For(targets=targets):
            yield from (target for target in targets if target != "_")
    for child in ast.children(node):
        yield from _bound(child)


def _stands_for(name: ast.Name, value: Any, writer: "Writer", place: WrittenPlace) -> Any:
    if isinstance(value, Tensor | Results):
        raise NotPrintable(f"the tensor `{name.id}` is used where its name is not known")
    return spelled(value, writer, place)


def _joined(node: Any) -> Any:
    """`p()` where `p` became a call itself."""
    if isinstance(node, ast.Call) and isinstance(node.function, ast.Call):
        return node.function
    return node


def _inside(value: Any) -> bool:
    return isinstance(value, ast.Node) or type(value) is tuple


def is_elsewhere(stage: FragmentStage, writer: "Writer") -> bool:
    """Whether a fragment has its name in another file, which is not written."""
    own = stage.environment.file is writer.reference.home
    return not own and id(stage.expression) not in writer.scopes


def labelled(path: str, stage: Any) -> ast.Labelled:
    """A stage under the name that it had by then."""
    return ast.Labelled(path.rpartition(".")[2], stage, span=NOWHERE)


def in_braces(written: Any) -> Any:
    """A fragment, which opens a path; `scan` takes the name itself."""
    if isinstance(written, ast.Fragment):
        return written
    if isinstance(written, ast.Call) and last_part(written.function) == "scan":
        return written
    body = ast.Body((ast.Result(written, span=NOWHERE),), span=NOWHERE)
    return ast.Fragment(body, span=NOWHERE)
