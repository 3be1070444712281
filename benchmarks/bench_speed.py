"""The module of a program against the same network written by hand: forward, forward and backward.

Both have the same weights and are shown to give the same numbers before anything is timed. Forward
is in evaluation mode without gradients, forward and backward in training mode with the gradient of
every weight. One thread on the CPU; `--device cuda` waits for the accelerator after each call.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

import torch
from archc.compiler.backends.torch import build
from archc.compiler.check import check_file
from harness import EXAMPLES, PROGRAMS, Bar, Report, main, require
from reference.resnet import resnet18
from reference.transformer import Transformer
from reference.weights import copied
from torch import Tensor, nn

BAR = Bar(least=0.97, most=1.03)
SIDE = 64
LENGTH = 128


def forward(module: nn.Module, x: Tensor) -> Tensor:
    with torch.inference_mode():
        result: Tensor = module(x)
        return result


def forward_backward(module: nn.Module, x: Tensor) -> Tensor:
    """The output, with a gradient for every weight."""
    module.zero_grad(set_to_none=True)
    result: Tensor = module(x)
    result.square().mean().backward()
    return result


def pair(path: str, reference: nn.Module, device: str) -> tuple[nn.Module, nn.Module]:
    """A network of ours and one by hand, with the same weights."""
    folder = EXAMPLES if path == "resnet18.arch" else PROGRAMS
    ours = build(check_file(folder / path).graph(), device=device)
    reference.to(device)
    copied(ours, reference)
    return ours, reference


def require_same(ours: nn.Module, reference: nn.Module, x: Tensor) -> None:
    """Outputs, gradients and running statistics agree."""
    for mode in (False, True):
        ours.train(mode), reference.train(mode)
        mine, theirs = forward_backward(ours, x), forward_backward(reference, x)
        require(_near(mine, theirs), "the outputs differ")
        for a, b in zip(ours.parameters(), reference.parameters(), strict=True):
            require(a.grad is not None and b.grad is not None, "a weight has no gradient")
            assert a.grad is not None and b.grad is not None
            require(_near(a.grad, b.grad), "the gradients differ")
        for a, b in zip(ours.buffers(), reference.buffers(), strict=True):
            require(_near(a, b), "the buffers differ")


def _near(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(
        a, b, rtol=1e-4, atol=1e-5 * float(b.detach().abs().max())
    )


def measure(report: Report, device: str = "cpu") -> None:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(32, 3, SIDE, SIDE, generator=generator).to(device)
    tokens = torch.randint(256, (8, LENGTH), generator=generator).to(device)
    residual = pair("resnet18.arch", resnet18(), device)
    transformer = pair("transformer.arch", Transformer(), device)
    cases: list[tuple[str, tuple[nn.Module, nn.Module], Tensor, int, int]] = [
        ("ResNet-18, batch 1", residual, images[:1], 61, 4),
        ("ResNet-18, batch 32", residual, images, 61, 1),
        (f"transformer, batch 8 of {LENGTH}", transformer, tokens, 61, 1),
    ]
    if report.quick:
        cases = [cases[0], ("transformer, batch 1", transformer, tokens[:1], 1, 1)]
    require_same(*residual, images[:4])
    require_same(*transformer, tokens[:2])
    for name, (ours, reference), x, turns, number in cases:
        for what, work, training in (
            ("forward", forward, False),
            ("forward + backward", forward_backward, True),
        ):
            ours.train(training), reference.train(training)
            report.compare(
                f"{name}: {what}",
                _finished(work, ours, x),
                _finished(work, reference, x),
                turns=turns,
                number=number,
                bar=BAR,
                clock=time.process_time if device == "cpu" else time.perf_counter,
            )
    report.facts = {
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu, one thread",
        "images": f"3 x {SIDE} x {SIDE}",
        "transformer": "4 layers, width 256, 8 heads, causal",
        "outputs, gradients and buffers": "agree",
    }


def _finished(
    work: Callable[[nn.Module, Tensor], Tensor], module: nn.Module, x: Tensor
) -> Callable[[], None]:
    """The work, and on an accelerator its end."""

    def run() -> None:
        work(module, x)
        if x.is_cuda:
            torch.cuda.synchronize()

    return run


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    chosen, sys.argv[1:] = parser.parse_known_args()
    main(
        "speed" if chosen.device == "cpu" else "speed_cuda",
        "Modules of programs against the same networks by hand",
        partial(measure, device=chosen.device),
    )
