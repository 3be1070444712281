"""Everything learned about the data: how raw values become the network's inputs, and answers
become names.

Comes in: encoders fitted on the training split alone, and the target. Goes out: `Transform`, which
travels as JSON with checkpoint, ONNX metadata and manifest, and turns new raw inputs into arrays
(`apply`). May be assumed: `Transform.from_json(t.to_json()) == t`, and JSON from a stranger raises
DataError at worst.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..errors import DataError
from ..lazy import Array, np
from ..settings import configure
from .encoders import ArrayEncoder, Encoder, ImageEncoder, TextEncoder
from .table_encoder import TableEncoder

ENCODERS: dict[str, type[Encoder]] = {
    "image": ImageEncoder,
    "array": ArrayEncoder,
    "text": TextEncoder,
    "table": TableEncoder,
}
KINDS = {encoder: kind for kind, encoder in ENCODERS.items()}
Task = Literal["classification", "regression", "sequence"]


@dataclass(frozen=True, slots=True)
class Target:
    """What the network answers: `classes` scores per row (or position), or `shape` numbers per row.

    `names` holds the classes' names in order, empty where they have none.
    """

    name: str
    task: Task
    classes: int = 0
    names: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()

    @property
    def labels(self) -> tuple[str, ...] | None:
        return self.names or None

    def output_type(self) -> str:
        """The type of a fitting network's output: `f32[N, 10]`, `f32[N, T, 128]`."""
        if self.task == "sequence":
            return f"f32[N, T, {self.classes}]"
        if self.task == "classification":
            return f"f32[N, {self.classes}]"
        return f"f32[{', '.join(('N', *map(str, self.shape)))}]"

    def encode(self, values: Sequence[str]) -> Array:
        """Class names as indices, int64 [N]. Raises DataError for a name that training never
        saw."""
        index = {name: number for number, name in enumerate(self.names)}
        unseen = next((value for value in values if value not in index), None)
        if unseen is not None:
            raise DataError(
                f"the class {unseen!r} of `{self.name}` was not among those trained on",
                f"there are: {', '.join(self.names[:20])}",
            )
        return np.array([index[value] for value in values], dtype=np.int64)

    def name_of(self, index: int) -> str:
        """The name of a class, or its number where it has none."""
        return self.names[index] if 0 <= index < len(self.names) else str(index)


@dataclass(frozen=True, slots=True)
class Transform:
    """One encoder per input of the network, in order, and the target."""

    encoders: Mapping[str, Encoder]
    target: Target

    def apply(self, raw: object) -> dict[str, Array]:
        """New raw inputs as the network reads them.

        `raw` is a mapping from input names to raw values; with one input its values may stand
        alone (an array, a text, a table's columns by name). Raises DataError for a shape or value
        that does not fit.
        """
        if isinstance(raw, Mapping) and set(self.encoders) <= set(raw):
            return {name: encoder.encode(raw[name]) for name, encoder in self.encoders.items()}
        if len(self.encoders) == 1:
            ((name, encoder),) = self.encoders.items()
            return {name: encoder.encode(raw)}
        raise DataError(
            f"the network has {len(self.encoders)} inputs",
            f"give each by name: {', '.join(self.encoders)}",
        )

    def to_json(self) -> str:
        inputs = [
            {"name": name, "kind": KINDS[type(encoder)], **asdict(encoder)}
            for name, encoder in self.encoders.items()
        ]
        return json.dumps({"version": 1, "inputs": inputs, "target": asdict(self.target)})

    @classmethod
    def from_json(cls, text: str) -> Transform:
        """Raises DataError where the text is not what `to_json` writes."""
        try:
            found: Any = json.loads(text)
            if found["version"] != 1:
                raise DataError(f"version {found['version']} of a data transform is unknown")
            encoders = {entry.pop("name"): _encoder(entry) for entry in found["inputs"]}
            return cls(encoders, configure(Target, "target", found["target"]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DataError(
                f"the data transform is damaged: {type(error).__name__}: {error}",
                "train again, or take another checkpoint",
            ) from None


def _encoder(entry: dict[str, Any]) -> Encoder:
    kind = entry.pop("kind")
    return ENCODERS[kind].from_fields(entry)
