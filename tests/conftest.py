"""What every test shares: golden files, the long runs, the accelerator, and skips that count.

`--update-golden` writes the golden files instead of comparing them. `--long` runs hypothesis and
the fuzzers at their full length. `--no-skips` fails the run if a test was skipped for anything but
a missing accelerator, so that a missing tool cannot pass for a success.
"""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

GOLDEN = Path(__file__).parent / "golden"
GPU_REASON = "gpu: no accelerator works on this machine"

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
