"""What a worker process does: one task after another, until nobody sends any more.

Comes in: a pipe, a function as cloudpickle wrote it. Goes out: READY once the function is there,
then an outcome for each task. A worker leads a process group of its own, which ends with the
coordinator, whatever that died of.
"""

import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

import cloudpickle

from .executor import Outcome, Task, evaluated
from .trial import State

READY = "ready"


def serve(pipe: Connection, function: bytes, threads: int, gpu: str | None = None) -> None:
    """The whole life of a worker. `gpu` is the only accelerator that it sees."""
    os.setsid()
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if gpu is not None:  # PyTorch reads it when it first uses one, not when it is imported
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    try:
        _limit_threads(threads)
        evaluate, failure = cloudpickle.loads(function), ""
    except Exception:
        evaluate, failure = None, traceback.format_exc()
    with suppress(EOFError, OSError, KeyboardInterrupt):  # nobody waits for it any more
        pipe.send(READY)
        while True:
            task: Task = pipe.recv()
            pipe.send(_failed(task, failure) if failure else evaluated(evaluate, task))


def _stop(number: int, frame: FrameType | None) -> None:
    """A training saves its state and passes this on; `evaluated` makes an outcome of it."""
    raise KeyboardInterrupt


def _failed(task: Task, failure: str) -> Outcome:
    return Outcome(task.number, task.attempt, State.ERROR, error=failure, token=task.token)


def _limit_threads(threads: int) -> None:
    """PyTorch counts its threads when it is imported, which has happened if it was preloaded."""
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)
