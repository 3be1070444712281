"""Names of nodes and weights are unique, whatever blocks, recipes and labels are called."""

import archc
import pytest

NODES = """
block Node on x { x -> dense(4) }
block Node_2 on x { x -> dense(4) }
network Net on x: f32[N, 4] -> f32[N, 4] {
    x -> STAGES
}
"""


@pytest.mark.parametrize(
    ("stages", "names"),
    [
        ("Node -> Node -> Node_2", ["Node", "Node_3", "Node_2"]),
        ("Node_2 -> Node -> Node", ["Node_2", "Node", "Node_3"]),
        ("Node -> Node_2 -> Node_2 -> Node", ["Node", "Node_2", "Node_2_2", "Node_3"]),
        ("Node -> Node_3: Node -> Node -> Node", ["Node", "Node_3", "Node_2", "Node_4"]),
        ("Node -> Node", ["Node", "Node_2"]),
    ],
)
def test_a_number_that_makes_the_name_of_another_stage_is_left_out(
    stages: str, names: list[str]
) -> None:
    """Two stages of one name would share their weights without a word."""
    model = archc.compile(NODES.replace("STAGES", stages))
    assert [node.name for node in model.graph.nodes] == [f"{name}.dense" for name in names]
    assert model.params == 20 * len(names)


def test_recipes_and_shared_layers_count_as_names_and_tensors_do_not() -> None:
    model = archc.compile("""
    network Net on x: f32[N, 4] -> f32[N, 4] {
        let dense_2 = dense(4, bias=false)
        layer dense_3 = dense(4)
        dense_4 = x -> dense(4) -> dense_2 -> dense(4)
        dense_4 -> dense_3 -> dense_3 -> dense(4)
    }
    """)
    owners = [node.owner for node in model.graph.nodes]
    assert owners == ["dense", "dense_2", "dense_4", "dense_3", "dense_3", "dense_5"]
    assert model.params == 20 * 4 + 16


def test_choices_of_two_blocks_have_two_names() -> None:
    text = NODES.replace("{ x -> dense(4) }", "{ x -> (relu | tanh) }")
    space = archc.space(text.replace("STAGES", "Node -> Node -> Node_2"))
    assert space.size == 8
    for program in space.enumerate():
        assert len({item.name for item in program.trace}) == len(program.trace) == 3
        assert archc.compile(str(program)).hash == program.hash
