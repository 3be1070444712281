"""The folder of one training: what it was, how it went, what came out.

Comes in: a plan, records, checkpoints, results. Goes out: `program.arch`, `settings.json`,
`environment.json`, `metrics.jsonl`, `checkpoints/`, and at the end `weights.safetensors`,
`curves.png` and `result.json`, whose presence says that the training is finished.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .checkpoint import Checkpoints
from .curves import Board
from .errors import CheckpointError
from .files import WriteError, checksum, write_file, write_json, write_text
from .job import Job
from .snapshot import Standing, take
from .weights import save_weights

PROGRAM = "program.arch"
SETTINGS = "settings.json"
ENVIRONMENT = "environment.json"
METRICS = "metrics.jsonl"
RESULT = "result.json"
WEIGHTS = "weights.safetensors"
CURVES = "curves.png"
BEST = "best.safetensors"


@dataclass(slots=True)
class RunFolder:
    """Writes in the leading process; in the others it only takes part in checkpoints."""

    path: Path
    leads: bool = True
    board: Board | None = None
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self.path / "checkpoints")

    # --- What the loop calls

    def checkpoint(self, job: Job, standing: Standing) -> None:
        taken = take(job, standing)
        if self.leads:
            self.checkpoints.save(taken)

    def best(self, job: Job, standing: Standing) -> None:
        if self.leads:
            folder = self.checkpoints.folder
            folder.mkdir(parents=True, exist_ok=True)
            digest = save_weights(folder / BEST, job.module, {})
            standing.best["sha256"] = digest

    def record(self, record: dict[str, Any]) -> None:
        self.records.append(record)
        if not self.leads:
            return
        try:
            with (self.path / METRICS).open("a", encoding="utf-8") as file:
                file.write(_line(record))
        except OSError as error:
            raise WriteError(
                f"{self.path / METRICS} could not be written: {error.strerror or error}",
                "make room, and go on with --resume",
            ) from error
        if self.board is not None:
            self.board.add(record)

    # --- Beginning and end

    def begin(
        self, program: str, used: Mapping[str, str], settings: Mapping[str, Any], around: Any
    ) -> None:
        """Describes the training before its first step."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.checkpoints.clear()
        write_json(self.path / SETTINGS, settings)
        write_json(self.path / ENVIRONMENT, around)
        for name, text in used.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            write_text(self.path / name, text)
        write_text(self.path / METRICS, "")
        # The last of them: a folder with a program can be resumed.
        write_text(self.path / PROGRAM, program)

    def read(self) -> list[dict[str, Any]]:
        """The records of all epochs so far, without a line that a kill cut off."""
        if not (self.path / METRICS).is_file():
            return []
        lines = (self.path / METRICS).read_text(encoding="utf-8").splitlines()
        return [record for record in map(_parsed, lines) if record is not None]

    def rewind(self, epochs: int) -> None:
        """Forgets the records after so many epochs, and a line that a kill cut off."""
        self.records = [record for record in self.read() if record["epoch"] <= epochs]
        if self.leads:
            text = "".join(_line(record) for record in self.records)
            write_file(self.path / METRICS, [text.encode("utf-8")])

    def result(self) -> dict[str, Any] | None:
        """What a finished training came to."""
        try:
            text = (self.path / RESULT).read_text(encoding="utf-8")
            found: dict[str, Any] = json.loads(text)
        except (OSError, ValueError):
            return None
        return found

    def best_weights(self, standing: Standing) -> Path:
        """The weights of the best epoch. Raises CheckpointError where they are damaged."""
        path = self.checkpoints.folder / BEST
        if not path.is_file() or checksum(path) != standing.best.get("sha256"):
            raise CheckpointError(
                f"{BEST}, the weights of epoch {standing.best['epoch']}, are missing or damaged",
                "train again, or with keep = last",
            )
        return path


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, allow_nan=False) + "\n"


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found.get("epoch"), int) else None


def next_folder(network: str, runs: Path = Path("runs")) -> Path:
    """A new folder `runs/<network>-<n>`, made at once so that nobody else takes it."""
    runs.mkdir(parents=True, exist_ok=True)
    number = 1 + max(_numbers(network, runs), default=0)
    while True:
        path = runs / f"{network}-{number}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path


def last_folder(network: str, runs: Path = Path("runs")) -> Path | None:
    """The newest run of a network, if there is one."""
    numbers = _numbers(network, runs)
    return runs / f"{network}-{max(numbers)}" if numbers else None


def _numbers(network: str, runs: Path) -> list[int]:
    if not runs.is_dir():
        return []
    prefix = f"{network}-"
    names = [path.name.removeprefix(prefix) for path in runs.glob(f"{prefix}*") if path.is_dir()]
    return [int(name) for name in names if name.isdecimal()]
