"""What a program computes in bf16, judged as far as anything else computes the same.

Comes in: a program whose floats are bf16. Goes out: a verdict. Rounding to 8 bits adds up along a
program, so each layer is judged by itself: its bf16 result against the same layer in f32 on the
very numbers that flowed into it, widened. What ONNX Runtime has kernels for is compared as a whole.
"""

from collections.abc import Sequence
from dataclasses import replace

import onnxruntime
import torch
from archc.compiler import verify as verifying
from archc.compiler.backends import onnx as onnx_backend
from archc.compiler.backends import torch as torch_backend
from archc.compiler.graph import Graph, Node, Port
from archc.compiler.layer import Layer
from archc.grammar.diagnostic import ProgramError
from differential import Verdict, _is_sensitive, _is_tame, _refusal, _with_all, graph_of

OPSET = 23
ONE_LAYER = 4 * 2.0**-8
"""A few roundings, as a share of the largest number that flows in or out of a layer."""
ROUGH = 0.1
"""The same over time: more is rounded at every step, which feeds on it."""
OVER_TIME = {"scan", "lstm", "gru", "rnn"}
BF16_ONNX = 16


def judge_layers(text: str, seed: int) -> Verdict:
    """Each layer in bf16 against itself in f32."""
    graph, wide = graph_of(text), graph_of(text.replace("bf16", "f32"))
    if isinstance(graph, Verdict):
        return graph
    if isinstance(wide, Verdict):
        return replace(wide, skipped=wide.problem, problem="")
    module = torch_backend.build(_with_all(graph), seed=seed).eval()
    state = {name: _widened(tensor) for name, tensor in module.state_dict().items()}
    apart = torch_backend.build(_each_alone(wide), seed=seed).eval()
    apart.load_state_dict(state)
    generator = torch.Generator().manual_seed(seed)
    for sizes in verifying._choices(graph, 2, seed):
        inputs = verifying.random_inputs(graph, sizes, generator)
        try:
            *inner, _ = verifying._runner(module)(inputs)
        except Exception as error:  # whatever PyTorch raises is the finding
            refused = _refusal(error)
            return replace(refused, problem=refused.problem and f"eager: {refused.problem}")
        given = [_widened(tensor) for tensor in (*inputs, *inner)]
        if not all(map(_is_tame, (*given, *inner))):
            return Verdict(skipped="values that are large or no numbers")
        wanted = verifying._runner(apart)(tuple(given))
        problem = _apart(graph, inputs, inner, wanted)
        over_time = problem.partition(" ")[0] in OVER_TIME
        if over_time and _is_sensitive(_with_all(graph), seed, inputs, (*inner, inner[-1])):
            return Verdict(skipped="sensitive")
        if problem:
            return Verdict(problem=f"{dict(sizes)}: {problem}")
    return Verdict()


def _widened(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.dtype == torch.bfloat16 else tensor


def _each_alone(graph: Graph) -> Graph:
    """The graph in which each layer reads inputs of their own in place of what was computed."""
    values = list(graph.values)
    given: dict[int, int] = {port.value: port.value for port in graph.inputs}
    ports = list(graph.inputs)
    outputs: list[Port] = []
    nodes: list[Node] = []
    for node in graph.nodes:
        nodes.append(replace(node, inputs=tuple(given[value] for value in node.inputs)))
        for value in node.outputs:
            values.append(graph.values[value])
            given[value] = len(values) - 1
            ports.append(Port(f"given_{value}", given[value]))
            outputs.append(Port(f"inner_{value}", value))
    return replace(
        graph,
        values=tuple(values),
        inputs=tuple(ports),
        outputs=tuple(outputs),
        nodes=tuple(nodes),
        scopes=(),
    )


def _apart(
    graph: Graph,
    inputs: Sequence[torch.Tensor],
    inner: Sequence[torch.Tensor],
    wanted: Sequence[torch.Tensor],
) -> str:
    """What a layer does in bf16 that it does not do in f32."""
    flowing = dict(zip((port.value for port in graph.inputs), inputs, strict=True))
    results = iter(zip(inner, wanted, strict=True))
    for node in graph.nodes:
        largest = [_largest(flowing[value]) for value in node.inputs]
        if node.layer.name == "instancenorm":
            largest.append(_shift(flowing[node.inputs[0]], node.layer))
        for value in node.outputs:
            found, right = next(results)
            flowing[value] = found
            if found.dtype == torch.bfloat16:
                share = ROUGH if node.layer.name in OVER_TIME else ONE_LAYER
                room = share * max(1.0, _largest(right), *largest)
                gap = (found.float() - right).abs().max().item() if found.numel() else 0.0
                if not gap <= room:
                    return f"{node.layer.name} differs by {gap:.3g}, {room:.3g} is rounding"
            elif not torch.equal(found, right.to(found.dtype)):
                return f"{node.layer.name} answers otherwise in bf16"
    return ""


def _shift(tensor: torch.Tensor, layer: Layer) -> float:
    """The largest mean over its deviation. PyTorch keeps these of an instance norm in bf16 (those
    of a group norm it does not), so that an input which hardly varies is rounded roughly.
    """
    axes = tuple(range(2, tensor.dim()))
    numbers = tensor.float()
    spread = numbers.var(axes, unbiased=False) + vars(layer)["eps"]
    return _largest(numbers.mean(axes) / spread.sqrt())


def _largest(tensor: torch.Tensor) -> float:
    plain = tensor.numel() and tensor.is_floating_point()
    return float(tensor.abs().max()) if plain else 0.0


# --- ONNX Runtime


def judge_runtime(text: str, seed: int) -> Verdict:
    """PyTorch against ONNX Runtime, which has a few kernels for bf16 on the CPU."""
    graph = graph_of(text)
    if isinstance(graph, Verdict):
        return graph
    module = torch_backend.build(graph, seed=seed).eval()
    try:
        model = onnx_backend.export(graph, module.state_dict(), opset=OPSET)
    except ProgramError as error:
        return Verdict(skipped=f"ONNX cannot: {error.diagnostics[0].code}")
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        return _refusal(error)
    generator = torch.Generator().manual_seed(seed)
    for sizes in verifying._choices(graph, 2, seed):
        inputs = verifying.random_inputs(graph, sizes, generator)
        expected = verifying._runner(module)(inputs)
        if not all(map(_is_tame, expected)):
            return Verdict(skipped="values that are large or no numbers")
        try:
            found = _run(session, graph, inputs)
        except Exception as error:
            return _refusal(error)
        result = verifying._difference("onnx", "eval", sizes, [*expected], found)
        if result.ok:
            continue
        if not result.problem and _is_sensitive(graph, seed, inputs, expected):
            return Verdict(skipped="sensitive")
        return Verdict(problem=f"{dict(sizes)}: {result}")
    return Verdict()


def _run(
    session: onnxruntime.InferenceSession, graph: Graph, inputs: Sequence[torch.Tensor]
) -> list[torch.Tensor]:
    """NumPy has no bf16: it goes in as the 16 bits that it is, and comes out by DLPack."""
    by_name = {
        port.name: _ort_value(tensor) for port, tensor in zip(graph.inputs, inputs, strict=True)
    }
    wanted = {item.name: by_name[item.name] for item in session.get_inputs()}
    names = [item.name for item in session.get_outputs()]
    results = session.run_with_ort_values(names, wanted)
    return [_tensor(item) for item in results]


def _ort_value(tensor: torch.Tensor) -> onnxruntime.OrtValue:
    if tensor.dtype != torch.bfloat16:
        return onnxruntime.OrtValue.ortvalue_from_numpy(tensor.numpy())
    bits = tensor.contiguous().view(torch.int16).numpy()
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, BF16_ONNX)


def _tensor(value: onnxruntime.OrtValue) -> torch.Tensor:
    if value.element_type() != BF16_ONNX:
        return torch.as_tensor(value.numpy())
    return torch.from_dlpack(value._ortvalue.to_dlpack()).clone()
