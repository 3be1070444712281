"""Whether all back ends make the same of a graph.

Comes in: a graph, and weights if there are any. Goes out: for each back end, mode and choice of
sizes the largest difference from the back end `torch`, on random inputs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnxruntime
import torch
from torch import nn

from .backends import onnx as onnx_backend
from .backends import pt2 as pt2_backend
from .backends import python as python_backend
from .backends import torch as torch_backend
from .graph import Graph
from .samples import Sizes, integer_bound, shape_of, sizes_for

TOLERANCES = {
    torch.float64: 1e-10,
    torch.float32: 1e-4,
    torch.float16: 1e-2,
    torch.bfloat16: 5e-2,
}
"""For differences relative to the largest output, or to 1 if that is larger; others are exact."""

Tensors = tuple[torch.Tensor, ...]
Run = Callable[[Tensors], Tensors]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One back end against `torch` in one mode at one choice of sizes.

    `difference` is the largest one of any output, as a share of its tolerance: above 1 it fails.
    `problem` says why there is no difference: another shape, or a back end that could not run.
    """

    backend: str
    mode: str
    sizes: Sizes
    difference: float = 0.0
    absolute: float = 0.0
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem and self.difference <= 1

    def __str__(self) -> str:
        sizes = ", ".join(f"{name} = {size}" for name, size in self.sizes.items())
        result = self.problem or f"largest difference {self.absolute:.2g}"
        verdict = "agrees" if self.ok else "DIFFERS"
        return f"{self.backend} {self.mode} ({sizes or 'fixed sizes'}): {verdict}, {result}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """All comparisons of a graph."""

    comparisons: tuple[Comparison, ...]

    @property
    def ok(self) -> bool:
        return bool(self.comparisons) and all(item.ok for item in self.comparisons)

    def largest(self) -> dict[str, float]:
        """The largest absolute difference of each back end."""
        result: dict[str, float] = {}
        for item in self.comparisons:
            result[item.backend] = max(result.get(item.backend, 0.0), item.absolute)
        return result

    def joined(self, other: "VerifyReport") -> "VerifyReport":
        return VerifyReport((*other.comparisons, *self.comparisons))

    def __str__(self) -> str:
        return "\n".join(map(str, self.comparisons))


def verify(
    graph: Graph,
    seed: int = 0,
    *,
    weights: Mapping[str, torch.Tensor] | None = None,
    choices: int = 3,
    onnx: bool = True,
    pt2: bool = False,
    opset: int = 20,
) -> VerifyReport:
    """Runs every back end with the same weights on the same inputs, at several sizes.

    PyTorch's are compared in training too, with the same random numbers for dropout, after which
    their running statistics must agree. Without `weights` the modules are initialised from `seed`.
    """
    sizes = _choices(graph, choices, seed)
    if not sizes:
        problem = "no sizes up to 1024 were found for which every `require` holds"
        return VerifyReport((Comparison("torch", "eval", {}, problem=problem),))
    generator = torch.Generator().manual_seed(seed)
    samples = [(item, random_inputs(graph, item, generator)) for item in sizes]
    with torch.random.fork_rng(devices=[]):
        module: nn.Module = torch_backend.build(graph, seed=seed)
        module.load_state_dict(weights or {}, strict=weights is not None)
        printed = _printed(graph)
        printed.load_state_dict(module.state_dict())
        found = [_in_training(module, printed, item, seed) for item in samples]
        found.append(_same_states(module, printed, samples[-1][0]))
    module.eval()
    printed.eval()
    reference = _runner(module)
    found += [_compare("python", "eval", item, reference, _runner(printed)) for item in samples]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        state = module.state_dict()
        runs: list[tuple[str, Callable[[], Run]]] = []
        if onnx:
            runs.append(("onnx", lambda: _onnx(graph, state, opset, Path(folder))))
        if pt2:
            runs.append(("pt2", lambda: _pt2(graph, module, Path(folder))))
        for name, make in runs:
            # The exporter takes it that no axis inside has size 1: the first choice may be such.
            chosen = samples[1:] if name == "pt2" and len(samples) > 1 else samples
            found += _all_sizes(name, make, reference, chosen)
    return VerifyReport(tuple(found))


Weighted = tuple[Graph, Mapping[str, torch.Tensor]]
"""A graph and the state dict of its module."""


def compare(
    original: Weighted, optimised: Weighted, seed: int = 0, *, choices: int = 3
) -> VerifyReport:
    """Runs the modules of a graph and of what passes made of it, in evaluation mode."""
    graph, _ = original
    generator = torch.Generator().manual_seed(seed)
    sizes = _choices(graph, choices, seed)
    samples = [(item, random_inputs(graph, item, generator)) for item in sizes]
    reference, run = (_runner(_loaded(*item).eval()) for item in (original, optimised))
    found = [_compare("optimised", "eval", item, reference, run) for item in samples]
    return VerifyReport(tuple(found))


def _loaded(graph: Graph, weights: Mapping[str, torch.Tensor]) -> nn.Module:
    module: nn.Module = torch_backend.build(graph, init=False)
    module.load_state_dict(weights)
    return module


def _choices(graph: Graph, count: int, seed: int) -> list[dict[str, int]]:
    """The smallest sizes, which may shrink to 1 inside the network, then some that do not."""
    first = sizes_for(graph, 1, seed)
    others = [sizes for sizes in sizes_for(graph, count, seed, least=2) if sizes not in first]
    return [*first, *others][:count]


Sample = tuple[Sizes, Tensors]


def random_inputs(graph: Graph, sizes: Sizes, generator: torch.Generator) -> Tensors:
    """Random inputs: floats around zero, integers in the range that their readers accept."""
    made = []
    for port in graph.inputs:
        type_ = graph.values[port.value]
        shape = shape_of(type_.shape, sizes)
        dtype = torch_backend.resolve(type_.dtype.torch)
        if type_.dtype.is_float:
            made.append(torch.randn(shape, generator=generator).to(dtype))
        else:
            high = 2 if type_.dtype.is_bool else integer_bound(graph, port.value, sizes)
            made.append(torch.randint(high, shape, generator=generator).to(dtype))
    return tuple(made)


def _printed(graph: Graph) -> nn.Module:
    """The module that the stand-alone source describes."""
    text = python_backend.source(graph)
    namespace: dict[str, Any] = {"__name__": "printed"}
    exec(compile(text, f"<source of {graph.name}>", "exec"), namespace)
    made: nn.Module = namespace[python_backend.class_name(graph)]()
    return made


def _runner(module: nn.Module) -> Run:
    def run(inputs: Tensors) -> Tensors:
        with torch.no_grad():
            result = module(*inputs)
        return result if isinstance(result, tuple) else (result,)

    return run


def _onnx(graph: Graph, state: Mapping[str, torch.Tensor], opset: int, folder: Path) -> Run:
    path = folder / "model.onnx"
    onnx_backend.save(onnx_backend.export(graph, state, opset=opset), path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_inputs()]

    def run(inputs: Tensors) -> Tensors:
        # An input that nothing reads is no input of the model.
        by_name = {
            port.name: tensor.numpy() for port, tensor in zip(graph.inputs, inputs, strict=True)
        }
        results = session.run(None, {name: by_name[name] for name in names})
        return tuple(map(torch.as_tensor, results))

    return run


def _pt2(graph: Graph, module: nn.Module, folder: Path) -> Run:
    path = folder / "model.pt2"
    pt2_backend.export_pt2(module, graph, path)
    return _runner(torch.export.load(path).module())


# --- Comparisons


def _in_training(module: nn.Module, printed: nn.Module, sample: Sample, seed: int) -> Comparison:
    def seeded(run: Run) -> Run:
        def call(inputs: Tensors) -> Tensors:
            torch.default_generator.manual_seed(seed)
            return run(inputs)

        return call

    module.train()
    printed.train()
    runs = seeded(_runner(module)), seeded(_runner(printed))
    return _compare("python", "train", sample, *runs)


def _same_states(module: nn.Module, printed: nn.Module, sizes: Sizes) -> Comparison:
    """Weights and running statistics, which training has changed."""
    expected, found = module.state_dict(), printed.state_dict()
    if expected.keys() != found.keys():
        return Comparison("python", "state", sizes, problem="other names of weights")
    return _difference("python", "state", sizes, [*expected.values()], [*found.values()])


def _all_sizes(
    name: str, make: Callable[[], Run], reference: Run, samples: Sequence[Sample]
) -> list[Comparison]:
    try:
        run = make()
    except Exception as error:  # whatever a runtime raises is the finding
        return [Comparison(name, "eval", samples[0][0], problem=_first_line(error))]
    return [_compare(name, "eval", sample, reference, run) for sample in samples]


def _compare(backend: str, mode: str, sample: Sample, reference: Run, run: Run) -> Comparison:
    sizes, inputs = sample
    expected, refusal = _attempt(reference, inputs)
    found, problem = _attempt(run, inputs)
    if problem or refusal:
        # What one refuses the other must: batch norm has no variance of a single value.
        same = problem == refusal
        return Comparison(backend, mode, sizes, problem="" if same else problem or "no refusal")
    return _difference(backend, mode, sizes, expected, found)


def _attempt(run: Run, inputs: Tensors) -> tuple[Tensors, str]:
    try:
        return run(inputs), ""
    except Exception as error:  # whatever a runtime raises is the finding
        return (), _first_line(error)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


def _difference(
    backend: str,
    mode: str,
    sizes: Sizes,
    expected: Sequence[torch.Tensor],
    found: Sequence[torch.Tensor],
) -> Comparison:
    if len(expected) != len(found):
        problem = f"{len(found)} outputs instead of {len(expected)}"
        return Comparison(backend, mode, sizes, problem=problem)
    worst = absolute = 0.0
    for a, b in zip(expected, found, strict=True):
        if (a.shape, a.dtype) != (b.shape, b.dtype):
            problem = f"{b.dtype}{list(b.shape)} instead of {a.dtype}{list(a.shape)}"
            return Comparison(backend, mode, sizes, problem=problem)
        gap, scale = _gap(a, b)
        absolute = max(absolute, gap)
        tolerance = TOLERANCES.get(a.dtype, 0.0) * scale
        worst = max(worst, gap / tolerance if tolerance else float("inf") if gap else 0.0)
    return Comparison(backend, mode, sizes, worst, absolute)


def _gap(a: torch.Tensor, b: torch.Tensor) -> tuple[float, float]:
    """The largest difference, infinite where only one is finite, and the scale of `a`."""
    if a.numel() == 0 or torch.equal(a, b):
        return 0.0, 1.0
    a, b = a.double(), b.double()
    same = (a == b) | (a.isnan() & b.isnan())
    gap = torch.where(same, 0.0, (a - b).abs()).nan_to_num(nan=float("inf")).max().item()
    finite = a[a.isfinite()].abs()
    return gap, max(1.0, finite.max().item() if finite.numel() else 1.0)
