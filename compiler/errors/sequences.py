"""E372, E373 and E378: attention and scans."""

from collections.abc import Iterator
from dataclasses import dataclass

from .base import LayerDiagnostic


@dataclass(frozen=True, slots=True)
class HeadWidths(LayerDiagnostic):
    code = "E372"
    title = "queries and keys have heads of different widths"
    explanation = (
        "Each query head is compared with a key head by a scalar product, so both have the same "
        "width: the width of q over `heads` must equal the width of k over `kv_heads`."
    )
    query: int
    heads: int
    key: int
    kv_heads: int

    def message(self) -> str:
        return "query heads and key heads have different widths"

    def asks(self) -> str:
        return f"{self.heads} query heads of {self.query // self.heads}"

    def notes(self) -> Iterator[str]:
        yield f"query heads: {self.query} / {self.heads} = {self.query // self.heads}"
        yield f"key heads: {self.key} / {self.kv_heads} = {self.key / self.kv_heads:g}"

    def help(self) -> Iterator[str]:
        yield f"make the keys {self.query // self.heads * self.kv_heads} wide"


@dataclass(frozen=True, slots=True)
class MaskShape(LayerDiagnostic):
    code = "E373"
    title = "an attention mask has the wrong shape"
    explanation = (
        "A mask is [T, S], [N, T, S] or [N, heads, T, S], where T counts queries and S keys; sizes "
        "of 1 are repeated. True, or a float added to the score, says which keys a query may read. "
        "A mask of keys alone, [N, S], becomes [N, 1, S] by `unsqueeze(1)`."
    )
    mask: str
    wanted: str

    def message(self) -> str:
        return f"a mask of [{self.mask}] does not fit scores of [{self.wanted}]"

    def asks(self) -> str:
        return f"has scores [{self.wanted}]"


@dataclass(frozen=True, slots=True)
class ScanInputs(LayerDiagnostic):
    code = "E378"
    title = "a scan receives the wrong values"
    explanation = (
        "`x -> scan(cell)` passes one sequence [N, T, …] for each input of the cell. First states "
        "may follow, all of them or none: `(x, h0) -> scan(cell)`."
    )
    sequences: int
    states: int
    found: int

    def message(self) -> str:
        return f"this cell takes {self._wanted()}, but receives {self.found}"

    def asks(self) -> str:
        return f"takes {self._wanted()}"

    def _wanted(self) -> str:
        values = "1 sequence" if self.sequences == 1 else f"{self.sequences} sequences"
        states = "1 state" if self.states == 1 else f"{self.states} states"
        return f"{values}, or {values} and {states}" if self.states else values
