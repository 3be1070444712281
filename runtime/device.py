"""Devices: which one to compute on, and whether it really runs.

Comes in: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`. Goes out: a device on which a small sum was
computed, or a DeviceError. Nothing falls back silently: only `auto` chooses.
"""

import torch

from .errors import DeviceError

KINDS = ("auto", "cpu", "cuda", "mps")


def pick_device(wanted: str | torch.device = "auto") -> torch.device:
    """The device that is meant. Raises DeviceError where it is not there or does not compute."""
    if isinstance(wanted, torch.device):
        wanted = str(wanted)
    if wanted == "auto":
        working = (torch.device(kind) for kind in ("cuda", "mps") if _why_not(kind) == "")
        return next(working, torch.device("cpu"))
    if wanted.partition(":")[0] not in KINDS:
        raise DeviceError(f"there is no kind of device {wanted!r}", f"known: {', '.join(KINDS)}")
    reason = _why_not(wanted)
    if reason:
        raise DeviceError(
            f"the device {wanted} was asked for and does not run: {reason}",
            "use --device auto or cpu; `archc doctor` says what works",
        )
    return torch.device(wanted)


def _why_not(name: str) -> str:
    """Why a device cannot be used; empty if it computed something right."""
    kind = name.partition(":")[0]
    if kind == "cuda" and not torch.cuda.is_available():
        built = torch.version.cuda is not None
        return "no CUDA device is found" if built else "this PyTorch is built without CUDA"
    if kind == "mps" and not torch.backends.mps.is_available():
        return "no Metal device is found"
    try:
        found = float((torch.ones(2, device=name) + 1).sum().item())
    except (RuntimeError, AssertionError) as error:
        return str(error).partition("\n")[0]
    return "" if found == 4.0 else f"1 + 1 gave {found / 2}"


def device_name(device: torch.device) -> str:
    """What people and `--json` are told: `cpu`, `cuda:0 (NVIDIA …)`."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return str(device)
