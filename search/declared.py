"""What a file's `search` block says.

Comes in: a checked file, the name of a network, overrides from the command line. Goes out: the
method with its settings, the objectives, the constraints, the budgets; nothing where nothing is
said.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ..compiler import errors
from ..compiler.check import Checked
from ..compiler.settings import CallValue, SettingValue, Word, evaluate_settings, override
from ..grammar import ast
from ..grammar.diagnostic import ProgramError, Report
from ..grammar.span import NOWHERE, Span
from .early_stop import Rule, make_rule
from .errors import SearchError
from .goal import Constraint, Goal, Objective
from .registry import NAME, make_method

SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}
COUNTS = ("trials", "epochs", "flops")


@dataclass(slots=True)
class Declared:
    """A `search` block, understood. `budget` holds what it says by the names of `Budget`, `places`
    where the numbers that count are named. `table` is the table that answers instead of training.
    """

    method: str | None = None
    method_settings: dict[str, Any] = field(default_factory=dict)
    objectives: list[Objective] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    budget: dict[str, Any] = field(default_factory=dict)
    early_stop: Rule | None = None
    lag: int | None = None
    asynchronous: bool = False
    table: str = ""
    places: dict[str, Span] = field(default_factory=dict)

    def goal(self, otherwise: Objective) -> Goal:
        """With another objective where none is named."""
        return Goal(tuple(self.objectives or [otherwise]), tuple(self.constraints))


def search_blocks(checked: Checked) -> list[ast.Settings]:
    """The `search` blocks of a file."""
    found = checked.program.declarations
    return [item for item in found if isinstance(item, ast.Settings) and item.kind == "search"]


def searched(checked: Checked) -> str | None:
    """The network that the only `search` block names, if there is one."""
    names = {block.network for block in search_blocks(checked)}
    return names.pop() if len(names) == 1 else None


def declared_search(
    checked: Checked, network: str, overrides: Mapping[str, str] | None = None
) -> Declared:
    """The block of a network, or an empty one. Raises ProgramError."""
    blocks = [item for item in search_blocks(checked) if item.network == network]
    empty = ast.Settings("search", None, network, (), span=NOWHERE)
    block = override(blocks[0] if blocks else empty, overrides or {})
    values, reports = evaluate_settings(block, checked.environment, checked.limits)
    found = Declared()
    for setting in values.values():
        try:
            _read(found, setting)
        except ProgramError as error:
            reports += error.diagnostics
    if any(report.is_error for report in reports):
        raise ProgramError(reports)
    return found


def check_searches(checked: Checked) -> list[Report]:
    """What is wrong with the `search` blocks of a file, the settings of their methods too."""
    reports: list[Report] = []
    seen: set[str] = set()
    for block in search_blocks(checked):
        head = Span(block.span.source, block.span.start, block.span.start + len("search"))
        if block.network not in checked.networks:
            known = f"networks here: {', '.join(checked.networks) or 'none'}"
            reports.append(_refused(head, f"there is no network {block.network!r}", known))
        elif block.network in seen:
            reports.append(_refused(head, f"{block.network} has a `search` block already", ""))
        seen.add(block.network)
        try:
            found = declared_search(checked, block.network)
            if found.method is not None:
                make_method(found.method, found.method_settings)
        except ProgramError as error:
            reports += error.diagnostics
        except SearchError as error:
            place = next(item.value.span for item in block.settings if item.name == "method")
            reports.append(Report(errors.search.SearchRefused(place, error.message, error.help)))
    return reports


def _read(found: Declared, setting: SettingValue) -> None:
    reader = READERS.get(setting.name)
    if reader is None:
        near = get_close_matches(setting.name, SETTINGS, n=1)
        guess = f"; did you mean {near[0]!r}?" if near else ""
        known = f"settings: {', '.join(SETTINGS)}"
        raise _fault(setting.span, f"search has no setting {setting.name!r}{guess}", known)
    if not reader(found, setting):
        raise _fault(setting.place, f"{setting.name} cannot be meant like this", _EXAMPLE)


def _method(found: Declared, setting: SettingValue) -> bool:
    match setting.value:
        case Word(name):
            found.method = name
        case CallValue() as call:
            found.method, found.method_settings = call.name, _arguments(call)
        case _:
            return False
    return True


def _constraints(found: Declared, setting: SettingValue) -> bool:
    for part in _listed(setting.value):
        constraint = _constraint(part, setting.place)
        found.constraints.append(constraint)
        found.places[constraint.name] = setting.place
    return True


def _budgets(found: Declared, setting: SettingValue) -> bool:
    for part in _listed(setting.value):
        _budget(found, part, setting.place)
    return True


def _early_stop(found: Declared, setting: SettingValue) -> bool:
    value = setting.value
    if not isinstance(value, Word | CallValue):
        return False
    try:
        found.early_stop = make_rule(
            value.name, _arguments(value) if isinstance(value, CallValue) else {}
        )
    except SearchError as error:
        refused = errors.search.SearchRefused(value.span, error.message, error.help)
        raise ProgramError([Report(refused)]) from None
    return True


def _lag(found: Declared, setting: SettingValue) -> bool:
    found.lag = setting.value
    return _is_count(setting.value)


def _asynchronous(found: Declared, setting: SettingValue) -> bool:
    found.asynchronous = setting.value
    return isinstance(setting.value, bool)


def _evaluate(found: Declared, setting: SettingValue) -> bool:
    match setting.value:
        case CallValue(name="table", arguments=(argument,)) if isinstance(argument.value, str):
            found.table = argument.value
        case _:
            wanted = 'such as evaluate = table("digits2k"); without it programs are trained'
            raise _fault(setting.place, "this is no evaluation", wanted)
    return True


def _listed(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


_EXAMPLE = (
    "such as method = regularized_evolution(population=32), maximize = accuracy, "
    "budget = trials(200)"
)


def _objectives(found: Declared, setting: SettingValue) -> bool:
    """One name, or a list of them."""
    items = _listed(setting.value)
    names = [item.name for item in items if isinstance(item, Word)]
    for name in names:
        if name in (item.name for item in found.objectives):
            raise _fault(setting.span, f"{name} is an objective twice", "leave one out")
        found.objectives.append(Objective(name, setting.name == "maximize"))
        found.places[name] = setting.place
    return bool(items) and len(names) == len(items)


def _constraint(part: Any, place: Span) -> Constraint:
    match part:
        case CallValue(name, arguments) if arguments:
            bounds = {str(item.name): item.value for item in arguments}
            numbers = all(type(value) in (int, float) for value in bounds.values())
            if bounds.keys() <= {"least", "most"} and numbers:
                try:
                    return Constraint(name, **bounds)
                except ValueError as error:
                    raise _fault(place, str(error), _BOUNDS) from None
    raise _fault(place, "this is no constraint", _BOUNDS)


_BOUNDS = "such as constraints = [latency(most=5.0), recall(least=0.9)]"


def _budget(found: Declared, part: Any, place: Span) -> None:
    match part:
        case CallValue(name="trials", arguments=(argument,)) if _is_count(argument.value):
            found.budget["trials"] = argument.value
        case CallValue(name=name, arguments=(argument,)) if name in COUNTS[1:] and _is_positive(
            argument.value
        ):
            found.budget[name] = float(argument.value)
        case CallValue(name=name, arguments=(argument,)) if name in SECONDS and _is_positive(
            argument.value
        ):
            found.budget["seconds"] = float(argument.value) * SECONDS[name]
        case _:
            known = "such as trials(200), epochs(500), flops(1e15), minutes(30), hours(2)"
            raise _fault(place, "this is no budget", known)


READERS: Mapping[str, Callable[[Declared, SettingValue], bool]] = {
    "asynchronous": _asynchronous,
    "budget": _budgets,
    "constraints": _constraints,
    "early_stop": _early_stop,
    "evaluate": _evaluate,
    "lag": _lag,
    "maximize": _objectives,
    "method": _method,
    "minimize": _objectives,
}
"""Each takes a setting in; false where it cannot be meant like that."""
SETTINGS = tuple(READERS)


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


def _fault(place: Span, message: str, known: str) -> ProgramError:
    return ProgramError([_refused(place, message, known)])


def _refused(place: Span, message: str, known: str) -> Report:
    return Report(errors.search.SearchRefused(place, message, known))
