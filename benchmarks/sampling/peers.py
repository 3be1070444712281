"""Environments of their own for the systems that sampling is compared with.

Comes in: a folder (`build/peers` unless told). Goes out: one environment for each peer, with pinned
versions, and a line for each that could not be made. Nothing is installed into the project's own.
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "peers"
TORCH = "torch==2.13.0"
PEERS = {
    "neps": ("neural-pipeline-search==0.17.0", TORCH),
    "pyglove": ("pyglove==0.4.5",),
    "nni": ("nni==3.0", TORCH),
    "nnsmith": ("nnsmith==0.1.0", TORCH),
}


def python_of(name: str, folder: Path) -> Path:
    return folder / name / "bin" / "python"


def make(name: str, folder: Path) -> str | None:
    """Makes an environment; why that failed, or None."""
    if not python_of(name, folder).exists():
        venv.create(folder / name, with_pip=True)
    command = [str(python_of(name, folder)), "-m", "pip", "install", "-q", *PEERS[name]]
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for peer in PEERS:
        print(f"{peer}: {make(peer, chosen) or 'ready'}", flush=True)
