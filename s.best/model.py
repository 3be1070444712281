"""S, written by archc from its .arch source.

Input  x: f32[N, 13]
Output output: f32[N, 3]
Parameters: 275
"""

import sys

import torch
from torch import nn
from torch.nn import functional as F


class S(nn.Module):
    """x: f32[N, 13] -> f32[N, 3]."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(13, 16)
        self.dense_2 = nn.Linear(16, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.dense(x)
        x = F.relu(x)
        return self.dense_2(x)


if __name__ == "__main__":
    model = S()
    if len(sys.argv) > 1:
        path = sys.argv[1]
        if path.endswith(".safetensors"):
            from safetensors.torch import load_file

            weights = load_file(path)
        else:
            weights = torch.load(path, weights_only=True)
        model.load_state_dict(weights)
    model.eval()
    with torch.no_grad():
        result = model(torch.randn(2, 13))
    print(tuple(result.shape))
