"""A tensor that is learned."""

from typing import Any

import torch
from torch import nn


class Parameter(nn.Module):
    """Gives its weight, filled by a function of `torch.nn.init` with the settings given; nested
    tuples as `val` are the numbers themselves.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        init: str,
        *,
        dtype: torch.dtype | None = None,
        **settings: Any,
    ) -> None:
        super().__init__()
        self.init = init
        self.settings = settings
        self.weight = nn.Parameter(torch.empty(shape, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if isinstance(self.settings.get("val"), tuple):
            self.weight.data.copy_(torch.tensor(self.settings["val"], dtype=self.weight.dtype))
        else:
            getattr(nn.init, self.init)(self.weight, **self.settings)

    def forward(self) -> torch.Tensor:
        return self.weight

    def extra_repr(self) -> str:
        return f"{tuple(self.weight.shape)}, {self.init}"
