"""Writes an ONNX model so that a crash leaves the old file or the new one, never half of one.

Comes in: a model. Goes out: one file; or, where protocol buffers would come near their limit of 2
GB, the structure in one file and the weights beside it in `<name>.data`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import onnx

THRESHOLD = 1_500_000_000
_ALIGNMENT = 4096
"""Weights begin at multiples of a memory page, so that a runtime can map them."""
_SMALL = 1024
"""Tensors below this many bytes stay inside: sizes and axes are read while the model loads."""


def save(model: onnx.ModelProto, path: str | Path, *, threshold: int = THRESHOLD) -> None:
    """Writes the model; weights go to a second file if all of them have over `threshold` bytes."""
    path = Path(path)
    if sum(len(tensor.raw_data) for tensor in model.graph.initializer) <= threshold:
        _replace(path, iter([model.SerializeToString(deterministic=True)]))
        return
    slim = _without_large(model, path.name + ".data")
    # The weights first: a model never points at weights that are not there.
    _replace(path.with_name(path.name + ".data"), _pages(model))
    _replace(path, iter([slim.SerializeToString(deterministic=True)]))


def _replace(path: Path, chunks: Iterator[bytes]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _is_large(tensor: onnx.TensorProto) -> bool:
    return len(tensor.raw_data) >= _SMALL


def _padding(length: int) -> int:
    return -length % _ALIGNMENT


def _pages(model: onnx.ModelProto) -> Iterator[bytes]:
    for tensor in filter(_is_large, model.graph.initializer):
        yield tensor.raw_data
        yield bytes(_padding(len(tensor.raw_data)))


def _without_large(model: onnx.ModelProto, location: str) -> onnx.ModelProto:
    """A copy that refers to the second file; the model itself stays as it is."""
    slim = onnx.ModelProto()
    _copy_fields(model, slim, but="graph")
    _copy_fields(model.graph, slim.graph, but="initializer")
    offset = 0
    for tensor in model.graph.initializer:
        if not _is_large(tensor):
            slim.graph.initializer.append(tensor)
            continue
        length = len(tensor.raw_data)
        slim.graph.initializer.append(_reference(tensor, location, offset, length))
        offset += length + _padding(length)
    return slim


def _reference(
    tensor: onnx.TensorProto, location: str, offset: int, length: int
) -> onnx.TensorProto:
    reference = onnx.TensorProto()
    _copy_fields(tensor, reference, but="raw_data")
    reference.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        reference.external_data.add(key=key, value=str(value))
    return reference


def _copy_fields(
    source: onnx.ModelProto | onnx.GraphProto | onnx.TensorProto,
    target: onnx.ModelProto | onnx.GraphProto | onnx.TensorProto,
    but: str,
) -> None:
    for descriptor, value in source.ListFields():
        if descriptor.name == but:
            continue
        if descriptor.is_repeated:
            getattr(target, descriptor.name).extend(value)
        elif descriptor.message_type is not None:
            getattr(target, descriptor.name).CopyFrom(value)
        else:
            setattr(target, descriptor.name, value)
