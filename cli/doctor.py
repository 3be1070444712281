"""`archc doctor`: what is installed, and what really works.

Comes in: nothing. Goes out: versions, the devices on which a small computation succeeded, and what
is in conflict. A device that is only listed does not count: each is made to compute, and ONNX
Runtime is asked afterwards which provider ran, for it falls back to the CPU without a word.
"""

import platform
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

import click

from ..compiler.registry import broken_layers
from ..lazy import lazy_module
from .options import json_option, print_json

if TYPE_CHECKING:
    from importlib import metadata

    import onnx
    import onnxruntime
    import torch
else:
    metadata = lazy_module("importlib.metadata")
    onnx = lazy_module("onnx")
    onnxruntime = lazy_module("onnxruntime")
    torch = lazy_module("torch")

NEEDED = (
    "lark",
    "torch",
    "onnx",
    "networkx",
    "click",
    "rich",
    "numpy",
    "safetensors",
    "scikit-learn",
)
OPTIONAL = ("matplotlib", "pyarrow", "tensorboard")
RUNTIMES = ("onnxruntime-gpu", "onnxruntime")
OPSET, IR_VERSION = 20, 10


@dataclass(frozen=True, slots=True)
class Device:
    """Something to compute on: whether it did, and its name or the reason why not."""

    name: str
    works: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the examination found."""

    versions: Mapping[str, str | None]
    torch_devices: tuple[Device, ...]
    onnx_providers: tuple[Device, ...]
    conflicts: tuple[str, ...]


def examine() -> Findings:
    """Looks at everything; takes some seconds, for PyTorch and ONNX Runtime are started."""
    versions = {name: _version(name) for name in ("archc", *NEEDED, *RUNTIMES, *OPTIONAL)}
    conflicts = (*find_conflicts(versions), *map(str, broken_layers()))
    torch_devices = tuple(_torch_devices()) if versions["torch"] else ()
    has_runtime = versions["onnx"] and any(versions[name] for name in RUNTIMES)
    providers = tuple(_onnx_providers()) if has_runtime else ()
    return Findings(versions, torch_devices, providers, conflicts)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def find_conflicts(versions: Mapping[str, str | None]) -> Iterator[str]:
    """What is missing, or must not be installed together."""
    for name in NEEDED:
        if versions.get(name) is None:
            yield f"{name} is not installed; `pip install {name}`"
    installed = [name for name in RUNTIMES if versions.get(name)]
    if not installed:
        yield "neither onnxruntime-gpu nor onnxruntime is installed; archc run needs one of them"
    if len(installed) == len(RUNTIMES):
        yield (
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other's files; "
            "uninstall both, then install onnxruntime-gpu (or onnxruntime on macOS and ARM)"
        )


def _torch_devices() -> Iterator[Device]:
    yield _try_torch("cpu", platform.processor() or platform.machine())
    if not torch.cuda.is_available():
        yield Device("cuda", False, "PyTorch finds no CUDA device, or was built without CUDA")
    for index in range(torch.cuda.device_count()):
        yield _try_torch(f"cuda:{index}", torch.cuda.get_device_name(index))
    if torch.backends.mps.is_available():
        yield _try_torch("mps", "Apple GPU")


def _try_torch(name: str, detail: str) -> Device:
    try:
        total = (torch.ones(8, 8, device=name) @ torch.ones(8, 8, device=name)).sum().item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        return Device(name, False, _first_line(error))
    return Device(name, total == 512, detail if total == 512 else f"8x8 ones gave {total}")


def _onnx_providers() -> Iterator[Device]:
    """Every provider ONNX Runtime lists, tried; its own log is silenced, the reason is ours."""
    try:
        onnxruntime.set_default_logger_severity(4)
        names = onnxruntime.get_available_providers()
    except (ImportError, AttributeError) as error:
        yield Device("onnxruntime", False, _first_line(error))
        return
    model = _small_model()
    for name in names:
        yield _try_provider(name, model)


def _try_provider(name: str, model: bytes) -> Device:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        with redirect_stdout(StringIO()):  # it prints when it falls back
            session = onnxruntime.InferenceSession(model, options, providers=[name])
        used = session.get_providers()
        if name not in used:
            return Device(name, False, f"listed, but {used[0]} ran instead")
        session.run(None, {"x": [[1.0, 2.0]]})
    except Exception as error:  # its errors share no base but Exception
        return Device(name, False, _first_line(error))
    return Device(name, True)


def _small_model() -> bytes:
    helper = onnx.helper
    ports = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 2]) for name in ("x", "y")
    ]
    node = helper.make_node("Add", ["x", "x"], ["y"])
    graph = helper.make_graph([node], "doctor", ports[:1], ports[1:])
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    return bytes(model.SerializeToString())


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


@click.command(short_help="Show versions, devices that really work, conflicts.")
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Show versions, the devices that really work, and conflicts; exit code 1 if there are any."""
    findings = examine()
    if as_json:
        print_json({**_system(), **asdict(findings)})
    else:
        click.echo("\n".join(_lines(findings)))
    context.exit(int(bool(findings.conflicts)))


def _system() -> dict[str, Any]:
    return {"python": platform.python_version(), "platform": platform.platform()}


def _lines(findings: Findings) -> Iterator[str]:
    yield f"Python {platform.python_version()} on {platform.platform()}"
    yield "\nversions"
    for name, version in findings.versions.items():
        yield f"  {name:16} {version or 'not installed'}"
    yield "\nPyTorch computes on"
    yield from map(_line, findings.torch_devices)
    yield "\nONNX Runtime computes on"
    yield from map(_line, findings.onnx_providers)
    yield "\nconflicts" if findings.conflicts else "\nno conflicts"
    for conflict in findings.conflicts:
        yield f"  {conflict}"


def _line(device: Device) -> str:
    detail = f"  {device.detail}" if device.detail else ""
    return f"  {'yes' if device.works else 'no '}  {device.name}{detail}"
