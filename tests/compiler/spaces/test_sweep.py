"""Finding out whole automata: each option of a choice is expanded once, whatever stands before."""

import archc
import pytest

CHAIN = "network Net on x: f32[N, 8] -> f32[N, 8] {{\n    x{}\n}}\n"
LOOP = "network Net on x: f32[N, 8] -> f32[N, 8] {{\n    x -> repeat({}) {{ relu | tanh }}\n}}\n"
ITEMS = """
network Net on x: f32[N, 8] -> f32[N, _] {
    x -> for w in [8, 16, 24, 32, 40, 48, 56, 64, 72, 80] { dense(w) -> (relu | tanh | gelu) }
}
"""


@pytest.mark.parametrize("length", [50, 400])
def test_counting_applies_as_many_layers_as_there_are_options(
    length: int, layers: list[int]
) -> None:
    assert archc.space(CHAIN.format(" -> relu?" * length)).size == 2**length
    assert layers[0] < 8 * length
    layers[0] = 0
    assert archc.space(LOOP.format(length)).size == 2**length
    assert layers[0] < 8 * length


def test_the_items_of_a_list_are_gone_back_to_one_by_one(layers: list[int]) -> None:
    assert archc.space(ITEMS).size == 3**10
    assert layers[0] < 10 * 2 * 3 * 3


def test_vectors_of_thousands_of_choices(layers: list[int]) -> None:
    space = archc.space(LOOP.format(1_500))
    vector = space.encode(space.sample())
    assert len(vector) == 3_000 and sum(vector) == 1_500
    assert layers[0] < 12 * 1_500


def test_choices_stand_in_the_order_of_the_text() -> None:
    text = """
    network Net on x: f32[N, 8] -> f32[N, _] {
        x -> ({ dense(1 | 2) -> dense(3 | 4) } | dense(5 | 6)) -> dense(7 | 8)
    }
    """
    space = archc.space(text)
    assert space.size == 2 * 2 * 2 + 2 * 2
    assert [p.decisions for p in space.enumerate()] == sorted(
        p.decisions for p in space.enumerate()
    )


def test_conditioned_draws_find_out_everything_once(layers: list[int]) -> None:
    space = archc.space(CHAIN.format(" -> (relu | conv(2, 3) | tanh)" * 300))
    assert len(space.sample(conditioned=True).decisions) == 300
    assert layers[0] < 15 * 300
