"""Filters that are computed: standardised, tied to the encoder's, made by another network."""

import archc
import pytest
import torch
from archc.compiler.check import check_text
from archc.compiler.verify import verify
from torch.nn import functional

STANDARD = """
network Net on x: f32[N, 4, H, W] -> f32[N, 6, _, _] {
    w = weight: parameter([6, 2, 3, 3], init=he)
    centred = w - (w -> mean(axes=[1, 2, 3], keep=true))
    scaled = centred / ((w -> variance(axes=[1, 2, 3], keep=true, correction=0)) + 1e-8 -> sqrt)
    (x, scaled) -> convolve(stride=2, groups=2)
}
"""
TIED = """
network Net on x: f32[N, 3, 8, 8] -> f32[N, 3, 8, 8] {
    w = parameter([5, 3, 3, 3], init=he)
    code = (x, w) -> convolve(stride=2) -> relu
    (code, w) -> convolve_transpose(stride=2, output_padding=1)
}
"""
MADE = """
network Net on x: f32[N, 3, T], z: f32[6] -> f32[N, 4, T] {
    made = z -> dense(8) -> relu -> dense(4 * 3 * 5) -> reshape([4, 3, 5])
    (x, made) -> convolve
}
"""


@pytest.mark.parametrize("text", [STANDARD, TIED, MADE], ids=["standard", "tied", "made"])
def test_back_ends_agree(text: str) -> None:
    report = verify(check_text(text).graph(), choices=2)
    assert report.ok, str(report)


def test_weight_standardisation_is_its_formula() -> None:
    module = archc.compile(STANDARD).torch()
    weight = module.get_parameter("weight.weight")
    x = torch.randn(2, 4, 9, 8)
    flat = weight.flatten(1)
    scaled = (flat - flat.mean(1, keepdim=True)) / flat.std(1, keepdim=True, unbiased=False)
    wanted = functional.conv2d(x, scaled.view_as(weight), stride=2, padding=1, groups=2)
    torch.testing.assert_close(module(x), wanted, rtol=1e-4, atol=1e-5)
    module(x).square().sum().backward()
    assert weight.grad is not None and weight.grad.abs().sum() > 0


def test_costs_count_as_those_of_conv() -> None:
    plain = archc.compile(
        "network Net on x: f32[N, 4, 8, 8] -> f32[N, 6, 8, 8] { x -> conv(6, 3, bias=false) }"
    )
    computed = archc.compile(
        "network Net on x: f32[N, 4, 8, 8], w: f32[6, 4, 3, 3] -> f32[N, 6, 8, 8] {\n"
        "    (x, w) -> convolve\n}"
    )
    assert (plain.flops, computed.params) == (computed.flops, 0)


@pytest.mark.parametrize(
    ("filters", "call", "code"),
    [
        ("f32[6, 3, 3, 3]", "convolve", "E307"),
        ("f32[6, 4, 3]", "convolve", "E302"),
        ("f32[6, 4, 2, 2]", "convolve", "E314"),
        ("f32[6, 4, K, 3]", "convolve", "E311"),
        ("f16[6, 4, 3, 3]", "convolve", "E304"),
        ("f32[6, 2, 3, 3]", "convolve(groups=4)", "E307"),
        ("f32[6, 4, 3, 3]", "convolve_transpose", "E307"),
        ("f32[4, 6, 3, 3]", "convolve_transpose(output_padding=1)", "E313"),
    ],
)
def test_what_does_not_fit_is_refused(filters: str, call: str, code: str) -> None:
    text = f"network Net on x: f32[N, 4, 8, 8], w: {filters} -> f32[N, _, _, _] {{\n"
    checked = check_text(f"{text}    (x, w) -> {call}\n}}\n")
    assert [report.code for report in checked.reports] == [code]
