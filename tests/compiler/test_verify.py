"""`verify` agrees where back ends agree, and says where they do not."""

from typing import Any

import pytest
import torch
from archc.compiler import verify as verifying
from archc.compiler.check import check_text
from archc.compiler.graph import Graph
from archc.compiler.samples import holds, integer_bound, sizes_for
from archc.compiler.verify import verify

TEXT = """
network Tagger on text: i64[N, T], mask: bool[N, T] -> f32[N, T, 5], f32[N, 6] {
    require T % 2 == 0
    require T >= 6
    x = text -> embedding(9, 6) -> dropout(0.5)
    (x -> dense(5), x -> batchless: layernorm -> mean(axes=1))
}
"""


def graph() -> Graph:
    checked = check_text(TEXT)
    checked.raise_errors()
    return checked.graph()


def test_all_back_ends_agree_at_several_sizes() -> None:
    report = verify(graph(), pt2=True)
    assert report.ok, str(report)
    assert set(report.largest()) == {"python", "onnx", "pt2"}
    assert {item.mode for item in report.comparisons} == {"train", "eval", "state"}
    assert len({tuple(item.sizes.items()) for item in report.comparisons}) == 3
    assert max(report.largest().values()) < 1e-5


def test_given_weights_are_used() -> None:
    weights = verifying.torch_backend.build(graph(), seed=4).state_dict()
    assert verify(graph(), weights=weights, onnx=False).ok
    weights.pop("dense.bias")
    with pytest.raises(RuntimeError, match=r"dense\.bias"):
        verify(graph(), weights=weights, onnx=False)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda x: x + 1e-2, "DIFFERS, largest difference 0.01"),
        (lambda x: x.double(), "instead of torch.float32"),
        (lambda x: x[..., :-1], "DIFFERS, torch.float32"),
        (lambda x: x / 0, "DIFFERS, largest difference"),
    ],
)
def test_a_back_end_that_differs_is_found(
    monkeypatch: pytest.MonkeyPatch, change: Any, finding: str
) -> None:
    class Changed(torch.nn.Module):
        def __init__(self, inner: torch.nn.Module) -> None:
            super().__init__()
            self._modules = inner._modules
            self.__dict__["inner"] = inner

        def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
            first, *others = self.inner(*inputs)
            return (change(first), *others)

    printed = verifying._printed
    monkeypatch.setattr(verifying, "_printed", lambda graph: Changed(printed(graph)))
    report = verify(graph(), onnx=False)
    assert not report.ok
    assert finding in str(report)


def test_a_back_end_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_settings: object) -> None:
        raise RuntimeError("no such operator\nand more")

    monkeypatch.setattr(verifying.onnx_backend, "export", fail)
    report = verify(graph())
    assert not report.ok
    assert "onnx eval (N = 2, T = 6): DIFFERS, RuntimeError: no such operator" in str(report)


def test_sizes_hold_what_is_stated_and_integers_stay_in_range() -> None:
    net = graph()
    choices = sizes_for(net, 4)
    assert len(choices) == 4
    assert all(holds(check, sizes) for sizes in choices for check in net.checks)
    assert integer_bound(net, net.inputs[0].value, choices[0]) == 9


def test_a_network_without_symbols_has_one_choice() -> None:
    checked = check_text("network A on x: f32[2, 3] -> f32[2, 3] { x -> relu }")
    assert sizes_for(checked.graph(), 3) == [{}]
    assert verify(checked.graph()).ok


def test_rare_sizes_are_found() -> None:
    checked = check_text(
        "network A on x: f32[N, T] -> f32[N, T] {\n    require T % 611 == 0\n    x\n}\n"
    )
    assert sizes_for(checked.graph(), 2) == [{"N": 2, "T": 611}]


def test_sizes_that_are_not_found_are_a_finding() -> None:
    text = "network A on x: f32[N, T] -> f32[N, T] {\n    require T >= 5000\n    x\n}\n"
    report = verify(check_text(text).graph())
    assert not report.ok
    assert "every `require` holds" in str(report)
