"""The zoo against Hugging Face's own networks: random weights moved across, outputs compared.

Comes in: names of networks, or none for all. Goes out: a line for each, and exit status 1 if one
differs. No test, because it wants packages that nothing else here does: `pip install transformers
diffusers`, then `python tests/examples/against_transformers.py`.
"""

import sys
from pathlib import Path

import torch
from archc.compiler.backends import torch as backend
from archc.compiler.check import check_file
from torch import Tensor, nn
from transformers_cases import TEXTS, Case
from transformers_images import IMAGES
from zoo_weights import move

ZOO = Path(__file__).parents[2] / "examples" / "zoo"
TOLERANCE = 1e-4
CASES = {**TEXTS, **IMAGES}


def difference(case: Case) -> float:
    """The largest, as a share of the largest output or of 1."""
    ours = backend.build(check_file(ZOO / f"{case.file}.arch").graph(case.network, case.values))
    theirs = case.reference().eval()
    inputs = case.ours or tuple(case.inputs.values())
    move(theirs, ours.eval(), case.inputs, inputs, _parameters(case, ours, theirs))
    case.copy(ours, theirs)
    with torch.no_grad():
        found, answer = ours(*inputs), theirs(**case.inputs)
    found = found if isinstance(found, tuple) else (found,)
    wanted = [getattr(answer, name) for name in case.outputs]
    return max(
        ((a - b).abs().max() / b.abs().max().clamp(min=1)).item()
        for a, b in zip(found, wanted, strict=True)
    )


def _parameters(case: Case, ours: nn.Module, theirs: nn.Module) -> dict[str, Tensor]:
    found = case.pairs(theirs)
    for our_end, their_end in case.parameters:
        names = [name for name, _ in ours.named_parameters() if name.endswith(our_end)]
        tensors = [tensor for name, tensor in theirs.named_parameters() if name.endswith(their_end)]
        found |= dict(zip(names, tensors, strict=True))
    return found


def main(names: list[str]) -> int:
    worst = 0.0
    for name in names or CASES:
        gap = difference(CASES[name])
        worst = max(worst, gap)
        print(f"{name}: {'agrees' if gap <= TOLERANCE else 'DIFFERS'}, {gap:.1e}")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
