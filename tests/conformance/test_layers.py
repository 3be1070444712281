"""Every layer of the registry against PyTorch and ONNX Runtime, and against its own declarations.

A layer is tested the day its file appears. Random calls, right and wrong ones, must agree: what
the layer's rule accepts, PyTorch computes in exactly that shape, eager and on the meta device, and
ONNX Runtime computes the same values. A rule that accepts symbolic axes must hold for every size
of them.
"""

from collections.abc import Callable
from typing import Any

import torch
from archc.compiler.dims import evaluate
from archc.compiler.graph import Graph
from archc.compiler.hyperparameter import Between, Domain
from archc.compiler.layer import Layer
from archc.compiler.types import TensorType
from archc.grammar.diagnostic import Fault
from archc.grammar.record import replaced
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_calls import LayerCall, calls
from layer_witnesses import (
    assert_close,
    graph_of,
    infer,
    is_rare,
    missing_kernel,
    module_of,
    onnx_outputs,
    outputs_of,
    random_inputs,
    source_outputs,
    torch_dtype,
    type_text,
)

EXAMPLES = 50
LONG_EXAMPLES = 400
FEWEST_ACCEPTED = 0.3
FEWEST_RUN = 0.3
"""Of all calls that are drawn: accepted, and compared down to ONNX Runtime."""
OPSETS = ((20,),) * 5 + ((20, 17), (20, 18), (20, 21), (20, 23))
"""The opset that is written unless told otherwise, and now and then one of those around it."""

REFUTED = {"E307", "E309", "E310"}
"""Refusals that say: for no size of the axes."""


def test_a_layer_is_described(layer_class: type[Layer]) -> None:
    assert layer_class.__doc__ and len(layer_class.__doc__) > 20
    assert layer_class.name in layer_class.example
    assert layer_class.family
    low, high = layer_class.arity
    assert low >= 0 and (high is None or low <= high)
    for item in layer_class.hyperparameters():
        if not item.required and item.default is not None:
            assert item.kind.accept(item.default) == item.default, item.name
        for value in _ends(item.domain):
            item.kind.accept(value)


def _ends(domain: Domain | None) -> list[Any]:
    """The values that a domain names."""
    match domain:
        case None:
            return []
        case Between():
            assert domain.low < domain.high
            return [domain.low, domain.high]
    return [
        end
        for option in domain.options
        for end in (_ends(option) if isinstance(option, Between) else [option])
    ]


def test_random_calls_agree_with_pytorch_and_onnx_runtime(
    layer_class: type[Layer], long: bool, record_property: Callable[[str, Any], None]
) -> None:
    counts = {"drawn": 0, "accepted": 0, "onnx": 0, "symbolic": 0}

    @settings(max_examples=LONG_EXAMPLES if long else EXAMPLES, report_multiple_bugs=False)
    @given(calls(layer_class), st.sampled_from(OPSETS))
    def check(call: LayerCall, opsets: tuple[int, ...]) -> None:
        counts["drawn"] += 1
        inputs = call.concrete()
        outputs = infer(call.layer, inputs)
        symbolic_graph = _check_symbolic(call)
        counts["symbolic"] += symbolic_graph is not None and bool(call.symbols)
        if isinstance(outputs, Fault):
            return
        counts["accepted"] += 1
        _check_flops(call.layer, inputs, outputs)
        counts["onnx"] += _check_values(call, inputs, outputs, symbolic_graph, opsets)

    check()
    record_property("layer", layer_class.name)
    record_property("calls", counts)
    share = counts["accepted"] / counts["drawn"]
    assert share >= FEWEST_ACCEPTED, (
        f"only {share:.0%} of the calls are accepted: say what is `typical`"
    )
    ran = counts["onnx"] / counts["drawn"]
    assert ran >= FEWEST_RUN, f"only {ran:.0%} of the calls ran in ONNX Runtime"


def _check_symbolic(call: LayerCall) -> tuple[TensorType, ...] | None:
    """The rule for free axes, at the sizes drawn and at others; its outputs where it accepts."""
    outputs = infer(call.layer, call.symbolic())
    others = [call.sizes] + [dict.fromkeys(call.symbols, size) for size in (1, 2, 3, 7)]
    others.append({name: 2 + index for index, name in enumerate(sorted(call.symbols))})
    for sizes in others:
        sizes = {**call.sizes, **sizes}
        found = infer(call.layer, call.concrete(**sizes))
        if isinstance(outputs, Fault):
            if outputs.diagnostic.code in REFUTED:
                assert isinstance(found, Fault), f"refuted for free axes, accepted for {sizes}"
            continue
        if isinstance(found, Fault):
            raise AssertionError(f"proved for free axes, refused for {sizes}") from found
        wanted = tuple(
            type_.with_shape(*(evaluate(size, sizes) for size in type_.shape)) for type_ in outputs
        )
        assert found == wanted
    if isinstance(outputs, Fault):
        return None
    _check_flops(call.layer, call.symbolic(), outputs, call.sizes)
    return outputs


def _check_flops(
    layer: Layer,
    inputs: tuple[TensorType, ...],
    outputs: tuple[TensorType, ...],
    sizes: Any = None,
) -> None:
    flops = evaluate(layer.flops(inputs, outputs), sizes or {})
    assert isinstance(flops, int) and flops >= 0, flops


def _check_values(
    call: LayerCall,
    inputs: tuple[TensorType, ...],
    outputs: tuple[TensorType, ...],
    free: tuple[TensorType, ...] | None,
    opsets: tuple[int, ...],
) -> bool:
    """PyTorch, the printed source and ONNX Runtime on the graph with free axes, where the rule
    allows it, at two sizes.
    """
    graph = graph_of(call.layer, inputs, outputs)
    sizes = [inputs]
    if free is not None:
        graph = graph_of(call.layer, call.symbolic(), free)
        sizes.append(call.concrete(**{name: call.sizes[name] + 1 for name in call.symbols}))
    module = module_of(graph)
    _check_weights(call.layer, inputs, module)
    module.eval()
    batches: list[list[torch.Tensor]] = []
    results: list[tuple[torch.Tensor, ...]] = []
    for seed, types in enumerate(sizes):
        batches.append(random_inputs(types, seed))
        wanted = infer(call.layer, types)
        assert not isinstance(wanted, Fault)
        if not _meta_agrees(module, types, wanted):
            return False
        try:
            outputs_of(module, batches[-1])
        except IndexError:  # the fault of the data: an axis of size 1 has no index 1
            batches[-1] = [x if x.is_floating_point() else x * 0 for x in batches[-1]]
        except (NotImplementedError, RuntimeError) as error:
            if is_rare(*types) and missing_kernel(error):
                return False
            raise
        results.append(outputs_of(module, batches[-1]))
        assert [type_text(tensor) for tensor in results[-1]] == [_text(type_) for type_ in wanted]
    weights = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    _check_source(graph, weights, batches, results)
    _check_spelling(call.layer, inputs, weights, batches[0], results[0])
    _check_gradients(call.layer, module, batches[-1])
    ran = False
    for opset in opsets:
        found = onnx_outputs(graph, weights, opset, batches)
        ran = ran or found is not None
        for actual, expected in zip(found or [], results, strict=bool(found)):
            for array, tensor, type_ in zip(actual, expected, outputs, strict=True):
                assert_close(array, tensor, type_.dtype)
    return ran


def _check_spelling(
    layer: Layer,
    inputs: tuple[TensorType, ...],
    weights: dict[str, torch.Tensor],
    batch: list[torch.Tensor],
    results: tuple[torch.Tensor, ...],
) -> None:
    """What the hash takes for the same layer computes the same."""
    rank = inputs[0].rank if inputs else 0
    settings = layer.plain(rank)
    other = type(layer)(**settings)
    assert other.plain(rank) == settings
    if other == layer:
        return
    if not layer.exchanges:
        for name, value in settings.items():
            assert replaced(layer, **{name: value}).plain(rank) == settings, name
    outputs = infer(other, inputs)
    assert outputs == infer(layer, inputs)
    assert not isinstance(outputs, Fault)
    module = module_of(graph_of(other, inputs, outputs))
    module.load_state_dict(weights, strict=True)
    module.eval()
    torch.testing.assert_close(outputs_of(module, batch), results, equal_nan=True)


def _check_source(
    graph: Graph,
    weights: dict[str, torch.Tensor],
    batches: list[list[torch.Tensor]],
    results: list[tuple[torch.Tensor, ...]],
) -> None:
    """The printed source computes the same numbers, to the last bit."""
    for actual, expected in zip(source_outputs(graph, weights, batches), results, strict=True):
        for tensor, wanted in zip(actual, expected, strict=True):
            torch.testing.assert_close(tensor, wanted, rtol=0, atol=0, equal_nan=True)


def _meta_agrees(
    module: torch.nn.Module, types: tuple[TensorType, ...], wanted: tuple[TensorType, ...]
) -> bool:
    state = {name: tensor.to("meta") for name, tensor in module.state_dict().items()}
    inputs = [tensor.to("meta") for tensor in random_inputs(types, 0)]
    found = torch.func.functional_call(module, state, tuple(inputs))
    tensors = found if isinstance(found, tuple) else (found,)
    assert [type_text(tensor) for tensor in tensors] == [_text(type_) for type_ in wanted]
    return True


def _text(type_: TensorType) -> tuple[str, tuple[Any, ...]]:
    return str(torch_dtype(type_.dtype)), type_.shape


def _check_weights(layer: Layer, inputs: tuple[TensorType, ...], module: torch.nn.Module) -> None:
    declared = {
        f"layer.{name}": (str(torch_dtype(weight.dtype)), weight.shape, weight.trainable)
        for name, weight in layer.weights(*inputs).items()
    }
    trained = {name for name, tensor in module.named_parameters() if tensor.requires_grad}
    found = {
        name: (*type_text(tensor), name in trained) for name, tensor in module.state_dict().items()
    }
    assert declared == found
    primary = layer.primary_weight
    if primary is not None and any(trainable for _, _, trainable in declared.values()):
        assert f"layer.{primary}" in declared


def _check_gradients(layer: Layer, module: torch.nn.Module, inputs: list[torch.Tensor]) -> None:
    """In training, what the float outputs are gives a gradient to every float input and trained
    weight.
    """
    module.train()
    leaves = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    try:
        outputs = [y for y in outputs_of(module, leaves) if y.is_floating_point()]
    except ValueError as error:
        assert "more than 1 value per channel" in str(
            error
        )  # a batch of 1, which only the run knows
        return
    finally:
        module.eval()
    floats = [x for x in leaves if x.requires_grad]
    weights = list(module.parameters())
    if not outputs or not (floats or weights):
        return
    if not layer.differentiable:
        assert not any(y.requires_grad for y in outputs)
        return
    total = sum(y.double().sum() for y in outputs)
    assert isinstance(total, torch.Tensor)
    total.backward()
    for tensor in (*floats, *weights):
        assert tensor.grad is not None and tensor.grad.shape == tensor.shape
    module.zero_grad()
