"""Two processes on the CPU learn what one learns with the same global batch."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from archc.runtime.errors import DataError
from archc.runtime.fitting import read_weights
from archc.runtime.world import World, batch_for

PROGRAM = """
network Net on image: f32[N, 1, 8, 8] -> f32[N, 10] {
    image -> flatten -> dense(16) -> layernorm -> relu -> dense(10)
}
train Net {
    data = digits(test=0.7), epochs = 2, batch = 32, optimizer = sgd(lr=0.1), accumulate = 2
    metrics = [accuracy, f1]
}
"""
LIVE = "import sys; from archc.cli.main import run; sys.exit(run(sys.argv[1:]))"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(program: Path, run: Path, rank: int, size: int, port: int, *more: str) -> Any:
    """As torchrun starts it: `python -m torch.distributed.run` sets these variables."""
    world = {
        "WORLD_SIZE": size, "RANK": rank, "LOCAL_RANK": rank,
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": 1,
    }  # fmt: skip
    words = ["train", str(program), "-o", str(run), "--device", "cpu", "--json", *more]
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", LIVE, *words],
        env=os.environ | {name: str(value) for name, value in world.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    program = tmp_path / "net.arch"
    program.write_text(PROGRAM)
    port = free_port()
    processes = [
        start(program, tmp_path / "alone", 0, 1, port),
        *(start(program, tmp_path / "both", rank, 2, port) for rank in range(2)),
    ]
    said = [process.communicate(timeout=300) for process in processes]
    for process, (_, errors) in zip(processes, said, strict=True):
        assert process.returncode == 0, errors
    alone, leader = (json.loads(out.splitlines()[-1])["metrics"] for out, _ in said[:2])
    assert said[2][0] == "", "only the leader talks"
    one = read_weights(tmp_path / "alone" / "weights.safetensors").tensors
    two = read_weights(tmp_path / "both" / "weights.safetensors").tensors
    for name in one:
        torch.testing.assert_close(one[name], two[name], rtol=1e-4, atol=1e-5)
    for split, metrics in alone.items():
        assert leader[split] == pytest.approx(metrics, abs=1e-4)


def test_a_batch_must_be_dealt_evenly() -> None:
    assert batch_for(World(), 50, 64, 1) == 50
    assert batch_for(World(), 50, 64, 4) == 12
    with pytest.raises(DataError, match="cannot be dealt to 2 processes"):
        batch_for(World(size=2), 100, 33, 1)
    with pytest.raises(DataError, match="do not make 7 batches"):
        batch_for(World(), 5, 1, 7)
