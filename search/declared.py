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
from .study import Objective

SETTINGS = ("budget", "maximize", "method", "minimize")
SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}


class DeclarationError(SearchError):
    """The block is at fault."""


@dataclass(slots=True)
class Declared:
    """A `search` block, understood."""

    method: str | None = None
    method_settings: dict[str, Any] = field(default_factory=dict)
    objective: Objective | None = None
    trials: int | None = None
    seconds: float | None = None


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
        case SettingValue("maximize" | "minimize", Word(name)):
            _objective(found, setting, name)
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


def _objective(found: Declared, setting: SettingValue, name: str) -> None:
    if found.objective is not None:
        raise _fault(setting.span, "a search has one objective", "leave one out")
    found.objective = Objective(name, maximize=setting.name == "maximize")


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
    return {str(item.name): item.value for item in call.arguments}


def _fault(place: Span, message: str, known: str) -> DeclarationError:
    where = f"{place.source.name}:{place.line}"
    return DeclarationError(f"{where}: {message}", f"possible is: {known}")
