"""The cell magic `%%arch`, in a shell that only remembers."""

from collections.abc import Callable
from typing import Any

import archc
import pytest

NET = "network Net on x: f32[N, 3] -> f32[N, 2] {\n    x -> dense(2)\n}"


class Shell:
    """As much of IPython's shell as an extension uses."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.magics: dict[tuple[str, str], Callable[..., Any]] = {}

    def push(self, names: dict[str, Any]) -> None:
        self.names |= names

    def register_magic_function(self, function: Callable[..., Any], kind: str, name: str) -> None:
        self.magics[kind, name] = function


@pytest.fixture
def shell() -> Shell:
    made = Shell()
    archc.load_ipython_extension(made)
    return made


def test_a_cell_becomes_a_model(shell: Shell) -> None:
    magic = shell.magics["cell", "arch"]
    made = magic("", NET)
    assert made is shell.names["model"]
    assert made.params == 8
    magic("small Net", NET + "\n" + NET.replace("Net", "Other"))
    assert shell.names["small"].name == "Net"


def test_an_error_is_drawn(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    magic = shell.magics["cell", "arch"]
    assert magic("", NET.replace("dense", "dens")) is None
    assert "did you mean `dense`" in capsys.readouterr().err
    assert not shell.names
    with pytest.raises(ValueError, match="binds a name"):
        magic("3x", NET)
