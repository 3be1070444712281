"""`archc check` of a file of sixty lines, as a whole process, against `import lark, click`.

Both are processes of this interpreter, with byte code and parser tables from warm caches of their
own. The CPU time is what the kernel charged to each; what a person waits is the wall time, which a
busy machine distorts.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from harness import FOLDER, PROGRAMS, Bar, Report, main, paired, require

PROGRAM = PROGRAMS / "sixty_lines.arch"
BAR = Bar(most=1.6)
SLOW = ("matplotlib", "networkx", "numpy", "onnx", "onnxruntime", "rich", "sklearn", "torch")
COUNT = """
import contextlib, io, json, sys
from archc.cli.main import run
with contextlib.redirect_stdout(io.StringIO()):
    status = run(["check", sys.argv[1]])
assert status == 0, status
print(json.dumps(sorted(sys.modules)))
"""


def command() -> list[str]:
    """The installed script, or the module where the environment has no script."""
    script = Path(sys.executable).parent / "archc"
    return [str(script)] if script.is_file() else [sys.executable, "-m", "archc"]


def surroundings(cache: str) -> dict[str, str]:
    """An environment whose caches lie in a folder of their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {"PYTHONPYCACHEPREFIX": cache, "XDG_CACHE_HOME": cache}


def spent(words: list[str], cpu: bool, environment: dict[str, str]) -> float:
    """Seconds of a process: on the CPU, or until it ended."""
    begin = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    require(process.returncode == 0, f"`{' '.join(words)}` ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime if cpu else seconds


def measure(report: Report) -> None:
    with tempfile.TemporaryDirectory() as cache:
        _measure(report, surroundings(cache))
    report.facts = imported()


def _measure(report: Report, environment: dict[str, str]) -> None:
    ours = [*command(), "check", str(PROGRAM)]
    reference = [sys.executable, "-c", "import lark, click"]
    for words in (ours, reference):  # fills the caches
        spent(words, True, environment)
    for what, cpu in (("CPU time of the process", True), ("wall time of the process", False)):
        row = paired(
            what,
            partial(spent, ours, cpu, environment),
            partial(spent, reference, cpu, environment),
            turns=report.turns(41),
            bar=BAR,
        )
        report.rows.append(row)


def imported() -> dict[str, object]:
    """What a check loads, of what there is."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT, str(PROGRAM)], capture_output=True, text=True, check=True
    )
    modules = set(json.loads(done.stdout))
    slow = sorted(modules & set(SLOW))
    require(not slow, f"`archc check` imports {', '.join(slow)}")
    loaded = {name for name in modules if name.startswith("archc.")}
    layers = [name for name in loaded if name.startswith("archc.compiler.layers.")]
    errors = [name for name in loaded if ".errors." in name]
    return {
        "torch, onnx, sklearn, numpy, rich, networkx imported": "none",
        "modules of archc": f"{len(loaded)} of {there_are('.')}",
        "modules of layers": f"{len(layers)} of {there_are('compiler/layers')}",
        "modules of errors": f"{len(errors)} of "
        f"{there_are('compiler/errors') + there_are('grammar/errors')}",
    }


def there_are(folder: str) -> int:
    packages = ("cli", "compiler", "grammar", "runtime") if folder == "." else (folder,)
    root = FOLDER.parent
    files = [path for name in packages for path in (root / name).rglob("*.py")]
    return sum(path.name != "__init__.py" for path in files)


if __name__ == "__main__":
    main("start", "archc check of 60 lines against `import lark, click`", measure)
