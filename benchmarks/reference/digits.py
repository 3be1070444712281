"""The network of `examples/digits.arch` and the shortest loop that trains it, written by hand."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR

Rows = tuple[Tensor, Tensor]


class Residual(nn.Module):
    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1)
        self.bn2 = nn.BatchNorm2d(width)
        self.skip: nn.Module | None = None
        if stride != 1 or channels != width:
            self.skip = nn.Sequential(nn.Conv2d(channels, width, 1, stride), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        skip = x if self.skip is None else self.skip(x)
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + skip)


class DigitNet(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, 1, 1)
        self.bn = nn.BatchNorm2d(width)
        self.blocks = nn.Sequential(
            Residual(width, width),
            Residual(width, width),
            Residual(width, 2 * width, 2),
            Residual(2 * width, 4 * width, 2),
        )
        self.head = nn.Linear(4 * width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(F.relu(self.bn(self.stem(x))))
        return self.head(x.mean((2, 3)))


def train(
    data: Rows,
    validation: Rows | None,
    epochs: int,
    batch: int,
    prepared: Callable[[nn.Module], object] = lambda module: None,
) -> tuple[nn.Module, float]:
    """The trained network, and its share of right answers on the validation rows, which are
    measured after every epoch where they are given.
    """
    module = DigitNet()
    prepared(module)
    optimizer = torch.optim.AdamW(module.parameters(), lr=3e-3, weight_decay=1e-2)
    steps = epochs * (len(data[0]) // batch)
    warmup = round(0.1 * steps)
    schedule = LambdaLR(
        optimizer,
        lambda step: (
            (step + 1) / warmup
            if step < warmup
            else 0.5 + 0.5 * math.cos(math.pi * (step - warmup) / (steps - warmup))
        ),
    )
    images, labels = data
    right = math.nan
    for _ in range(epochs):
        module.train()
        for rows in torch.randperm(len(images)).split(batch)[: len(images) // batch]:
            optimizer.zero_grad()
            loss = F.cross_entropy(module(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            schedule.step()
        if validation is not None:
            right = accuracy(module, validation, batch)
    return module, right


@torch.no_grad()
def accuracy(module: nn.Module, rows: Rows, batch: int) -> float:
    module.eval()
    right = 0
    for images, labels in zip(rows[0].split(batch), rows[1].split(batch), strict=True):
        right += int((module(images).argmax(1) == labels).sum())
    return right / len(rows[1])
