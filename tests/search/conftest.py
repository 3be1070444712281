"""Small spaces of different kinds, and studies that take no time."""

from collections.abc import Callable, Mapping
from typing import Any

import archc
import pytest
from archc.compiler.spaces.space import Space
from archc.search.executors.inline import InlineExecutor
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study

HEAD = "on x: f32[N, 1, 8, 8] -> f32[N, 10]"
SPACES = {
    "plain": f"""network Plain {HEAD} {{
        x -> flatten -> dense(8 | 16 | 32) -> (relu | gelu | tanh) -> dense(8 | 12) -> dense(10)
    }}""",
    "nested": f"""network Nested {HEAD} {{
        x -> flatten -> (dense(4..9) -> (relu | tanh) | dense(16)) -> dense(8 | 12)? -> dense(10)
    }}""",
    "required": f"""network Required(width: int = 8 | 16 | 32) {HEAD} {{
        require params <= 1900
        x -> flatten -> dense(width) -> relu -> dense(4 | 8 | 16 | 32) -> (tanh | relu) -> dense(10)
    }}""",
    "repeated": f"""network Repeated {HEAD} {{
        x -> flatten -> dense(8) -> repeat(0..2) {{ dense(8) -> (relu | tanh) }} -> dense(10)
    }}""",
}
WIDE = " -> ".join(["dense(4 | 5 | 6 | 7)"] * 6)
SIX_CHOICES = f"network Wide {HEAD} {{\n x -> flatten -> {WIDE} -> dense(10) }}"


def score(program: Any) -> float:
    """An oracle: narrow layers early, wide ones late, of whatever choices there are."""
    numbers = [item.value for item in program.trace if isinstance(item.value, int)]
    return float(sum((place + 1) * value for place, value in enumerate(numbers)) + len(numbers))


@pytest.fixture(params=SPACES)
def space(request: pytest.FixtureRequest) -> Space:
    return archc.space(SPACES[request.param])


@pytest.fixture
def plain() -> Space:
    return archc.space(SPACES["plain"])


@pytest.fixture(scope="session")
def wide() -> Space:
    return archc.space(SIX_CHOICES)


@pytest.fixture
def oracle() -> Callable[[Any], float]:
    return score


@pytest.fixture
def search() -> Callable[..., Study]:
    """A study run to its end in this process."""

    def run(
        space: Space,
        method: str = "random",
        evaluate: Callable[..., Any] = score,
        trials: int = 20,
        store: Store | None = None,
        method_settings: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Study:
        made = make_method(method, method_settings)
        study = Study(store or Store(None), "study", space, made, **settings)
        study.run(InlineExecutor(evaluate), trials=trials)
        return study

    return run
