"""The registry: methods inside methods, methods from other packages, settings as plain data."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from archc.search import registry
from archc.search.errors import SearchError
from archc.search.method import Method, Proposal
from archc.search.methods.random import RandomSearch
from archc.search.registry import fresh, make_method, method_class, name_of, row_of, settings_of


@dataclass
class Foreign(Method):
    """A method of another package."""

    inner: Method | None = None
    rates: tuple[float, ...] = (0.5,)
    rate: float = 0.5

    mechanism = "a stranger's"

    def ask(self, history: Any, random: Any) -> Proposal:
        raise NotImplementedError


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("foreign", f"{__name__}:Foreign", registry.GROUP),
        EntryPoint("broken", "nowhere.at.all:Method", registry.GROUP),
        EntryPoint("number", "math:pi", registry.GROUP),
        EntryPoint("random", f"{__name__}:Foreign", registry.GROUP),
    ]
    monkeypatch.setattr(registry.metadata, "entry_points", lambda group: points)
    monkeypatch.setattr(EntryPoint, "load", _load)
    registry.method_class.cache_clear()


def _load(point: EntryPoint) -> Any:
    if point.name == "broken":
        raise ImportError("no module named nowhere")
    return Foreign if point.name == "foreign" else 3.14


def test_methods_come_from_other_packages_too(outside: None) -> None:
    assert {"foreign", "broken", "grid"} <= set(registry.method_names())
    assert method_class("foreign") is Foreign
    assert method_class("random") is RandomSearch, "a built-in method keeps its name"
    assert name_of(make_method("foreign")) == "foreign"
    assert row_of("foreign").mechanism == "a stranger's"
    with pytest.raises(SearchError, match=r"'broken' \(nowhere.at.all:Method\) cannot be loaded"):
        method_class("broken")
    with pytest.raises(SearchError, match="'number' .* is no class of archc's `Method`"):
        method_class("number")


def test_a_setting_can_be_a_method(outside: None) -> None:
    inner = {"method": "regularized_evolution", "population": 7}
    made = make_method("foreign", {"inner": inner, "rates": [1.0, 2.0], "rate": 1})
    assert isinstance(made, Foreign)
    assert name_of(made.inner) == "regularized_evolution"  # type: ignore[arg-type]
    assert made.inner.population == 7  # type: ignore[union-attr]
    assert (made.rates, made.rate) == ((1.0, 2.0), 1.0)
    told = settings_of(made)
    assert told["inner"] == {"method": "regularized_evolution", "population": 7, "tournament": 25}
    assert settings_of(make_method("foreign", told)) == told
    by_name = make_method("foreign", {"inner": "grid"})
    assert name_of(by_name.inner) == "grid"  # type: ignore[attr-defined]
    with pytest.raises(SearchError, match="no setting 'size'"):
        make_method("foreign", {"inner": {"method": "grid", "size": 3}})
    with pytest.raises(SearchError, match="inner is of type Method or NoneType"):
        make_method("foreign", {"inner": 3})


def test_a_fresh_method_has_forgotten_what_it_was_asked(outside: None) -> None:
    made: Any = make_method("foreign", {"inner": "grid"})
    made.inner._programs = iter(())
    again: Any = fresh(made)
    assert again.inner is not made.inner
    assert again.inner._programs is None
    assert settings_of(again) == settings_of(made)
