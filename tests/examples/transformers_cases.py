"""Networks of the zoo beside Hugging Face's: what `against_transformers.py` compares.

Comes in: nothing; it wants transformers and diffusers. Goes out: `CASES`, each with sizes that are
quick, inputs, and what is to be done by hand beside moving the layers' weights.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import diffusers
import torch
import transformers
from torch import Tensor, nn

TEXT, MORE = torch.randint(50, (2, 17)), torch.randint(50, (2, 13))
LONG = torch.randint(50, (2, 180))
SIDES, MASK = torch.randint(2, (2, 17)), (torch.arange(17) < torch.tensor([[17], [9]])).long()
IMAGE = torch.randn(2, 3, 224, 224)
SMALL_IMAGE = torch.randn(2, 3, 32, 32)
STEP = torch.tensor([3, 700])


@dataclass(frozen=True)
class Case:
    """`parameters` pairs endings of names of weights that no layer owns: ours and theirs. `pairs`
    gives such tensors by our names, `copy` moves what is no weight.
    """

    file: str
    network: str
    values: Mapping[str, Any]
    reference: Callable[[], nn.Module]
    inputs: Mapping[str, Tensor]
    outputs: tuple[str, ...] = ("logits",)
    parameters: tuple[tuple[str, str], ...] = ()
    ours: tuple[Tensor, ...] = field(default=())
    pairs: Callable[[nn.Module], dict[str, Tensor]] = lambda _: {}
    copy: Callable[[nn.Module, nn.Module], None] = lambda *_: None


def experts(theirs: nn.Module) -> dict[str, Tensor]:
    """The weights of all experts stand in one tensor of a layer, gate and up in another."""
    found: dict[str, Tensor] = {}
    for turn, layer in enumerate(theirs.get_submodule("model.layers").children()):
        gates_and_ups = layer.get_parameter("mlp.experts.gate_up_proj").detach()
        downs = layer.get_parameter("mlp.experts.down_proj").detach()
        for number, (both, down) in enumerate(zip(gates_and_ups, downs, strict=True)):
            head = f"repeat.{turn}.Experts.experts.{number}.SwiGLU"
            gate, up = both.chunk(2)
            found |= {f"{head}.gate.weight": gate, f"{head}.up.weight": up}
            found[f"{head}.down.weight"] = down
    return found


def frozen_norms(ours: nn.Module, theirs: nn.Module) -> None:
    """Statistics of norms that have nothing to learn: a block's shortcut comes last in ours."""

    def place(name: str) -> list[int]:
        parts = name.replace("shortcut", "9").split(".")
        return [int(part) for part in parts if part.isdigit()]

    for end in ("running_mean", "running_var"):
        own = [item for name, item in ours.named_buffers() if name.endswith(end)]
        named = [(place(name), item) for name, item in theirs.named_buffers() if name.endswith(end)]
        for mine, (_, other) in zip(own, sorted(named, key=lambda pair: pair[0]), strict=True):
            mine.copy_(other)


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
    "mixtral": Case(
        "mixtral",
        "Mixtral",
        {
            "vocab": 50, "width": 32, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 24,
            "experts": 3,
        },
        lambda: transformers.MixtralForCausalLM(
            transformers.MixtralConfig(
                vocab_size=50, hidden_size=32, intermediate_size=24, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, num_local_experts=3,
            )
        ),
        {"input_ids": TEXT},
        pairs=experts,
    ),
    "whisper": Case(
        "whisper",
        "Whisper",
        {
            "vocab": 50, "width": 24, "depth": 2, "heads": 4, "context": 40, "frames": 6,
            "bands": 5,
        },
        lambda: transformers.WhisperForConditionalGeneration(
            transformers.WhisperConfig(
                vocab_size=50, d_model=24, encoder_layers=2, decoder_layers=2,
                encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=96,
                decoder_ffn_dim=96, max_source_positions=6, max_target_positions=40,
                num_mel_bins=5, pad_token_id=0, bos_token_id=0, eos_token_id=0,
                decoder_start_token_id=0,
            )
        ),
        {"input_features": torch.randn(2, 5, 12), "decoder_input_ids": MORE},
    ),
    "rwkv": Case(
        "rwkv",
        "RWKV",
        {"vocab": 50, "width": 24, "depth": 2},
        lambda: transformers.RwkvForCausalLM(
            transformers.RwkvConfig(
                vocab_size=50, hidden_size=24, num_hidden_layers=2, attention_hidden_size=24,
                intermediate_size=96, rescale_every=0,
            )
        ),
        {"input_ids": TEXT},
        parameters=(
            ("TimeMix.for_key.share.weight", "attention.time_mix_key"),
            ("TimeMix.for_value.share.weight", "attention.time_mix_value"),
            ("TimeMix.for_gate.share.weight", "attention.time_mix_receptance"),
            ("decay.weight", "time_decay"),
            ("first.weight", "time_first"),
            ("ChannelMix.for_key.share.weight", "feed_forward.time_mix_key"),
            ("ChannelMix.for_gate.share.weight", "feed_forward.time_mix_receptance"),
        ),
    ),
    "switch": Case(
        "switch",
        "Switch",
        {"vocab": 50, "width": 32, "depth": 4, "heads": 4, "hidden": 48, "experts": 3},
        lambda: transformers.SwitchTransformersForConditionalGeneration(
            transformers.SwitchTransformersConfig(
                vocab_size=50, d_model=32, d_kv=8, d_ff=48, num_layers=4, num_heads=4,
                num_decoder_layers=4, num_experts=3, num_sparse_encoder_layers=2,
                num_sparse_decoder_layers=2, expert_capacity=1000, decoder_start_token_id=0,
            )
        ),
        {"input_ids": TEXT, "decoder_input_ids": MORE},
        parameters=tuple(
            (f"experts.{number}.FeedForward.{ours}.weight", f"expert_{number}.{theirs}.weight")
            for number in range(3)
            for ours, theirs in (("dense", "wi"), ("dense_2", "wo"))
        ),
    ),
    "stable_diffusion": Case(
        "stable_diffusion",
        "StableDiffusion",
        {"width": 32, "factors": [1, 2], "blocks": 1, "heads": 2, "words": 6, "size": 8},
        lambda: diffusers.UNet2DConditionModel(
            sample_size=8, block_out_channels=(32, 64), layers_per_block=1, cross_attention_dim=6,
            attention_head_dim=2, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        ),
        {
            "sample": torch.randn(2, 4, 8, 8), "timestep": STEP,
            "encoder_hidden_states": torch.randn(2, 7, 6),
        },
        ("sample",),
    ),
    "detr": Case(
        "detr",
        "DETR",
        {"queries": 5, "width": 24, "heads": 4, "hidden": 36, "depth": 2, "size": 64},
        lambda: transformers.DetrForObjectDetection(
            transformers.DetrConfig(
                use_timm_backbone=False, use_pretrained_backbone=False, num_queries=5,
                d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
                decoder_attention_heads=4, encoder_ffn_dim=36, decoder_ffn_dim=36, num_labels=91,
                backbone_config=transformers.ResNetConfig(out_features=["stage4"]),
            )
        ),
        {"pixel_values": torch.randn(2, 3, 64, 64)},
        ("logits", "pred_boxes"),
        parameters=(("queries.weight", "query_position_embeddings.weight"),),
        copy=frozen_norms,
    ),
}  # fmt: skip
