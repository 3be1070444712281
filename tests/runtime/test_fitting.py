"""Weights as they are found, as they do not fit, and as a stranger would make them."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import torch
from archc.compiler.check import check_text
from archc.compiler.graph import Graph
from archc.runtime.errors import CheckpointError
from archc.runtime.fitting import fit, read_weights
from safetensors.torch import save_file
from torch import Tensor

TERA = 10**6
State = dict[str, Tensor]


def graph_of(program: str) -> Graph:
    checked = check_text(program)
    assert not checked.reports
    return checked.graphs[checked.networks[0]]


@pytest.fixture
def graph() -> Graph:
    return graph_of("network A on x: f32[N, 3] -> f32[N, 2] { x -> inner: dense(4) -> dense(2) }")


@pytest.fixture
def state() -> State:
    generator = torch.Generator().manual_seed(0)
    shapes = {
        "inner.weight": (4, 3),
        "inner.bias": (4,),
        "dense.weight": (2, 4),
        "dense.bias": (2,),
    }
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def refusal(graph: Graph, path: Path) -> str:
    """Why the file is not taken."""
    with pytest.raises(CheckpointError) as caught:
        fit(graph, read_weights(path))
    return str(caught.value)


# --- Files as they are found ---------------------------------------------------------------------


WRAPPINGS: dict[str, Callable[[State], Any]] = {
    "plain": lambda state: state,
    "state_dict": lambda state: {"state_dict": state, "epoch": 3, "lr": 0.1},
    "model": lambda state: {"model": state, "ema": {k: v * 0 for k, v in state.items()}},
    "other": lambda state: {"net": state, "optimizer": {"state": {}, "param_groups": [{"lr": 1}]}},
    "ddp": lambda state: {f"module.{name}": value for name, value in state.items()},
    "compiled_ddp": lambda state: {f"_orig_mod.module.{k}": v for k, v in state.items()},
    "lightning": lambda state: {"state_dict": {f"model.{k}": v for k, v in state.items()}},
}


@pytest.mark.parametrize("name", WRAPPINGS)
def test_a_checkpoint_is_unwrapped(name: str, graph: Graph, state: State, tmp_path: Path) -> None:
    torch.save(WRAPPINGS[name](state), tmp_path / "w.pt")
    found = fit(graph, read_weights(tmp_path / "w.pt"))
    assert {key: value.tolist() for key, value in found.items()} == {
        key: value.tolist() for key, value in state.items()
    }


def test_safetensors_may_have_a_prefix_too(graph: Graph, state: State, tmp_path: Path) -> None:
    save_file({f"module.{name}": value for name, value in state.items()}, tmp_path / "w")
    assert fit(graph, read_weights(tmp_path / "w")).keys() == state.keys()


def test_a_label_is_no_prefix(tmp_path: Path) -> None:
    graph = graph_of("network A on x: f32[N, 3] -> f32[N, 2] { x -> module: dense(2) }")
    state = {"module.weight": torch.ones(2, 3), "module.bias": torch.ones(2)}
    for number, saved in enumerate((state, {f"module.{k}": v for k, v in state.items()})):
        torch.save(saved, tmp_path / str(number))
        assert fit(graph, read_weights(tmp_path / str(number))).keys() == state.keys()


def test_a_float_is_widened_where_nothing_is_lost(
    graph: Graph, state: State, tmp_path: Path
) -> None:
    torch.save({name: value.half() for name, value in state.items()}, tmp_path / "w.pt")
    found = fit(graph, read_weights(tmp_path / "w.pt"))
    assert all(value.dtype == torch.float32 for value in found.values())
    assert torch.equal(found["inner.weight"], state["inner.weight"].half().float())


def test_views_and_parameters_are_what_they_show(
    graph: Graph, state: State, tmp_path: Path
) -> None:
    turned = state["inner.weight"].T.contiguous().T
    assert not turned.is_contiguous()
    parameter = torch.nn.Parameter(state["dense.weight"])
    torch.save({**state, "inner.weight": turned, "dense.weight": parameter}, tmp_path / "w.pt")
    found = fit(graph, read_weights(tmp_path / "w.pt"))
    assert all(torch.equal(found[name], state[name]) for name in state)


# --- What does not fit ---------------------------------------------------------------------------


def test_each_misfit_is_named_once(graph: Graph, state: State, tmp_path: Path) -> None:
    state["iner.weight"] = state.pop("inner.weight")
    state["dense.bias"] = torch.zeros(5)
    state["dense.weight"] = state["dense.weight"].double()
    state["zebra"] = torch.zeros(1)
    torch.save(state, tmp_path / "w.pt")
    assert refusal(graph, tmp_path / "w.pt").splitlines()[1:6] == [
        "  inner.weight [4, 3] is missing; there is iner.weight",
        "  dense.weight is float32 in the network, float64 in the file, which would lose digits: "
        "convert it first",
        "  dense.bias is [2] in the network, [5] in the file",
        "  iner.weight is not in the network; did you mean inner.weight?",
        "  zebra is not in the network",
    ]


def test_a_long_list_is_cut_and_counted(graph: Graph, state: State, tmp_path: Path) -> None:
    torch.save(state | {f"extra{n}": torch.zeros(1) for n in range(5000)}, tmp_path / "w.pt")
    said = refusal(graph, tmp_path / "w.pt")
    assert said.count("extra") == 16
    assert "and 4984 more" in said


def test_a_weight_that_fits_is_nobodys_guess(graph: Graph, state: State, tmp_path: Path) -> None:
    del state["inner.bias"]
    torch.save(state, tmp_path / "w.pt")
    said = refusal(graph, tmp_path / "w.pt")
    assert "inner.bias [4] is missing" in said
    assert "there is" not in said


# --- Files as a stranger would make them ---------------------------------------------------------


def odd_tensors() -> dict[str, Tensor]:
    return {
        "claims 12 numbers and holds 1": torch.zeros(1).expand(4, 3),
        "claims 12 numbers and holds 6": torch.zeros(6).as_strided((4, 3), (1, 1)),
        "is sparse": torch.zeros(4, 3).to_sparse(),
        "has a shape, but no numbers": torch.zeros(4, 3, device="meta"),
        "complex64 in the file": torch.zeros(4, 3, dtype=torch.complex64),
        "float8_e5m2 in the file": torch.zeros(4, 3, dtype=torch.float8_e5m2),
        "[1000000, 1000000] in the file": torch.zeros(1).expand(TERA, TERA),
    }


@pytest.mark.parametrize("reason", odd_tensors())
def test_a_tensor_that_does_not_hold_its_numbers(
    reason: str, graph: Graph, state: State, tmp_path: Path
) -> None:
    torch.save({**state, "inner.weight": odd_tensors()[reason]}, tmp_path / "w.pt")
    said = refusal(graph, tmp_path / "w.pt")
    assert "inner.weight" in said and reason in said


@pytest.mark.parametrize("half", [False, True])
def test_a_bomb_under_a_tied_name_is_not_unrolled(half: bool, tmp_path: Path) -> None:
    graph = graph_of("""network A on x: i64[N, T] -> f32[N, T, 7] {
        layer table = embedding(7, 4)
        x -> table -> dense(7, bias=false, weight=table.weight)
    }""")
    bomb = torch.zeros(1, dtype=torch.half if half else torch.float).expand(TERA, TERA)
    torch.save({"table.weight": torch.zeros(7, 4), "dense.weight": bomb}, tmp_path / "w.pt")
    assert "dense.weight is tied to table.weight, and differs" in refusal(graph, tmp_path / "w.pt")


def test_a_file_that_grows_when_read_is_refused(graph: Graph, state: State, tmp_path: Path) -> None:
    torch.save({**state, "inner.weight": torch.zeros(2**22)}, tmp_path / "plain.pt")
    with (
        ZipFile(tmp_path / "plain.pt") as old,
        ZipFile(tmp_path / "w.pt", "w", ZIP_DEFLATED) as new,
    ):
        for item in old.infolist():
            new.writestr(item.filename, old.read(item.filename))
    assert (tmp_path / "w.pt").stat().st_size < 10**5
    assert "bytes and claims to hold 16,7" in refusal(graph, tmp_path / "w.pt")


HEADERS: dict[str, Any] = {
    "more than there is": {"shape": [TERA, TERA], "data_offsets": [0, 4 * TERA**2]},
    "more than fits in 64 bits": {"shape": [2**62, 4], "data_offsets": [0, 0]},
    "less than nothing": {"shape": [-4, -3], "data_offsets": [0, 48]},
    "another size than its bytes": {"shape": [4, 300], "data_offsets": [0, 48]},
    "backwards": {"shape": [4, 3], "data_offsets": [48, 0]},
    "no such dtype": {"dtype": "F99", "shape": [4, 3], "data_offsets": [0, 48]},
    "no shape": {"data_offsets": [0, 48]},
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_lies(name: str, graph: Graph, tmp_path: Path) -> None:
    text = json.dumps({"inner.weight": {"dtype": "F32"} | HEADERS[name]}).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(48))
    assert "is no whole safetensors file" in refusal(graph, path)


@pytest.mark.parametrize("length", [0, 99_999_999, 2**62, 2**64 - 1])
def test_a_header_longer_than_the_file(length: int, graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b'{"a": 1}')
    assert "is no whole safetensors file" in refusal(graph, path)


def test_an_empty_shape_of_enormous_axes(graph: Graph, state: State, tmp_path: Path) -> None:
    """Zero times anything is no memory, and no fit."""
    header = {"inner.weight": {"dtype": "F32", "shape": [0, 10**18], "data_offsets": [0, 0]}}
    text = json.dumps(header).encode()
    (tmp_path / "w").write_bytes(struct.pack("<Q", len(text)) + text)
    assert "inner.weight is [4, 3] in the network, [0, 1000000000000000000]" in refusal(
        graph, tmp_path / "w"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds no weights that can be read"),
        (b"garbage" * 100, "holds no weights that can be read"),
        (b"PK\x03\x04" + bytes(100), "holds no weights that can be read"),
        (b"PK\x05\x06" + bytes(18), "holds no weights that can be read"),
    ],
)
def test_no_weights_at_all(content: bytes, reason: str, graph: Graph, tmp_path: Path) -> None:
    (tmp_path / "w.pt").write_bytes(content)
    assert reason in refusal(graph, tmp_path / "w.pt")


@pytest.mark.parametrize(
    ("saved", "reason"),
    [
        (torch.nn.Linear(3, 2), "holds more than tensors"),
        ([torch.zeros(3)], "holds no state dict"),
        ({"a": {"w": torch.zeros(1)}, "b": {"w": torch.zeros(1)}}, "holds no state dict"),
        ({"epoch": 3}, "holds no state dict"),
        ({7: torch.zeros(3)}, "holds no state dict"),
    ],
)
def test_no_state_dict(saved: object, reason: str, graph: Graph, tmp_path: Path) -> None:
    torch.save(saved, tmp_path / "w.pt")
    assert reason in refusal(graph, tmp_path / "w.pt")
