"""The contract over every source: what the language relies on."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from archc.runtime.data import (
    Source,
    load,
    make_source,
    source_class,
    source_settings,
    sources,
)
from archc.runtime.data.registry import PARTS
from archc.runtime.errors import DataError

NAMED = [
    "digits",
    "text",
    "idx",
    "cifar10",
    "cifar100",
    "images",
    "npz",
    "csv",
    "parquet",
    "synthetic",
]


def test_every_source_of_the_design_is_there() -> None:
    assert sorted(NAMED) == list(sources())


@pytest.mark.parametrize("part", sorted(PARTS))
def test_parts_exist_and_are_no_sources(part: str) -> None:
    module = import_module(f"archc.runtime.data.{part}")
    own = [
        kind for kind in vars(module).values() if getattr(kind, "__module__", "") == module.__name__
    ]
    concrete = [
        kind
        for kind in own
        if isinstance(kind, type) and issubclass(kind, Source) and not kind.__abstractmethods__
    ]
    assert concrete == []


@pytest.mark.parametrize("name", NAMED)
def test_class_knows_its_name_and_its_settings_have_defaults_that_fit(name: str) -> None:
    kind = source_class(name)
    settings = source_settings(name)
    given = {setting.name: "x" for setting in settings if setting.required}
    built = make_source(name, given)
    assert built.label == name
    assert {s.name: s.default for s in settings if not s.required}.items() <= vars(built).items()
    again = make_source(name, {s.name: getattr(built, s.name) for s in settings})
    assert again == built
    assert kind.__doc__
    assert all(setting.type for setting in settings)


@pytest.mark.parametrize("name", NAMED)
def test_unknown_setting_is_named_with_a_suggestion(name: str) -> None:
    with pytest.raises(DataError) as caught:
        make_source(name, {"limt": 3})
    assert "limt" in caught.value.message
    assert "did you mean `limit`?" in caught.value.help
    assert caught.value.setting == "limt"


def test_naming_sources_and_settings_loads_nothing_heavy() -> None:
    code = """
import sys
from archc.runtime.data import sources, source_settings, make_source
from archc.runtime.augment import augmentations, make_augmentation
for name in sources(): source_settings(name)
make_source("csv", {"target": "y"}, ["a.csv"])
for name in augmentations(): make_augmentation(name, {})
heavy = {"numpy", "torch", "sklearn", "PIL", "pyarrow", "onnx"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_unknown_source_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="did you mean `digits`"):
        load("digit", {}, tmp_path)


@pytest.mark.parametrize(
    ("name", "settings", "positional", "words"),
    [
        ("csv", {}, [], "`path` is missing"),
        ("csv", {"path": "a"}, ["b"], "`path` is given twice"),
        ("csv", {"path": 3}, [], "`path` must be str, not 3"),
        ("csv", {"path": "a", "validation": "x"}, [], "`validation` must be float"),
        ("csv", {"path": "a", "validation": True}, [], "`validation` must be float, not True"),
        ("csv", {"path": "a", "seed": 1.5}, [], "`seed` must be int, not 1.5"),
        ("csv", {"path": "a", "missing": "median"}, [], '"error" | "mean" | "drop"'),
        ("csv", {"path": "a", "validation": 0.6, "test": 0.4}, [], "leave nothing"),
        ("csv", {"path": "a", "validation": 1}, [], "fraction from 0 to below 1"),
        ("csv", {"path": "a", "delimiter": "ab"}, [], "one character"),
        ("csv", {"path": "a", "target": "y", "ignore": ["y"]}, [], "must not be ignored"),
        ("csv", {"path": "a", "limit": 0}, [], "positive number of bytes"),
        ("csv", {"path": "a", "ignore": ["y", 3]}, [], "list of str"),
        ("digits", {}, [0.2], "arguments without a name"),
        ("synthetic", {}, ["partiy"], "did you mean `parity`"),
        ("synthetic", {"n": 0}, [], "`n` is from 1"),
        ("text", {"length": 0}, [], "`length` is from 1"),
        ("images", {"path": "a", "size": [1, 2, 3]}, [], "[height, width]"),
        ("images", {"path": "a", "size": [0, 5]}, [], "from 1 to 16384"),
        ("npz", {"path": "a", "seed": -1}, [], "from 0 to 2**63"),
    ],
)
def test_wrong_settings_are_refused_before_any_file_is_touched(
    name: str, settings: dict[str, object], positional: list[object], words: str
) -> None:
    with pytest.raises(DataError) as caught:
        make_source(name, settings, positional)
    assert words in str(caught.value)


def test_integers_become_floats_and_one_text_a_list() -> None:
    source = make_source("csv", {"validation": 0, "ignore": "id"}, ["a.csv", "y"])
    assert (source.path, source.target) == ("a.csv", "y")
    assert source.validation == 0.0 and isinstance(source.validation, float)
    assert source.ignore == ("id",)


@pytest.mark.parametrize("name", ["csv", "npz", "parquet", "text"])
def test_missing_file_says_where_it_was_sought(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(name, {"path": "none.bin"}, tmp_path)
    assert "'none.bin'" in caught.value.message and str(tmp_path) in caught.value.help


@pytest.mark.parametrize("name", ["idx", "cifar10", "cifar100", "images"])
def test_missing_folder_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder"):
        load(name, {"path": "none"}, tmp_path)


def test_folder_for_a_file_and_the_reverse(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="is a folder"):
        load("csv", {"path": "."}, tmp_path)
    with pytest.raises(DataError, match="is a file"):
        load("idx", {"path": "a.csv"}, tmp_path)


class _Point:
    def __init__(self, name: str, target: object) -> None:
        self.name, self.value, self._target = name, "strange:Thing", target

    def load(self) -> object:
        if isinstance(self._target, Exception):
            raise self._target
        return self._target


def test_entry_points_bring_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = import_module("archc.runtime.data.registry")
    points = [
        _Point("mine", source_class("digits")),
        _Point("broken", ImportError("no module named strange")),
        _Point("wrong", int),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    assert {"mine", "broken", "wrong"} <= set(sources())
    assert source_class("mine") is source_class("digits")
    with pytest.raises(DataError, match="cannot be loaded: no module named strange"):
        source_class("broken")
    with pytest.raises(DataError, match="not a class of archc's `Source`"):
        source_class("wrong")
