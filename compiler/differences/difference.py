"""What changed between two networks, as data."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...grammar.record import record
from ...lazy import lazy_module

if TYPE_CHECKING:
    from . import text as drawing
else:  # it reads what stands here
    drawing = lazy_module(".text", __package__)

Shape = tuple[int, ...]


@record
class Side:
    """A layer in one of the two: its name, how it is written, the types of its outputs, its cost
    for one example; operations may be a text over symbolic axes.
    """

    name: str
    layer: str
    types: str
    params: int
    flops: int | str


@record
class Change:
    """Something of a layer that is not as it was: a hyperparameter, `name`, `output`, `reads` for
    where its inputs come from, `weights` for whose it uses. None where there was nothing.
    """

    what: str
    before: Any
    after: Any


@record
class LayerPair:
    """A layer before and after; None where it was added or removed."""

    before: Side | None
    after: Side | None
    changes: tuple[Change, ...] = ()

    @property
    def kind(self) -> str:
        """`same`, `changed`, `added` or `removed`."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "changed" if self.changes else "same"


@record
class WeightsFit:
    """What becomes of weights that are carried over by name and shape.

    `kept` fit as they are. `reshaped` have their name and another shape; `moved` their layer and
    shape under another name; `lost` and `new` are of one side alone. Those of `kept` that are
    `misplaced` fit by chance: their name is now that of another layer.
    """

    kept: tuple[str, ...]
    reshaped: Mapping[str, tuple[Shape, Shape]]
    moved: Mapping[str, str]
    lost: Mapping[str, Shape]
    new: Mapping[str, Shape]
    misplaced: tuple[str, ...]
    kept_params: int


@record
class Costs:
    """The whole network for one example. Operations may be a text over symbolic axes."""

    layers: int
    params: int
    flops: int | str


@record
class Difference:
    """All that changed. `layers` holds every layer of both; `signature` and `settings` what
    changed of inputs, outputs, and of the `train` block.
    """

    names: tuple[str, str]
    hashes: tuple[str, str]
    signature: tuple[Change, ...]
    layers: tuple[LayerPair, ...]
    costs: tuple[Costs, Costs]
    weights: WeightsFit
    settings: tuple[Change, ...]

    def __str__(self) -> str:
        return drawing.as_text(self)

    @property
    def is_same(self) -> bool:
        """Whether nothing changed, names and settings included."""
        changed = any(pair.kind != "same" for pair in self.layers)
        return not (changed or self.signature or self.settings)

    @property
    def computes_the_same(self) -> bool:
        """Whether both networks have one canonical hash, whatever their layers are called."""
        return self.hashes[0] == self.hashes[1]

    def as_json(self) -> dict[str, Any]:
        """What `archc diff --json` prints."""
        return {
            "same": self.is_same,
            "networks": list(self.names),
            "hashes": list(self.hashes),
            "signature": [_change(item) for item in self.signature],
            "layers": [_pair(item) for item in self.layers if item.kind != "same"],
            "unchanged": sum(item.kind == "same" for item in self.layers),
            "costs": {
                name: [getattr(side, name) for side in self.costs]
                for name in ("layers", "params", "flops")
            },
            "weights": {
                "kept": list(self.weights.kept),
                "kept_params": self.weights.kept_params,
                "misplaced": list(self.weights.misplaced),
                "reshaped": {
                    name: [list(shape) for shape in shapes]
                    for name, shapes in self.weights.reshaped.items()
                },
                "moved": dict(self.weights.moved),
                "lost": {name: list(shape) for name, shape in self.weights.lost.items()},
                "new": {name: list(shape) for name, shape in self.weights.new.items()},
            },
            "settings": [_change(item) for item in self.settings],
        }


def _change(item: Change) -> dict[str, Any]:
    return {"what": item.what, "before": item.before, "after": item.after}


def _pair(item: LayerPair) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "before": _side(item.before),
        "after": _side(item.after),
        "changes": [_change(change) for change in item.changes],
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "name": side.name,
        "layer": side.layer,
        "types": side.types,
        "params": side.params,
        "flops": side.flops,
    }
