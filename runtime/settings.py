"""The fields of a dataclass as the settings that a `train` block can write.

Comes in: a frozen dataclass (a data source, an augmentation) and the arguments of a call,
`csv("a.csv", target="y")`. Goes out: its `Setting`s, or an instance with every argument checked; a
wrong one is a `DataError` that names the setting and suggests what was meant. Fields that are
`kw_only` cannot be given by position. May be assumed: field types are int, float, bool, str,
Literal of strings, and tuple[T, ...] of those.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from .errors import DataError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `hint` is the field's type, `default` is meaningless when `required`."""

    name: str
    hint: Any
    default: object
    required: bool
    positional: bool

    @property
    def type(self) -> str:
        """The type in words that people read: `int`, `"mean" | "drop"`, `list of str`."""
        return type_name(self.hint)


def settings_of(kind: type[Any]) -> tuple[Setting, ...]:
    """The settings of a dataclass in the order in which they can be given by position."""
    hints = get_type_hints(kind)
    found = [_setting(field, hints[field.name]) for field in dataclasses.fields(kind) if field.init]
    return tuple(sorted(found, key=lambda setting: not setting.positional))


def _setting(field: dataclasses.Field[Any], hint: Any) -> Setting:
    required = field.default is dataclasses.MISSING
    default = None if required else field.default
    return Setting(field.name, hint, default, required, positional=not field.kw_only)


def configure(
    kind: type[T], label: str, named: Mapping[str, object], positional: Sequence[object] = ()
) -> T:
    """An instance of `kind` with these arguments; `label` is what messages call it (`csv`,
    `flip`)."""
    settings = settings_of(kind)
    by_name = {setting.name: setting for setting in settings}
    values = _by_position(label, settings, positional)
    for name, value in named.items():
        if name not in by_name:
            raise _unknown(label, name, by_name)
        if name in values:
            raise DataError(f"{label}: `{name}` is given twice", f"leave one out: {name}=…", name)
        values[name] = value
    for setting in settings:
        if setting.required and setting.name not in values:
            what = f'write {label}("…")' if setting.positional else f"write {setting.name}=…"
            raise DataError(f"{label}: `{setting.name}` is missing", what, setting.name)
    checked = {name: _checked(label, by_name[name], value) for name, value in values.items()}
    return kind(**checked)


def _by_position(
    label: str, settings: Sequence[Setting], positional: Sequence[object]
) -> dict[str, object]:
    names = [setting.name for setting in settings if setting.positional]
    if len(positional) > len(names):
        allowed = f"in this order: {', '.join(names)}" if names else "every setting has a name"
        raise DataError(
            f"{label}: {len(positional)} arguments without a name, at most {len(names)} are"
            " possible",
            allowed,
        )
    return dict(zip(names, positional, strict=False))


def _unknown(label: str, name: str, known: Iterable[str]) -> DataError:
    return DataError(f"{label} has no setting `{name}`", suggestion(name, known), name)


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean …?` where something is close, and what there is."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    listed = f"there are: {', '.join(names)}" if names else "there are none"
    return f"did you mean `{close[0]}`? {listed}" if close else listed


def type_name(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " | ".join(f'"{choice}"' for choice in get_args(hint))
    if get_origin(hint) is tuple:
        return f"list of {type_name(get_args(hint)[0])}"
    return str(getattr(hint, "__name__", hint))


def _checked(label: str, setting: Setting, value: object) -> object:
    fitted = _fit(setting.hint, value)
    if fitted is not None:
        return fitted
    help = ""
    if get_origin(setting.hint) is Literal and isinstance(value, str):
        help = suggestion(value, get_args(setting.hint))
    raise DataError(
        f"{label}: `{setting.name}` must be {setting.type}, not {_shown(value)}", help, setting.name
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"a {type(value).__name__}"


def _fit(hint: Any, value: object) -> object | None:
    """The value as the type asks for it, or None: an integer may become a float, a bool is no
    number."""
    if get_origin(hint) is Literal:
        return value if value in get_args(hint) else None
    if get_origin(hint) is tuple:
        return _fit_list(get_args(hint)[0], value)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    if hint is int and isinstance(value, bool):
        return None
    return value if isinstance(value, hint) else None


def _fit_list(hint: Any, value: object) -> tuple[object, ...] | None:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        value = (value,)
    items = tuple(_fit(hint, item) for item in value)
    return None if any(item is None for item in items) else items
