"""What networks of the zoo compute: against PyTorch's own layers, against plain PyTorch, and the
language model word by word against itself.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy
import onnxruntime
import pytest
import torch
import zoo_references as references
from archc.compiler.backends import onnx as onnx_backend
from archc.compiler.backends import torch as backend
from archc.compiler.check import check_file
from torch import Tensor, nn
from torch.nn import functional
from zoo_modules import ZOO, built, graph_of, result
from zoo_weights import move


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.default_generator.manual_seed(0)


# --- Against plain PyTorch


@pytest.mark.parametrize(
    ("name", "network", "reference"),
    [
        ("googlenet", "GoogLeNet", references.googlenet),
        ("mobilenet_v3", "MobileNetV3Small", references.mobilenet_v3_small),
        ("shufflenet_v2", "ShuffleNetV2", references.shufflenet_v2),
    ],
)
def test_an_image_network_computes_what_its_paper_says(
    name: str, network: str, reference: Callable[[], nn.Module]
) -> None:
    image = torch.randn(2, 3, 75, 64)
    theirs, ours = reference(), built(name, network)
    move(theirs, ours, (image,), (image,))
    wanted = result(theirs, image)
    assert wanted.std() > 0.01
    torch.testing.assert_close(result(ours, image), wanted, rtol=1e-4, atol=1e-4)


SMALL_WAVENET = {"levels": 8, "width": 4, "skips": 6, "stacks": 2, "depth": 3}


def test_wavenet_computes_what_its_paper_says() -> None:
    sound = torch.randint(8, (2, 30))
    theirs = references.WaveNet(8, 4, 6, [1, 2, 4, 1, 2, 4])
    ours = built("wavenet", "WaveNet", SMALL_WAVENET)
    move(theirs, ours, (sound,), (sound,))
    torch.testing.assert_close(result(ours, sound), result(theirs, sound))


def test_wavenet_never_looks_ahead() -> None:
    """A sample changes what is said at its own time and as far as the dilations reach."""
    ours = built("wavenet", "WaveNet", SMALL_WAVENET)
    for parameter in ours.parameters():
        nn.init.normal_(parameter)
    before = torch.randint(8, (1, 40))
    after = before.clone()
    after[0, 12] = (before[0, 12] + 1) % 8
    changed = (result(ours, before) != result(ours, after)).any(dim=-1)[0].nonzero()
    reach = 1 + 2 * (1 + 2 + 4)
    assert (changed.min().item(), changed.max().item()) == (12, 12 + reach)


def test_the_translator_is_two_lstms() -> None:
    sizes = {"from_words": 9, "to_words": 7, "size": 4, "units": 5, "layers": 3}
    ours = built("seq2seq", "Translator", sizes)
    theirs = references.Translator((9, 7), 4, 5, 3).eval()
    ours.load_state_dict(theirs.state_dict())
    inputs = torch.randint(9, (2, 6)), torch.randint(7, (2, 8))
    torch.testing.assert_close(result(ours, *inputs), result(theirs, *inputs))


def test_the_graph_network_is_its_formula() -> None:
    ours = built("gcn", "GCN", {"features": 5, "units": 4, "classes": 3})
    state = {name: tensor.normal_() for name, tensor in ours.state_dict().items()}
    ours.load_state_dict(state)
    nodes, links = torch.randn(6, 5), torch.randn(6, 6)
    first, first_bias, second, second_bias = (
        state[f"{block}.{name}.weight"]
        for block in ("Convolve", "Convolve_2")
        for name in ("dense", "bias")
    )
    hidden = functional.relu(links @ (nodes @ first.T) + first_bias)
    wanted = links @ (hidden @ second.T) + second_bias
    torch.testing.assert_close(result(ours, nodes, links), wanted)


def test_the_pointer_network_points_by_its_formula() -> None:
    ours = built("pointer", "Pointer", {"units": 6})
    theirs = references.Pointer(6).eval()
    ours.load_state_dict(theirs.state_dict())
    points, previous = torch.randn(2, 5, 2), torch.tensor([[3, 1, 4], [0, 0, 2]])
    found = result(ours, points, previous)
    torch.testing.assert_close(found, result(theirs, points, previous))


def test_the_autoencoder_draws_in_training_only() -> None:
    ours = built("vae", "VAE", {"hidden": 8, "size": 3})
    image = torch.rand(2, 1, 28, 28)
    made, mean, _ = ours(image)
    decoder = built("vae", "Decoder", {"hidden": 8, "size": 3})
    decoder.load_state_dict(ours.get_submodule("decoder").state_dict())
    torch.testing.assert_close(made, decoder(mean))
    ours.train()
    assert not torch.equal(ours(image)[0], ours(image)[0])


def test_mixtral_asks_two_experts_of_each_token(tmp_path: Path) -> None:
    shutil.copy(ZOO / "mixtral.arch", tmp_path)
    file = tmp_path / "net.arch"
    file.write_text(
        "use mixtral: Experts\n"
        "network Net on x: f32[N, T, 8] -> f32[N, T, 8] { x -> Experts(5, 2, 6) }\n"
    )
    ours = backend.build(check_file(file).graph("Net")).eval()
    x = torch.randn(2, 7, 8)
    state = {name.rpartition("Experts.")[2]: item for name, item in ours.state_dict().items()}
    wanted = torch.stack(
        [references.experts_of_token(token, state, used=2) for token in x.flatten(0, 1)]
    )
    torch.testing.assert_close(result(ours, x), wanted.view_as(x), rtol=1e-4, atol=1e-5)


# --- Against PyTorch's transformers

Names = Mapping[str, str | Sequence[str]]
SEPARATE = [f"Attend.{name}" for name in ("query", "key", "value")]


def renamed(layer: nn.Module, names: Names, prefix: str) -> dict[str, Tensor]:
    """The state of one of PyTorch's layers by our names; its packed projections may be three."""
    state: dict[str, Tensor] = {}
    for key, tensor in layer.state_dict().items():
        owner, _, last = key.replace("in_proj_", "in_proj.").rpartition(".")
        ours = names[owner]
        if isinstance(ours, str):
            state[f"{prefix}.{ours}.{last}"] = tensor
        else:
            parts = tensor.chunk(len(ours))
            state |= {f"{prefix}.{n}.{last}": part for n, part in zip(ours, parts, strict=True)}
    return state


def load(ours: nn.Module, state: Mapping[str, Tensor]) -> None:
    """All that PyTorch's layers have; the rest, embeddings and heads, stays ours."""
    missing, unexpected = ours.load_state_dict(state, strict=False)
    assert not unexpected
    assert not [name for name in missing if name.startswith(("repeat.", "encoder.", "decoder."))]


def shaken(module: nn.Module) -> nn.Module:
    """Biases and norms begin alike: other values tell them apart."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return module


def test_gpt2_is_a_stack_of_pytorchs_layers() -> None:
    ours = shaken(
        built("gpt2", "GPT2", {"vocab": 20, "context": 9, "width": 8, "depth": 2, "heads": 2})
    )
    layer = nn.TransformerEncoderLayer(
        8, 2, 32, activation=lambda x: functional.gelu(x, approximate="tanh"), norm_first=True,
        batch_first=True,
    )  # fmt: skip
    stack = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    names = {
        "self_attn.in_proj": "Attend.project",
        "self_attn.out_proj": "Attend.out",
        "linear1": "dense",
        "linear2": "dense_2",
        "norm1": "layernorm",
        "norm2": "layernorm_2",
    }
    shaken(stack)
    states = [
        renamed(part, names, f"repeat.{turn}.Layer") for turn, part in enumerate(stack.layers)
    ]
    load(ours, states[0] | states[1])
    text = torch.randint(20, (2, 7))
    words, places = ours.get_parameter("words.weight"), ours.get_parameter("positions.weight")
    with torch.no_grad():
        x = functional.embedding(text, words) + places[:7]
        y = stack(x, mask=nn.Transformer.generate_square_subsequent_mask(7), is_causal=True)
        wanted = ours.get_submodule("layernorm")(y) @ words.T
    torch.testing.assert_close(result(ours, text), wanted, rtol=1e-4, atol=1e-4)


def test_bert_is_a_stack_of_pytorchs_layers_and_minds_its_mask() -> None:
    sizes = {"vocab": 20, "context": 9, "width": 8, "depth": 1, "heads": 2, "hidden": 12}
    ours = shaken(built("bert", "BERT", sizes))
    layer = shaken(
        nn.TransformerEncoderLayer(
            8, 2, 12, activation="gelu", batch_first=True, layer_norm_eps=1e-12
        )
    )
    names: Names = {
        "self_attn.in_proj": SEPARATE,
        "self_attn.out_proj": "Attend.out",
        "linear1": "dense",
        "linear2": "dense_2",
        "norm1": "norm",
        "norm2": "norm_2",
    }
    load(ours, renamed(layer.eval(), names, "repeat.0.Layer"))
    text, sides = torch.randint(20, (2, 7)), torch.randint(2, (2, 7))
    mask = torch.arange(7) < torch.tensor([[7], [4]])
    part = ours.get_submodule
    with torch.no_grad():
        x = part("words")(text) + part("positions")(torch.arange(7)) + part("segments")(sides)
        wanted = layer(part("norm")(x), src_key_padding_mask=~mask)
        tokens, pooled = ours(text, sides, mask)
        first = part("pooler")(wanted[:, 0]).tanh()
    torch.testing.assert_close(tokens[mask], wanted[mask], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(pooled, first, rtol=1e-4, atol=1e-4)


TRANSFORMER = {"vocab": 15, "width": 8, "depth": 2, "heads": 2, "hidden": 12}


def test_the_transformer_is_pytorchs() -> None:
    ours = built("transformer", "Transformer", TRANSFORMER)
    theirs = nn.Transformer(8, 2, 2, 2, 12, batch_first=True).eval()
    theirs.encoder.norm = theirs.decoder.norm = None
    shaken(theirs)
    names: dict[str, str | Sequence[str]] = {
        "self_attn.in_proj": ["MultiHead.query", "MultiHead.key", "MultiHead.value"],
        "self_attn.out_proj": "MultiHead.out",
        "multihead_attn.in_proj": [f"CrossAttention.{n}" for n in ("query", "key", "value")],
        "multihead_attn.out_proj": "CrossAttention.out",
        "linear1": "FeedForward.dense",
        "linear2": "FeedForward.dense_2",
        "norm1": "norm1",
        "norm2": "norm2",
        "norm3": "norm3",
    }
    state: dict[str, Tensor] = {}
    for turn in range(2):
        encoder, decoder = theirs.encoder.layers[turn], theirs.decoder.layers[turn]
        state |= renamed(encoder, names, f"encoder.{turn}.TransformerEncoder")
        state |= renamed(decoder, names, f"decoder.{turn}.Decoder.TransformerDecoder")
    load(ours, state)
    source, target = torch.randint(15, (2, 6)), torch.randint(15, (2, 5))
    words = ours.get_parameter("words.weight")
    with torch.no_grad():
        read, written = (entered(text, words) for text in (source, target))
        mask = nn.Transformer.generate_square_subsequent_mask(5)
        wanted = theirs(read, written, tgt_mask=mask) @ words.T
    torch.testing.assert_close(result(ours, source, target), wanted, rtol=1e-4, atol=1e-4)


def entered(text: Tensor, words: Tensor) -> Tensor:
    """Section 3.4 and 3.5: words times the root of the width, and waves by position."""
    width = words.shape[1]
    x = functional.embedding(text, words) * width**0.5
    for t in range(text.shape[1]):
        for i in range(width // 2):
            angle = torch.tensor(t / 10000 ** (2 * i / width))
            x[:, t, 2 * i] += angle.sin()
            x[:, t, 2 * i + 1] += angle.cos()
    return x


# --- Word by word

LLAMA = {"vocab": 50, "width": 16, "depth": 3, "heads": 4, "kv_heads": 2, "hidden": 24}
ROOM = 9


def empty_caches(batch: int) -> tuple[Tensor, Tensor]:
    return torch.zeros(3, batch, ROOM, 8), torch.zeros(3, batch, ROOM, 8)


def test_decoding_step_by_step_is_the_whole_text_at_once() -> None:
    whole, step = built("llama", "Llama", LLAMA), built("llama", "LlamaStep", LLAMA)
    step.load_state_dict(whole.state_dict())
    text = torch.randint(50, (2, ROOM))
    wanted = result(whole, text)
    keys, values = empty_caches(2)
    for at in range(ROOM):
        position = torch.full((2, 1), at)
        with torch.no_grad():
            said, keys, values = step(text[:, at : at + 1], position, keys, values)
        torch.testing.assert_close(said[:, 0], wanted[:, at], rtol=1e-4, atol=1e-5)


def test_texts_of_a_batch_may_be_at_different_places() -> None:
    """One begins three steps later; until then its first place is written over and over."""
    whole, step = built("llama", "Llama", LLAMA), built("llama", "LlamaStep", LLAMA)
    step.load_state_dict(whole.state_dict())
    text = torch.randint(50, (2, ROOM))
    wanted = result(whole, text)
    keys, values = empty_caches(2)
    for at in range(ROOM):
        places = torch.tensor([at, max(at - 3, 0)])
        token = text[torch.arange(2), places].unsqueeze(1)
        with torch.no_grad():
            said, keys, values = step(token, places.unsqueeze(1), keys, values)
        seen = wanted[torch.arange(2), places]
        torch.testing.assert_close(said[:, 0], seen, rtol=1e-4, atol=1e-5)


def test_decoding_runs_in_onnx_runtime(tmp_path: Path) -> None:
    """A text written greedily, each token fed back, is the same as PyTorch writes all at once."""
    whole = built("llama", "Llama", LLAMA)
    path = tmp_path / "step.onnx"
    graph = graph_of("llama", "LlamaStep", LLAMA)
    onnx_backend.save(onnx_backend.export(graph, whole.state_dict()), path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    text = torch.randint(50, (1, 2))
    caches = [cache.numpy() for cache in empty_caches(1)]
    tokens = text[0].tolist()
    for at in range(ROOM - 1):
        inputs = {
            "token": numpy.array([[tokens[at]]]),
            "position": numpy.array([[at]]),
            "keys": caches[0],
            "values": caches[1],
        }
        logits, *caches = session.run(None, inputs)
        if at + 1 == len(tokens):
            tokens.append(int(logits[0, 0].argmax()))
    while text.shape[1] < ROOM:
        text = torch.cat((text, result(whole, text)[:, -1:].argmax(-1)), dim=1)
    assert tokens == text[0].tolist()
