"""A program by way of Optuna: each choice is a parameter that a trial is asked to suggest.

Comes in: a space, and anything with Optuna's `suggest_categorical`, `suggest_int` and
`suggest_float`: a trial, a frozen or a fixed one. Goes out: a program. Nothing is imported.

Optuna wants one distribution for one name throughout a study, while which options are legal depends
on what was decided before. So a parameter always spans the whole domain of its choice, and is named
by both, `Net.conv.filters [16 | 32]`: two choices that come to bear one name in different programs
are two parameters. A suggestion that is not legal becomes the next legal option in the order of the
text, from the beginning again after the last; of a range of numbers, the nearest legal one. The
alternative, a parameter for each set of legal options, would scatter what a sampler learns.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

from ...grammar import ast
from ..expand.decisions import Alternatives, Integers, Reals
from .deciding import around, decided
from .drawn import DrawnProgram
from .edits import name_of
from .random import scaled
from .states import Place, decisions_of
from .trace import value_of

if TYPE_CHECKING:
    from .space import Space

TRACE = "archc.trace"
ASKED = "suggest_categorical", "suggest_int", "suggest_float"
LONGEST = 60


class Trial(Protocol):
    """What is asked of a trial."""

    def suggest_categorical(self, name: str, choices: Any) -> Any: ...

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int: ...

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float: ...


def suggest(space: "Space", trial: Trial) -> DrawnProgram:
    """The program that a trial's suggestions make. Its trace is kept in the trial's attribute
    `archc.trace`, if it keeps any. Raises TypeError for what is no trial.
    """
    if not all(hasattr(trial, name) for name in ASKED):
        raise TypeError(f"a trial of Optuna is wanted, not {type(trial).__name__}")
    program = decided(space, lambda place: _wishes(place, trial))
    keep = getattr(trial, "set_user_attr", None)
    if keep is not None:
        keep(TRACE, [[item.name, item.value] for item in program.trace])
    return program


def _wishes(place: Place, trial: Trial) -> Iterable[Any]:
    match place.state.domain:
        case Reals() as domain:
            return _real(place, domain, trial)
        case Integers() as domain:
            return around(domain, _whole(place, domain, trial))
        case Alternatives() as domain if _is_stepped(place):
            return _stepped(place, domain, trial)
        case domain:
            return around(domain, _option(place, domain, trial))


def _real(place: Place, domain: Reals, trial: Trial) -> Iterator[float]:
    if domain.low == domain.high:
        yield domain.low
        return
    name = _named(place, f"{domain.low:g}..{domain.high:g}", log=domain.log)
    found = trial.suggest_float(name, domain.low, domain.high, log=domain.log)
    yield scaled((found - domain.low) / (domain.high - domain.low), domain.low, domain.high)


def _whole(place: Place, domain: Integers, trial: Trial) -> int:
    """A range by steps that is logarithmic too is asked for one by one, and brought to a step:
    Optuna has no such distribution.
    """
    low, high, step = domain.low, domain.low + (len(domain) - 1) * domain.step, domain.step
    tail = f" step {step}" if step > 1 else ""
    name = _named(place, f"{low}..{high}{tail}", log=domain.log)
    if domain.log:
        found = trial.suggest_int(name, low, high, log=True)
    else:
        found = trial.suggest_int(name, low, high, step=step)
    return low + step * round((found - low) / step)


def _is_stepped(place: Place) -> bool:
    """Whether the options are the steps of a range of real numbers."""
    return isinstance(place.state.node, ast.Range)


def _stepped(place: Place, domain: Alternatives, trial: Trial) -> Iterator[Any]:
    """As `_whole`, of real numbers."""
    values = domain.options
    if len(values) == 1:
        yield 0
        return
    low, high, step = values[0], values[-1], float(f"{values[1] - values[0]:.12g}")
    logarithmic = domain.weights is not None
    name = _named(place, f"{low:g}..{high:g} step {step:g}", log=logarithmic)
    if logarithmic:
        found = trial.suggest_float(name, low, high, log=True)
    else:
        found = trial.suggest_float(name, low, high, step=step)
    yield from sorted(range(len(values)), key=lambda index: (abs(values[index] - found), index))


def _option(place: Place, domain: Alternatives, trial: Trial) -> Any:
    decisions = decisions_of(domain)
    labels = _labels([value_of(domain, decision) for decision in decisions])
    name = _named(place, " | ".join(map(str, labels)))
    return decisions[labels.index(trial.suggest_categorical(name, labels))]


def _labels(values: Iterable[Any]) -> list[Any]:
    """Options as Optuna takes them: numbers and truths as they are, others as one line; no two
    alike, 1 and true counting as alike.
    """
    found: list[Any] = []
    for value in values:
        label = value if isinstance(value, (bool, int, float)) else " ".join(str(value).split())
        count, first = 1, label
        while any(label == other for other in found):
            count += 1
            label = f"{first} ({count})"
        found.append(label)
    return found


def _named(place: Place, domain: str, *, log: bool = False) -> str:
    text = f"{domain} log" if log else domain
    if len(text) > LONGEST:
        digest = blake2b(text.encode(), digest_size=4).hexdigest()
        text = f"{text[: LONGEST - 12]} … {digest}"
    return f"{name_of(place)} [{text}]"
