"""The vocabulary that programs outside the repository are written with: no name, no order of
positions and no default may change or go. More may come, behind what stands here.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from archc.cli.layers import describe
from archc.compiler import initialisers
from archc.compiler.expand.lookup import find_name
from archc.compiler.expand.values import Combinator
from archc.compiler.registry import all_layers, find_layer
from archc.grammar import ast
from archc.grammar.parse import parse_file
from archc.runtime import declared

STANDARD_LIBRARY = Path(__file__).parents[3] / "compiler" / "std"

LAYERS = """
conv(filters, kernel, stride=1, padding=same, dilation=1, groups=1, bias=true)
depthwise(kernel, stride=1, padding=same, dilation=1, multiplier=1, bias=true)
conv_transpose(filters, kernel, stride=1, padding=same, output_padding=0, dilation=1, groups=1, bias=true)
convolve(stride=1, padding=same, dilation=1, groups=1)
convolve_transpose(stride=1, padding=same, output_padding=0, dilation=1, groups=1)
dense(units, bias=true) bilinear(units) embedding(count, size) matmul einsum(equation)
batchnorm(update=0.1, eps=1e-5, affine=true) layernorm(axes=[-1], eps=1e-5, affine=true, bias=true)
groupnorm(groups, eps=1e-5, affine=true) instancenorm(eps=1e-5, affine=false) rmsnorm(eps=1e-6)
local_response_norm(size, alpha=1e-4, beta=0.75, k=1.0)
relu relu6 leaky_relu(slope=0.01) prelu elu(alpha=1.0) selu celu(alpha=1.0)
gelu(approximate="none") silu mish hardswish hardsigmoid hardtanh(low=-1.0, high=1.0) sigmoid tanh
softplus softsign softmax(axis=-1) log_softmax(axis=-1) glu(axis=1)
maxpool(kernel, stride=kernel, padding=valid, dilation=1, ceil=false)
avgpool(kernel, stride=kernel, padding=valid, ceil=false, count_padding=true)
global_avgpool global_maxpool adaptive_avgpool(size) adaptive_maxpool(size)
dropout(rate) dropout_channels(rate) drop_path(rate)
add mul sub div maximum minimum concat(axis=1) stack(axis=0)
split(parts, axis=1) slice(axis, start, stop, step=1) select(axis, index) gather(axis)
take_along(axis)
flatten(start=1, end=-1) reshape(shape) rearrange(pattern) reduce(pattern, operation)
broadcast(pattern) permute(axes) transpose(a, b) squeeze(axis) unsqueeze(axis) expand(shape)
pad(widths, mode="constant", value=0) roll(shifts, axes) upsample(scale, mode="nearest")
resize(size, mode) pixel_shuffle(factor) pixel_unshuffle(factor) channel_shuffle(groups)
windows(size) unwindows(size, height, width)
mean(axes, keep=false) sum(axes, keep=false) max(axes, keep=false) min(axes, keep=false)
prod(axes, keep=false) variance(axes, keep=false) norm(axes, keep=false)
logsumexp(axes, keep=false) argmax(axes, keep=false) argmin(axes, keep=false) cumsum(axis)
exp log sqrt rsqrt abs neg square reciprocal sin cos erf floor round sign clip(low, high)
pow(exponent) where equal less greater logical_not cast(dtype)
attention(heads, kv_heads=heads, causal=false, dropout=0.0, scale=auto) rotary(base=10000.0)
lstm(units, layers=1, bidirectional=false, dropout=0.0, weight_dropout=0.0, last=false)
gru(units, layers=1, bidirectional=false, dropout=0.0, weight_dropout=0.0, last=false)
rnn(units, layers=1, bidirectional=false, dropout=0.0, weight_dropout=0.0, last=false)
parameter(shape, init=normal(std=0.02)) constant(value) arange(n) one_hot(count) noise(std)
identity zero stop_gradient scan(reverse=false, last=false)
"""  # noqa: E501
"""Every layer, positional hyperparameters first. One without a default here may have one."""

COMBINATORS = ("repeat", "fork", "residual", "share", "scan")

INITIALISERS = """
zeros ones constant(value) normal(std) truncated_normal(std) uniform(a, b) he(mode) xavier
orthogonal identity
"""

DECLARED = {
    "loss": "cross_entropy(smoothing=0.0) binary_cross_entropy mse mae huber ctc",
    "metric": "accuracy top5 perplexity bits_per_char mse mae f1 auc",
    "optimiser": "sgd momentum adam adamw rmsprop adagrad lamb lion",
    "augmentation": "flip crop shift scale rotate hue saturation value cutout mixup cutmix noise",
    "schedule": "constant step cosine onecycle plateau linear",
    "data source": "digits text idx cifar10 cifar100 images npz csv parquet synthetic",
}

LIBRARY = {
    "vision": "BasicBlock Bottleneck InvertedResidual SqueezeExcite DenseLayer Inception Fire "
    "ShuffleUnit ConvNeXtBlock PatchEmbed",
    "attention": "MultiHead TransformerEncoder TransformerDecoder SwiGLU PositionalEncoding",
    "recurrent": "Lstm Gru Minimal",
    "sequence": "TCN WaveNetBlock",
    "linear": "Lora",
}


def _signatures(text: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for name, _, inner in re.findall(r"(\w+)(\(((?:[^()]|\([^()]*\))*)\))?", text):
        parts = re.split(r", (?![^(\[]*[)\]])", inner) if inner else []
        yield name, [(part.partition("=")[0], part.partition("=")[2]) for part in parts]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


@pytest.mark.parametrize(("name", "wanted"), [*_signatures(LAYERS)])
def test_a_layer_is_called_as_ever(name: str, wanted: list[tuple[str, str]]) -> None:
    layer = find_layer(name)
    assert layer is not None, f"there is no layer {name}"
    found = {item.name: item.default for item in describe(layer).hyperparameters}
    assert list(found)[: len(wanted)] == [key for key, _ in wanted]
    for key, default in wanted:
        if default:
            assert _number(found[key] or "") == _number(default), key
    for key in list(found)[len(wanted) :]:
        assert found[key] is not None, f"{name} asks for {key}, of which nobody knows"


def test_every_layer_stands_in_the_list() -> None:
    """A layer that is new comes into the list on purpose, since its name is fixed from then on."""
    listed = {name for name, _ in _signatures(LAYERS + ADDED)}
    assert {layer.name for layer in all_layers()} - listed == set()


ADDED = "sort(axis=-1, descending=false) topk(count, axis=-1)"


@pytest.mark.parametrize("name", COMBINATORS)
def test_a_combinator_is_known(name: str) -> None:
    assert isinstance(find_name(name), Combinator) or find_layer(name) is not None


@pytest.mark.parametrize(("name", "wanted"), [*_signatures(INITIALISERS)])
def test_an_initialiser_is_called_as_ever(name: str, wanted: list[tuple[str, str]]) -> None:
    assert name in initialisers.RULES
    assert list(initialisers.settings_of(name))[: len(wanted)] == [key for key, _ in wanted]


@pytest.mark.parametrize("kind", DECLARED)
def test_what_a_training_names_is_known(kind: str) -> None:
    for name, wanted in _signatures(DECLARED[kind]):
        assert name in declared.TABLES[kind], f"there is no {kind} {name}"
        found = declared.signature(declared.TABLES[kind][name])
        for key, default in wanted:
            assert _number(found[key].default or "") == _number(default)


def test_every_schedule_warms_up() -> None:
    for name, line in declared.SCHEDULES.items():
        assert "warmup" in declared.signature(line), name


@pytest.mark.parametrize("module", LIBRARY)
def test_the_standard_library_has_its_blocks(module: str) -> None:
    program = parse_file(STANDARD_LIBRARY / f"{module}.arch").program
    found = {item.name for item in program.declarations if isinstance(item, ast.Function)}
    assert set(LIBRARY[module].split()) <= found
