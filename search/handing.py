"""What one trial leaves for another: a directory of files, whole or not at all.

Comes in: directories. Goes out: a copy of one in the place of another, and the checksum by which it
is told whether a copy is what was left. Whatever an evaluation writes is handed on, its own files
as well as a training's checkpoints.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

NEW = ".new"
"""How a directory is called in addition while it is being filled."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What a trial starts from: the directory of `trial`, and the checksum it had there. Nobody
    knows that of an attempt that was killed: it is empty, and the evaluation looks for itself.
    """

    trial: int
    directory: Path
    checksum: str

    @property
    def is_whole(self) -> bool:
        return self.directory.is_dir() and checksum_of(self.directory) == self.checksum


def checksum_of(directory: Path) -> str:
    """The SHA-256 of all files with their names; an empty text where there is none."""
    files = sorted(_files(directory))
    if not files:
        return ""
    digest = hashlib.sha256()
    for name in files:
        path = directory / name
        digest.update(os.fsencode(name) + b"\0")
        if path.is_symlink():
            digest.update(os.fsencode(path.readlink()))
            continue
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _files(directory: Path) -> list[str]:
    found = []
    for folder, names, files in os.walk(directory):
        links = [name for name in names if (Path(folder) / name).is_symlink()]
        found += [os.path.relpath(Path(folder) / name, directory) for name in (*files, *links)]
    return found


def take_over(handed: Handed | None, directory: Path) -> str:
    """Makes the directory of a trial, with what was handed to it. Gives the reason where that is
    lost or damaged; the directory is empty then.
    """
    shutil.rmtree(directory, ignore_errors=True)
    if handed is None:
        directory.mkdir(parents=True)
        return ""
    trouble = "is lost"
    if handed.directory.is_dir():
        # made beside, so that an attempt killed meanwhile leaves all of it or nothing
        copy = directory.with_name(f"{directory.name}{NEW}")
        shutil.rmtree(copy, ignore_errors=True)
        directory.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(handed.directory, copy, symlinks=True)
        if handed.checksum in ("", checksum_of(copy)):
            copy.rename(directory)
            return ""
        shutil.rmtree(copy)
        trouble = "is damaged: its checksum differs"
    directory.mkdir(parents=True, exist_ok=True)
    return f"what trial {handed.trial} left {trouble}; trained from the start"
