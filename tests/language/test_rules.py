"""The rules of the language, one by one: what is right, and what is wrong by which code.

A program is the body of a network on `x: f32[N, 4]` unless it says another signature.
"""

from typing import Any

import pytest

TWO = (
    "block Two on x: [N, D] -> first: [N, 2], second: [N, _] {\n    (x -> dense(2), x -> relu)\n}\n"
)
CELL = """\
cell Step(units: int) on x: f32[N, D] with h: f32[N, units] -> f32[N, units] {
    next h = (x, h) -> concat(axis=1) -> dense(units) -> tanh
    h
}
"""
TOWER = """\
block Tower(depth: int) on x {
    x -> if depth == 0 { identity } else { dense(3) -> Tower(depth - 1) }
}
"""


def program(body: str, signature: str = "x: f32[N, 4]", before: str = "") -> str:
    lines = "\n".join(f"    {line.strip()}" for line in body.strip().split("\n"))
    return f"{before}network Net on {signature} {{\n{lines}\n}}\n"


SEQUENCE = "x: f32[N, T, 4]"
IMAGE = "x: f32[N, 3, H, W]"

RIGHT = {
    # names
    "a tensor may be rebound": ("x = x -> relu\nx = x -> dense(2)\nx", "x: f32[N, 4]", ""),
    "let names numbers and stages": ("let w = 2\nlet act = relu\nx -> dense(w) -> act", None, ""),
    "let at the top": ("x -> dense(w)", None, "let w = 2\n"),
    "braces read outer names": ("let w = 4\nx -> repeat(2) { dense(w) }", None, ""),
    "a local name hides a layer": ("relu = x -> dense(2)\nrelu -> tanh", None, ""),
    "a bare word is sought in scope, then among symbols": (
        "let same = 0\nx -> conv(2, 3, padding=same)",
        "x: f32[N, 3, 8, 8]",
        "",
    ),
    "words that begin declarations are soft": (
        "cell = x -> dense(2)\ntrain = cell\ntrain",
        None,
        "",
    ),
    # flow
    "several outputs are a flat tuple": ("(a, b) = x -> Two\n(b, (a, a -> relu))", None, TWO),
    "outputs by name": ("r = x -> Two\nr.first", None, TWO),
    "outputs by position": ("r = x -> Two\nr[1]", None, TWO),
    "values in an arrow": ("(x, x) -> add", None, ""),
    "a layer without inputs is a value": ("x + parameter([4])", None, ""),
    "a layer without inputs begins a pipeline": (
        "p = parameter([1, 4]) -> dense(4)\nx + p",
        None,
        "",
    ),
    "indexing": ("x[:, -1]", SEQUENCE, ""),
    "indexing with dots": ("x[..., 1:3]", SEQUENCE, ""),
    "a list is taken apart": ("x -> for (w, s) in [[4, 1], [8, 2]] { dense(w * s) }", None, ""),
    "functions of compile time": (
        "let a = [least(4, 2), most([1, 3]), len([1, 2]), ceil_div(7, 2), round_to(13, 8)]\n"
        "x -> for (v, w) in zip(a, range(5)) { dense(v + w) }",
        None,
        "",
    ),
    "repeat(0) is the identity": ("x -> repeat(0) { dense(2) }", None, ""),
    "empty braces are the identity": ("x -> { } -> relu", None, ""),
    "a missing else is the identity": ("x -> if 1 == 2 { dense(2) }", None, ""),
    "an if that makes a value": ("y = if 1 == 2 { x } else { x -> relu }\ny", None, ""),
    "a network is applied like a block": (
        "x -> Inner",
        None,
        "network Inner on y: f32[M, 4] -> f32[M, 2] { y -> dense(2) }\n",
    ),
    "a fragment as an argument": (
        "x -> Apply(dense(4) -> relu)",
        None,
        "block Apply(f: stage) on x { x -> f -> f }\n",
    ),
    "a stage with its hyperparameters left open": (
        "x -> Apply(dense)",
        None,
        "block Apply(f: stage) on x { x -> f(3) }\n",
    ),
    "a borrowed type": (
        "x -> Same(3) -> Same(padding=valid)",
        IMAGE,
        "block Same(kernel: conv.kernel = 1, padding: conv.padding = same) on x {\n"
        "    x -> conv(3, kernel, padding=padding)\n}\n",
    ),
    "a recursive block that ends": ("x -> Tower(3)", None, TOWER),
    "tied weights": (
        "layer emb = embedding(9, 4)\nx -> emb -> dense(9, bias=false, weight=emb.weight)",
        "x: i64[N, T]",
        "",
    ),
    "a network without inputs of other networks": ("a + b", "a: f32[N, 4], b: f32[1, 4]", ""),
    # values
    "a default reads an earlier hyperparameter": (
        "x -> Part",
        None,
        "block Part(a: int = 2, b: int = a * 2) on x { x -> dense(b) }\n",
    ),
    "an integer becomes a float": ("x -> dropout(0)", None, ""),
    "1.5M is an integer": ("x -> dense(1.5M // 500k)", None, ""),
    "a number beside a tensor": ("1 - x / 2", None, ""),
    "an integer beside integers": ("x + 1", "x: i64[N, 4]", ""),
    "axes are sizes": (
        "arange(T) -> cast(f32) -> reshape([1, T, 1]) -> expand([N, T, 4])",
        SEQUENCE,
        "",
    ),
    "an axis is a value in a block": (
        "x -> Half",
        None,
        "block Half on x: [N, C] -> [N, C // 2] { x -> dense(C // 2) }\n",
    ),
    # shapes
    "a name used twice is a check": (
        "x -> Square",
        "x: f32[N, 4, 4]",
        "block Square on x: [N, C, C] { x }\n",
    ),
    "an ellipsis in front": (
        "x -> Last",
        SEQUENCE,
        "block Last on x: [..., D] -> [..., D] { x }\n",
    ),
    "a stated fact": ("require H % 2 == 0\nrequire W % 2 == 0\nx -> pixel_unshuffle(2)", IMAGE, ""),
    "a requirement of a block that becomes a check": (
        "x -> Even",
        SEQUENCE,
        "block Even on x: [N, T, D] { require T % 2 == 0\n    x }\n",
    ),
    "same halves upwards": ("x -> conv(4, 3, stride=2)", IMAGE, ""),
    "an even kernel with its padding written": (
        "x -> conv(4, 4, padding=[[1, 2], [1, 2]])",
        "x: f32[N, 3, 8, 8]",
        "",
    ),
    "costs in a requirement": ("require params <= 20 and layers == 1\nx -> dense(4)", None, ""),
    # cells
    "scan": ("x -> scan(Step(3))", SEQUENCE, CELL),
    "scan backwards, its last turn": (
        "x -> scan(Step(3), reverse=true, last=true)",
        SEQUENCE,
        CELL,
    ),
    "a first state": (
        "(x, h0) -> scan(Step(3))",
        "x: f32[N, T, 4], h0: f32[N, 3]",
        CELL,
    ),
    "the last states": ("(y, h) = x -> scan(Step(3), states=true)\nh", SEQUENCE, CELL),
    "a cell as a recipe": ("let run = scan(Step(4))\nx -> run -> run", SEQUENCE, CELL),
    "a shared cell": ("layer cell = Step(4)\nx -> scan(cell) -> scan(cell)", SEQUENCE, CELL),
    "a large round number beside floats": ("x - 1e9 * x -> relu", None, ""),
    "a negative one": ("x * -33554432", None, ""),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str, graph: Any) -> None:
    body, signature, before = RIGHT[name]
    text = program(body, signature or "x: f32[N, 4]", before)
    graph(text)


WRONG = {
    # names
    "a number twice": ("let w = 1\nlet w = 2\nx", None, "", ["E202"]),
    "a tensor over a stage": ("let y = relu\ny = x -> y\nx", None, "", ["E202"]),
    "a hidden outer name": ("y = x\nx -> repeat(1) { y = parameter([4])\ny }", None, "", ["E203"]),
    "a binding after its use": ("y = z\nz = x -> relu\ny", None, "", ["E201"]),
    "a hidden layer applied": ("relu = x -> tanh\nx -> relu", None, "", ["E231"]),
    "a label twice": ("x -> a: relu -> a: relu", None, "", ["E204"]),
    "a block twice": ("x -> A", None, "block A on x { x }\nblock A on x { x }\n", ["E205"]),
    # flow
    "an operator binds tighter": ("x -> relu + x", None, "", ["E234"]),
    "a second result": ("x -> relu\nx", None, "", ["E239"]),
    "no result": ("y = x -> relu", None, "", ["E238"]),
    "an if without its else": ("y = if 1 == 2 { x }\nx", None, "", ["E242"]),
    "a residual that changes the shape": ("x -> residual { dense(5) }", None, "", ["E247"]),
    "a residual that would broadcast": ("x -> residual { dense(1) }", None, "", ["E247"]),
    "a share that changes the shape": ("x -> share(2) { dense(5) }", None, "", ["E247"]),
    "two values into one input": ("(x, x) -> relu", None, "", ["E301"]),
    "names for values": ("(a, b, c) = x -> Two\na", None, TWO, ["E237"]),
    "a cell outside scan": ("x -> Step(3)", None, CELL, ["E253"]),
    "a fork that binds": ("x -> fork { y = 1, relu } -> add", None, "", ["E246"]),
    # values
    "an axis in a default": (
        "x -> Part",
        None,
        "block Part(a: int = C) on x: [N, C] { x -> dense(a) }\n",
        ["E201"],
    ),
    "a float for an integer": ("x -> dense(2.0)", None, "", ["E215"]),
    "a bool for a number": ("x -> dense(true)", None, "", ["E215"]),
    "a real number beside integers": ("x * 0.5", "x: i64[N, 4]", "", ["E284"]),
    "more digits than a float has": ("x + 16777217", None, "", ["E285"]),
    "more than a float reaches": ("x + 65536", "x: f16[N, 4]", "", ["E285"]),
    "/ gives a float": ("x -> dense(8 / 2)", None, "", ["E215"]),
    "// needs integers": ("x -> dense(8.0 // 2)", None, "", ["E278"]),
    "no promotion": ("(x, y) -> add", "x: f32[N, 4], y: f64[N, 4]", "", ["E304"]),
    "a symbolic width": ("x -> dense(T)", SEQUENCE, "", ["E216"]),
    # shapes
    "two names are never assumed equal": ("x + y", "x: f32[N, A], y: f32[N, B]", "", ["E312"]),
    "a name used twice": (
        "x -> Square",
        SEQUENCE,
        "block Square on x: [N, C, C] { x }\n",
        ["E264"],
    ),
    "an unknown name in an output": (
        "x -> Part",
        None,
        "block Part on x -> [N, Q] { x }\n",
        ["E201"],
    ),
    "an undecided question": ("x -> if T > 3 { relu } else { tanh }", SEQUENCE, "", ["E241"]),
    "an unproved fact": ("x -> pixel_unshuffle(2)", IMAGE, "", ["E308"]),
    "an even kernel": ("x -> conv(4, 4)", IMAGE, "", ["E314"]),
    "a refuted requirement": (
        "x -> Even",
        None,
        "block Even on x: [N, D] { require D % 3 == 0\n    x }\n",
        ["E290"],
    ),
    "a cost that is too high": ("require params <= 19\nx -> dense(4)", None, "", ["E290"]),
    "a local name that hides a cost": ("let params = 3\nrequire params < 5\nx", None, "", ["E292"]),
    "a cost of unknown sizes": ("require flops < 5\nx -> relu", SEQUENCE, "", ["E293"]),
    # cells
    "next outside": ("next x = x\nx", None, "", ["E248"]),
    "next twice": (
        "x -> scan(C)",
        SEQUENCE,
        "cell C on x: [N, D] with h: [N, D] {\n    next h = x\n    next h = h\n    h\n}\n",
        ["E250"],
    ),
    "a state of another shape": (
        "x -> scan(C)",
        SEQUENCE,
        "cell C on x: [N, D] with h: [N, 3] {\n    next h = x\n    x\n}\n",
        ["E252"],
    ),
    "a shared layer in a cell": (
        "layer f = dense(4)\nx -> scan(C(f))",
        SEQUENCE,
        "cell C(f: stage) on x: [N, D] with h: [N, D] {\n    next h = x -> f\n    h\n}\n",
        ["E299"],
    ),
    # recovery
    "poisoned names are silent": (
        "y = x -> what\nz = (y, x) -> add\nz -> relu + y",
        None,
        "",
        ["E201"],
    ),
    "several errors": (
        "a = x -> dense\nb = x -> conv(3, 3)\nc = x -> dense(3, 4, 5)\nx",
        None,
        "",
        ["E212", "E302", "E213"],
    ),
    "a broken statement": (
        "a = x -> ->\nb = a -> relu\nc = x -> dense()\nb",
        None,
        "",
        ["E120", "E212"],
    ),
    "a failing block is reported once": (
        "x -> Bad -> Bad",
        None,
        "block Bad on x { x -> dense(0) }\n",
        ["E313"],
    ),
    "an error in an unused block": ("x", None, "block Unused on x { x -> rellu }\n", ["E201"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str, codes: Any) -> None:
    body, signature, before, expected = WRONG[name]
    assert codes(program(body, signature or "x: f32[N, 4]", before)) == expected
