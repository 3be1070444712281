"""The zoo against Hugging Face's own networks: random weights moved across, outputs compared.

Comes in: names of networks, or none for all. Goes out: a line for each, and exit status 1 if one
differs. No test, because it wants packages that nothing else here does: `pip install transformers
diffusers`, then `python tests/examples/against_transformers.py`.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from archc.compiler.backends import torch as backend
from archc.compiler.check import check_file
from torch import Tensor, nn
from zoo_weights import move

ZOO = Path(__file__).parents[2] / "examples" / "zoo"
TOLERANCE = 1e-4

TEXT, MORE = torch.randint(50, (2, 17)), torch.randint(50, (2, 13))
LONG = torch.randint(50, (2, 180))
SIDES, MASK = torch.randint(2, (2, 17)), (torch.arange(17) < torch.tensor([[17], [9]])).long()
IMAGE = torch.randn(2, 3, 224, 224)
SMALL_IMAGE = torch.randn(2, 3, 32, 32)
STEP = torch.tensor([3, 700])


@dataclass(frozen=True)
class Case:
    """`parameters` pairs endings of names of weights that no layer owns: ours and theirs."""

    file: str
    network: str
    values: Mapping[str, Any]
    reference: Callable[[], nn.Module]
    inputs: Mapping[str, Tensor]
    outputs: tuple[str, ...] = ("logits",)
    parameters: tuple[tuple[str, str], ...] = ()
    ours: tuple[Tensor, ...] = field(default=())


CASES = {
    "gpt2": Case(
        "gpt2",
        "GPT2",
        {"vocab": 50, "context": 40, "width": 24, "depth": 2, "heads": 4},
        lambda: transformers.GPT2LMHeadModel(
            transformers.GPT2Config(
                vocab_size=50, n_positions=40, n_embd=24, n_layer=2, n_head=4,
                bos_token_id=0, eos_token_id=0,
            )
        ),
        {"input_ids": TEXT},
    ),
    "llama": Case(
        "llama",
        "Llama",
        {"vocab": 50, "width": 32, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 48},
        lambda: transformers.LlamaForCausalLM(
            transformers.LlamaConfig(
                vocab_size=50, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-5,
                rope_parameters={"rope_type": "default", "rope_theta": 500000.0},
            )
        ),
        {"input_ids": TEXT},
    ),
    "mamba": Case(
        "mamba",
        "Mamba",
        {"vocab": 50, "width": 32, "depth": 2, "size": 4},
        lambda: transformers.MambaForCausalLM(
            transformers.MambaConfig(
                vocab_size=50, hidden_size=32, num_hidden_layers=2, state_size=4,
                time_step_rank=2, tie_word_embeddings=True,
            )
        ),
        {"input_ids": TEXT},
        parameters=(
            ("rates.weight", "A_log"),
            ("skip.weight", "mixer.D"),
            ("depthwise.weight", "conv1d.weight"),
            ("depthwise.bias", "conv1d.bias"),
            ("step.weight", "dt_proj.weight"),
            ("step.bias", "dt_proj.bias"),
        ),
    ),
    "bert": Case(
        "bert",
        "BERT",
        {"vocab": 50, "context": 30, "width": 24, "depth": 2, "heads": 4, "hidden": 36},
        lambda: transformers.BertModel(
            transformers.BertConfig(
                vocab_size=50, hidden_size=24, num_hidden_layers=2, num_attention_heads=4,
                intermediate_size=36, max_position_embeddings=30,
            )
        ),
        {"input_ids": TEXT, "token_type_ids": SIDES, "attention_mask": MASK},
        ("last_hidden_state", "pooler_output"),
        ours=(TEXT, SIDES, MASK.bool()),
    ),
    "t5": Case(
        "t5",
        "T5",
        {"vocab": 50, "width": 32, "depth": 2, "heads": 4, "hidden": 48},
        lambda: transformers.T5ForConditionalGeneration(
            transformers.T5Config(
                vocab_size=50, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4
            )
        ),
        {"input_ids": LONG, "decoder_input_ids": MORE},
    ),
    "vit": Case(
        "vit",
        "ViT",
        {"width": 24, "depth": 2, "heads": 4, "classes": 10},
        lambda: transformers.ViTForImageClassification(
            transformers.ViTConfig(
                hidden_size=24, num_hidden_layers=2, num_attention_heads=4,
                intermediate_size=96, layer_norm_eps=1e-6, num_labels=10,
            )
        ),
        {"pixel_values": IMAGE},
        parameters=(
            ("class_token.weight", "cls_token"),
            ("positions.weight", "position_embeddings"),
        ),
    ),
    "convnext": Case(
        "convnext",
        "ConvNeXt",
        {"depths": [1, 1, 2, 1], "widths": [8, 12, 16, 24], "classes": 10},
        lambda: transformers.ConvNextForImageClassification(
            transformers.ConvNextConfig(
                depths=[1, 1, 2, 1], hidden_sizes=[8, 12, 16, 24], num_labels=10
            )
        ),
        {"pixel_values": IMAGE},
        parameters=(("gamma.weight", "layer_scale_parameter"),),
    ),
    "swin": Case(
        "swin",
        "Swin",
        {"depths": [2, 2], "heads": [2, 4], "width": 16, "classes": 10},
        lambda: transformers.SwinForImageClassification(
            transformers.SwinConfig(
                image_size=224, depths=[2, 2], num_heads=[2, 4], embed_dim=16, window_size=7,
                num_labels=10,
            )
        ),
        {"pixel_values": IMAGE},
        parameters=(("table.weight", "relative_position_bias_table"),),
    ),
    "resnet18": Case(
        "resnet",
        "ResNet18",
        {},
        lambda: transformers.ResNetForImageClassification(
            transformers.ResNetConfig(
                layer_type="basic", depths=[2, 2, 2, 2], hidden_sizes=[64, 128, 256, 512],
                num_labels=1000,
            )
        ),
        {"pixel_values": SMALL_IMAGE},
    ),
    "resnet50": Case(
        "resnet",
        "ResNet50",
        {},
        lambda: transformers.ResNetForImageClassification(
            transformers.ResNetConfig(num_labels=1000)
        ),
        {"pixel_values": SMALL_IMAGE},
    ),
    "ddpm": Case(
        "ddpm",
        "DDPM",
        {"width": 32},
        lambda: diffusers.UNet2DModel(
            sample_size=32, layers_per_block=2, block_out_channels=(32, 64, 64, 64),
            down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
            norm_eps=1e-6, flip_sin_to_cos=False, freq_shift=1, downsample_padding=0,
            attention_head_dim=None,
        ),
        {"sample": SMALL_IMAGE, "timestep": STEP},
        ("sample",),
    ),
}  # fmt: skip


def difference(case: Case) -> float:
    """The largest, as a share of the largest output or of 1."""
    ours = backend.build(check_file(ZOO / f"{case.file}.arch").graph(case.network, case.values))
    theirs = case.reference().eval()
    inputs = case.ours or tuple(case.inputs.values())
    move(theirs, ours.eval(), case.inputs, inputs, _parameters(case, ours, theirs))
    with torch.no_grad():
        found, answer = ours(*inputs), theirs(**case.inputs)
    found = found if isinstance(found, tuple) else (found,)
    wanted = [getattr(answer, name) for name in case.outputs]
    return max(
        ((a - b).abs().max() / b.abs().max().clamp(min=1)).item()
        for a, b in zip(found, wanted, strict=True)
    )


def _parameters(case: Case, ours: nn.Module, theirs: nn.Module) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for our_end, their_end in case.parameters:
        names = [name for name, _ in ours.named_parameters() if name.endswith(our_end)]
        tensors = [tensor for name, tensor in theirs.named_parameters() if name.endswith(their_end)]
        found |= dict(zip(names, tensors, strict=True))
    return found


def main(names: list[str]) -> int:
    worst = 0.0
    for name in names or CASES:
        gap = difference(CASES[name])
        worst = max(worst, gap)
        print(f"{name}: {'agrees' if gap <= TOLERANCE else 'DIFFERS'}, {gap:.1e}")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
