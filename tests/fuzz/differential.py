"""What a program computes in PyTorch and in ONNX Runtime, and how one that differs is made smaller.

Comes in: a program or a sketch of one. Goes out: the reason why the two disagree, or a smaller
sketch for which they still do.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from archc.compiler import verify as verifying
from archc.compiler.backends import torch as torch_backend
from archc.compiler.backends.torch.arrays import evaluate, state_of, to_array
from archc.compiler.check import check_text
from archc.compiler.checks import Checks
from archc.compiler.graph import Graph, Node, Port
from archc.compiler.layer import Layer
from archc.compiler.lowering import Call
from archc.compiler.passes import optimise
from archc.compiler.types import TensorType
from archc.grammar.diagnostic import ProgramError
from sketches import PLAIN, WIDTHS, Sketch, needed

LARGEST = 1e4
"""Where values get larger, or cease to be numbers, rounding and the order of sums decide."""
LARGEST_INTEGER = 2.0**30
NOISE = {"f64": 4e-15, "f32": 2e-6, "f16": 2e-3, "bf16": 1.6e-2}
"""Rounding errors of a few operations, for numbers around 1."""
LARGEST_HALF = 1e2
"""The same for 16 bits, in which sums of many products lose digits."""
KNOWN = {
    "NOT_IMPLEMENTED": "ONNX Runtime has no kernel",
    "does not support double yet": "ONNX Runtime has no kernel",
    "FuseReluClip": "ONNX Runtime's fusion of relu and clip fails for f64",
    "not implemented for 'Half'": "PyTorch has no kernel",
    "not implemented for 'BFloat16'": "PyTorch has no kernel",
    "ScalarType BFloat16": "NumPy has no bf16",
}
"""Refusals that are no fault of the model, by a piece of their text."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problem` is what disagrees; `skipped` why nothing could be said."""

    problem: str = ""
    skipped: str = ""


def judge(text: str, seed: int) -> Verdict:
    """PyTorch's eager module and our ONNX in ONNX Runtime, in evaluation mode at two sizes."""
    graph = graph_of(text)
    if isinstance(graph, Verdict):
        return graph
    module = torch_backend.build(_with_all(graph), seed=seed).eval()
    generator = torch.Generator().manual_seed(seed)
    samples = [
        (sizes, verifying.random_inputs(graph, sizes, generator))
        for sizes in verifying._choices(graph, 2, seed)
    ]
    if not samples:
        return Verdict(skipped="no sizes")
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run = verifying._onnx(graph, module.state_dict(), 20, Path(folder))
        except ProgramError as error:
            return Verdict(skipped=f"ONNX cannot: {error.diagnostics[0].code}")
        except Exception as error:  # whatever a runtime raises is the finding
            return _refusal(error)
        for sizes, inputs in samples:
            found = _judge_at(graph, seed, module, run, inputs)
            if found.problem or found.skipped:
                return replace(found, problem=found.problem and f"{dict(sizes)}: {found.problem}")
    return Verdict()


def graph_of(text: str) -> Graph | Verdict:
    """The graph of a program, or the verdict that it is refused."""
    checked = check_text(text)
    if checked.ok:
        return checked.graph()
    first = next(report for report in checked.reports if report.is_error)
    return Verdict(problem=f"refused: {first.diagnostic.code} {first.diagnostic.message()}")


def _judge_at(
    graph: Graph,
    seed: int,
    module: torch.nn.Module,
    run: verifying.Run,
    inputs: verifying.Tensors,
) -> Verdict:
    eager = verifying._runner(module)
    try:
        *inner, expected = eager(inputs)
    except Exception as error:  # whatever PyTorch raises is the finding
        refused = _refusal(error)
        return replace(refused, problem=refused.problem and f"eager: {refused.problem}")
    if not all(map(_is_tame, (*inner, expected))):
        return Verdict(skipped="values that are large or no numbers")
    try:
        (found,) = run(inputs)
    except Exception as error:
        return _refusal(error)
    if not found.is_floating_point() and not _is_tame(found):
        return Verdict(skipped="integers that went round")
    result = verifying._difference("onnx", "eval", {}, [expected], [found])
    if result.ok:
        return Verdict()
    if not result.problem and _is_sensitive(graph, seed, inputs, (expected,)):
        return Verdict(skipped="sensitive")
    return Verdict(problem=str(result))


def _with_all(graph: Graph) -> Graph:
    """The graph with every value inside as an output too, its own output last."""
    inner = [Port(f"inner_{value}", value) for node in graph.nodes for value in node.outputs]
    return replace(graph, outputs=(*inner, *graph.outputs))


def _refusal(error: Exception) -> Verdict:
    message = f"{type(error).__name__}: {error}"
    known = next((reason for text, reason in KNOWN.items() if text in message), "")
    return Verdict(skipped=known) if known else Verdict(problem=message)


def judge_passes(text: str, seed: int) -> Verdict:
    """The module of the graph as it is, and of the graph after all passes for inference."""
    graph = graph_of(text)
    if isinstance(graph, Verdict):
        return graph
    state = torch_backend.build(graph, seed=seed).state_dict()
    weights = {item.name: to_array(state[item.name]) for item in graph.weights()}
    after = optimise(graph, weights, evaluate)
    generator = torch.Generator().manual_seed(seed)
    before = torch_backend.build(_with_all(graph), seed=seed).eval()
    before.load_state_dict(state_of(graph, weights))
    module = torch_backend.build(after.graph, init=False).eval()
    module.load_state_dict(state_of(after.graph, after.weights))
    for sizes in verifying._choices(graph, 2, seed):
        inputs = verifying.random_inputs(graph, sizes, generator)
        found = _judge_at(graph, seed, before, verifying._runner(module), inputs)
        if found.problem or found.skipped:
            return replace(found, problem=found.problem and f"{dict(sizes)}: {found.problem}")
    return Verdict()


def _is_tame(tensor: torch.Tensor) -> bool:
    """Neither huge nor no numbers; integers stay where they cannot have gone round."""
    if tensor.numel() == 0 or tensor.dtype == torch.bool:
        return True
    if not tensor.is_floating_point():
        return bool((tensor.double().abs() < LARGEST_INTEGER).all())
    largest = LARGEST if tensor.element_size() > 2 else LARGEST_HALF
    return bool(tensor.isfinite().all() and tensor.abs().max() < largest)


class Jitter(Layer):
    """A little noise, as much as rounding may make of the tensor's largest element."""

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        return inputs[0]

    def to_torch(self, *inputs: TensorType) -> Call:
        largest = "({0}.abs().amax() + 1e-3)"
        return Call(f"{{0}} + {NOISE[str(inputs[0].dtype)]} * torch.randn_like({{0}}) * {largest}")


def _with_noise(graph: Graph) -> Graph:
    """The graph with noise on every float that flows in it, inputs too."""
    values = list(graph.values)
    nodes: list[Node] = []
    renamed: dict[int, int] = {}

    def shake(value: int) -> None:
        if graph.values[value].dtype.is_float:
            values.append(graph.values[value])
            renamed[value] = len(values) - 1
            name = f"jitter_{value}"
            nodes.append(Node(Jitter(), (value,), (renamed[value],), name, name))

    for port in graph.inputs:
        shake(port.value)
    for node in graph.nodes:
        nodes.append(replace(node, inputs=tuple(renamed.get(x, x) for x in node.inputs)))
        for value in node.outputs:
            shake(value)
    outputs = tuple(Port(port.name, renamed.get(port.value, port.value)) for port in graph.outputs)
    return replace(graph, values=tuple(values), nodes=tuple(nodes), outputs=outputs, scopes=())


def _is_sensitive(
    graph: Graph, seed: int, inputs: verifying.Tensors, result: verifying.Tensors
) -> bool:
    """Whether noise of the size of rounding errors changes the output as much."""
    module = torch_backend.build(_with_noise(graph), seed=seed).eval()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        moved = [verifying._runner(module)(inputs) for _ in range(8)]
    return any(verifying._difference("", "", {}, result, item).difference > 0.3 for item in moved)


# --- Shrinking -----------------------------------------------------------------------------------


Judge = Callable[[str, int], Verdict]


def shrink(sketch: Sketch, seed: int, by: Judge = judge) -> Sketch:
    """A smaller sketch that is judged to have a problem too, from which no layer can be dropped."""
    while True:
        smaller = next((item for item in _smaller(sketch) if _fails(item, seed, by)), None)
        if smaller is None:
            return sketch
        sketch = smaller


def _fails(sketch: Sketch, seed: int, by: Judge) -> bool:
    problem = by(sketch.text(), seed).problem
    return bool(problem) and not problem.startswith("refused")


def _smaller(sketch: Sketch) -> Iterator[Sketch]:
    """One statement less each: its output is its input, or the result is one further up."""
    for end in range(len(sketch.statements) - 1):
        for result in sketch.statements[end].outputs:
            yield from _ending(sketch, result)
    for place, statement in enumerate(sketch.statements):
        for name in dict.fromkeys(statement.inputs):
            renamed = dict.fromkeys(statement.outputs, name)
            rest = sketch.statements[:place] + sketch.statements[place + 1 :]
            kept = tuple(
                replace(item, inputs=tuple(renamed.get(x, x) for x in item.inputs)) for item in rest
            )
            result = renamed.get(sketch.result, sketch.result)
            if kept and result not in sketch.inputs:
                yield replace(sketch, statements=tuple(needed(kept, result)), result=result)


def _ending(sketch: Sketch, result: str) -> Iterator[Sketch]:
    kept = tuple(needed(sketch.statements, result))
    for dtype in (*PLAIN, *WIDTHS):
        for rank in range(6):
            shorter = replace(sketch, statements=kept, result=result, dtype=dtype, rank=rank)
            if check_text(shorter.text()).ok:
                yield shorter
