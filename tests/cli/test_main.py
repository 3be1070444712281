"""The shell: exit codes, where settings come from, and what a person reads when something fails."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import ClassVar

import click
import pytest
from archc.cli import doctor, main, options, settings
from archc.cli.explain import catalogue
from archc.grammar.diagnostic import Diagnostic, InternalError, Label, ProgramError, Report
from archc.grammar.span import Source, Span
from archc.runtime.errors import DataError

Install = Callable[[Callable[[], object]], None]
PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Broken(Diagnostic):
    code: ClassVar[str] = "E999"
    title: ClassVar[str] = "it is broken"
    explanation: ClassVar[str] = "Made for a test. It means nothing."
    severity: ClassVar[str] = "error"

    def labels(self) -> Iterator[Label]:
        yield Label(Span(Source("net.arch", "x -> y\n"), 5, 6), "this")


@dataclass(frozen=True, slots=True)
class Odd(Broken):
    severity: ClassVar[str] = "warning"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("ARCHC_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Adds a command `probe` that does what a test wants."""

    def put(body: Callable[[], object]) -> None:
        command = body if isinstance(body, click.Command) else click.command(PROBE)(body)
        find = main.Commands.get_command
        monkeypatch.setattr(
            main.Commands,
            "get_command",
            lambda self, ctx, name: command if name == PROBE else find(self, ctx, name),
        )
        names = {**main.command_names(), PROBE: PROBE}
        monkeypatch.setattr(main, "command_names", lambda: names)

    return put


def raising(error: BaseException) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ProgramError([Report(Broken())]), 1, "error[E999]: it is broken\n --> net.arch:1:6"),
        (DataError("no column 'y'", "name the target"), 1, "error: no column 'y'\nhelp: name the"),
        (click.UsageError("not so"), 2, "error: not so"),
        (FileNotFoundError(2, "No such file or directory", "a.arch"), 2, "a.arch: No such file"),
        (OSError(28, "No space left on device"), 2, "error: No space left on device"),
        (MemoryError(), 2, "not enough memory"),
        (KeyboardInterrupt(), 130, "error: interrupted"),
        (BrokenPipeError(32, "Broken pipe"), 2, ""),
        (InternalError("a node without a type"), 101, "This is a bug in archc"),
        (RecursionError("too deep"), 101, "please report it"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_an_error_has_its_exit_code_and_no_traceback(
    error: BaseException,
    status: int,
    said: str,
    install: Install,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(main, "_discard_output", lambda: None)
    install(raising(error))
    assert main.run([PROBE]) == status
    out, err = capfd.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err
    assert said or not err


@pytest.mark.parametrize("way", ["flag", "environment"])
def test_debug_shows_the_traceback_of_our_bugs(
    way: str, install: Install, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(raising(ZeroDivisionError("ours")))
    words = ["--debug", PROBE] if way == "flag" else [PROBE]
    if way == "environment":
        monkeypatch.setenv("ARCHC_DEBUG", "1")
    assert main.run(words) == 101
    assert "Traceback" in capsys.readouterr().err


def test_success_is_zero(install: Install) -> None:
    install(lambda: None)
    assert main.run([PROBE]) == 0


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--help"]) == 0
    shown = capsys.readouterr().out
    folder = Path(main.__file__).parent
    exporting = [path.stem for path in folder.glob("*.py") if "\ndef command(" in path.read_text()]
    assert {"explain", "doctor"} <= set(exporting)
    for name in exporting:
        assert f"  {name.removesuffix('_').replace('_', '-')} " in shown
    assert "  options " not in shown


def test_every_command_has_help_and_says_what_it_does() -> None:
    context = click.Context(main.archc)
    for name in main.archc.list_commands(context):
        command = main.archc.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(), name
        assert command.help, name


def test_no_command_prints_help_and_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_an_unknown_command_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["explian"]) == 2
    assert "there is no command 'explian'; did you mean 'explain'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["main", "options", "settings", "__init__", "..main", ""])
def test_what_is_no_command_cannot_be_run(name: str) -> None:
    assert main.run([name]) == 2


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == f"archc {metadata.version('archc')}\n"


@pytest.fixture
def seen(install: Install) -> list[tuple[str, options.Settings]]:
    """What `probe` was given as device and settings."""
    found: list[tuple[str, options.Settings]] = []

    @click.command(PROBE)
    @options.device_option
    @options.set_option
    def command(device: str, settings: options.Settings) -> None:
        found.append((device, settings))

    install(command)
    return found


def test_flag_over_environment_over_file(
    seen: list[tuple[str, options.Settings]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main.run([PROBE])
    (tmp_path / "archc.toml").write_text(
        '[probe]\ndevice = "cpu"\nset = { width = 32, on = true }\n'
    )
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    main.run([PROBE])
    monkeypatch.setenv("ARCHC_DEVICE", "mps")
    main.run([PROBE])
    main.run([PROBE, "--device", "cuda", "--set", " act = relu "])
    file_settings = (("width", "32"), ("on", "true"))
    assert seen == [
        ("auto", ()),
        ("cpu", file_settings),
        ("mps", file_settings),
        ("cuda", (("act", "relu"),)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("device = 'cpu'\n", "'device' stands in no table"),
        ("[prob]\n", "no command 'prob'; did you mean 'probe'?"),
        ("[probe]\ndevcie = 'cpu'\n", "'probe' has no option 'devcie'; did you mean 'device'?"),
        ("[probe]\ndevice = 'tpu'\n", "it comes from archc.toml"),
        ("[probe\n", "archc.toml: "),
        ("a = " + "[" * 20000, "archc.toml: "),
    ],
)
def test_a_wrong_settings_file_is_wrong_usage(
    text: str,
    said: str,
    seen: list[tuple[str, options.Settings]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "archc.toml").write_text(text)
    assert main.run([PROBE]) == 2
    assert said in capsys.readouterr().err
    assert not seen


def test_a_settings_file_of_any_size_is_refused_unread(
    seen: list[tuple[str, options.Settings]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "archc.toml").write_text("#" * (settings.LARGEST_FILE + 1))
    assert main.run([PROBE]) == 2
    assert "larger than" in capsys.readouterr().err


def test_a_wrong_value_from_the_environment_says_so(
    seen: list[tuple[str, options.Settings]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ARCHC_DEVICE", "abacus")
    assert main.run([PROBE]) == 2
    assert "it comes from the environment" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["width", "=3", "width=", " = "])
def test_a_setting_needs_a_name_and_a_value(
    value: str, seen: list[tuple[str, options.Settings]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run([PROBE, "--set", value]) == 2
    assert "NAME=VALUE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "colored"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, False),
    ],
)
def test_colors(
    variables: dict[str, str],
    colored: bool,
    install: Install,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    install(raising(ProgramError([Report(Broken())])))
    main.run([PROBE])
    assert ("\x1b[" in capsys.readouterr().err) == colored


@pytest.mark.parametrize(("kind", "status"), [(Broken, 1), (Odd, 0)])
@pytest.mark.parametrize("output_format", options.FORMATS)
def test_reports_go_where_the_format_belongs(
    kind: type[Broken],
    status: int,
    output_format: str,
    install: Install,
    capsys: pytest.CaptureFixture[str],
) -> None:
    install(lambda: options.report_and_exit([Report(kind())], output_format))
    assert main.run([PROBE]) == status
    out, err = capsys.readouterr()
    quiet, loud = (out, err) if output_format == "text" else (err, out)
    assert quiet == ""
    assert "it is broken" in loud


def test_json_answers_carry_the_schema_version(capsys: pytest.CaptureFixture[str]) -> None:
    options.print_json({"size": "inf"}, indent=None)
    assert capsys.readouterr().out == '{"schema_version": 1, "size": "inf"}\n'


def test_explain_lists_all_codes_and_explains_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    kinds = catalogue()
    assert [line.split()[0] for line in lines] == list(kinds)
    code, kind = next(iter(kinds.items()))
    assert main.run(["explain", f"[{code.lower()}]"]) == 0
    assert capsys.readouterr().out == f"{code}: {kind.title}\n\n{kind.explanation}\n"
    assert main.run(["explain", code, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema_version"] == 1
    assert answer["errors"][0]["explanation"] == kind.explanation


def test_explain_of_an_unknown_code_suggests(capsys: pytest.CaptureFixture[str]) -> None:
    code = next(iter(catalogue()))
    assert main.run(["explain", code + "x"]) == 2
    assert f"did you mean '{code}'?" in capsys.readouterr().err


def test_doctor_says_what_really_works(capsys: pytest.CaptureFixture[str]) -> None:
    status = main.run(["doctor", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert status == int(bool(answer["conflicts"]))
    assert answer["versions"]["torch"] == metadata.version("torch")
    works = {device["name"]: device["works"] for device in answer["torch_devices"]}
    assert works["cpu"]
    providers = {device["name"]: device["works"] for device in answer["onnx_providers"]}
    assert providers["CPUExecutionProvider"]


def test_doctor_finds_conflicts() -> None:
    versions: dict[str, str | None] = dict.fromkeys(doctor.NEEDED, "1.0")
    assert "neither" in "".join(doctor.find_conflicts(versions))
    assert not list(doctor.find_conflicts({**versions, "onnxruntime": "1.0"}))
    both = {**versions, "onnxruntime": "1.0", "onnxruntime-gpu": "1.0"}
    assert "both installed" in "".join(doctor.find_conflicts(both))
    missing = {**versions, "onnxruntime": "1.0", "lark": None}
    assert "lark is not installed" in "".join(doctor.find_conflicts(missing))


def test_a_reader_that_leaves_is_no_error() -> None:
    program = "import sys; from archc.cli.main import main; main(['explain'])"
    reader = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert reader.stdout is not None
    assert reader.stderr is not None
    reader.stdout.close()
    assert reader.stderr.read() == b""
    reader.stderr.close()
    assert reader.wait() == 2


def test_python_m_archc_is_archc() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "archc", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"archc {metadata.version('archc')}\n"
