"""The cache of the parser's tables: used when it is sound, ignored when it is not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from archc.grammar import tables
from archc.grammar.parse import parse


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache directory for one test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tables._parser.cache_clear()
    yield tmp_path / "archc"
    tables._parser.cache_clear()


def works() -> bool:
    tables._parser.cache_clear()
    return parse("let x = 1").reports == ()


def test_the_cache_is_private_and_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert works()
    assert cache.stat().st_mode & 0o077 == 0
    assert len(list(cache.iterdir())) == 2
    monkeypatch.setattr(tables, "_store", pytest.fail)
    assert works()


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_cache_is_made_again(cache: Path, damage: bytes | None) -> None:
    assert works()
    (written,) = [path for path in cache.iterdir() if not path.suffix]
    whole = written.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    written.write_bytes(flipped if damage is None else damage)
    assert not tables._is_sound(str(written))
    assert works()
    assert tables._is_sound(str(written))


def test_a_cache_that_others_can_write_is_not_used(cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    assert works()
    assert list(cache.iterdir()) == []


def test_without_a_place_for_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert works()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(blocked))
    assert works()


def test_a_cache_that_cannot_be_written(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir(parents=True)
    (cache / "grammar").mkdir()
    monkeypatch.setattr(tables.os.path, "join", lambda *parts: str(cache / "grammar"))
    assert works()


def test_little_is_imported() -> None:
    """Parsing a sound program loads no error, no recovery and nothing heavy."""
    script = (
        "import sys; from archc.grammar.parse import parse; parse('let x = 1');"
        "print([m for m in ('torch', 'onnx', 'numpy', 'rich', 'networkx', 'click',"
        "'archc.grammar.mistakes', 'archc.grammar.errors.syntax') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    assert result.stdout.strip() == "[]"
