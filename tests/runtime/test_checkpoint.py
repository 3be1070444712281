"""Checkpoints that survive: kills, flipped bytes, full disks."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from archc.runtime import files
from archc.runtime.checkpoint import Checkpoint, Checkpoints
from archc.runtime.files import WriteError, checksum, write_file, write_tensors
from safetensors.torch import load_file


def checkpoint(step: int) -> Checkpoint:
    return Checkpoint(step, {"w": torch.full((3,), float(step))}, {"step": step})


@pytest.fixture
def saved(tmp_path: Path) -> Checkpoints:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for step in (1, 2, 3, 4, 5):
        checkpoints.save(checkpoint(step))
    return checkpoints


def test_the_last_three_stay(saved: Checkpoints) -> None:
    assert saved.steps() == [3, 4, 5]
    assert len(list(saved.folder.iterdir())) == 6
    newest = saved.newest()
    assert newest is not None
    assert newest.state == {"step": 5} and newest.tensors["w"].tolist() == [5.0] * 3


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_any_flipped_byte_is_noticed_and_the_one_before_is_used(saved: Checkpoints) -> None:
    for name in ("step-000000005.safetensors", "step-000000005.json"):
        path = saved.folder / name
        for at in range(path.stat().st_size):
            flip(path, at)
            newest = saved.newest()
            assert newest is not None and newest.step == 4, at
            assert len(saved.damaged) == 1 and name in saved.damaged[0]
            flip(path, at)
    assert saved.newest().step == 5  # type: ignore[union-attr]


def test_a_kill_between_the_two_files_loses_nothing(saved: Checkpoints) -> None:
    (saved.folder / "step-000000005.json").unlink()
    (saved.folder / ".step-000000006.json.1.tmp").write_text("half")
    assert saved.newest().step == 4  # type: ignore[union-attr]
    saved.save(checkpoint(7))
    left = {path.name for path in saved.folder.iterdir()}
    assert not any("tmp" in name or "000005" in name for name in left)


def test_missing_tensors_and_cut_files_are_noticed(saved: Checkpoints) -> None:
    (saved.folder / "step-000000005.safetensors").unlink()
    whole = (saved.folder / "step-000000004.json").read_bytes()
    (saved.folder / "step-000000004.json").write_bytes(whole[:-10])
    assert saved.newest().step == 3  # type: ignore[union-attr]
    assert len(saved.damaged) == 2


def test_nothing_whole_is_nothing(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "none").newest() is None


def test_tensors_of_all_kinds_are_safetensors(tmp_path: Path) -> None:
    torch.manual_seed(0)
    tensors = {str(dtype): (torch.randn(3, 2) * 3).to(dtype) for dtype in files.KINDS} | {
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "turned": torch.randn(4, 3).T,
    }
    digest = write_tensors(tmp_path / "x.safetensors", tensors, {"a": "ä"})
    assert digest == checksum(tmp_path / "x.safetensors")
    found = load_file(tmp_path / "x.safetensors")
    assert set(found) == set(tensors)
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)


class FullDisk:
    """Lets so many bytes through."""

    def __init__(self, room: int) -> None:
        self.room = room

    def __call__(self, file: Any, chunks: Iterator[bytes], update: Any) -> None:
        for chunk in chunks:
            if len(chunk) > self.room:
                file.write(bytes(chunk)[: self.room])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.room -= len(chunk)
            file.write(chunk)
            update(chunk)


@pytest.mark.parametrize("room", [0, 5, 60, 130, 200])
def test_a_full_disk_leaves_what_was_there(
    saved: Checkpoints, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_write_all", FullDisk(room))
    with pytest.raises(WriteError, match="No space left on device") as caught:
        saved.save(checkpoint(9))
    assert "--resume" in caught.value.help
    assert not [path for path in saved.folder.iterdir() if path.suffix == ".tmp"]
    newest = saved.newest()
    assert newest is not None and newest.step == 5 and not saved.damaged


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_device_without_room_is_told(tmp_path: Path) -> None:
    (tmp_path / f".x.{os.getpid()}.tmp").symlink_to("/dev/full")
    with pytest.raises(WriteError, match="could not be written: No space left"):
        write_file(tmp_path / "x", [b"content"])
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_file(path, [b"old"])

    def chunks() -> Iterator[bytes]:
        yield b"new"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, chunks())
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
