"""`archc worker`, and a search whose trials are trained by one, in PostgreSQL."""

import json
import pickle
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from archc.cli.main import run
from archc.search.parcels import pack
from archc.search.store import Store
from archc.search.tables import study
from sqlalchemy import update

SPACE = """
network N on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(8 | 16 | 32) -> (relu | tanh) -> dense(10)
}
train N { data = digits(), epochs = 1, optimizer = adamw(lr=1e-2) }
search N { method = random, maximize = accuracy, budget = trials(3) }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.arch").write_text(SPACE)
    return tmp_path


@pytest.mark.slow
def test_a_search_is_trained_by_workers(
    folder: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "archc", "worker", postgres_url, "--device", "cpu"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    command = ["search", "net.arch", "--study", postgres_url, "--engine", "workers", "--device"]
    assert run([*command, "cpu", "--no-final", "--files", "files", "--json"]) == 0
    said = worker.communicate(timeout=60)[1]
    assert worker.returncode == 0, said
    assert "the study has ended; 3 trials were evaluated here" in said
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["trials"] == {"DONE": 3}
    assert answer["best"]["score"] > 0.1
    assert "postgresql://" in answer["study"]
    assert any((folder / "files").iterdir()), "checkpoints came where all can see them"

    assert run([*command, "cpu"]) == 2
    assert "go on with --resume" in capsys.readouterr().err
    assert run(["study", "list", postgres_url]) == 0
    assert "N: 3 trials (3 DONE), best" in capsys.readouterr().out
    assert run(["study", "best", postgres_url]) == 0
    assert "network N" in capsys.readouterr().out


def test_a_study_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["worker", "none.db", "--idle", "0.1"]) == 2
    assert "there is no study none.db" in capsys.readouterr().err
    assert not (folder / "none.db").exists()


def test_a_study_that_wants_no_workers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(folder / "study.db")
    store.create("study", {})
    store.close()
    assert run(["worker", "study.db", "--idle", "0.1"]) == 2
    said = capsys.readouterr().err
    assert "study.db: no study wants workers" in said
    assert "--engine workers" in said
    assert run(["worker", "study.db", "--name", "other", "--idle", "0.1"]) == 2
    assert "no study 'other' wants workers" in capsys.readouterr().err


def test_what_cannot_be_loaded_here_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(folder / "study.db")
    key = store.create("study", {})
    packed = pack(pickle.PickleBuffer).replace(b"PickleBuffer", b"PickleBogger")
    store.write(lambda connection: connection.execute(update(study).values(evaluate=packed)))
    assert store.find("study") == (key, {})
    store.close()
    assert run(["worker", "study.db", "--idle", "0.1"]) == 2
    said = capsys.readouterr().err
    assert "what the study evaluates cannot be loaded here: AttributeError" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"archc ", b"archc 9.9.", "comes from archc 9.9."),
        (b" with Python ", b" with Python 2", "with Python 23."),
        (b"archc ", b"", "comes from an older archc"),
    ],
)
def test_a_worker_of_another_version_is_refused(
    before: bytes, after: bytes, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(folder / "study.db")
    store.create("study", {})
    packed = pack(len).replace(before, after, 1)
    store.write(lambda connection: connection.execute(update(study).values(evaluate=packed)))
    store.close()
    assert run(["worker", "study.db", "--idle", "0.1"]) == 2
    error = capsys.readouterr().err
    assert "what the study evaluates" in error
    assert said in error
    assert f"and this is archc {metadata.version('archc')}" in error
    assert "install here what runs there" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--address", "host:1"], "--engine ray"),
        (["--study", "mysql://host/base"], "a store cannot lie in mysql"),
        (["--engine", "workers", "--study", "postgresql://127.0.0.1:1/none"], "127.0.0.1"),
        (["--engine", "ray", "--address", "127.0.0.1:1"], "no cluster of Ray at 127.0.0.1:1"),
    ],
)
def test_what_cannot_be_meant(
    given: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["search", "net.arch", "--device", "cpu", *given]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
