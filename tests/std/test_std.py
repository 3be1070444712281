"""The standard library: every block in use, in every back end, and against PyTorch's own."""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import archc
import pytest
import torch
from archc.compiler import verify
from archc.compiler.check import check_file
from archc.compiler.modules import STANDARD_LIBRARY
from archc.grammar import ast
from torch import Tensor, nn

IMAGE = "f32[N, 8, H, W]"
SEQUENCE = "f32[N, T, 8]"
PAIR = "f32[N, 8, 12, 8], memory: f32[N, 6, 6, 4]"
"""An older image and a newer one of half the size."""
USES = {
    "growth": {"Merge": (PAIR, "growth.Merge")},
    "vision": {
        "BasicBlock": (IMAGE, "vision.BasicBlock(8) -> vision.BasicBlock(16, stride=2)"),
        "Bottleneck": (IMAGE, "vision.Bottleneck(4, stride=2) -> vision.Bottleneck(4)"),
        "Shortcut": (IMAGE, "vision.Shortcut(8) -> vision.Shortcut(4)"),
        "InvertedResidual": (IMAGE, "vision.InvertedResidual(8) -> vision.InvertedResidual(4, 2)"),
        "SqueezeExcite": (IMAGE, "vision.SqueezeExcite(gate=hardsigmoid)"),
        "DenseLayer": (IMAGE, "vision.DenseLayer(4) -> vision.DenseLayer(4, rate=0.2)"),
        "DenseTransition": ("f32[N, 8, 8, 8]", "vision.DenseTransition"),
        "ConvNormAct": (IMAGE, "vision.ConvNormAct(4, 3, stride=2, act=silu)"),
        "Inception": (IMAGE, "vision.Inception(4, 4, 6, 2, 4, 4)"),
        "InceptionA": (IMAGE, "vision.InceptionA(32)"),
        "InceptionB": (IMAGE, "vision.InceptionB(16)"),
        "InceptionC": (IMAGE, "vision.InceptionC"),
        "ReductionA": ("f32[N, 8, 7, 7]", "vision.ReductionA"),
        "ReductionB": ("f32[N, 8, 7, 7]", "vision.ReductionB"),
        "Fire": (IMAGE, "vision.Fire(4, 6)"),
        "ShuffleUnit": (
            "f32[N, 12, H, W]",
            "vision.ShuffleUnit(24, 3, stride=2) -> vision.ShuffleUnit(24, 3)",
        ),
        "ConvNeXtBlock": (IMAGE, "vision.ConvNeXtBlock(scale=0.5, rate=0.1)"),
        "PatchEmbed": ("f32[N, 3, H, W]", "vision.PatchEmbed(4, 6)"),
    },
    "attention": {
        "MultiHead": (SEQUENCE, "attention.MultiHead(4, kv_heads=2, causal=true, rope=true)"),
        "CrossAttention": (
            f"{SEQUENCE}, memory: f32[N, S, 6]",
            "attention.CrossAttention(2)",
        ),
        "FeedForward": (SEQUENCE, "attention.FeedForward(16, act=gelu, rate=0.1)"),
        "SwiGLU": (SEQUENCE, "attention.SwiGLU(16)"),
        "TransformerEncoder": (
            SEQUENCE,
            "attention.TransformerEncoder(2, 16) -> "
            "attention.TransformerEncoder(2, 16, norm_first=true, causal=true)",
        ),
        "TransformerDecoder": (
            f"{SEQUENCE}, memory: f32[N, S, 6]",
            "attention.TransformerDecoder(2, 16, norm_first=true)",
        ),
        "PositionalEncoding": (SEQUENCE, "attention.PositionalEncoding"),
    },
    "linear": {"Lora": (SEQUENCE, "linear.Lora(6, rank=2)")},
    "cells": {
        "ReluConv": (IMAGE, "cells.ReluConv(4, 3)"),
        "FactorizedReduce": ("f32[N, 8, 6, 4]", "cells.FactorizedReduce(5)"),
        "Skip": ("f32[N, 8, 6, 4]", "cells.Skip -> cells.Skip(2)"),
        "MaxPool": (IMAGE, "cells.MaxPool(5) -> cells.MaxPool(3, 2)"),
        "AvgPool": (IMAGE, "cells.AvgPool -> cells.AvgPool(3, 2)"),
        "Conv": (IMAGE, "cells.Conv(3, 2)"),
        "FactorizedConv": (IMAGE, "cells.FactorizedConv(7, 2)"),
        "SepConv": (IMAGE, "cells.SepConv(5, 2)"),
        "DilConv": (IMAGE, "cells.DilConv(3, 2)"),
        "Align": (PAIR, "cells.Align(4)"),
        "DartsEdge": (IMAGE, "cells.DartsEdge([tanh], false)"),
        "DartsCell": (PAIR, "cells.DartsCell(4, reduces=true)"),
        "NasNetEdge": (IMAGE, "cells.NasNetEdge([], false)"),
        "NasNetCell": (PAIR, "cells.NasNetCell(4, reduces=true)"),
        "NasBench201Edge": (IMAGE, "cells.NasBench201Edge([])"),
        "NasBench201Cell": (IMAGE, "cells.NasBench201Cell"),
        "NasBench201Reduce": ("f32[N, 8, 6, 4]", "cells.NasBench201Reduce(4)"),
        "ConvRelu": (IMAGE, "cells.ConvRelu(4)"),
        "ConvReluKeep": (IMAGE, "cells.ConvReluKeep(3)"),
        "NasBench101Vertex": (
            f"{IMAGE}, memory: {IMAGE}, b: {IMAGE}, c: {IMAGE}, d: {IMAGE}",
            "cells.NasBench101Vertex(8, [1, 0, 1, 1, 0], tanh)",
        ),
        "NasBench101Cell": (
            IMAGE,
            "cells.NasBench101Cell(9, [[], [1], [1, 0], [0, 1, 1], [0, 0, 0, 0],"
            " [0, 1, 0, 1, 0], [1, 0, 1, 0, 0, 1]], [relu, tanh, gelu, silu, elu])",
        ),
        "NasBench101": ("f32[N, 8, 16, 16]", "cells.NasBench101(12, 1)"),
    },
    "recurrent": {
        "Lstm": (SEQUENCE, "scan(recurrent.Lstm(6))"),
        "Gru": (SEQUENCE, "scan(recurrent.Gru(6), reverse=true)"),
        "Minimal": (SEQUENCE, "scan(recurrent.Minimal(6), last=true)"),
    },
    "sequence": {
        "CausalConv": ("f32[N, 8, T]", "sequence.CausalConv(4, 3, dilation=2)"),
        "TemporalBlock": ("f32[N, 8, T]", "sequence.TemporalBlock(6, rate=0.1)"),
        "TCN": (SEQUENCE, "sequence.TCN(6, levels=3)"),
        "WaveNetBlock": ("f32[N, 8, T]", "sequence.WaveNetBlock(6, dilation=2)"),
        "WaveNet": (SEQUENCE, "sequence.WaveNet(8, 6, levels=3)"),
        "WaveNetStep": (
            "f32[N, 8, T], total: f32[N, 6, T]",
            "sequence.WaveNetStep(6, 2, 2)",
        ),
    },
}
OUTPUTS = {
    "Merge": "f32[N, 8, 12, 8]",
    "WaveNetBlock": "a: f32[N, 8, _], b: f32[N, 6, _]",
    "WaveNetStep": "a: f32[N, 8, _], b: f32[N, 6, _]",
    "Minimal": "f32[N, 6]",
} | dict.fromkeys(("Align", "DartsCell", "NasNetCell", "NasBench101Vertex"), "f32[N, _, _, _]")
CASES = [(module, name) for module, uses in USES.items() for name in uses]


def used(module: str, name: str) -> archc.Model:
    """A network that uses a block; of one with open choices, one of its programs."""
    inputs, stage = USES[module][name]
    is_image = inputs.count(",") == 3
    output = OUTPUTS.get(name, "f32[N, _, _, _]" if is_image else "f32[N, _, _]")
    output = "f32[N, _, 6]" if name == "PatchEmbed" else output
    ports = ", ".join(re.findall(r"(\w+):", f"x: {inputs}"))
    start = f"({ports})" if "," in ports else ports
    text = (
        f"use std.{module}\n"
        f"network Use on x: {inputs} -> {output} {{\n"
        f"    {requirements(name)}\n    {start} -> {stage}\n}}\n"
    )
    return archc.compile(archc.space(text).sample(seed=3) if is_open(text) else text)


def is_open(text: str) -> bool:
    return bool(archc.parse(text).check().spaces)


def requirements(name: str) -> str:
    return "require H % 4 == 0 and W % 4 == 0" if name == "PatchEmbed" else ""


def test_every_block_has_a_use_here() -> None:
    for path in sorted(STANDARD_LIBRARY.glob("*.arch")):
        checked = check_file(path)
        assert not checked.reports, path.name
        functions = [
            item.name for item in checked.program.declarations if isinstance(item, ast.Function)
        ]
        assert sorted(functions) == sorted(USES[path.stem]), path.name
        assert path.read_text(encoding="utf-8") == str(archc.load(path)), f"archc fmt {path.name}"
    assert {path.stem for path in Path(STANDARD_LIBRARY).glob("*.arch")} == set(USES)


@pytest.mark.parametrize(("module", "name"), CASES)
def test_a_block_is_the_same_in_every_back_end(module: str, name: str) -> None:
    report = verify.verify(used(module, name).graph, choices=2)
    assert {item.backend for item in report.comparisons} == {"python", "onnx"}
    assert report.ok, str(report)


# --- Against PyTorch's own --------------------------------------------------------------------


def loaded(model: archc.Model, state: Mapping[str, Tensor], names: Mapping[str, str]) -> nn.Module:
    """The module with PyTorch's weights: `names` says for each of ours what it is there."""
    module = model.torch()
    module.load_state_dict({ours: state[theirs] for ours, theirs in names.items()})
    return module.eval()


def both(names: Mapping[str, str]) -> dict[str, str]:
    """Weight and bias of each layer."""
    return {
        f"{ours}.{kind}": f"{theirs}.{kind}"
        for ours, theirs in names.items()
        for kind in ("weight", "bias")
    }


def split_projection(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """PyTorch keeps the projections of queries, keys and values in one matrix."""
    for kind in ("weight", "bias"):
        parts = state[f"{prefix}.in_proj_{kind}"].chunk(3)
        for name, part in zip(("query", "key", "value"), parts, strict=True):
            state[f"{prefix}.{name}.{kind}"] = part
    return state


@pytest.mark.parametrize("norm_first", [False, True])
def test_transformer_encoder_is_pytorchs(norm_first: bool) -> None:
    theirs = nn.TransformerEncoderLayer(
        8, 2, 16, dropout=0.1, activation="gelu", norm_first=norm_first, batch_first=True
    ).eval()
    model = archc.compile(
        "use std.attention: TransformerEncoder\n"
        "network Net(first: bool) on x: f32[N, T, 8] -> f32[N, T, 8] {\n"
        "    x -> layer1: TransformerEncoder(2, 16, act=gelu, norm_first=first)\n}\n",
        first=norm_first,
    )
    state = split_projection(theirs.state_dict(), "self_attn")
    names = {
        "norm1": "norm1",
        "norm2": "norm2",
        "FeedForward.dense": "linear1",
        "FeedForward.dense_2": "linear2",
        "MultiHead.out": "self_attn.out_proj",
    } | {f"MultiHead.{part}": f"self_attn.{part}" for part in ("query", "key", "value")}
    ours = loaded(model, state, both({f"layer1.{key}": other for key, other in names.items()}))
    x = torch.randn(3, 5, 8)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-4)


def test_transformer_decoder_is_pytorchs() -> None:
    theirs = nn.TransformerDecoderLayer(8, 2, 16, dropout=0.1, batch_first=True).eval()
    model = archc.compile(
        "use std.attention: TransformerDecoder\n"
        "network Net on x: f32[N, T, 8], memory: f32[N, S, 8] -> f32[N, T, 8] {\n"
        "    (x, memory) -> layer1: TransformerDecoder(2, 16)\n}\n"
    )
    state = theirs.state_dict()
    for prefix in ("self_attn", "multihead_attn"):
        state = split_projection(state, prefix)
    names = {
        "norm1": "norm1",
        "norm2": "norm2",
        "norm3": "norm3",
        "FeedForward.dense": "linear1",
        "FeedForward.dense_2": "linear2",
    }
    for block, other in (("MultiHead", "self_attn"), ("CrossAttention", "multihead_attn")):
        names[f"{block}.out"] = f"{other}.out_proj"
        names |= {f"{block}.{part}": f"{other}.{part}" for part in ("query", "key", "value")}
    names = {f"layer1.{ours}": other for ours, other in names.items()}
    ours = loaded(model, state, both(names))
    x, memory = torch.randn(3, 5, 8), torch.randn(3, 7, 8)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    with torch.no_grad():
        expected = theirs(x, memory, tgt_mask=mask, tgt_is_causal=True)
        torch.testing.assert_close(ours(x, memory), expected, atol=1e-5, rtol=1e-4)


def unrolled(cell: nn.Module, x: Tensor, states: tuple[Tensor, ...]) -> Tensor:
    outputs = []
    for step in x.unbind(1):
        result = cell(step, states if len(states) > 1 else states[0])
        states = result if isinstance(result, tuple) else (result,)
        outputs.append(states[0])
    return torch.stack(outputs, 1)


@pytest.mark.parametrize(
    ("name", "make", "states"), [("Lstm", nn.LSTMCell, 2), ("Gru", nn.GRUCell, 1)]
)
def test_a_cell_is_pytorchs(name: str, make: Callable[..., nn.Module], states: int) -> None:
    theirs = make(4, 6)
    model = archc.compile(
        "use std.recurrent\n"
        "network Net on x: f32[N, T, 4] -> f32[N, T, 6] {\n"
        f"    x -> run: scan(recurrent.{name}(6))\n}}\n"
    )
    state = theirs.state_dict()
    names = {
        f"run.{path}.{kind}": f"{kind}_{suffix}"
        for path, suffix in (("input", "ih"), ("hidden", "hh"))
        for kind in ("weight", "bias")
    }
    ours = loaded(model, state, names)
    x = torch.randn(3, 5, 4)
    with torch.no_grad():
        expected = unrolled(theirs, x, (torch.zeros(3, 6),) * states)
        torch.testing.assert_close(ours(x), expected, atol=1e-6, rtol=1e-5)


def test_positions_are_the_papers() -> None:
    module = used("attention", "PositionalEncoding").torch()
    found = module(torch.zeros(1, 50, 8))[0]
    for t in (0, 1, 49):
        for i in range(4):
            angle = t / 10000 ** (2 * i / 8)
            assert found[t, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-5)
            assert found[t, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)


@pytest.mark.parametrize("name", ["TCN", "WaveNet"])
def test_a_causal_network_does_not_look_ahead(name: str) -> None:
    module = used("sequence", name).torch().eval()
    # of one sequence alone, a relu may hide it
    x = torch.randn(16, 20, 8, generator=torch.Generator().manual_seed(0))
    changed = x.clone()
    changed[:, 11:] += 1
    with torch.no_grad():
        before, after = module(x), module(changed)
    torch.testing.assert_close(before[:, :11], after[:, :11])
    assert not torch.allclose(before[:, 11], after[:, 11])


def test_patches_are_squares_of_the_image() -> None:
    module = used("vision", "PatchEmbed").torch()
    x = torch.randn(2, 3, 8, 12)
    squares = nn.functional.unfold(x, 4, stride=4).transpose(1, 2)
    weight = module.get_parameter("PatchEmbed.conv.weight").flatten(1)
    bias = module.get_parameter("PatchEmbed.conv.bias")
    torch.testing.assert_close(module(x), squares @ weight.T + bias, atol=1e-5, rtol=1e-4)
    with pytest.raises(ValueError, match="H % 4 == 0"):
        module(torch.randn(2, 3, 9, 12))


def test_drop_path_and_scale_of_convnext() -> None:
    module = used("vision", "ConvNeXtBlock").torch().eval()
    x = torch.randn(2, 8, 5, 5)
    module.get_parameter("ConvNeXtBlock.gamma.weight").data.zero_()
    torch.testing.assert_close(module(x), x)


def test_lora_starts_as_its_base() -> None:
    module = used("linear", "Lora").torch().eval()
    x = torch.randn(2, 5, 8)
    base = module.get_submodule("Lora.base")
    torch.testing.assert_close(module(x), base(x))
    torch.nn.init.ones_(module.get_parameter("Lora.up.weight"))
    added = (x @ module.get_parameter("Lora.down.weight").T).sum(-1, keepdim=True) * 16 / 2
    torch.testing.assert_close(module(x), base(x) + added)
