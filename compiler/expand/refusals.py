"""Which hyperparameters a layer looked at before it refused its inputs.

`embedding(?, ?)` wants integers: on anything else all of its million settings are refused for the
same reason, and none of them need be tried. `mean(axes=3)` is refused by whatever has three axes.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from ...grammar.diagnostic import Diagnostic, Fault
from ...grammar.record import record, replaced
from ...grammar.span import NOWHERE, Span
from .. import rules
from ..checks import Checks
from ..errors.base import Site
from ..facts import Facts
from ..layer import Layer
from ..types import Shape, TensorType
from .values import LayerStage, OpenReal, Tensor


@cache
def _watching(kind: Any) -> Any:
    """A layer whose objects note which of their hyperparameters are read."""

    def watched(name: str) -> property:
        def read(self: Any) -> Any:
            self.__dict__[_READ].add(name)
            return self.__dict__[name]

        return property(read)

    made = type(kind.__name__, (kind,), {"name": kind.name, "__doc__": kind.__doc__})
    for item in kind.hyperparameters():
        setattr(made, item.name, watched(item.name))
    return made


_READ = "_read"


class _WatchedType(TensorType):
    """A type that notes whether its sizes are read; its dtype and rank may be."""

    __slots__ = ("sizes", "touched")
    sizes: Shape
    touched: bool

    def __init__(self, found: TensorType) -> None:
        object.__setattr__(self, "dtype", found.dtype)
        object.__setattr__(self, "sizes", found.shape)
        object.__setattr__(self, "touched", False)

    @property
    def shape(self) -> Shape:
        object.__setattr__(self, "touched", True)
        return self.sizes

    @property
    def rank(self) -> int:
        return len(self.sizes)


@record
class Reading:
    """What a layer read before it refused: hyperparameters, and whether sizes of its inputs."""

    settings: frozenset[str]
    sizes: bool


def reading(layer: Layer, inputs: Sequence[Tensor], fault: Fault, facts: Facts) -> Reading | None:
    """What was read before the layer refused these inputs; None where that cannot be told."""
    if facts.assumptions:
        return None
    types = [_WatchedType(item.type) for item in inputs]
    watched = object.__new__(_watching(type(layer)))  # type: ignore[arg-type]
    read: set[str] = set()
    watched.__dict__.update(layer.__dict__, **{_READ: read})
    check = Checks(facts, Site(layer.name, NOWHERE))
    try:
        check.inputs(types, *layer.arity)
        watched.infer(check, *types)
    except Fault as again:
        same = type(again.diagnostic) is type(fault.diagnostic)
        sizes = any(item.touched for item in types)
        return Reading(frozenset(read), sizes) if same else None
    except Exception:  # what a layer from outside does is its own
        return None
    return None


def decides(stage: LayerStage, name: str, end: float, inputs: Sequence[Tensor]) -> bool:
    """Whether a hyperparameter decides anything: with another value the layer is refused, or makes
    something else of these inputs.
    """
    types = [item.type for item in inputs]
    known = rules.known(stage.layer, types)
    if known is None:
        return True
    try:
        layer = replaced(stage.layer, **{name: end})
        layer = _same(layer, tuple([type(getattr(layer, key)) for key in layer.__match_args__]))  # type: ignore[attr-defined]
        other = rules.known(layer, types) or _inferred(layer, types)
    except Exception:  # whatever it is, it is no sign that the value does not matter
        return True
    return other.outputs != known.outputs or dict(other.weights) != dict(known.weights)


def _inferred(layer: Layer, types: Sequence[TensorType]) -> rules.Rule:
    """What a layer makes of types, kept for the next time."""
    found = layer.infer(Checks(Facts(), Site(layer.name, NOWHERE)), *types)
    outputs = found if isinstance(found, tuple) else (found,)
    return rules.keep(layer, types, outputs, layer.weights(*types), 0)


@lru_cache(maxsize=8_192)
def _same(layer: Layer, kinds: tuple[type, ...]) -> Layer:
    """One object for all layers with equal values of equal types, by which its rules are kept."""
    return layer


# --- what is refused whatever the sizes -----------------------------------------------------------

Kinds = tuple[tuple[str, int], ...]
Values = tuple[tuple[str, Any, Any], ...]
MOST_KEPT = 100_000


@record
class Known:
    """A refusal that rests on these settings and on the dtypes and ranks of what flows in."""

    settings: frozenset[str]
    reason: Diagnostic


_read: dict[tuple[type[Layer], Kinds], list[tuple[str, ...]]] = {}  # settings, as layers read them
_known: dict[tuple[type[Layer], Kinds, Values], Known] = {}


def kinds(inputs: Sequence[Tensor]) -> Kinds:
    """The dtypes and ranks of what flows in."""
    return tuple([(item.type.dtype.name, len(item.type.shape)) for item in inputs])


def note(
    layer: Layer, inputs: Sequence[Tensor], settings: frozenset[str], reason: Diagnostic
) -> None:
    """A layer refused inputs of these kinds before it read a size, or any setting but these: with
    these values it always will.
    """
    names, kind, what = tuple(sorted(settings)), type(layer), kinds(inputs)
    values = _values(layer, names)
    if len(_known) >= MOST_KEPT or not all(_is_told_apart(types) for _, types, _ in values):
        return
    read = _read.setdefault((kind, what), [])
    if names not in read:
        read.append(names)
    _known[kind, what, values] = Known(settings, reason)


def known(layer: Layer, inputs: Sequence[Tensor]) -> Known | None:
    """What is known to refuse a layer, found by what it read before."""
    kind, what = type(layer), kinds(inputs)
    for names in _read.get((kind, what), ()):
        found = _known.get((kind, what, _values(layer, names)))
        if found is not None:
            return found
    return None


def _values(layer: Layer, names: Sequence[str]) -> Values:
    """Some settings by name; equal values of two types, such as 1 and true, are told apart."""
    pairs = [(name, getattr(layer, name)) for name in names]
    return tuple([(name, _types(value), value) for name, value in pairs])


def _types(value: Any) -> Any:
    return tuple([type(item) for item in value]) if type(value) is tuple else type(value)


def _is_told_apart(types: Any) -> bool:
    """Whether values of these types are equal where a layer cannot tell one from the other: not
    where a list holds lists, and a number of a real range hardly comes up again.
    """
    found = types if isinstance(types, tuple) else (types,)
    return tuple not in found and OpenReal not in found


def refuse_hopeless(layer: type[Layer], inputs: Sequence[Tensor], span: Span) -> None:
    """Raises the Fault again that a layer raised for inputs of the same kinds, if it read no
    setting.
    """
    found = _known.get((layer, kinds(inputs), ()))
    if found is not None:
        raise Fault(again(found.reason, layer.name, inputs, span))


def again(reason: Diagnostic, name: str, inputs: Sequence[Tensor], span: Span) -> Diagnostic:
    """A reason as it is at another place."""
    site = Site(name, span, tuple([(item.span, item.type) for item in inputs]))
    changes: dict[str, Any] = {"site": site}
    return replace(reason, **changes)
