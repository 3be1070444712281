"""Which accelerators there are, without asking PyTorch, which takes seconds to import.

Comes in: the environment, the folder of devices. Goes out: names as CUDA_VISIBLE_DEVICES takes
them. Whether one really computes is found out by the training that uses it.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

DEVICES = Path("/dev")


def gpus(
    device: str, environment: Mapping[str, str] | None = None, devices: Path = DEVICES
) -> tuple[str, ...]:
    """The accelerators that workers share out: `auto` and `cuda` mean all that this process may
    see, `cuda:1` that one of them, and `cpu` none.
    """
    kind, _, wanted = device.partition(":")
    if kind not in ("auto", "cuda"):
        return ()
    given = (os.environ if environment is None else environment).get("CUDA_VISIBLE_DEVICES")
    found = _there(devices) if given is None else _listed(given)
    return found[int(wanted) : int(wanted) + 1] if wanted.isdigit() else found


def _listed(text: str) -> tuple[str, ...]:
    """CUDA takes no notice of what stands after a name that means nothing, such as -1."""
    names = [name.strip() for name in text.split(",")]
    ends = next((at for at, name in enumerate(names) if not name or name == "-1"), len(names))
    return tuple(names[:ends])


def _there(devices: Path) -> tuple[str, ...]:
    names = [path.name for path in devices.glob("nvidia*")] if devices.is_dir() else []
    numbers = [int(found[1]) for name in names if (found := re.fullmatch(r"nvidia(\d+)", name))]
    # CUDA numbers what there is from 0, whatever the numbers of the devices
    return tuple(str(position) for position in range(len(numbers)))
