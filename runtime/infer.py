"""Inference: a model from disk, batches of inputs in, its outputs out.

Comes in: an `.onnx` file, a program with weights, or a run's folder, and a device. Goes out: a
`Predictor`, which says on which device it really runs. ONNX Runtime falls back to the CPU without a
word, so the providers are read after the session was made; torch is imported for programs alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..lazy import lazy_module
from .data import RawBatch, Transform, read_raw
from .data.npy import map_npy, members, read_npz
from .data.source import DEFAULT_LIMIT
from .errors import DataError, DeviceError
from .lazy import Array, np

if TYPE_CHECKING:
    import onnxruntime
    import torch

    from . import device as devices
    from . import evaluate, model
else:
    onnxruntime = lazy_module("onnxruntime")
    torch = lazy_module("torch")
    devices = lazy_module(".device", __package__)
    evaluate = lazy_module(".evaluate", __package__)
    model = lazy_module(".model", __package__)

TRANSFORM = "archc.transform"
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
FATAL_ONLY = 4


class Predictor(ABC):
    """`inputs` and `outputs` are names in order, `device` is where it really runs."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    device: str
    transform: Transform | None

    @abstractmethod
    def predict(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs of one batch. Raises DataError where an input does not fit."""

    def named(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Arrays by the names of the model's inputs; one alone fits whatever it is called."""
        if len(self.inputs) == 1 and len(arrays) == 1:
            return {self.inputs[0]: next(iter(arrays.values()))}
        missing = [name for name in self.inputs if name not in arrays]
        if missing:
            given = ", ".join(arrays)
            raise DataError(f"the model reads `{missing[0]}`, which is not among {given}")
        return {name: arrays[name] for name in self.inputs}


class OnnxPredictor(Predictor):
    """An ONNX file in ONNX Runtime."""

    def __init__(self, path: Path, device: str) -> None:
        self.session = _session(path, device)
        self.inputs = tuple(port.name for port in self.session.get_inputs())
        self.outputs = tuple(port.name for port in self.session.get_outputs())
        provider = self.session.get_providers()[0]
        self.device = "cuda" if provider == CUDA else "cpu"
        text = self.session.get_modelmeta().custom_metadata_map.get(TRANSFORM)
        self.transform = None if text is None else Transform.from_json(text)

    def predict(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        try:
            found = self.session.run(list(self.outputs), self.named(inputs))
        except Exception as error:  # ONNX Runtime's own errors share no base
            reason = str(error).partition("\n")[0]
            raise DataError(f"the model refuses its input: {reason}") from None
        return dict(zip(self.outputs, found, strict=True))


def _session(path: Path, device: str) -> Any:
    if device == "mps":
        raise DeviceError("ONNX Runtime does not run on mps", "use --device cpu")
    onnxruntime.set_default_logger_severity(FATAL_ONLY)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    wanted = [CPU]
    if device != "cpu" and CUDA in onnxruntime.get_available_providers():
        wanted = [CUDA, CPU]
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=wanted)
    except Exception as error:  # as above
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path.name} cannot be loaded: {reason}", "is it an ONNX file?") from None
    if device == "cuda" and session.get_providers()[0] != CUDA:
        raise DeviceError(
            "the device cuda was asked for, and ONNX Runtime runs on the CPU instead",
            "use --device cpu, or see what `archc doctor` says of CUDA",
        )
    return session


class TorchPredictor(Predictor):
    """A program with weights, in PyTorch."""

    def __init__(self, trained: "model.Trained") -> None:
        self.module = trained.module
        self.torch_device = trained.device
        self.inputs = tuple(port.name for port in trained.graph.inputs)
        self.outputs = tuple(port.name for port in trained.graph.outputs)
        self.device = devices.device_name(trained.device)
        self.transform = trained.transform

    def predict(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        named = self.named(inputs)
        tensors = [torch.from_numpy(np.ascontiguousarray(array)) for array in named.values()]
        try:
            with torch.inference_mode():
                found = self.module(*(tensor.to(self.torch_device) for tensor in tensors))
        except ValueError as error:
            raise DataError(f"the input does not fit the network: {error}") from None
        arrays = (
            output.float() if output.dtype == torch.bfloat16 else output
            for output in evaluate.as_outputs(found)
        )
        return dict(zip(self.outputs, (array.cpu().numpy() for array in arrays), strict=True))


def load_predictor(
    path: Path,
    device: str = "auto",
    *,
    weights: Path | None = None,
    network: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> Predictor:
    """A model ready to run. Raises ProgramError, CheckpointError, DataError, DeviceError, OSError.

    A folder is that of a run, or of `archc compile`, whose one ONNX file is taken.
    """
    if path.suffix.lower() == ".onnx":
        return OnnxPredictor(path, device)
    files = sorted(path.glob("*.onnx")) if path.is_dir() else []
    if len(files) == 1 and not (path / "program.arch").is_file():
        return OnnxPredictor(files[0], device)
    chosen = devices.pick_device(device)
    trained = model.load_trained(path, chosen, weights=weights, network=network, values=values)
    return TorchPredictor(trained)


def read_inputs(predictor: Predictor, path: Path, batch: int) -> Iterator[RawBatch]:
    """The inputs in a file as the model reads them; without a transform, arrays as they are."""
    if predictor.transform is not None:
        return read_raw(path, predictor.transform, batch)
    return _plain(path, predictor.inputs, batch)


def _plain(path: Path, names: Sequence[str], batch: int) -> Iterator[RawBatch]:
    ending = path.suffix.lower()
    if ending not in (".npy", ".npz"):
        raise DataError(
            f"{path.name}: the model does not know what its data were like, so it takes .npy and "
            ".npz alone",
            "models that archc trained know; their weights carry it",
        )
    arrays: Mapping[str, Array]
    if ending == ".npy":
        arrays = {names[0]: map_npy("input", path)}
    else:
        found = members("input", path)
        wanted = names if set(names) <= set(found) else tuple(found)
        arrays = read_npz("input", path, dict.fromkeys(wanted), DEFAULT_LIMIT)
    rows = {len(array) if array.ndim else -1 for array in arrays.values()}
    if len(rows) != 1 or -1 in rows:
        raise DataError(f"{path.name}: the arrays differ in their rows", "axis 0 counts the rows")
    for start in range(0, rows.pop(), batch):
        part = {name: np.asarray(array[start : start + batch]) for name, array in arrays.items()}
        count = len(next(iter(part.values())))
        yield RawBatch(tuple(map(str, range(start, start + count))), part)
