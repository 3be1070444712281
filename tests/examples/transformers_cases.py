"""Networks of the zoo for text and sound beside Hugging Face's, for `against_transformers.py`.

Comes in: nothing; it wants transformers and diffusers. Goes out: `TEXTS`, each with sizes that are
quick, inputs, and what is to be done by hand beside moving the layers' weights.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import transformers
from torch import Tensor, nn

TEXT, MORE = torch.randint(50, (2, 17)), torch.randint(50, (2, 13))
LONG = torch.randint(50, (2, 180))
SIDES, MASK = torch.randint(2, (2, 17)), (torch.arange(17) < torch.tensor([[17], [9]])).long()


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


TEXTS = {
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
}  # fmt: skip
