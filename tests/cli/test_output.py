"""Output that cannot be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line(tmp_path: Path, unbuffered: str) -> None:
    path = tmp_path / "net.arch"
    path.write_text("network Net on x: f32[N, 8] -> f32[N, 8] { x -> relu }\n")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-B", "-m", "archc", "show", str(path)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert (done.returncode, done.stderr) == (2, "error: No space left on device\n")
