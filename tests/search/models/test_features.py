"""What the surrogate sees of programs: their choices as numbers and kinds, patterns of graphs."""

from typing import Any

import archc
import numpy as np
import pytest
from archc.compiler.spaces.space import Space
from archc.search.models.features import Features, Layout, features_of, patterns, squares

HEAD = "on x: f32[N, 1, 8, 8] -> f32[N, 10]"
MIXED = f"""network Mixed {HEAD} {{
    let act = relu | tanh
    x -> dropout(0.001..0.1 log) -> flatten
        -> repeat(0..2) {{ dense(4 | 8 | 64) -> act -> (layernorm | identity) }}
        -> dense(10)
}}"""


@pytest.fixture
def mixed() -> Space:
    return archc.space(MIXED)


TRACE = {
    "Mixed.dropout.rate": 0.01, "Mixed.repeat.n": 1, "Mixed.repeat.0.dense.units": 8,
    "Mixed.act": "tanh", "Mixed.repeat.0.choice": "identity",
}  # fmt: skip


def chosen(features: Features) -> dict[str, Any]:
    """What was chosen, by the names of the choices."""
    both = {**features.scalars, **features.kinds}
    return {name.partition(".")[2]: value for (_, name), value in both.items()}


def test_numbers_lie_in_their_ranges_and_kinds_are_told_apart(mixed: Space) -> None:
    found = chosen(features_of(mixed.from_trace(TRACE)))
    assert found == {
        "dropout.rate": 0.5, "repeat.n": 0.5, "repeat.0.dense.units": 0.5,
        "act": "str tanh", "repeat.0.choice": "str identity",
    }  # fmt: skip


def test_a_subset_is_a_number_for_each_item() -> None:
    space = archc.space(f"""network Some {HEAD} {{
        a = x -> flatten
        some([a -> relu, a -> tanh, a -> gelu], 1..2) -> concat -> dense(10)
    }}""")
    found = [chosen(features_of(program)) for program in space.enumerate()]
    assert len(found) == 6
    assert all(len(item) == 3 and set(item.values()) <= {0.0, 1.0} for item in found)
    assert {sum(item.values()) for item in found} == {1.0, 2.0}


def test_patterns_do_not_tell_isomorphic_graphs_apart() -> None:
    space = archc.space(f"""network Twin {HEAD} {{
        h = x -> flatten -> dense(8)
        (h -> (relu | tanh | sigmoid)) + (h -> (relu | tanh | sigmoid)) -> dense(10)
    }}""")
    found = {program.hash: set() for program in space.enumerate()}
    for program in space.enumerate():
        found[program.hash].add(str([sorted(level.items()) for level in patterns(program.graph)]))
    assert len(found) == 6
    assert all(len(alike) == 1 for alike in found.values())
    assert len(set.union(*found.values())) == 6


def test_a_pattern_reaches_as_many_layers_as_rounds() -> None:
    first, second = (
        archc.compile(f"network Net {HEAD} {{ x -> flatten -> {rest} -> dense(10) }}")
        for rest in ("relu -> tanh -> gelu", "relu -> gelu -> tanh")
    )
    levels = [patterns(model.graph, 3) for model in (first, second)]
    assert levels[0][0] == levels[1][0]
    assert levels[0][1] != levels[1][1]
    assert [len(level) for level in levels[0]] == [5, 5, 5, 5]


def apart(space: Space, first: dict[str, Any], second: dict[str, Any]) -> dict[str, float]:
    """Squared distances by the name of the choice in the text."""
    programs = [features_of(space.from_trace(trace)) for trace in (first, second)]
    layout = Layout(programs)
    points = layout.points(programs)
    names = {
        node: name for program in programs for node, name in (*program.scalars, *program.kinds)
    }
    between = squares(points, points)
    assert np.allclose(between, between.transpose(0, 2, 1))
    assert np.allclose(between[:, [0, 1], [0, 1]], 0)
    found = zip(layout.nodes, between[: layout.choices, 0, 1], strict=True)
    return {names[node]: round(float(value), 6) for node, value in found}


def test_distances(mixed: Space) -> None:
    wider = {**TRACE, "Mixed.repeat.0.dense.units": 64, "Mixed.act": "relu"}
    found = apart(mixed, TRACE, wider)
    assert found.pop("Mixed.repeat.0.dense.units") == 0.25
    assert found.pop("Mixed.act") == 1.0
    assert set(found.values()) == {0.0}


def test_what_is_absent_is_as_far_from_both_ends(mixed: Space) -> None:
    none = {name: TRACE[name] for name in ("Mixed.dropout.rate",)} | {"Mixed.repeat.n": 0}
    none = (
        next(
            {item.name: item.value for item in program.trace}
            for program in mixed.samples(100)
            if len(program.trace) == 3
        )
        | none
    )
    away = {
        units: apart(mixed, none, {**TRACE, "Mixed.repeat.0.dense.units": units})
        for units in (4, 8, 64)
    }
    assert [item["Mixed.repeat.0.dense.units"] for item in away.values()] == [1.25, 1.0, 1.25]
    assert away[4]["Mixed.repeat.0.choice"] == 1.0


def test_a_layout_knows_how_far_off_what_it_lacks_is(mixed: Space) -> None:
    programs = [features_of(program) for program in mixed.samples(40, seed=1)]
    layout = Layout(programs[:6])
    across = squares(layout.points(programs), layout.points(programs[:6]))
    whole = Layout(programs)
    every = squares(whole.points(programs), whole.points(programs))[:, :, :6]
    rows = [whole.nodes.index(node) for node in layout.nodes]
    assert np.allclose(across[layout.choices :], every[whole.choices :])
    assert (across[: layout.choices] <= every[rows] + 1e-12).all()


def test_real_numbers_share_a_graph(mixed: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    features_of(mixed.from_trace(TRACE))
    monkeypatch.setattr("archc.search.models.features.patterns", lambda graph: 1 / 0)
    assert chosen(features_of(mixed.from_trace({**TRACE, "Mixed.dropout.rate": 0.1})))
