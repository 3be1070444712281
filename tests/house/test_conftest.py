"""The options and fixtures all tests share do what their descriptions say."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = '''
"""Sample tests."""
import pytest

def test_skipped():
    pytest.skip("no server")

def test_golden(golden):
    golden("one\\ntwo\\n", "sample.txt")
'''


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A folder with sample tests and our conftest."""
    shutil.copy(Path(__file__).parents[1] / "conftest.py", tmp_path)
    (tmp_path / "test_sample.py").write_text(TESTS)
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    done = subprocess.run([*command, *words, str(folder)], capture_output=True, text=True)
    return done.returncode, done.stdout


def test_golden_files_are_written_then_compared(sample: Path) -> None:
    status, said = run(sample)
    assert status == 1
    assert "there is no sample.txt" in said
    assert run(sample, "--update-golden")[0] == 0
    path = sample / "golden" / "sample.txt"
    assert path.read_text() == "one\ntwo\n"
    assert run(sample)[0] == 0
    path.write_text("one\nthree\n")
    status, said = run(sample)
    assert status == 1
    assert "-three\n+two" in said


def test_a_skip_fails_a_run_without_skips(sample: Path) -> None:
    (sample / "golden").mkdir()
    (sample / "golden" / "sample.txt").write_text("one\ntwo\n")
    assert run(sample)[0] == 0
    for workers in ("0", "2"):
        status, said = run(sample, "--no-skips", "-n", workers)
        assert status == 1
        assert "no server" in said
        assert said.splitlines()[-1].startswith("=")
