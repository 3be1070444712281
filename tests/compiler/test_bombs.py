"""A file is data from a stranger: whatever it asks for, an answer comes soon and takes little
memory.

Each program is checked in a process of its own, whose time and memory are limited by the system.
"""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SECONDS = 30  # of processor time; it takes one to four, the rest is for a slow or busy machine
MEGABYTES = 400  # of addresses; about half of them are Python's own


def network(body: str, declarations: str = "") -> str:
    return f"{declarations}network Net on x: f32[N, 4] -> f32[N, 4] {{\n{body}\n}}\n"


def lets(count: int, step: str, first: str, use: str) -> str:
    lines = [f"    let a{i + 1} = {step.format(f'a{i}')}" for i in range(count)]
    return network(
        "\n".join([f"    let a0 = {first}", *lines, f"    x -> {use.format(f'a{count}')}"])
    )


def blocks(count: int, inner: str) -> str:
    made = ["block B0 on x { x -> relu }\n"]
    made += [f"block B{i + 1} on x {{ x -> {inner.format(f'B{i}')} }}\n" for i in range(count)]
    return network(f"    x -> B{count}", "".join(made))


BOMBS: dict[str, tuple[Callable[[], str], str]] = {
    "nested repeats": (
        lambda: network("x -> " + "repeat(10) { " * 12 + "relu" + " }" * 12),
        "E401",
    ),
    "nested empty repeats": (lambda: network("x -> " + "repeat(99) { " * 12 + " }" * 12), "E4"),
    "nested for": (
        lambda: network(
            "x -> " + "".join(f"for {name} in range(99) {{ " for name in "abcdefgh") + " }" * 8
        ),
        "E4",
    ),
    "nested shares": (lambda: network("x -> " + "share(10) { " * 12 + "relu" + " }" * 12), "E401"),
    "blocks that repeat blocks": (lambda: blocks(12, "repeat(10) {{ {} }}"), "E401"),
    "blocks that double": (lambda: blocks(60, "{0} -> {0}"), "E4"),
    "many channels": (lambda: network("x -> dense(1000000000000)"), "E40"),
    "many weights": (
        lambda: network("x -> dense(29999) -> repeat(9999) { dense(29999) } -> dense(4)"),
        "E403",
    ),
    "a repeat of a huge number": (lambda: network("x -> repeat(10 ** 30) { relu }"), "E401"),
    "parentheses": (lambda: network("(" * 100_000 + "x" + ")" * 100_000), "E104"),
    "brackets": (lambda: network("x -> reshape(" + "[" * 100_000 + "]" * 100_000 + ")"), "E104"),
    "braces": (lambda: network("x -> " + "{ " * 100_000 + "relu" + " }" * 100_000), "E104"),
    "unknown options": (
        lambda: network(
            "\n".join(f"    let a{i} = relux{i} | geluu{i}" for i in range(8_000)) + "\n    x"
        ),
        "E201",
    ),
    "unknown names that nothing uses": (
        lambda: network(
            "    x",
            "block B on x {\n"
            + "".join(f"    let a{i} = 1\n    x -> relux{i}()\n" for i in range(8_000))
            + "    x\n}\n",
        ),
        "E201",
    ),
    "a sum": (lambda: network("x" + " + x" * 100_000), "E10"),
    "minus signs": (lambda: network("x * (" + "-" * 50_000 + "1)"), "E10"),
    "else if": (
        lambda: network("x -> if 1 == 2 { relu }" + " else if 1 == 2 { relu }" * 9_000),
        "E103",
    ),
    "a statement": (lambda: network("x -> reshape([" + "1, " * 40_000 + "1])"), "E103"),
    "towers of powers": (lambda: network("x -> dense(" + "2 ** " * 300 + "2)"), "E280"),
    "doubled recipes": (lambda: lets(60, "{{ {0} -> {0} }}", "{ }", "{}"), "E407"),
    "doubled recipes beside a choice": (
        lambda: lets(22, "{{ {0} -> {0} }}", "{ }", "{{ ? -> a22 }} -> {}"),
        "",
    ),
    "a range of very many numbers": (
        lambda: network("x -> repeat(1..1G) { dense(4 | 8) } -> dense(4)\nrequire flops <= 5M"),
        "E454",
    ),
    "chained recipes": (lambda: lets(5_000, "{{ {} }}", "relu", "{}"), "E4"),
    "doubled lists": (lambda: lets(60, "{0} + {0}", "[1]", "reshape({})"), "E288"),
    "doubled texts": (lambda: lets(60, "{0} + {0}", '"ab"', "reshape({})"), "E288"),
    "lists in lists": (lambda: lets(60, "[{0}, {0}]", "[1]", "reshape({})"), "E288"),
    "deep lists": (lambda: lets(3_000, "[{0}]", "[1]", "reshape({})"), "E288"),
    "zipped lists": (lambda: lets(60, "zip({0}, {0})", "[1, 2]", "reshape({})"), "E288"),
    "compared lists": (
        lambda: network(
            "\n".join(
                ["let a0 = [1]", "let b0 = [1]"]
                + [f"let {c}{i + 1} = [{c}{i}, {c}{i}]" for i in range(60) for c in "ab"]
                + ["require a60 == b60", "x"]
            )
        ),
        "E288",
    ),
    "doubled tensors": (
        lambda: network("s = (x, x)\n" + "s = (s, s)\n" * 60 + "s -> concat -> dense(4)"),
        "E288",
    ),
    "doubled forks": (
        lambda: lets(40, "{{ {0} -> {0} }}", "fork {{ {}, {} }}".format("{ }", "{ }"), "{}"),
        "E288",
    ),
    "huge ranges": (lambda: network("x -> for i in range(10 ** 12) { relu }"), "E225"),
    "squared numbers": (lambda: lets(60, "{0} * {0}", "999999", "dense({})"), "E280"),
    "growing axes": (
        lambda: (
            "network Net on x: f32[A, B, C, D] -> f32[_] {\n    let s0 = A + B + C + D\n"
            + "".join(f"    let s{i + 1} = s{i} * s{i} + s{i} // 3\n" for i in range(30))
            + "    x -> reshape([s30])\n}\n"
        ),
        "E406",
    ),
    "nested divisions": (
        lambda: (
            "network Net on x: f32[A, B] -> f32[_] {\n    let s0 = A\n"
            + "".join(f"    let s{i + 1} = (s{i} + B) // (s{i} % 7 + B)\n" for i in range(60))
            + "    x -> reshape([s60])\n}\n"
        ),
        "E",
    ),
    "a block without an end": (
        lambda: network(
            "x -> Tower(3)", "block Tower(n: int) on x { x -> relu -> Tower(n + 1) }\n"
        ),
        "E402",
    ),
    "a block that forks into itself": (
        lambda: network(
            "x -> Tower(50)",
            "block Tower(n: int) on x {\n    x -> if n == 0 { identity } "
            "else { fork { Tower(n - 1), Tower(n - 1) } -> add }\n}\n",
        ),
        "E4",
    ),
    "a stage that takes itself": (
        lambda: network("x -> Apply(Apply)", "block Apply(f: stage) on x { x -> f(f) }\n"),
        "E4",
    ),
    "scans in scans": (
        lambda: "".join(
            [
                "cell C0(n: int) on x: f32[N, D] with h: f32[N, D] {\n    next h = h + x\n"
                "    h -> repeat(50000) { relu }\n}\n",
                "network Net on x: f32[N, T, 4] -> f32[N, T, 4] {\n",
                "    x -> repeat(50000) { scan(C0(1)) }\n}\n",
            ]
        ),
        "E4",
    ),
    "many declarations": (
        lambda: "".join(f"block B{i} on x {{ x -> relu }}\n" for i in range(20_000)),
        "",
    ),
    "many errors": (
        lambda: network("\n".join(f"y{i} = x -> what{i}" for i in range(5_000)) + "\nx"),
        "E201",
    ),
    "noise": (lambda: "".join(chr(33 + i * 7919 % 90) for i in range(100_000)), "E1"),
}


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES * 2**20, MEGABYTES * 2**20))


def check(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archc", "check", path.name],
        cwd=path.parent,
        preexec_fn=limited,  # the child is only forked and replaced
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_defused(name: str, tmp_path: Path) -> None:
    make, code = BOMBS[name]
    path = tmp_path / "bomb.arch"
    path.write_text(make())
    done = check(path)
    assert done.returncode == (1 if code else 0), done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    if code:
        assert f"error[{code}" in done.stderr, done.stderr[:2000]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "noise.arch"
    path.write_bytes(bytes(i * 7919 % 256 for i in range(100_000)))
    done = check(path)
    assert done.returncode == 1
    assert "error[E101]" in done.stderr


def test_files_that_use_one_another(tmp_path: Path) -> None:
    for number in range(900):
        (tmp_path / f"m{number}.arch").write_text(f"use m{(number + 1) % 900}\n")
    done = check(tmp_path / "m0.arch")
    assert done.returncode == 1
    assert "error[E412]" in done.stderr
