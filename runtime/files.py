"""Files that are whole or not there at all, tensors included.

Comes in: a path and what shall stand there. Goes out: the SHA-256 of what was written. A file is
written beside its place, fsynced and renamed over it, so a kill or a full disk leaves the old file.
Tensors are written in the safetensors format, straight from memory and hashed on the way.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from .errors import CheckpointError

KINDS = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip
"""How safetensors spells the dtypes."""
_ALIGNMENT = 8


class WriteError(CheckpointError):
    """The disk is full, or the file system refuses: I/O, not the program's fault."""


def write_file(path: Path, chunks: Iterable[bytes | memoryview]) -> str:
    """Writes all or nothing; gives the SHA-256. Raises WriteError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    digest = hashlib.sha256()
    try:
        with temporary.open("wb") as file:
            _write_all(file, chunks, digest.update)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        _remove(temporary)
        raise WriteError(
            f"{path} could not be written: {error.strerror or error}",
            "what was written before is whole; make room, and go on with --resume",
        ) from error
    except BaseException:
        _remove(temporary)
        raise
    return digest.hexdigest()


def _write_all(
    file: BinaryIO, chunks: Iterable[bytes | memoryview], update: Callable[[Any], object]
) -> None:
    for chunk in chunks:
        file.write(chunk)
        update(chunk)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # a left-over is ignored by every reader


def _sync_folder(folder: Path) -> None:
    """Makes a rename last; not every system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        return
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> str:
    return write_file(path, [text.encode("utf-8")])


def write_json(path: Path, value: Mapping[str, Any]) -> str:
    return write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """A safetensors file; tensors that share memory are written each."""
    return write_file(path, _safetensors(tensors, metadata))


def _safetensors(
    tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> Iterator[bytes | memoryview]:
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    # The format wants no gaps; wide dtypes first keeps every tensor aligned.
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    start = 0
    for name in names:
        tensor = tensors[name]
        end = start + tensor.numel() * tensor.element_size()
        kind, shape = KINDS[tensor.dtype], list(tensor.shape)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
        start = end
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % _ALIGNMENT)
    yield len(text).to_bytes(8, "little")
    yield text
    for name in names:
        yield _bytes(tensors[name])


def _bytes(tensor: Tensor) -> memoryview:
    flat = tensor.detach().to("cpu").contiguous().reshape(-1)
    array: Any = flat.view(torch.uint8).numpy()
    return memoryview(array)


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
