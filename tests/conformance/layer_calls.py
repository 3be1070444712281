"""Random calls of a layer: hyperparameters and input types, likely and unlikely ones.

Comes in: a layer's class. Goes out: a Hypothesis strategy of `LayerCall`s. Most are drawn around
what the layer declares (`typical`, domains, defaults), the rest far from it, so that refusals are
met too.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archc.compiler.dims import Dim, axis
from archc.compiler.hyperparameter import (
    WILDCARD,
    AnyKind,
    Auto,
    AxesKind,
    Between,
    BoolKind,
    Domain,
    DTypeKind,
    FloatKind,
    Hyperparameter,
    Initialiser,
    InitKind,
    IntKind,
    IntsKind,
    Kind,
    ListKind,
    NamedKind,
    NumberKind,
    OneOf,
    PaddingKind,
    ShapeKind,
    SizeKind,
    SpatialKind,
    SpatialSizesKind,
    StrKind,
    Symbol,
)
from archc.compiler.layer import Layer
from archc.compiler.types import DTYPES, F32, DType, TensorType
from hypothesis import strategies as st
from layer_cells import scans

Label = str | int
"""An axis before it has a size: a name, or the size itself."""


@dataclass(frozen=True)
class LayerCall:
    """A layer and the types of its inputs, whose axes are names or numbers; `sizes` gives the
    names' sizes.
    """

    layer: Layer
    ports: tuple[tuple[DType, tuple[Label, ...]], ...]
    sizes: Mapping[str, int]
    symbols: frozenset[str]

    def concrete(self, **other: int) -> tuple[TensorType, ...]:
        """The types with every axis a number."""
        sizes = {**self.sizes, **other}
        return self._types(dict(sizes))

    def symbolic(self) -> tuple[TensorType, ...]:
        """The types with the axes in `symbols` free."""
        sizes: dict[str, Dim] = dict(self.sizes)
        return self._types(sizes | {name: axis(name) for name in self.symbols})

    def _types(self, sizes: Mapping[str, Dim]) -> tuple[TensorType, ...]:
        return tuple(
            TensorType(dtype, tuple(x if isinstance(x, int) else sizes[x] for x in labels))
            for dtype, labels in self.ports
        )


COMMON = (
    (("N", "C", "H", "W"),),
    (("N", "C", "T"),),
    (("N", 4),),
    (("N", 6, 5, 4),),
    (("N", "T", 6),),
)
"""What flows into a layer that says nothing: images, sequences, vectors."""


@st.composite
def calls(draw: st.DrawFn, cls: type[Layer]) -> LayerCall:
    """Calls of a layer; every hyperparameter is of its kind, if perhaps an impossible one."""
    given: dict[str, Any] = {}
    if cls.name == "scan":
        given, ports = draw(scans())
    elif draw(st.integers(0, 4)) == 4:
        ports = draw(_wild_ports(cls))
    else:
        text = draw(st.sampled_from(cls.typical)) if cls.typical else ""
        ports, given = parse(cls, text) if text else (draw(_common_ports(cls)), {})
        if draw(st.integers(0, 6)) == 6:
            ports = draw(_mutated(ports))
        elif draw(st.integers(0, 5)) == 5:
            dtype = draw(st.sampled_from([DTYPES["f16"], DTYPES["f64"]]))
            ports = tuple((dtype if old == F32 else old, labels) for old, labels in ports)
    wild = cls.name != "scan" and draw(st.integers(0, 4)) == 4
    plain = bool(given) and not wild and draw(st.integers(0, 2)) < 2
    settings = {
        item.name: draw(_setting(item, wild))
        for item in cls.hyperparameters()
        if wild or item.name not in given
        if item.required or not plain
    }
    settings = settings if wild else settings | given
    names = sorted({label for _, labels in ports for label in labels if isinstance(label, str)})
    sizes = {name: draw(st.integers(1, 6)) for name in names}
    symbols = frozenset(name for name in names if draw(st.booleans()))
    return LayerCall(cls(**settings), ports, sizes, symbols)


# --- Inputs ------------------------------------------------------------------------------------


def parse(
    cls: type[Layer], text: str
) -> tuple[tuple[tuple[DType, tuple[Label, ...]], ...], dict[str, Any]]:
    """`f32[N, 4], i64[N] -> name(2, axis=1)` as ports and settings."""
    types, arrow, call = text.partition("->")
    ports = []
    for item in (part.strip() for part in types.split("]") if part.strip(" ,")):
        dtype, _, axes = item.strip(" ,").partition("[")
        labels = tuple(_label(label) for label in axes.split(",") if label.strip())
        ports.append((DTYPES[dtype], labels))
    settings: dict[str, Any] = {}
    if arrow:
        node = ast.parse(call.strip(), mode="eval").body
        items = cls.hyperparameters()
        if isinstance(node, ast.Call):
            pairs = [
                *zip((item.name for item in items), node.args, strict=False),
                *((keyword.arg or "", keyword.value) for keyword in node.keywords),
            ]
            kinds = {item.name: item.kind for item in items}
            settings = {name: kinds[name].accept(_literal(value)) for name, value in pairs}
    return tuple(ports), settings


def _label(text: str) -> Label:
    text = text.strip()
    return int(text) if text.isdigit() else text


def _literal(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=name):
            return DTYPES.get(name, Symbol(name))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return tuple(map(_literal, items))
        case _:
            return ast.literal_eval(node)


def _count(cls: type[Layer]) -> st.SearchStrategy[int]:
    low, high = cls.arity
    return st.integers(low, high if high is not None else low + 2)


@st.composite
def _common_ports(draw: st.DrawFn, cls: type[Layer]) -> Any:
    (labels,) = draw(st.sampled_from(COMMON))
    low, high = cls.arity
    count = draw(st.integers(max(low, 2), 3)) if high is None else draw(st.integers(low, high))
    return ((F32, labels),) * count


@st.composite
def _wild_ports(draw: st.DrawFn, cls: type[Layer]) -> Any:
    names = st.sampled_from(("A", "B", "D", 1, 2, 3, 4))
    axes = st.lists(names, max_size=5).map(tuple)
    dtypes = st.one_of(st.just(F32), st.sampled_from(list(DTYPES.values())))
    first = (draw(dtypes), draw(axes))
    ports = [
        (draw(st.sampled_from([first[0], F32])), draw(st.one_of(st.just(first[1]), axes)))
        for _ in range(draw(_count(cls)))
    ]
    return tuple(ports)


@st.composite
def _mutated(draw: st.DrawFn, ports: Any) -> Any:
    if not ports:
        return ports
    changed = list(ports)
    at = draw(st.integers(0, len(ports) - 1))
    dtype, labels = changed[at]
    match draw(st.sampled_from(["dtype", "drop", "add", "size"])):
        case "dtype":
            changed[at] = (draw(st.sampled_from(list(DTYPES.values()))), labels)
        case "drop" if labels:
            changed[at] = (dtype, labels[:-1])
        case "add":
            changed[at] = (dtype, (*labels, draw(st.integers(1, 3))))
        case _ if labels:
            axis_at = draw(st.integers(0, len(labels) - 1))
            size = draw(st.integers(1, 5))
            changed[at] = (dtype, (*labels[:axis_at], size, *labels[axis_at + 1 :]))
    return tuple(changed)


# --- Hyperparameters ---------------------------------------------------------------------------


def _setting(item: Hyperparameter, wild: bool) -> st.SearchStrategy[Any]:
    """The default, or a value of the domain; if `wild`, at times any value of the kind."""
    likely = [] if item.required else [st.just(item.default)] * 2
    if item.domain is not None:
        likely.append(_from_domain(item.domain, item.kind))
    elif isinstance(item.kind, BoolKind):
        likely.append(st.booleans())
    if wild or not likely:
        likely += [_of_kind(item.kind)] * 2
    return st.one_of(*likely)


def _from_domain(domain: Domain, kind: Kind) -> st.SearchStrategy[Any]:
    """Small values of the domain, in the layer's form."""
    match domain:
        case OneOf(options):
            return st.one_of(
                *(
                    _from_domain(option, kind)
                    if isinstance(option, Between | OneOf)
                    else st.just(kind.accept(option))
                    for option in options
                )
            )
        case Between(low, high) if isinstance(low, int) and isinstance(high, int):
            return st.integers(low, min(high, low + 8)).map(kind.accept)
    return st.sampled_from([domain.low, (domain.low + domain.high) / 2]).map(kind.accept)


_SMALL = st.integers(-1, 5)
_AXES = st.integers(-4, 4)
_NUMBERS = st.sampled_from([-1.0, 0.0, 0.001, 0.25, 0.5, 1.0, 1.5, 2.0])
_PAIRS = st.tuples(st.integers(0, 2), st.integers(-1, 2))


def _of_kind(kind: Kind) -> st.SearchStrategy[Any]:
    """Any small value that the kind accepts."""
    if isinstance(kind, Auto):
        return st.one_of(st.sampled_from(kind.symbols), _of_kind(kind.inner))
    return next(values for known, values in _VALUES if isinstance(kind, known))


def _sorted_items(sizes: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(sizes.items()))


_VALUES: tuple[tuple[type[Kind], st.SearchStrategy[Any]], ...] = (
    (IntKind, _SMALL),
    (SizeKind, _SMALL),
    (FloatKind, _NUMBERS),
    (NumberKind, st.one_of(_SMALL, _NUMBERS)),
    (BoolKind, st.booleans()),
    (StrKind, st.sampled_from(["none", "mean", "nearest", "a b -> b a", ""])),
    (DTypeKind, st.sampled_from(list(DTYPES.values()))),
    (
        SpatialKind,
        st.one_of(
            st.integers(0, 4),
            st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
        ),
    ),
    (
        PaddingKind,
        st.one_of(
            st.sampled_from(["same", "valid"]),
            st.integers(-1, 2),
            st.lists(_PAIRS, min_size=1, max_size=3).map(tuple),
            st.lists(st.integers(0, 2), min_size=1, max_size=3).map(tuple),
        ),
    ),
    (IntsKind, st.lists(_SMALL, min_size=1, max_size=3).map(tuple)),
    (SpatialSizesKind, st.one_of(_SMALL, st.lists(_SMALL, min_size=1, max_size=3).map(tuple))),
    (NamedKind, st.dictionaries(st.sampled_from("abh"), _SMALL, max_size=2).map(_sorted_items)),
    (InitKind, st.sampled_from(InitKind.symbols).map(lambda name: Initialiser(name, {}))),
    (AxesKind, st.lists(_AXES, min_size=0, max_size=3).map(tuple)),
    (ShapeKind, st.lists(st.one_of(st.integers(1, 6), st.just(WILDCARD)), max_size=3).map(tuple)),
    (ListKind, st.lists(_SMALL, max_size=3).map(tuple)),
    (AnyKind, st.one_of(_SMALL, _NUMBERS, st.lists(_SMALL, max_size=3).map(tuple))),
    (Kind, st.one_of(_SMALL, _NUMBERS)),
)
