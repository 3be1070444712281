"""What a training ran on, so that a result can be explained a year later.

Comes in: a device. Goes out: versions, processor, threads as plain values; no path, no name of a
machine or person.
"""

import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from .device import device_name

PACKAGES = ("archc", "torch", "numpy", "safetensors", "scikit-learn", "onnxruntime-gpu")


def environment(device: torch.device, processes: int = 1) -> dict[str, Any]:
    """Plain values for JSON. On the CPU a result repeats bit for bit with the same `threads`."""
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "processes": processes,
        "device": device_name(device),
        "versions": {name: _version(name) for name in PACKAGES},
    }
    if device.type == "cuda":
        found["cuda"] = torch.version.cuda
        found["cudnn"] = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    return found


@cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
