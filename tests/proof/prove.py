"""Programs drawn from the spaces of `examples/spaces/`, each accepted by the checker run afresh.

Comes in: how many traces of each space (a million unless told). Goes out: a table, and
`results.json` beside this file. Every trace is expanded anew by the checker, without the automaton
it was drawn from; the first ones are printed and checked again as text, with equal hashes; some are
built and run forward and backward in PyTorch. A trace that was drawn before is counted and not
checked twice. How large the programs are is told too: layers, how many of them lie on the longest
path, how deep blocks stand in blocks. Digests of the first traces are written down, so that
`draws.py` can tell whether a later commit still draws them.

A chunk is proved and then written down, so a run may be stopped at any moment, by Ctrl-C and by
`kill -9` too, and goes on where it was. Spaces take turns, so that all get on and every core has
work:

    python tests/proof/prove.py --per-space 1000000 --jobs 2

One space can be proved in parts, on several cores or machines, which are joined in their order:

    python tests/proof/prove.py --space nasnet --per-space 500000
    python tests/proof/prove.py --space nasnet --first 500000 --per-space 500000 --state build/two
    python tests/proof/prove.py --space nasnet --join build/two

With `--built 0` nothing is run in PyTorch, and any Python 3.11 with lark, click and rich will do.
PyPy (7.3.19, with PYPY_GC_NURSERY=64M in its environment) proves programs of cells about three
times as fast as CPython; over the whole vocabulary it is no faster. A later run without the option,
under CPython, builds what is left.
"""

import argparse
import fcntl
import gc
import json
import os
import signal
import struct
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from multiprocessing import get_context, parent_process
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any

import archc
from afresh import checked, is_small, refusal_of_text, run
from draws import CHUNK, FOLDER, RESULTS, digest, drawn
from records import HEAD, Proof, line, read
from sizes import SIZES, figures, sizes_of

ROOT = Path(__file__).parents[2]
SPACES: dict[str, dict[str, Any]] = {
    "images": {},
    "sequences": {},
    "text": {},
    "graphs": {},
    "recursive": {},
    "nasbench101": {"width": 16, "modules": 1},
    "nasbench201": {"cells_each": 1},
    "darts": {"width": 4, "cells_each": 1},
    "nasnet": {"width": 4, "cells_each": 1},
    "metaqnn": {},
    "everything": {},
    "rare": {},
}
"""The twelve spaces. The choices of a cell are the same however often it is repeated, so networks
of cells are proved with few.
"""
KEPT = 20_000
"""After so many traces a space is read anew, so that what is remembered of it stays small."""
MOST_SHOWN = 20
TURN = 120
"""Seconds after which it is another space's turn."""
KNOWN = struct.Struct("<8sHHH")
"""A trace as it is written down: its digest, and its program's sizes."""


@dataclass(frozen=True)
class Amounts:
    """How much is to be proved of each space, from which trace on."""

    traces: int
    texts: int
    built: int
    first: int = 0


@dataclass
class Prover:
    """One space, proved chunk by chunk."""

    name: str
    amounts: Amounts
    state: Path

    def __post_init__(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        self.file = self.state / f"{self.name}.json"
        self.drawn = self.state / f"{self.name}.drawn"
        self.proof = read(self.file, self.name, self.amounts.first)
        known = self.drawn.read_bytes() if self.drawn.exists() else b""
        known = known[: KNOWN.size * self.proof.distinct]  # a killed run's rest is drawn again
        self.drawn.write_bytes(known)
        self.seen = {digest: sizes for digest, *sizes in KNOWN.iter_unpack(known)}

    def open(self) -> None:
        path, values = FOLDER / f"{self.name}.arch", SPACES[self.name]
        self.space = archc.space(path, **values)
        self.fresh = archc.load(path).check().process(None, values).network

    def prove(self, deadline: float) -> Proof:
        """Goes on until all is proved or the time is over."""
        opened = -KEPT
        while self.proof.traces < self.amounts.traces and _goes_on(deadline):
            if self.proof.traces - opened >= KEPT:
                self.open()
                opened = self.proof.traces
            self._chunk()
        if self.proof.traces >= self.amounts.traces and not self.proof.first:
            self._build()
        return self.proof

    def _chunk(self) -> None:
        proof, start = self.proof, self.proof.traces
        count = min(CHUNK, self.amounts.traces - start)
        with proof.timed("draw"):
            programs = self._drawn(start, count)
        digests, added = list[bytes](), list[bytes]()
        for number, program in programs:
            found = digest(program)
            if found not in self.seen:
                self.seen[found] = self._one(number, program)
                added.append(KNOWN.pack(found, *self.seen[found]))
            proof.note(self.seen[found])
            digests.append(found)
        proof.note_draws(digests)
        proof.traces += count
        proof.texts = max(0, min(proof.traces, self.amounts.texts - proof.first))
        proof.distinct += len(added)
        with self.drawn.open("ab") as file:
            file.write(b"".join(added))
        self._write()

    def _build(self) -> None:
        """Builds and runs some of the programs, spread over those that were checked as text."""
        proof, wanted = self.proof, self.amounts.built
        every = max(1, self.amounts.texts // max(1, wanted))
        while proof.built < wanted and not proof.refused and _goes_on():
            start = every * (proof.built + proof.too_large_to_run + proof.out_of_range)
            if start >= proof.traces:
                return
            if not hasattr(self, "space"):
                self.open()
            ((number, program),) = self._drawn(start, 1)
            with proof.timed("run"):
                self._note(number, program, self._run(program))
            self._write()

    def join(self, state: Path) -> Proof:
        """Takes over what was proved elsewhere of the traces after these. Raises ValueError where
        it does not begin there.
        """
        other = Prover(self.name, self.amounts, state)
        new = {digest: sizes for digest, sizes in other.seen.items() if digest not in self.seen}
        self.proof.join(other.proof, len(new))
        self.seen |= new
        with self.drawn.open("ab") as file:
            file.write(b"".join(KNOWN.pack(digest, *sizes) for digest, sizes in new.items()))
        self._write()
        return self.proof

    def _write(self) -> None:
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(asdict(self.proof)), encoding="utf-8")
        os.replace(part, self.file)

    def _drawn(self, start: int, count: int) -> list[tuple[int, archc.DrawnProgram]]:
        """So many programs with their numbers, of which some may be left out."""
        found = list[tuple[int, archc.DrawnProgram]]()
        first = self.proof.first + start + len(self.proof.given_up)
        for number, program in drawn(self.space, first):
            if program is None:
                self.proof.given_up.append(number)
            else:
                found.append((number, program))
            if len(found) == count:
                break
        return found

    def _one(self, number: int, program: archc.DrawnProgram) -> Sequence[int]:
        """Proves one program; goes out: its sizes."""
        with self.proof.timed("check"):
            graph = checked(program, self.fresh)
        found = graph if isinstance(graph, str) else None
        if found is None and number < self.amounts.texts:
            with self.proof.timed("text"):
                found = refusal_of_text(program)
        self._note(number, program, found)
        return (0,) * len(SIZES) if isinstance(graph, str) else sizes_of(graph)

    def _note(self, number: int, program: archc.DrawnProgram, refusal: str | None) -> None:
        if refusal is not None:
            trace = [[item.name, item.value] for item in program.trace]
            self.proof.refused.append(f"trace {number}: {refusal}\n  {json.dumps(trace)}")

    def _run(self, program: archc.DrawnProgram) -> str | None:
        if not is_small(program):
            self.proof.too_large_to_run += 1
            return None
        try:
            run(program)
        except IndexError:
            self.proof.out_of_range += 1
            return None
        except Exception as error:  # whatever PyTorch has against it is what is looked for
            return f"in PyTorch: {type(error).__name__}: {str(error).splitlines()[0]}"
        self.proof.built += 1
        return None


def _goes_on(deadline: float = float("inf")) -> bool:
    """Whether there is time left, and whoever started this worker still lives: after a `kill -9`
    the next run goes on with what the last one wrote down.
    """
    parent = parent_process()
    return time.monotonic() < deadline and (parent is None or parent.is_alive())


@contextmanager
def _alone(state: Path, name: str) -> Iterator[None]:
    """Waits until no other worker writes down what it proves of a space: one whose run was killed
    ends with its chunk.
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _work(name: str, amounts: Amounts, state: Path, seconds: float) -> Proof:
    if sys.implementation.name == "pypy":  # what is traced is longer than it expects
        settings = "trace_limit=16000,threshold=300,function_threshold=400,trace_eagerness=50"
        import_module("pypyjit").set_param(settings)
    else:
        gc.set_threshold(50_000)  # nearly all that is made stays
    with _alone(state, name):
        return Prover(name, amounts, state).prove(time.monotonic() + seconds)


def prove(
    names: Sequence[str], amounts: Amounts, state: Path, *, jobs: int = 1, minutes: float = 1e6
) -> Iterator[Proof]:
    """The proofs of spaces, each after its turn; they take turns until all are proved, or the time
    is over.
    """
    deadline = time.monotonic() + minutes * 60
    waiting, running = deque(names), 0
    ended: SimpleQueue[Proof | BaseException] = SimpleQueue()
    with get_context("spawn").Pool(jobs, _ignore_interrupts) as pool:
        while waiting or running:
            while waiting and running < jobs:
                turn = min(TURN, max(0.0, deadline - time.monotonic()))
                task = waiting.popleft(), amounts, state, turn
                pool.apply_async(_work, task, callback=ended.put, error_callback=ended.put)
                running += 1
            proof = ended.get()
            if isinstance(proof, BaseException):
                raise proof
            running -= 1
            yield proof
            if proof.traces < amounts.traces and time.monotonic() < deadline:
                waiting.append(proof.space)


def _ignore_interrupts() -> None:
    """Ctrl-C reaches all processes; the first of them ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def document(proofs: Mapping[str, Proof], before: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a run, and what was kept before of spaces of which it knows nothing. A part
    of a space has no entry until it is joined to those before it.
    """
    entries = []
    for name, proof in proofs.items():
        if proof.first or not proof.traces:
            entries += [before[name]] if name in before else []
        else:
            entry = asdict(proof) | {"settings": SPACES[name]}
            del entry["first"]
            entry["sizes"] = {size: figures(counted) for size, counted in proof.sizes.items()}
            entry["spent"] = {what: round(spent, 1) for what, spent in proof.spent.items()}
            entry["refused"] = proof.refused[:MOST_SHOWN]
            entries.append(entry)
    return {"schema_version": 2, "spaces": entries}


def _join(names: Sequence[str], amounts: Amounts, state: Path, other: Path) -> None:
    for name in names:
        if (other / f"{name}.json").exists():
            try:
                Prover(name, amounts, state).join(other)
            except ValueError as error:
                sys.exit(f"{name}: {error}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--per-space", type=int, default=1_000_000, help="traces of each space")
    parser.add_argument("--first", type=int, default=0, help="the number of the first trace")
    parser.add_argument("--texts", type=int, default=20_000, help="of them checked as text too")
    parser.add_argument("--built", type=int, default=100, help="of them run in PyTorch")
    parser.add_argument("--space", action="append", choices=SPACES, help="only these")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after so long")
    parser.add_argument("--state", type=Path, default=ROOT / "build" / "prove")
    parser.add_argument("--results", type=Path, help=f"JSON file (default: {RESULTS.name})")
    parser.add_argument("--join", type=Path, help="a state with the traces after these")
    chosen = parser.parse_args()
    texts = min(chosen.texts, chosen.first + chosen.per_space)
    amounts = Amounts(chosen.per_space, texts, chosen.built, chosen.first)
    signal.signal(signal.SIGTERM, _interrupt)
    print(HEAD, flush=True)
    if chosen.join:
        _join(chosen.space or list(SPACES), amounts, chosen.state, chosen.join)
    try:
        for proof in prove(
            chosen.space or list(SPACES), amounts, chosen.state, jobs=chosen.jobs,
            minutes=chosen.minutes,
        ):  # fmt: skip
            print(line(proof), *proof.refused[:MOST_SHOWN], sep="\n", flush=True)
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here")
    proofs = {name: read(chosen.state / f"{name}.json", name) for name in SPACES}
    if chosen.results or not chosen.space:
        results = chosen.results or RESULTS
        kept = (
            json.loads(results.read_text(encoding="utf-8")) if results.exists() else {"spaces": []}
        )
        before = {entry["space"]: entry for entry in kept["spaces"]}
        text = json.dumps(document(proofs, before), indent=2) + "\n"
        results.write_text(text, encoding="utf-8")
    sys.exit(any(proof.refused for proof in proofs.values()))


if __name__ == "__main__":
    main()
