"""Published networks in plain PyTorch, written from the papers and not from the `.arch` files."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional


def conv_norm(
    inside: int,
    outside: int,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    act: type[nn.Module] = nn.ReLU,
    eps: float = 1e-5,
) -> nn.Sequential:
    conv = nn.Conv2d(inside, outside, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outside, eps), act())


class SqueezeExcite(nn.Module):
    def __init__(self, width: int, squeezed: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(width, squeezed, 1)
        self.up = nn.Conv2d(squeezed, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        seen = self.up(functional.relu(self.down(functional.adaptive_avg_pool2d(x, 1))))
        return x * functional.hardsigmoid(seen)


class MobileBlock(nn.Module):
    """MobileNetV3's: widen, filter each channel, weigh the channels, narrow."""

    def __init__(
        self,
        inside: int,
        kernel: int,
        hidden: int,
        width: int,
        squeezed: int,
        swish: bool,
        step: int,
    ) -> None:
        super().__init__()
        act = nn.Hardswish if swish else nn.ReLU
        parts: list[nn.Module] = []
        if hidden != inside:
            parts.append(conv_norm(inside, hidden, act=act, eps=1e-3))
        parts.append(conv_norm(hidden, hidden, kernel, step, hidden, act, 1e-3))
        if squeezed:
            parts.append(SqueezeExcite(hidden, squeezed))
        parts.append(conv_norm(hidden, width, act=nn.Identity, eps=1e-3))
        self.body = nn.Sequential(*parts)
        self.residual = step == 1 and inside == width

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return x + y if self.residual else y


def mobilenet_v3_small() -> nn.Module:
    """Table 2; the fifth number is the width inside squeeze-and-excite, rounded to 8."""
    rows = [
        (16, 3, 16, 16, 8, False, 2),
        (16, 3, 72, 24, 0, False, 2),
        (24, 3, 88, 24, 0, False, 1),
        (24, 5, 96, 40, 24, True, 2),
        (40, 5, 240, 40, 64, True, 1),
        (40, 5, 240, 40, 64, True, 1),
        (40, 5, 120, 48, 32, True, 1),
        (48, 5, 144, 48, 40, True, 1),
        (48, 5, 288, 96, 72, True, 2),
        (96, 5, 576, 96, 144, True, 1),
        (96, 5, 576, 96, 144, True, 1),
    ]
    return nn.Sequential(
        conv_norm(3, 16, 3, 2, act=nn.Hardswish, eps=1e-3),
        *(MobileBlock(*row) for row in rows),
        conv_norm(96, 576, act=nn.Hardswish, eps=1e-3),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(576, 1024),
        nn.Hardswish(),
        nn.Linear(1024, 1000),
    )


class ShuffleBlock(nn.Module):
    """ShuffleNetV2's two units, figure 3c and 3d."""

    def __init__(self, inside: int, width: int, stride: int) -> None:
        super().__init__()
        half = width // 2
        self.way: nn.Module | None = None
        if stride == 2:
            self.way = nn.Sequential(
                conv_norm(inside, inside, 3, 2, inside, nn.Identity), conv_norm(inside, half)
            )
        self.body = nn.Sequential(
            conv_norm(inside if stride == 2 else half, half),
            conv_norm(half, half, 3, stride, half, nn.Identity),
            conv_norm(half, half),
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.way is not None:
            parts = self.way(x), self.body(x)
        else:
            kept, worked = x.chunk(2, dim=1)
            parts = kept, self.body(worked)
        return torch.stack(parts, dim=2).flatten(1, 2)


def shufflenet_v2() -> nn.Module:
    parts: list[nn.Module] = [conv_norm(3, 24, 3, 2), nn.MaxPool2d(3, 2, 1)]
    inside = 24
    for width, depth in ((116, 4), (232, 8), (464, 4)):
        parts.append(ShuffleBlock(inside, width, 2))
        parts.extend(ShuffleBlock(width, width, 1) for _ in range(depth - 1))
        inside = width
    parts += [conv_norm(464, 1024), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000)]
    return nn.Sequential(*parts)


class Branches(nn.Module):
    """GoogLeNet's module."""

    def __init__(self, inside: int, *widths: int) -> None:
        super().__init__()
        one, reduce, three, reduce2, three2, pool = widths
        narrow = {"eps": 1e-3}
        self.branches = nn.ModuleList(
            [
                conv_norm(inside, one, **narrow),
                nn.Sequential(
                    conv_norm(inside, reduce, **narrow), conv_norm(reduce, three, 3, **narrow)
                ),
                nn.Sequential(
                    conv_norm(inside, reduce2, **narrow), conv_norm(reduce2, three2, 3, **narrow)
                ),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), conv_norm(inside, pool, **narrow)),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def googlenet() -> nn.Module:
    rows = [
        [(192, 64, 96, 128, 16, 32, 32), (256, 128, 128, 192, 32, 96, 64)],
        [
            (480, 192, 96, 208, 16, 48, 64),
            (512, 160, 112, 224, 24, 64, 64),
            (512, 128, 128, 256, 24, 64, 64),
            (512, 112, 144, 288, 32, 64, 64),
            (528, 256, 160, 320, 32, 128, 128),
        ],
        [(832, 256, 160, 320, 32, 128, 128), (832, 384, 192, 384, 48, 128, 128)],
    ]
    first, second, third = (nn.Sequential(*(Branches(*row) for row in part)) for part in rows)
    return nn.Sequential(
        conv_norm(3, 64, 7, 2, eps=1e-3),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        conv_norm(64, 64, eps=1e-3),
        conv_norm(64, 192, 3, eps=1e-3),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        first,
        nn.MaxPool2d(3, 2, ceil_mode=True),
        second,
        nn.MaxPool2d(2, 2, ceil_mode=True),
        third,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(1024, 1000),
    )


class GatedStep(nn.Module):
    """WaveNet's layer, figure 4, with its padding written as a shift."""

    def __init__(self, width: int, skips: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.filter = nn.Conv1d(width, width, 2, dilation=dilation)
        self.gate = nn.Conv1d(width, width, 2, dilation=dilation)
        self.onward = nn.Conv1d(width, width, 1)
        self.skip = nn.Conv1d(width, skips, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        late = functional.pad(x, (self.dilation, 0))
        gated = torch.tanh(self.filter(late)) * torch.sigmoid(self.gate(late))
        return x + self.onward(gated), self.skip(gated)


class WaveNet(nn.Module):
    def __init__(self, levels: int, width: int, skips: int, dilations: list[int]) -> None:
        super().__init__()
        self.levels = levels
        self.first = nn.Conv1d(levels, width, 2)
        self.steps = nn.ModuleList(GatedStep(width, skips, step) for step in dilations)
        self.mix = nn.Conv1d(skips, skips, 1)
        self.last = nn.Conv1d(skips, levels, 1)

    def forward(self, sound: Tensor) -> Tensor:
        x = functional.one_hot(sound, self.levels).float().transpose(1, 2)
        x = self.first(functional.pad(x, (1, 0)))
        skips = []
        for step in self.steps:
            x, skip = step(x)
            skips.append(skip)
        mixed = self.mix(functional.relu(torch.stack(skips).sum(dim=0)))
        result: Tensor = self.last(functional.relu(mixed)).transpose(1, 2)
        return result


class Translator(nn.Module):
    def __init__(self, words: tuple[int, int], size: int, units: int, layers: int) -> None:
        super().__init__()
        self.reader, self.writer = (nn.Embedding(count, size) for count in words)
        self.encoder = nn.LSTM(size, units, layers, batch_first=True)
        self.decoder = nn.LSTM(size, units, layers, batch_first=True)
        self.head = nn.Linear(units, words[1])

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        _, state = self.encoder(self.reader(source))
        said, _ = self.decoder(self.writer(target), state)
        result: Tensor = self.head(said)
        return result


class Parameter(nn.Module):
    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(*shape))


class Pointer(nn.Module):
    """Section 2.3: u = v tanh(W1 e + W2 d) for every place e of the input and answer d so far."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.start = Parameter(1, 1, 2)
        self.encoder = nn.LSTM(2, units, batch_first=True)
        self.decoder = nn.LSTM(2, units, batch_first=True)
        self.keys = nn.Linear(units, units, bias=False)
        self.queries = nn.Linear(units, units, bias=False)
        self.score = nn.Linear(units, 1, bias=False)

    def forward(self, points: Tensor, previous: Tensor) -> Tensor:
        read, state = self.encoder(points)
        results = []
        for n, answers in enumerate(previous):
            said = torch.cat((self.start.weight[0], points[n][answers[:-1]]))
            asked, _ = self.decoder(said[None], tuple(item[:, n : n + 1] for item in state))
            rows = [self.score((self.keys(read[n]) + self.queries(d)).tanh()) for d in asked[0]]
            results.append(torch.stack(rows).squeeze(-1))
        return torch.stack(results)


def experts_of_token(x: Tensor, weights: Mapping[str, Tensor], used: int) -> Tensor:
    """Mixtral's section 2.1 for one token: only the best experts are computed."""
    scores = weights["router.weight"] @ x
    best, places = scores.topk(used)
    result = torch.zeros_like(x)
    for share, place in zip(best.softmax(dim=0), places.tolist(), strict=True):
        gate, up, down = (
            weights[f"experts.{place}.SwiGLU.{name}.weight"] for name in ("gate", "up", "down")
        )
        result += share * (down @ (functional.silu(gate @ x) * (up @ x)))
    return result
