"""A million programs with their ONNX as one stream: in constant memory, and resumed by index.

Comes in: how many programs (a million unless told), from how many workers. Goes out: a line for
each stretch of the stream, and `stream.json` beside this file: how many lines, how many without
ONNX and why, bytes, seconds, and the memory (RSS) of the main process and of a worker, in each
stretch the mean of what was read and the most. Of some lines digests are kept, and after the end
each is asked for by its index alone: the bytes have to be the same. Exit status 1 where they are
not, or where the stream ends early.

    python tests/proof/stream.py --count 1000000 --jobs 2

Lines are read one by one, and none is kept. What is known is written down after each stretch, so it
is there after Ctrl-C and `kill -9` too. Memory is read where there is `/proc`.
"""

import argparse
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[2]
SPACE = Path("examples", "spaces", "everything.arch")
RESULTS = Path(__file__).with_name("stream.json")
NUMBER = re.compile(r"\d[\d,.]*")
HEAD = "".join(
    f"{name:>10}" for name in ("lines", "MB", "seconds", "main", "most", "worker", "most")
)


# --- memory ---------------------------------------------------------------------------------------


@dataclass
class Readings:
    """The bytes that processes of a kind held, read many times."""

    count: int = 0
    total: int = 0
    most: int = 0

    def note(self, size: int) -> None:
        self.count += 1
        self.total += size
        self.most = max(self.most, size)

    def megabytes(self) -> dict[str, int]:
        if not self.count:
            return {}
        return {"mean": round(self.total / self.count / 1e6), "most": round(self.most / 1e6)}


def memory_of(process: int) -> int | None:
    """The bytes that a process holds; none where that cannot be read, or it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def workers_of(process: int) -> list[int]:
    """The processes that it started, without the one that multiprocessing keeps for itself."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8")
        return [int(child) for child in children.split() if not _is_tracker(child)]
    except OSError:
        return []


def _is_tracker(process: str) -> bool:
    return b"resource_tracker" in Path(f"/proc/{process}/cmdline").read_bytes()


# --- the stream -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What is asked of `archc sample`."""

    count: int
    jobs: int = 1
    start: int = 0

    def words(self) -> list[str]:
        words = ["-k", str(self.count), "--format", "jsonl", "--emit", "onnx"]
        return [*words, "--start", str(self.start), "--jobs", str(self.jobs)]

    def process(self) -> "subprocess.Popen[bytes]":
        """Ctrl-C does not reach it: who started it ends it."""
        command = [sys.executable, "-m", "archc", "sample", str(ROOT / SPACE), *self.words()]
        return subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)

    def __str__(self) -> str:
        return shlex.join(["archc", "sample", SPACE.as_posix(), *self.words()])

    def spread(self, count: int) -> list[int]:
        """So many of the numbers, spread evenly; the last one is among them."""
        ends = (self.count * place // count for place in range(1, count + 1))
        return sorted({self.start + end - 1 for end in ends if end})


@dataclass
class Stretch:
    """Some lines of the stream, one after another."""

    first: int
    lines: int = 0
    main: Readings = field(default_factory=Readings)
    worker: Readings = field(default_factory=Readings)

    def read_memory(self, process: int) -> None:
        for readings, ids in ((self.main, [process]), (self.worker, workers_of(process))):
            for size in filter(None, map(memory_of, ids)):
                readings.note(size)

    def figures(self) -> dict[str, Any]:
        memory = {"main": self.main.megabytes(), "worker": self.worker.megabytes()}
        return {"first": self.first, "lines": self.lines, "megabytes": memory}


@dataclass
class Stream:
    """A stream as far as it was read. A new stretch begins after every `stretch` lines, memory is
    read after every `every`, and lines whose numbers are in `again` are asked for again.
    """

    asked: Asked
    stretch: int
    every: int
    again: list[int]
    results: Path
    lines: int = 0
    size: int = 0
    seconds: float = 0.0
    whole: bool = False
    without: Counter[str] = field(default_factory=Counter)
    digests: dict[int, str] = field(default_factory=dict)
    same: dict[int, bool] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether it is what was asked for, to its end, and every line that of its index."""
        return self.whole and all(self.same.get(number, False) for number in self.again)

    def read(self) -> None:
        """Reads all of it. Raises ValueError at a line that is not the next program."""
        begin = time.monotonic()
        with self.asked.process() as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    self._note(line, process.pid)
                    self.seconds = time.monotonic() - begin
                    if self.lines in (self.asked.count, self.stretch * len(self.stretches)):
                        self._tell()
                self.whole = process.wait() == 0 and self.lines == self.asked.count
            finally:
                process.terminate()
                self.write()

    def _note(self, line: bytes, process: int) -> None:
        number = self.asked.start + self.lines
        program = json.loads(line)
        if program["index"] != number:
            raise ValueError(f"program {program['index']} stands in the place of {number}")
        if program.get("onnx") is None:
            self.without[NUMBER.sub("#", program["left_out"])] += 1
        if number in self.again:
            self.digests[number] = _digest(line)
        if self.lines % self.stretch == 0:
            self.stretches.append(Stretch(number))
        self.lines += 1
        self.size += len(line)
        self.stretches[-1].lines += 1
        if self.lines % self.every == 0:
            self.stretches[-1].read_memory(process)

    def _tell(self) -> None:
        self.write()
        stretch = self.stretches[-1]
        memory = "".join(
            f"{readings.megabytes().get(figure, '-'):>10}"
            for readings in (stretch.main, stretch.worker)
            for figure in ("mean", "most")
        )
        print(
            f"{self.lines:>10,}{self.size / 1e6:>10,.0f}{self.seconds:>10,.0f}{memory}", flush=True
        )

    def ask_again(self) -> None:
        for number, kept in self.digests.items():
            with Asked(1, start=number).process() as process:
                assert process.stdout is not None
                self.same[number] = _digest(process.stdout.read()) == kept
            told = "the same" if self.same[number] else "another"
            print(f"program {number:,} by its index alone: {told}", flush=True)
            self.write()

    def write(self) -> None:
        part = self.results.with_suffix(".part")
        part.write_text(json.dumps(self.document(), indent=2) + "\n", encoding="utf-8")
        os.replace(part, self.results)

    def document(self) -> dict[str, Any]:
        return {
            "schema_version": 1,
            "command": str(self.asked),
            "count": self.asked.count,
            "whole": self.whole,
            "lines": self.lines,
            "bytes": self.size,
            "seconds": round(self.seconds, 1),
            "without_onnx": dict(self.without.most_common()),
            "stretches": [stretch.figures() for stretch in self.stretches],
            "asked_again": [
                {"index": number, "digest": digest, "same": self.same.get(number)}
                for number, digest in self.digests.items()
            ],
        }


def _digest(line: bytes) -> str:
    return blake2b(line, digest_size=8).hexdigest()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000_000, help="programs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="workers")
    parser.add_argument("--start", type=int, default=0, help="the index of the first program")
    parser.add_argument("--stretches", type=int, default=20, help="of which figures are told")
    parser.add_argument("--every", type=int, default=100, help="lines between readings of memory")
    parser.add_argument("--again", type=int, default=8, help="lines asked for by index")
    parser.add_argument("--results", type=Path, default=RESULTS, help="JSON file")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    asked = Asked(chosen.count, chosen.jobs, chosen.start)
    stretch = -(-chosen.count // chosen.stretches)
    every = min(chosen.every, stretch)
    stream = Stream(asked, stretch, every, asked.spread(chosen.again), chosen.results)
    print(asked, HEAD, sep="\n", flush=True)
    try:
        stream.read()
        stream.ask_again()
    except KeyboardInterrupt:
        print(f"stopped after {stream.lines:,} lines; {chosen.results} has what is known so far")
    sys.exit(not stream.holds)


if __name__ == "__main__":
    main()
