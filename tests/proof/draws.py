"""Whether spaces still draw the programs that were proved.

Comes in: `results.json` beside this file. Goes out: for each space, how many of the traces that
were proved first the present code draws again, in their order; exit status 1 where one differs.
A proof of many hours was made by some commit: it is one of what the present code draws as long as
that draws the same.

    python tests/proof/draws.py
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import archc

FOLDER = Path(__file__).parents[2] / "examples" / "spaces"
RESULTS = Path(__file__).with_name("results.json")
CHUNK = 100
FIRST = 1_000
"""Of so many traces digests are kept, one for each chunk."""


def drawn(space: archc.Space, number: int) -> Iterator[tuple[int, archc.DrawnProgram | None]]:
    """The programs from a number on, without end: none where the draw is given up."""
    while True:
        try:
            (program,) = space.samples(1, seed=0, start=number)
        except archc.SpaceLimit:
            yield number, None
        else:
            yield number, program
        number += 1


def digest(program: archc.DrawnProgram) -> bytes:
    return blake2b(repr(program.decisions).encode(), digest_size=8).digest()


def digest_of(digests: Iterable[bytes]) -> str:
    """One digest of many, in their order."""
    return blake2b(b"".join(digests), digest_size=8).hexdigest()


def redrawn(name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """The digests of the chunks that the present code draws, without end."""
    space = archc.space(FOLDER / f"{name}.arch", **settings)
    digests = (digest(program) for _, program in drawn(space, 0) if program is not None)
    while True:
        yield digest_of(islice(digests, CHUNK))


def same(entry: Mapping[str, Any]) -> int:
    """How many of the first traces of a space are drawn as they were."""
    again = redrawn(entry["space"], entry["settings"])
    for place, (kept, found) in enumerate(zip(entry["draws"], again, strict=False)):
        if kept != found:
            return place * CHUNK
    return len(entry["draws"]) * CHUNK


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--space", action="append", help="only these")
    parser.add_argument("--results", type=Path, default=RESULTS, help="what was proved")
    chosen = parser.parse_args()
    failed = False
    for entry in json.loads(chosen.results.read_text(encoding="utf-8"))["spaces"]:
        if chosen.space and entry["space"] not in chosen.space:
            continue
        count, kept = same(entry), len(entry["draws"]) * CHUNK
        failed |= count < kept or not kept
        told = "the same" if count == kept else f"another among the {CHUNK} after these"
        told = told if kept else "no digest was written down"
        print(f"{entry['space']:12}{count:>6,} of {kept:,}: {told}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
