"""A part that a `train` block names, with its arguments: an optimiser, a loss, a source.

Comes in: what `block_reader.py` has read and checked, or the declaration of a part that nobody
named. Goes out: a `Chosen`. Starts without torch.
"""

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from ..grammar.record import record
from ..grammar.span import NOWHERE, Span
from .declared import TABLES, Field, signature
from .own_losses import LossGraph


@record
class Chosen:
    """An optimiser, schedule, loss, metric, source or augmentation with its arguments.

    `given` are the arguments that were written, `values` those and the declared defaults. `factor`
    scales a loss. `places` say where arguments stand, `span` where the whole. `network` is the
    graph of a loss that the file itself declares.
    """

    name: str
    given: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    factor: float = 1.0
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    places: Mapping[str, Span] = field(default_factory=dict, compare=False, repr=False)
    network: LossGraph | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        scale = "" if self.factor == 1.0 else f" * {self.factor!r}"
        if self.network is not None:
            return f"{self.network.text}{scale}"
        arguments = ", ".join(f"{name}={_text(value)}" for name, value in self.given.items())
        return f"{self.name}({arguments}){scale}"


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return json.dumps(value)


def default_part(kind: str, name: str, **given: Any) -> Chosen:
    """A part as if it had been written with these arguments."""
    declared = signature(TABLES[kind][name])
    values = {key: default_of(item) for key, item in declared.items()} | given
    return Chosen(name, given, values)


def default_of(item: Field) -> Any:
    """The value that a declared argument has where it is not given."""
    if item.default is None:
        return None
    value = json.loads(item.default)
    if isinstance(value, list):
        return tuple(value)
    return float(value) if item.type == "float" else value
