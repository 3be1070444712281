"""What is proved of a space so far, as it is written down."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from draws import CHUNK, FIRST, digest_of
from sizes import SIZES, figures


@dataclass
class Proof:
    """What is proved of one space. `first` is the number of its first trace, not 0 in a part that
    is joined to others later. `sizes` counts the traces of each size; `spent` are the CPU seconds
    of drawing, of checking afresh, as text, and of building and running. `out_of_range` are
    programs that make an index of their own, as `argmin -> embedding(32)` does, and look up one
    that is not there: what an integer holds is no part of its type. `given_up` are draws for which
    the budget of expansions was too small; they are none of the traces. `draws` are
    digests of the first thousand traces, one for each hundred.
    """

    space: str
    first: int = 0
    traces: int = 0
    distinct: int = 0
    texts: int = 0
    built: int = 0
    too_large_to_run: int = 0
    out_of_range: int = 0
    spent: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    given_up: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    draws: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return sum(self.spent.values())

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        begin = time.process_time()
        try:
            yield
        finally:
            self.spent[what] = self.spent.get(what, 0.0) + time.process_time() - begin

    def note(self, sizes: Sequence[int]) -> None:
        for name, size in zip(SIZES, sizes, strict=True):
            found = self.sizes.setdefault(name, {})
            found[str(size)] = found.get(str(size), 0) + 1

    def note_draws(self, digests: Sequence[bytes]) -> None:
        """Keeps a digest of the next traces, if they are a whole chunk among the first."""
        if self._draws_are_whole() and self.traces < FIRST and len(digests) == CHUNK:
            self.draws.append(digest_of(digests))

    def _draws_are_whole(self) -> bool:
        return len(self.draws) * CHUNK == min(self.traces, FIRST)

    def join(self, other: "Proof", new: int) -> None:
        """Takes over what is proved of the traces after these, of which so many are new. Raises
        ValueError where it does not begin there.
        """
        after = self.first + self.traces + len(self.given_up)
        if other.first != after:
            raise ValueError(f"the other part begins at trace {other.first}, not at {after}")
        if self._draws_are_whole():
            self.draws = (self.draws + other.draws)[: FIRST // CHUNK]
        for name in ("traces", "texts", "built", "too_large_to_run", "out_of_range"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.distinct += new
        for what, spent in other.spent.items():
            self.spent[what] = self.spent.get(what, 0.0) + spent
        for name, counted in other.sizes.items():
            found = Counter(self.sizes.get(name, {}))
            found.update(counted)
            self.sizes[name] = dict(found)
        self.given_up += other.given_up
        self.refused += other.refused


def read(file: Path, name: str, first: int = 0) -> Proof:
    """What was proved so far."""
    if not file.exists():
        return Proof(name, first)
    return Proof(**json.loads(file.read_text(encoding="utf-8")))


def line(proof: Proof) -> str:
    rate = proof.traces / proof.seconds if proof.seconds else 0.0
    layers = figures(proof.sizes["layers"])["mean"] if proof.traces else 0.0
    return (
        f"{proof.space:12}{proof.traces:>10,}{proof.distinct:>10,}{proof.texts:>8,}{proof.built:>7,}"
        f"{len(proof.refused):>9,}{rate:>10,.0f}{layers:>8,.1f}"
    )


HEAD = (
    f"{'space':12}{'traces':>10}{'distinct':>10}{'texts':>8}{'built':>7}{'refused':>9}{'per s':>10}"
    f"{'layers':>8}"
)
