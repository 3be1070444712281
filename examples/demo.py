"""`make demo`: a network in .arch, from its text to answers on images, as a person would do it.

Comes in: nothing. Goes out: on the terminal, every command and what it says; files in a temporary
folder. Ends with 0 if the exported model and source give the same answers as the trained network.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from archc.runtime.data import load
from safetensors.torch import load_file

PROGRAM = Path(__file__).with_name("digits.arch")
ARCHC = [sys.executable, "-m", "archc"]
TOLERANCE = 1e-4


def archc(*words: str) -> None:
    """Shows a command, runs it, and ends the demo if it fails."""
    print(f"\n$ archc {' '.join(words)}", flush=True)
    done = subprocess.run([*ARCHC, *words])
    if done.returncode:
        sys.exit(done.returncode)


def main() -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="archc-demo-") as name:
        folder = Path(name)
        os.chdir(PROGRAM.parent.parent)
        program, run = str(PROGRAM.relative_to(Path.cwd())), str(folder / "run")
        archc("check", program)
        archc("show", program)
        archc("train", program, "-o", run, "--device", "cpu")
        archc("compile", program, "--weights", run, "-o", str(folder / "digits.onnx"))
        archc("compile", program, "--weights", run, "-o", str(folder / "digits.py"))
        agree = compare(folder)
    print(f"\nAll of it took {time.monotonic() - began:.0f} s.")
    return 0 if agree else 1


def compare(folder: Path) -> bool:
    """The answers of ONNX Runtime and of the Python source on the test images."""
    test = load("digits", {}, PROGRAM.parent).test
    images, answers = test.inputs["image"], test.targets["target"]
    session = onnxruntime.InferenceSession(
        str(folder / "digits.onnx"), providers=["CPUExecutionProvider"]
    )
    by_onnx = session.run(None, {"image": images})[0]
    module = source_module(folder / "digits.py").DigitNet()
    module.load_state_dict(load_file(folder / "run" / "weights.safetensors"))
    with torch.no_grad():
        by_source = module.eval()(torch.from_numpy(images)).numpy()
    print(f"\n{len(images)} test images, through ONNX Runtime and through the Python source:")
    for number in range(5):
        one, other = by_onnx[number].argmax(), by_source[number].argmax()
        print(f"  image {number}: ONNX says {one}, source {other}, it is {answers[number]}")
    share = float((by_onnx.argmax(1) == answers).mean())
    difference = float(np.abs(by_onnx - by_source).max())
    same = bool((by_onnx.argmax(1) == by_source.argmax(1)).all()) and difference < TOLERANCE
    print(f"Test accuracy of the ONNX model: {share:.4f}")
    verdict = "The answers agree" if same else "The answers DISAGREE"
    print(f"{verdict}: the largest difference between two scores is {difference:.1e}.")
    return same


def source_module(path: Path) -> Any:
    """The module that a Python file holds."""
    spec = importlib.util.spec_from_file_location("digits_source", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
