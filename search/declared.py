"""What a file's `search` block says.

Comes in: a checked file, the name of a network, overrides from the command line. Goes out: the
method with its settings, the objective, the budgets; None where nothing is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..compiler.check import Checked
from ..compiler.settings import CallValue, SettingValue, Word, evaluate_settings, override
from ..grammar import ast
from ..grammar.diagnostic import ProgramError
from ..grammar.span import NOWHERE, Span
from .errors import SearchError
from .goal import Goal, Objective
from .registry import NAME

SETTINGS = ("budget", "maximize", "method", "minimize")
SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}


class DeclarationError(SearchError):
    """The block is at fault."""


@dataclass(slots=True)
class Declared:
    """A `search` block, understood."""

    method: str | None = None
    method_settings: dict[str, Any] = field(default_factory=dict)
    objectives: list[Objective] = field(default_factory=list)
    trials: int | None = None
    seconds: float | None = None

    @property
    def goal(self) -> Goal | None:
        """None where no objective is named."""
        return Goal(tuple(self.objectives)) if self.objectives else None


def declared_search(checked: Checked, network: str, overrides: Mapping[str, str]) -> Declared:
    """The block of a network, or an empty one. Raises ProgramError and DeclarationError."""
    blocks = [
        item
        for item in checked.program.declarations
        if isinstance(item, ast.Settings) and item.kind == "search" and item.network == network
    ]
    empty = ast.Settings("search", None, network, (), span=NOWHERE)
    block = override(blocks[0] if blocks else empty, overrides)
    values, reports = evaluate_settings(block, checked.environment, checked.limits)
    if any(report.is_error for report in reports):
        raise ProgramError(reports)
    found = Declared()
    for setting in values.values():
        _read(found, setting)
    return found


def _read(found: Declared, setting: SettingValue) -> None:
    match setting:
        case SettingValue("method", Word(name)):
            found.method = name
        case SettingValue("method", CallValue() as call):
            found.method, found.method_settings = call.name, _arguments(call)
        case SettingValue("maximize" | "minimize", value):
            maximize = setting.name == "maximize"
            for name in _words(setting, value):
                if name in (item.name for item in found.objectives):
                    raise _fault(setting.span, f"{name} is an objective twice", "leave one out")
                found.objectives.append(Objective(name, maximize))
        case SettingValue("budget", value):
            for part in value if isinstance(value, tuple) else (value,):
                _budget(found, part, setting.place)
        case SettingValue(name) if name not in SETTINGS:
            raise _fault(setting.span, f"search has no setting {name!r}", ", ".join(SETTINGS))
        case _:
            raise _fault(setting.place, f"{setting.name} cannot be meant like this", _EXAMPLE)


_EXAMPLE = (
    "method = regularized_evolution(population=32), maximize = accuracy, budget = trials(200)"
)


def _words(setting: SettingValue, value: Any) -> list[str]:
    """One name, or a list of them."""
    items = value if isinstance(value, tuple) else (value,)
    if not items or not all(isinstance(item, Word) for item in items):
        raise _fault(setting.place, f"{setting.name} cannot be meant like this", _EXAMPLE)
    return [item.name for item in items]


def _budget(found: Declared, part: Any, place: Span) -> None:
    match part:
        case CallValue(name="trials", arguments=(argument,)) if _is_count(argument.value):
            found.trials = argument.value
        case CallValue(name=name, arguments=(argument,)) if name in SECONDS and _is_positive(
            argument.value
        ):
            found.seconds = float(argument.value) * SECONDS[name]
        case _:
            raise _fault(place, "this is no budget", "such as trials(200), minutes(30), hours(2)")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and _is_positive(value)


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _arguments(call: CallValue) -> dict[str, Any]:
    for argument in call.arguments:
        if argument.name is None:
            raise _fault(argument.span, f"{call.name} takes settings by name", _EXAMPLE)
    return {str(item.name): _plain(item.value) for item in call.arguments}


def _plain(value: Any) -> Any:
    """A setting as plain data; a method inside a method as `make_method` takes it."""
    match value:
        case Word(name):
            return name
        case CallValue() as call:
            return {NAME: call.name, **_arguments(call)}
        case tuple():
            return tuple(_plain(item) for item in value)
        case _:
            return value


def _fault(place: Span, message: str, known: str) -> DeclarationError:
    where = f"{place.source.name}:{place.line}"
    return DeclarationError(f"{where}: {message}", f"possible is: {known}")
