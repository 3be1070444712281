"""A fixed tensor."""

from typing import Any

import torch
from torch import nn


class Constant(nn.Module):
    """Gives its value, which moves between devices with the module and is no part of the state
    dict.
    """

    value: torch.Tensor

    def __init__(self, value: Any, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("value", torch.tensor(value, dtype=dtype), persistent=False)

    def forward(self) -> torch.Tensor:
        return self.value
