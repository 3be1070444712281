"""The zoo against torchvision's and timm's own networks: as many parameters, and the same outputs
once random weights have been moved across.

Comes in: names of networks, or none for all. Goes out: a line for each, and exit status 1 if one
differs. Swin and ViT use torchvision's weights without calling the layers that own them: they are
compared in `against_transformers.py`. No test, because it wants packages that nothing else here
does: `pip install torchvision timm`, then `python tests/examples/against_torchvision.py`.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import timm
import torch
from archc.compiler import cost
from archc.compiler.backends import torch as backend
from archc.compiler.check import check_file
from torch import nn
from torchvision import models
from zoo_weights import move

ZOO = Path(__file__).parents[2] / "examples" / "zoo"
TOLERANCE = 1e-4
WITHOUT_HEADS = {"aux_logits": False, "init_weights": False}


@dataclass(frozen=True)
class Case:
    """`parameters` pairs endings of names of weights that no layer owns: ours and theirs."""

    file: str
    network: str
    reference: Callable[[], nn.Module]
    values: Mapping[str, Any] = field(default_factory=dict)
    size: int = 224
    parameters: tuple[tuple[str, str], ...] = ()


CASES = {
    "alexnet": Case("alexnet", "AlexNet", models.alexnet),
    "convnext_tiny": Case(
        "convnext", "ConvNeXt", models.convnext_tiny, parameters=(("gamma.weight", "layer_scale"),)
    ),
    "densenet121": Case("densenet", "DenseNet121", models.densenet121),
    "densenet169": Case("densenet", "DenseNet169", models.densenet169),
    "densenet201": Case("densenet", "DenseNet201", models.densenet201),
    "efficientnet_b0": Case("efficientnet", "EfficientNetB0", models.efficientnet_b0),
    "efficientnet_v2_s": Case("efficientnet_v2", "EfficientNetV2S", models.efficientnet_v2_s),
    "googlenet": Case("googlenet", "GoogLeNet", lambda: models.googlenet(**WITHOUT_HEADS)),
    "inception_v3": Case(
        "inception_v3", "InceptionV3", lambda: models.inception_v3(**WITHOUT_HEADS), size=299
    ),
    "mixer_b16": Case("mlp_mixer", "MLPMixer", lambda: timm.create_model("mixer_b16_224")),
    "mnasnet1_0": Case("mnasnet", "MNASNet", models.mnasnet1_0),
    "mobilenet_v2": Case("mobilenet_v2", "MobileNetV2", models.mobilenet_v2),
    "mobilenet_v3_small": Case("mobilenet_v3", "MobileNetV3Small", models.mobilenet_v3_small),
    "mobilenet_v3_large": Case("mobilenet_v3", "MobileNetV3Large", models.mobilenet_v3_large),
    "regnet_x_400mf": Case("regnet", "RegNetX", models.regnet_x_400mf),
    "regnet_y_400mf": Case("regnet", "RegNetY", models.regnet_y_400mf),
    "resnet18": Case("resnet", "ResNet18", models.resnet18),
    "resnet34": Case("resnet", "ResNet34", models.resnet34),
    "resnet50": Case("resnet", "ResNet50", models.resnet50),
    "resnet101": Case("resnet", "ResNet101", models.resnet101),
    "resnet152": Case("resnet", "ResNet152", models.resnet152),
    "resnext50_32x4d": Case("resnet", "ResNeXt50", models.resnext50_32x4d),
    "wide_resnet50_2": Case("resnet", "WideResNet50", models.wide_resnet50_2),
    "shufflenet_v2_x1_0": Case("shufflenet_v2", "ShuffleNetV2", models.shufflenet_v2_x1_0),
    "squeezenet1_1": Case("squeezenet", "SqueezeNet", models.squeezenet1_1),
    "vgg11": Case("vgg", "VGG11", models.vgg11),
    "vgg13": Case("vgg", "VGG13", models.vgg13),
    "vgg16": Case("vgg", "VGG16", models.vgg16),
    "vgg19": Case("vgg", "VGG19", models.vgg19),
}


def compared(case: Case) -> tuple[int, int, float]:
    """Our parameters, theirs, and the largest difference of the outputs as a share of the largest
    output or of 1.
    """
    graph = check_file(ZOO / f"{case.file}.arch").graph(case.network, case.values)
    ours, theirs = backend.build(graph).eval(), case.reference().eval()
    image = torch.randn(2, 3, case.size, case.size)
    found: dict[str, torch.Tensor] = {}
    for our_end, their_end in case.parameters:
        names = [name for name, _ in ours.named_parameters() if name.endswith(our_end)]
        tensors = [tensor for name, tensor in theirs.named_parameters() if name.endswith(their_end)]
        found |= dict(zip(names, tensors, strict=True))
    move(theirs, ours, (image,), (image,), found)
    with torch.no_grad():
        got, wanted = ours(image), theirs(image)
    gap = ((got - wanted).abs().max() / wanted.abs().max().clamp(min=1)).item()
    return cost.params(graph), sum(item.numel() for item in theirs.parameters()), gap


def main(names: list[str]) -> int:
    good = True
    for name in names or CASES:
        ours, theirs, gap = compared(CASES[name])
        agrees = ours == theirs and gap <= TOLERANCE
        good &= agrees
        print(
            f"{name}: {'agrees' if agrees else 'DIFFERS'}, {ours:,} and {theirs:,} parameters,"
            f" {gap:.1e}",
            flush=True,
        )
    return int(not good)


if __name__ == "__main__":
    torch.manual_seed(0)
    sys.exit(main(sys.argv[1:]))
