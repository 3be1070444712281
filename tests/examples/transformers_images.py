"""Networks of the zoo for images beside Hugging Face's, for `against_transformers.py`.

Comes in: nothing; it wants transformers and diffusers. Goes out: `IMAGES`.
"""

import diffusers
import torch
import transformers
from torch import nn
from transformers_cases import TEXT, Case

IMAGE = torch.randn(2, 3, 224, 224)
SMALL_IMAGE = torch.randn(2, 3, 32, 32)
STEP = torch.tensor([3, 700])


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


IMAGES = {
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
    "clip": Case(
        "clip",
        "CLIP",
        {
            "vocab": 50, "context": 20, "width": 24, "depth": 2, "heads": 4, "image_width": 32,
            "image_depth": 2, "image_heads": 4, "patch": 8, "size": 32, "shared": 12,
        },
        lambda: transformers.CLIPModel(
            transformers.CLIPConfig(
                projection_dim=12,
                text_config={
                    "vocab_size": 50, "hidden_size": 24, "intermediate_size": 96,
                    "num_hidden_layers": 2, "num_attention_heads": 4, "projection_dim": 12,
                    "max_position_embeddings": 20, "eos_token_id": 2,
                },
                vision_config={
                    "hidden_size": 32, "intermediate_size": 128, "num_hidden_layers": 2,
                    "num_attention_heads": 4, "projection_dim": 12, "image_size": 32,
                    "patch_size": 8,
                },
            )
        ),
        {"pixel_values": SMALL_IMAGE, "input_ids": TEXT},
        ("logits_per_image",),
        parameters=(("class_token.weight", "class_embedding"), ("scale.weight", "logit_scale")),
    ),
}  # fmt: skip
