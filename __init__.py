"""archc: a language for neural-network architectures, and its compiler.

    model = archc.compile("net.arch", width=32)
    module = model.torch()

Everything public stands here; PyTorch, ONNX and NumPy are imported when they are needed.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING:
    from . import testing
    from .api import compile, load, parse, run_search, space, train
    from .changes import diff, grow, growth
    from .compiler.differences import Difference
    from .compiler.program import Program
    from .compiler.spaces.drawn import DrawnProgram
    from .compiler.spaces.growth.grown import GrownProgram
    from .compiler.spaces.growth.growth import Growth
    from .compiler.spaces.growth.refused import NoEdit
    from .compiler.spaces.limit import SpaceLimit
    from .compiler.spaces.space import Space
    from .grammar.diagnostic import ProgramError
    from .model import Model, ModelLayer, ModelPort
    from .notebook import load_ipython_extension
    from .runtime.errors import CheckpointError, DataError, DeviceError
    from .runtime.train import Run
    from .search.errors import SearchError
    from .search.study import Study
    from .search.tabular.evaluator import table
    from .search.trial import Trial

__all__ = [
    "CheckpointError",
    "DataError",
    "DeviceError",
    "Difference",
    "DrawnProgram",
    "GrownProgram",
    "Growth",
    "Model",
    "ModelLayer",
    "ModelPort",
    "NoEdit",
    "Program",
    "ProgramError",
    "Run",
    "SearchError",
    "Space",
    "SpaceLimit",
    "Study",
    "Trial",
    "compile",
    "diff",
    "grow",
    "growth",
    "load",
    "load_ipython_extension",
    "parse",
    "run_search",
    "space",
    "table",
    "testing",
    "train",
]

_HOMES = {
    "CheckpointError": ".runtime.errors",
    "DataError": ".runtime.errors",
    "DeviceError": ".runtime.errors",
    "Difference": ".compiler.differences",
    "DrawnProgram": ".compiler.spaces.drawn",
    "Growth": ".compiler.spaces.growth.growth",
    "GrownProgram": ".compiler.spaces.growth.grown",
    "Model": ".model",
    "ModelLayer": ".model",
    "ModelPort": ".model",
    "NoEdit": ".compiler.spaces.growth.refused",
    "Program": ".compiler.program",
    "ProgramError": ".grammar.diagnostic",
    "Run": ".runtime.train",
    "SearchError": ".search.errors",
    "Space": ".compiler.spaces.space",
    "SpaceLimit": ".compiler.spaces.limit",
    "Study": ".search.study",
    "Trial": ".search.trial",
    "diff": ".changes",
    "grow": ".changes",
    "growth": ".changes",
    "load_ipython_extension": ".notebook",
    "table": ".search.tabular.evaluator",
}


def __getattr__(name: str) -> object:
    """Names are looked up when they are used: `import archc` takes no time."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "testing":  # a module of its own, for those who have Hypothesis
        return _import_module(".testing", __name__)
    value = getattr(_import_module(_HOMES.get(name, ".api"), __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
