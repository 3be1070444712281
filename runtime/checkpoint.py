"""Checkpoints: everything from which a training goes on as if it had never stopped.

Comes in: tensors by name and a state of plain values. Goes out: files of a folder, and the newest
whole checkpoint among them. A checkpoint is two files: the tensors (safetensors), then a JSON file
that holds the state, the SHA-256 of the tensors and one of itself; without its JSON it does not
exist, so a kill between the two loses nothing that was promised. Nothing is ever unpickled.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from .errors import CheckpointError
from .files import checksum, write_file, write_tensors

VERSION = 1
KEPT = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`step` counts optimiser steps from the start; it orders checkpoints."""

    step: int
    tensors: Mapping[str, Tensor]
    state: Mapping[str, Any]


@dataclass(slots=True)
class Checkpoints:
    """The checkpoints in a folder; the last `kept` stay."""

    folder: Path
    kept: int = KEPT
    damaged: list[str] = field(default_factory=list)

    def save(self, checkpoint: Checkpoint) -> Path:
        """Writes one and forgets the oldest. Raises WriteError where the disk is full."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors, facts = self._paths(checkpoint.step)
        digest = write_tensors(tensors, checkpoint.tensors, {})
        whole = {
            "version": VERSION,
            "step": checkpoint.step,
            "tensors": digest,
            "state": dict(checkpoint.state),
        }
        write_file(facts, [_sealed(whole)])
        self._forget()
        return facts

    def newest(self) -> Checkpoint | None:
        """The last whole one; `damaged` says which were passed over, and why."""
        self.damaged.clear()
        for step in reversed(self.steps()):
            try:
                return self._load(step)
            except CheckpointError as error:
                self.damaged.append(error.message)
        return None

    def steps(self) -> list[int]:
        """The steps at which there are checkpoints, in order."""
        names = (path.stem.removeprefix("step-") for path in self.folder.glob("step-*.json"))
        return sorted(int(name) for name in names if name.isdecimal())

    def clear(self) -> None:
        """Removes all of them, and what a kill left behind."""
        if self.folder.is_dir():
            for path in [*self.folder.glob("step-*"), *self.folder.glob(".step-*.tmp")]:
                path.unlink(missing_ok=True)

    def _paths(self, step: int) -> tuple[Path, Path]:
        name = f"step-{step:09d}"
        return self.folder / f"{name}.safetensors", self.folder / f"{name}.json"

    def _load(self, step: int) -> Checkpoint:
        tensors, facts = self._paths(step)
        found = _opened(facts)
        if not tensors.is_file():
            raise CheckpointError(f"{tensors.name} is missing")
        if checksum(tensors) != found["tensors"]:
            raise CheckpointError(f"{tensors.name} is damaged: its checksum differs")
        try:
            return Checkpoint(step, load_file(tensors), found["state"])
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{tensors.name} cannot be read: {error}") from None

    def _forget(self) -> None:
        """Keeps the last; the JSON goes first, so that no checkpoint lacks its tensors."""
        steps = self.steps()
        for step in steps[: -self.kept]:
            for path in reversed(self._paths(step)):
                path.unlink(missing_ok=True)
        known = set(self.steps())
        for path in [*self.folder.glob("step-*.safetensors"), *self.folder.glob(".step-*.tmp")]:
            number = path.name.removeprefix(".").removeprefix("step-").partition(".")[0]
            if not number.isdecimal() or int(number) not in known:
                path.unlink(missing_ok=True)


def _sealed(whole: Mapping[str, Any]) -> bytes:
    """JSON with the SHA-256 of itself on the first line."""
    text = json.dumps(whole, allow_nan=False).encode("utf-8")
    return hashlib.sha256(text).hexdigest().encode("ascii") + b"\n" + text + b"\n"


def _opened(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror or error}") from None
    digest, _, text = content.partition(b"\n")
    if hashlib.sha256(text.removesuffix(b"\n")).hexdigest().encode("ascii") != digest:
        raise CheckpointError(f"{path.name} is damaged: its checksum differs")
    found: dict[str, Any] = json.loads(text)
    if found.get("version") != VERSION:
        raise CheckpointError(f"{path.name} has version {found.get('version')}, not {VERSION}")
    return found
