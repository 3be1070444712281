"""The zoo: every network checks, has as many parameters as published, and is the same in every back
end. What the networks compute is compared in `test_zoo_outputs.py`.
"""

import re
from pathlib import Path

import pytest
from archc.compiler import cost
from archc.compiler.check import check_file
from archc.compiler.verify import verify
from archc.grammar.parse import parse_file
from archc.grammar.print import print_program

ZOO = Path(__file__).parents[2] / "examples" / "zoo"
FILES = sorted(path.stem for path in ZOO.glob("*.arch"))

PARAMETERS = {
    "alexnet": {"AlexNet": 61_100_840},
    "alphazero": {"AlphaGoZero": 24_008_549},
    "bert": {"BERT": 109_482_240},
    "bit": {"BiT": 25_549_352},
    "clip": {"CLIP": 151_277_313},
    "convnext": {"ConvNeXt": 28_589_128},
    "convnext_v2": {"ConvNeXtV2": 28_635_496},
    "dcgan": {"Generator": 12_658_432, "Discriminator": 11_036_160},
    "ddpm": {"DDPM": 35_746_307},
    "deeplab_v3": {"DeepLabV3": 39_638_869},
    "densenet": {
        "DenseNet121": 7_978_856,
        "DenseNet169": 14_149_480,
        "DenseNet201": 20_013_928,
    },
    "detr": {"DETR": 41_524_768},
    "efficientnet": {"EfficientNetB0": 5_288_548},
    "efficientnet_v2": {"EfficientNetV2S": 21_458_488},
    "gat": {"GAT": 92_373},
    "gcn": {"GCN": 23_063},
    "googlenet": {"GoogLeNet": 6_624_904},
    "gpt2": {"GPT2": 124_439_808, "GPT2XL": 1_557_611_200},
    "inception_v3": {"InceptionV3": 23_834_568},
    "llama": {"Llama": 8_030_261_248, "LlamaStep": 8_030_261_248},
    "mamba": {"Mamba": 129_135_360},
    "mixtral": {"Mixtral": 46_702_792_704},
    "mlp_mixer": {"MLPMixer": 59_880_472},
    "mnasnet": {"MNASNet": 4_383_312},
    "mobilenet_v2": {"MobileNetV2": 3_504_872},
    "mobilenet_v3": {"MobileNetV3Small": 2_542_856, "MobileNetV3Large": 5_483_032},
    "nerf": {"NeRF": 595_844},
    "pointer": {"Pointer": 2_638_338},
    "pointnet": {"PointNet": 3_480_049},
    "regnet": {"RegNetX": 5_495_976, "RegNetY": 4_344_144},
    "resnet": {
        "ResNet18": 11_689_512,
        "ResNet34": 21_797_672,
        "ResNet50": 25_557_032,
        "ResNet101": 44_549_160,
        "ResNet152": 60_192_808,
        "ResNeXt50": 25_028_904,
        "WideResNet50": 68_883_240,
    },
    "retinanet": {"RetinaNet": 34_014_999},
    "rwkv": {"RWKV": 169_342_464},
    "seq2seq": {"Translator": 384_144_000},
    "shufflenet_v2": {"ShuffleNetV2": 2_278_604},
    "squeezenet": {"SqueezeNet": 1_235_496},
    "stable_diffusion": {"StableDiffusion": 859_520_964},
    "swin": {"Swin": 28_288_354},
    "switch": {"Switch": 619_339_008},
    "t5": {"T5": 60_506_624},
    "transformer": {"Transformer": 63_082_496},
    "unet": {"UNet": 31_030_658},
    "vae": {"Encoder": 412_540, "Decoder": 403_284, "VAE": 815_824},
    "vgg": {
        "VGG11": 132_863_336,
        "VGG13": 133_047_848,
        "VGG16": 138_357_544,
        "VGG19": 143_667_240,
    },
    "vit": {"ViT": 86_567_656, "ViTL16": 304_326_632},
    "vqvae": {"VQVAE": 4_940_867, "Loss": 0},
    "wavenet": {"WaveNet": 1_283_776},
    "whisper": {"Whisper": 37_184_640},
}
"""Of every network with its own hyperparameters: torchvision's number, else the paper's or that of
the authors' code where one is known.
"""

OTHER_SIZES = [
    ("bert", "BERT", {"width": 1024, "depth": 24, "heads": 16, "hidden": 4096}, 335_141_888),
    ("convnext", "ConvNeXt", {"depths": [3, 3, 27, 3]}, 50_223_688),
    ("dcgan", "Discriminator", {"width": 64}, 2_765_568),
    ("dcgan", "Generator", {"width": 64}, 3_576_704),
    ("gpt2", "GPT2", {"width": 1024, "depth": 24, "heads": 16}, 354_823_168),
    ("gpt2", "GPT2", {"width": 1280, "depth": 36, "heads": 20}, 774_030_080),
    ("llama", "Llama", {"vocab": 32000, "kv_heads": 32, "hidden": 11008}, 6_738_415_616),
    (
        "llama",
        "Llama",
        {"vocab": 32000, "width": 2048, "depth": 22, "kv_heads": 4, "hidden": 5632},
        1_100_048_384,
    ),
    (
        "mlp_mixer",
        "MLPMixer",
        {"width": 1024, "depth": 24, "tokens": 512, "channels": 4096},
        208_196_168,
    ),
    ("shufflenet_v2", "ShuffleNetV2", {"widths": [48, 96, 192]}, 1_366_792),
    ("swin", "Swin", {"depths": [2, 2, 18, 2]}, 49_606_258),
    ("swin", "Swin", {"depths": [2, 2, 18, 2], "width": 128, "heads": [4, 8, 16, 32]}, 87_768_224),
    ("t5", "T5", {"width": 768, "depth": 12, "heads": 12, "hidden": 3072}, 222_903_552),
    ("vae", "VAE", {"hidden": 400}, 652_824),
    ("vit", "ViT", {"patch": 32}, 88_224_232),
]
"""Larger and smaller relatives that were published too."""

SMALL = [
    ("alphazero", "AlphaGoZero", {"width": 4, "depth": 2, "size": 5}),
    ("bert", "BERT", {"vocab": 50, "context": 20, "width": 12, "depth": 2, "heads": 2}),
    ("bit", "BiT", {"depths": [1, 2], "widths": [64, 64], "classes": 7}),
    (
        "clip",
        "CLIP",
        {
            "vocab": 50, "context": 20, "width": 24, "depth": 1, "heads": 4, "image_width": 16,
            "image_depth": 1, "image_heads": 4, "patch": 8, "size": 16, "shared": 12,
        },
    ),
    ("convnext", "ConvNeXt", {"depths": [1, 1, 2, 1], "widths": [4, 8, 12, 16]}),
    ("convnext_v2", "ConvNeXtV2", {"depths": [1, 1, 2, 1], "widths": [4, 8, 12, 16]}),
    ("dcgan", "Discriminator", {"width": 4}),
    ("dcgan", "Generator", {"width": 4, "size": 5}),
    ("deeplab_v3", "DeepLabV3", {"classes": 3, "width": 4, "depths": [1, 1, 2, 1]}),
    ("ddpm", "DDPM", {"width": 32, "factors": [1, 2]}),
    ("detr", "DETR", {"queries": 3, "width": 8, "heads": 2, "hidden": 12, "depth": 2, "size": 64}),
    ("efficientnet", "EfficientNetB0", {}),
    ("gat", "GAT", {"features": 5}),
    ("gcn", "GCN", {"features": 5}),
    ("googlenet", "GoogLeNet", {}),
    ("gpt2", "GPT2", {"vocab": 50, "context": 20, "width": 16, "depth": 2, "heads": 4}),
    (
        "llama",
        "Llama",
        {"vocab": 50, "width": 16, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 24},
    ),
    (
        "llama",
        "LlamaStep",
        {"vocab": 50, "width": 16, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 24},
    ),
    ("mamba", "Mamba", {"vocab": 20, "width": 32, "depth": 2, "size": 4}),
    (
        "mixtral",
        "Mixtral",
        {"vocab": 20, "width": 8, "depth": 1, "heads": 2, "kv_heads": 1, "hidden": 6, "experts": 4},
    ),
    ("mlp_mixer", "MLPMixer", {"width": 8, "depth": 2, "tokens": 6, "channels": 12}),
    ("mnasnet", "MNASNet", {}),
    ("mobilenet_v2", "MobileNetV2", {}),
    ("mobilenet_v3", "MobileNetV3Small", {}),
    ("nerf", "NeRF", {"width": 8}),
    ("pointer", "Pointer", {"units": 6}),
    ("pointnet", "PointNet", {"classes": 5}),
    ("regnet", "RegNetX", {"widths": [8, 16], "depths": [1, 2], "group": 4}),
    ("regnet", "RegNetY", {"widths": [8, 16], "depths": [1, 2], "group": 4}),
    ("resnet", "ResNet18", {}),
    ("retinanet", "RetinaNet", {"classes": 3, "width": 8, "trunk": 4, "depths": [1, 1, 1, 1]}),
    ("rwkv", "RWKV", {"vocab": 20, "width": 8, "depth": 2}),
    ("seq2seq", "Translator", {"from_words": 9, "to_words": 7, "size": 4, "units": 5, "layers": 2}),
    ("shufflenet_v2", "ShuffleNetV2", {}),
    ("squeezenet", "SqueezeNet", {}),
    (
        "stable_diffusion",
        "StableDiffusion",
        {"width": 32, "factors": [1, 2], "blocks": 1, "heads": 2, "words": 6, "size": 8},
    ),
    ("swin", "Swin", {"depths": [2, 2], "heads": [1, 2], "width": 8}),
    (
        "switch",
        "Switch",
        {"vocab": 30, "width": 8, "depth": 2, "heads": 2, "hidden": 12, "experts": 3},
    ),
    ("t5", "T5", {"vocab": 30, "width": 8, "depth": 2, "heads": 2, "hidden": 12}),
    ("transformer", "Transformer", {"vocab": 30, "width": 8, "depth": 2, "heads": 2, "hidden": 12}),
    ("unet", "UNet", {"width": 2}),
    ("vae", "VAE", {"hidden": 8, "size": 3}),
    ("vit", "ViT", {"patch": 32, "width": 12, "depth": 2, "heads": 2}),
    ("vqvae", "VQVAE", {"width": 4, "codes": 6, "size": 3}),
    ("wavenet", "WaveNet", {"levels": 8, "width": 4, "skips": 6, "stacks": 2, "depth": 3}),
    (
        "whisper",
        "Whisper",
        {"vocab": 30, "width": 8, "depth": 2, "heads": 2, "context": 20, "frames": 6, "bands": 5},
    ),
]  # fmt: skip
"""What is cheap to run; axes of images that stay open are chosen small."""


def path_of(name: str) -> Path:
    return ZOO / f"{name}.arch"


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_in_order(name: str) -> None:
    """Nothing to complain of, in the form that `archc fmt` gives, and its paper named on top."""
    checked = check_file(path_of(name))
    assert checked.reports == ()
    text = path_of(name).read_text(encoding="utf-8")
    assert print_program(parse_file(path_of(name)).program) == text
    header = text[: text.index("\n\n")]
    assert all(line.startswith("#") for line in header.splitlines())
    assert re.search(r"\b(19|20)\d\d, [A-Z]", header), "author, year, title"


@pytest.mark.parametrize("name", FILES)
def test_parameters_are_as_published(name: str) -> None:
    graphs = check_file(path_of(name)).graphs
    assert {key: cost.params(graph) for key, graph in graphs.items()} == PARAMETERS[name]


@pytest.mark.parametrize(("name", "network", "values", "parameters"), OTHER_SIZES)
def test_relatives_have_their_parameters_too(
    name: str, network: str, values: dict[str, object], parameters: int
) -> None:
    assert cost.params(check_file(path_of(name)).graph(network, values)) == parameters


@pytest.mark.parametrize(("name", "network", "values"), SMALL)
def test_back_ends_agree(name: str, network: str, values: dict[str, object]) -> None:
    report = verify(check_file(path_of(name)).graph(network, values), choices=2)
    assert report.ok, str(report)
