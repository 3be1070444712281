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
from torch import Tensor, nn
from torchvision import models
from zoo_weights import move

ZOO = Path(__file__).parents[2] / "examples" / "zoo"
TOLERANCE = 1e-4
WITHOUT_HEADS = {"aux_logits": False, "init_weights": False}


@dataclass(frozen=True)
class Case:
    """`parameters` pairs endings of names of weights that no layer owns: ours and theirs. `copy`
    moves what is no weight.
    """

    file: str
    network: str
    reference: Callable[[], nn.Module]
    values: Mapping[str, Any] = field(default_factory=dict)
    size: int = 224
    parameters: tuple[tuple[str, str], ...] = ()
    copy: Callable[[nn.Module, nn.Module], None] = lambda *_: None


class Segments(nn.Module):
    """DeepLabv3 without its auxiliary head."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = models.segmentation.deeplabv3_resnet50(
            weights=None, weights_backbone=None, aux_loss=False, num_classes=21
        )

    def forward(self, image: Tensor) -> Tensor:
        return self.inner(image)["out"]  # type: ignore[no-any-return]


class Detects(nn.Module):
    """RetinaNet's scores and boxes, before they are thinned out."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = models.detection.retinanet_resnet50_fpn(weights=None, weights_backbone=None)
        self.inner.backbone.body = self.inner.backbone.body.apply(_frozen)

    def forward(self, image: Tensor) -> Tensor:
        found = self.inner.head(list(self.inner.backbone(image).values()))
        return torch.cat((found["cls_logits"], found["bbox_regression"]), dim=2)


def _frozen(module: nn.Module) -> None:
    """Norms without weights, as they are where the trunk has been trained before."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, nn.BatchNorm2d(child.num_features, affine=False).eval())


def frozen_statistics(ours: nn.Module, theirs: nn.Module) -> None:
    """Of norms that have nothing to learn: a block's shortcut comes last in both."""
    pairs = [
        [buffer for name, buffer in module.named_buffers() if "running_" in name]
        for module in (ours, theirs)
    ]
    for mine, other in zip(*pairs, strict=True):
        mine.copy_(other)


CASES = {
    "alexnet": Case("alexnet", "AlexNet", models.alexnet),
    "bit": Case(
        "bit",
        "BiT",
        lambda: timm.create_model("resnetv2_50x1_bit"),
        size=96,
        parameters=(("StdConv.weight.weight", "conv.weight"),),
    ),
    "convnext_tiny": Case(
        "convnext", "ConvNeXt", models.convnext_tiny, parameters=(("gamma.weight", "layer_scale"),)
    ),
    "convnext_v2_tiny": Case(
        "convnext_v2",
        "ConvNeXtV2",
        lambda: timm.create_model("convnextv2_tiny"),
        parameters=(("gamma.weight", "grn.weight"), ("beta.weight", "grn.bias")),
    ),
    "deeplab_v3": Case("deeplab_v3", "DeepLabV3", Segments, size=96),
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
    "retinanet": Case("retinanet", "RetinaNet", Detects, size=128, copy=frozen_statistics),
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
    case.copy(ours, theirs)
    with torch.no_grad():
        got, wanted = ours(image), theirs(image)
    got = torch.cat(got, dim=-1) if isinstance(got, tuple) else got
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
