"""The parameters of the zoo's larger networks against those of Hugging Face's own, at full size.

Comes in: nothing. Goes out: a line for each, and exit status 1 if one differs. Nothing is drawn or
kept: the references stand on the meta device. What torchvision and timm have is counted in
`against_torchvision.py`. No test, because it wants packages that nothing else here does: `pip
install transformers diffusers`, then `python tests/examples/against_sizes.py`.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from archc.compiler import cost
from archc.compiler.check import check_file
from torch import nn

ZOO = Path(__file__).parents[2] / "examples" / "zoo"

LLAMA = {
    "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8,
}  # fmt: skip


def bert(width: int = 768, depth: int = 12, heads: int = 12) -> nn.Module:
    sizes = {"hidden_size": width, "num_hidden_layers": depth, "num_attention_heads": heads}
    return transformers.BertModel(transformers.BertConfig(intermediate_size=4 * width, **sizes))


def gpt2(width: int = 768, depth: int = 12, heads: int = 12) -> nn.Module:
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(n_embd=width, n_layer=depth, n_head=heads)
    )


def llama() -> nn.Module:
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(vocab_size=128256, **LLAMA))


def mixtral() -> nn.Module:
    config = transformers.MixtralConfig(vocab_size=32000, num_local_experts=8, **LLAMA)
    return transformers.MixtralForCausalLM(config)


def mamba() -> nn.Module:
    return transformers.MambaForCausalLM(
        transformers.MambaConfig(
            vocab_size=50280, hidden_size=768, num_hidden_layers=24, tie_word_embeddings=True
        )
    )


def rwkv() -> nn.Module:
    return transformers.RwkvForCausalLM(
        transformers.RwkvConfig(
            vocab_size=50277, hidden_size=768, num_hidden_layers=12, attention_hidden_size=768,
            intermediate_size=3072,
        )
    )  # fmt: skip


def t5(width: int = 512, depth: int = 6, heads: int = 8, hidden: int = 2048) -> nn.Module:
    return transformers.T5ForConditionalGeneration(
        transformers.T5Config(d_model=width, d_ff=hidden, num_layers=depth, num_heads=heads)
    )


def switch() -> nn.Module:
    return transformers.SwitchTransformersForConditionalGeneration(
        transformers.SwitchTransformersConfig(
            vocab_size=32128, d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12,
            num_decoder_layers=12, num_experts=8, num_sparse_encoder_layers=6,
            num_sparse_decoder_layers=6,
        )
    )  # fmt: skip


def whisper() -> nn.Module:
    """The encoder's sines are parameters there that nothing trains."""
    return transformers.WhisperForConditionalGeneration(
        transformers.WhisperConfig(
            d_model=384, encoder_layers=4, decoder_layers=4, encoder_attention_heads=6,
            decoder_attention_heads=6, encoder_ffn_dim=1536, decoder_ffn_dim=1536,
        )
    )  # fmt: skip


def detr() -> nn.Module:
    """Its trunk is timm's ResNet-50."""
    return transformers.DetrForObjectDetection(
        transformers.DetrConfig(use_pretrained_backbone=False, num_labels=91)
    )


def stable_diffusion() -> nn.Module:
    return diffusers.UNet2DConditionModel(  # type: ignore[no-any-return]
        sample_size=64, cross_attention_dim=768, attention_head_dim=8
    )


def clip() -> nn.Module:
    return transformers.CLIPModel(transformers.CLIPConfig())


Case = tuple[str, str, Mapping[str, Any], Callable[[], nn.Module]]
LARGE = {"width": 1024, "depth": 24, "heads": 16}
CASES: tuple[Case, ...] = (
    ("bert", "BERT", {}, bert),
    ("bert", "BERT", {**LARGE, "hidden": 4096}, lambda: bert(**LARGE)),
    ("clip", "CLIP", {}, clip),
    ("detr", "DETR", {}, detr),
    ("gpt2", "GPT2", {}, gpt2),
    ("gpt2", "GPT2", LARGE, lambda: gpt2(**LARGE)),
    ("gpt2", "GPT2XL", {}, lambda: gpt2(1600, 48, 25)),
    ("llama", "Llama", {}, llama),
    ("mamba", "Mamba", {}, mamba),
    ("mixtral", "Mixtral", {}, mixtral),
    ("rwkv", "RWKV", {}, rwkv),
    ("stable_diffusion", "StableDiffusion", {}, stable_diffusion),
    ("switch", "Switch", {}, switch),
    ("t5", "T5", {}, t5),
    ("whisper", "Whisper", {}, whisper),
)


def main() -> int:
    good = True
    for file, network, values, reference in CASES:
        ours = cost.params(check_file(ZOO / f"{file}.arch").graph(network, values))
        with torch.device("meta"):
            weights = reference().parameters()
        theirs = sum(weight.numel() for weight in weights if weight.requires_grad)
        good &= ours == theirs
        print(f"{network}: {'agrees' if ours == theirs else 'DIFFERS'}, {ours:,} and {theirs:,}")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
