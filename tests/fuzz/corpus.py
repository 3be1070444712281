"""Programs to start from: what the repository holds, and a few that use every construct."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 4000

CONSTRUCTS = [
    """\
let small = normal(std=0.02)
block Down(width: int, init: conv.init = he) on x: [N, C, H, W] -> [N, width, _, _] {
    x -> conv(width, 3, stride=2, init=init) -> relu
}
network Skips(widths: list = [4, 6], deep: bool = true) on x: f32[N, 3, 8, 8] -> f32[N, _, _, _] {
    y = x
    skips = (x,)
    down: for (level, width) in zip(range(len(widths)), widths) {
        y = y -> Down(width, init=small)
        if deep { y = y -> tanh, skips = (skips, y) } else { skips = (skips, y) }
    }
    skips = skips[:-1]
    for skip in skips[::-1] {
        larger = y -> upsample(2)
        repeat(2) { larger = larger -> conv(3, 1) }
        y = (larger, skip) -> concat -> conv(2 | 3, 1)
    }
    none = ()
    (none, y + parameter([1, 1, 8], init=constant([[0.5]]))) -> concat(axis=1)
}
""",
    """\
block Residual(width: int, stride: int = 1) on x: f32[N, C, H, W] -> f32[N, width, _, _] {
    body = x -> conv(width, 3, stride=stride) -> batchnorm -> relu -> conv(width, 3) -> batchnorm
    skip = x -> if stride == 1 and C == width { identity }
                else { conv(width, 1, stride=stride) -> batchnorm }
    body + skip -> relu
}
network DigitNet(width: int = 4, depth: int = 2) on image: f32[N, 1, 8, 8] -> f32[N, 10] {
    image -> stem: conv(width, 3) -> batchnorm -> relu
          -> repeat(depth) { Residual(width) }
          -> for w in [2 * width, 4 * width] { Residual(w, stride=2) }
          -> mean(axes=[2, 3]) -> dense(10)
}
""",
    """\
cell Minimal(units: int) on x: f32[N, D] with h: f32[N, units] = 0.5 -> f32[N, units] {
    gate = (x, h) -> concat(axis=1) -> dense(units) -> sigmoid
    new  = (x, h * gate) -> concat(axis=1) -> dense(units) -> tanh
    next h = gate * h + (1 - gate) * new
    h
}
network CharModel(vocab: int = 12) on text: i64[N, T] -> f32[N, T, vocab] {
    require T % 4 == 0 and T >= 8: "four by four"
    layer emb = embedding(vocab, 6)
    h = text -> emb -> scan(Minimal(6), reverse=true)
    (last, state) = text -> emb -> scan(Minimal(6), last=true, states=true)
    h -> residual { dense(6, init=he) -> act: relu } -> dense(vocab, bias=false, weight=emb.weight)
}
""",
    """\
let widths = [16, 32] + [range(3)[1], least(4, 5), round_to(13, 8)]
let pairs = zip(widths, range(len(widths)))
block Two(act: stage = relu, pad: conv.padding = same) on x: [N, C, H, H]
    -> a: [..., H], b: [N, _] {
    a = x -> act
    (a, a -> conv(2, 3, padding=pad) -> flatten -> dense(3))
}
network Split(deep: bool = true, ratio: float = 0.5) on x: f32[N, 4, 6, 6], y: f32[N, 4, 6, 6] {
    let up = { conv(4, 3) -> gelu }
    z = (x, y) -> concat(axis=1) -> fork {
            conv(4, 1), conv(4, [3, 3], padding=[[1, 1], [1, 1]])
        } -> add
    r = z -> for (w, s) in pairs { conv(w + s, 1) } -> Two(gelu)
    (first, second) = r.a -> Two(pad=valid)
    if deep { z -> up -> share(2) { conv(4, 3) } } else { z }
}
network Ends on x: f32[N, T, 8] -> out: f32[N, 8], first: f32[_, _] {
    require params <= 10k
    twice = if not false and 1 < 2 { constant(2.0) } else { constant([3.5]) }
    mean = x -> mean(axes=1) -> dropout(0.1) -> dense(8)
    (mean * 2 - 1 / 2 ** 3, x[:, -1] + x[..., 0, :] * twice)
}
train quick: Split { data = digits(), optimizer = adamw(lr=3e-3), epochs = 5 }
""",
    """\
network Space on image: f32[N, 1, 8, 8] -> f32[N, 10] {
    let act = relu | gelu
    image -> repeat(1..2) {
                 conv(4 | 8, 3) -> batchnorm? @ [0.3, 0.7] -> act
             }
          -> mean(axes=[2, 3]) -> dropout(0.0..0.5) -> dense(10)
    require flops <= 5M
}
search Space { method = grid, maximize = accuracy, budget = trials(200) }
vocabulary Image { conv(filters = 8..512 log, kernel = 1 | 3), relu }
""",
    """\
use std.attention as att
use std.vision: SqueezeExcite
block Tree(depth: int) on x {
    limit recursion = 6
    x -> if depth == 0 { identity } else { Tree(depth - 1) -> Tree(depth - 1) -> relu }
}
network Net on q: f32[N, T, 8], image: f32[N, 4, H, W] {
    s = (q, q, q) -> attention(heads=2)
    r = q -> rearrange("n t (h d) -> n h t d", h=2) -> softmax(axis=-1)
    i = image -> Tree(3) -> upsample(2) -> conv(H // H * 4, 3) -> resize([8, W * 2 // 2])
    (s, i -> reshape([N, 4, _]), arange(T), parameter([1, 8], init=normal(0.02)) + q[0:1])
}
""",
]


def programs() -> list[str]:
    """Half of them use every construct, half are from the repository. Long ones are left out: of
    short ones ten times as many are checked.
    """
    golden = ROOT / "tests" / "golden" / "errors"
    paths = [*golden.glob("*.arch"), *(ROOT / "examples").glob("*.arch")]
    paths += (ROOT / "compiler" / "std").glob("*.arch")
    texts = [path.read_text("utf-8") for path in sorted(paths)]
    short = [text for text in texts if len(text) <= LONGEST]
    return CONSTRUCTS * (len(short) // len(CONSTRUCTS)) + short
