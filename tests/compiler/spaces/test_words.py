"""Words that a hyperparameter declares as its own, among the options of a choice."""

import archc
import pytest

HEAD = "network Net on x: f32[N, 3, 8, 8] -> f32[N, 4]"
BLOCK = "block B(p: conv.padding = same | 2) on x { x -> conv(4, 3, padding=p) }\n"


@pytest.mark.parametrize(
    ("text", "paddings"),
    [
        (f"{HEAD} {{ x -> conv(4, 3, padding=same | valid | 2) -> global_avgpool }}", 3),
        (f"{HEAD} {{ x -> conv(4, 3, padding=(same | valid) | 2) -> global_avgpool }}", 3),
        (f"{BLOCK}{HEAD} {{ x -> B -> global_avgpool }}", 2),
        (f"{BLOCK}{HEAD} {{ x -> B(same | valid | 1) -> global_avgpool }}", 3),
        (f"{BLOCK}{HEAD} {{ x -> (B(valid) | B(p=same | 2)) -> global_avgpool }}", 3),
    ],
)
def test_words_are_options(text: str, paddings: int) -> None:
    space = archc.space(text)
    programs = list(space.enumerate())
    for program in programs:
        assert archc.compile(str(program)).hash == program.hash
        assert space.from_trace(program.trace).hash == program.hash
        assert space.contains(str(program))
    shapes = {str(item.graph.values[item.graph.nodes[0].outputs[0]].shape) for item in programs}
    wide = text.count("| 1)") > 0  # a padding of 1 is `same` for a kernel of 3
    assert len(shapes) == paddings - wide
