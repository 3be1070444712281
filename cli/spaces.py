"""What the commands about spaces share: opening one, and how its size and choices are printed."""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..compiler.check import Checked
from ..compiler.program import Program
from ..compiler.settings import override_training, split_overrides
from ..compiler.spaces.limit import SpaceLimit
from ..compiler.spaces.space import Space
from ..compiler.spaces.survey import Choice, survey
from ..compiler.spaces.survey import Survey as Survey
from ..grammar.diagnostic import ProgramError
from ..grammar.parse import parse_file
from ..lazy import lazy_module
from .options import Settings

if TYPE_CHECKING:
    from ..runtime import plan as plans
else:
    plans = lazy_module("..runtime.plan", __package__)

LONGEST = 60  # of a cell that its column makes room for
MOST_ROWS = 100


def survey_all(checked: Checked) -> dict[str, Survey]:
    """A glance at each space of a file."""
    return {name: survey(process) for name, process in checked.spaces.items()}


def open_space(file: Path, network: str | None, settings: Settings) -> Space:
    """The space in a file; `--set train.batch=64` decides what is open there. Raises
    ProgramError.
    """
    parsed = parse_file(file)
    if any(report.is_error for report in parsed.reports):
        raise ProgramError(parsed.reports)
    values, training = split_overrides(settings)
    tree = override_training(parsed.program, network, training)
    space = Space(Program(tree, str(file), file.resolve().parent), network, values)
    plans.expect_settings(space.checked)
    return space


class DrawLimit(SpaceLimit):
    """One of several draws is out of reach; the message says what to do."""


def within_limits(command: Callable[..., Any]) -> Callable[..., Any]:
    """A question that is too large for its budget, or cannot be asked of this space, is an error
    for people.
    """

    @wraps(command)
    def told(*args: Any, **values: Any) -> Any:
        try:
            return command(*args, **values)
        except DrawLimit as limit:
            message = str(limit)
        except SpaceLimit as limit:
            message = f"{limit}; {_proved(limit)}"
        except ValueError as error:
            message = str(error)
        click.echo(f"error: {message}", err=True)
        return click.get_current_context().exit(1)

    return told


def _proved(limit: SpaceLimit) -> str:
    if limit.low == 0:
        return (
            "no valid program was found. Perhaps what the choices make hardly ever fits what comes "
            "after them: end with layers that take anything, such as `-> flatten -> dense(10)`, or "
            "narrow the choices"
        )
    high = "" if limit.high == float("inf") else f" and at most {spelled(limit.high)}"
    programs = "program" if limit.low == 1 else "programs"
    return f"what is proved: it holds at least {spelled(limit.low)} {programs}{high}"


# --- printing -------------------------------------------------------------------------------------


def spelled(size: float, form: str = ",d") -> str:
    """A finite size in digits. Python spells no number of more than 4,300 digits unless it is told
    to, as what it guards against, reading a long one, takes the square of its length.
    """
    most = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return format(int(size), form)
    finally:
        sys.set_int_max_str_digits(most)


def digits(size: float) -> str:
    """A size as JSON has it: digits, or `inf`."""
    return "inf" if size == float("inf") else spelled(size, "d")


def entry(found: Survey) -> dict[str, object]:
    """What `archc check --format json` says of a space."""
    whole = found.size if found.size != float("inf") else "inf"
    return {
        "size": whole if found.exact else None,
        "exact": found.exact,
        "at_least": whole,
        "choices": choices(found),
    }


def choices(found: Survey) -> list[dict[str, object]]:
    """The choices of a space for programs."""
    return [
        {
            "name": item.name,
            "options": list(item.options),
            "reached": item.reached,
            "share": item.share,
        }
        for item in found.choices
    ]


def size_text(found: Survey) -> str:
    """`1,234 programs`, or what is proved."""
    if found.size == float("inf"):
        return "infinitely many programs: it has a real range"
    if found.size == 0:  # one that is known to be empty is an error
        return "no valid program was found yet"
    count = f"{spelled(found.size)} program{'' if found.size == 1 else 's'}"
    if found.exact:
        return count
    most = "" if found.most == float("inf") else f", at most {spelled(found.most)}"
    return f"at least {count}{most}"


def table(network: str, found: Survey) -> str:
    """The size of a space, and its choices one in a line."""
    if found.closed and not found.choices:
        return f"{network}: {size_text(found)}, nothing is open"
    rows = [("choice", "options", "made in")]
    shown = found.choices[:MOST_ROWS]
    rows += [(item.name, _shown(item.options), made_in(item)) for item in shown]
    widths = [_width([row[column] for row in rows]) for column in range(2)]
    lines = [
        f"  {name.ljust(widths[0])}  {options.ljust(widths[1])}  {made}"
        for name, options, made in rows
    ]
    left = len(found.choices) - len(shown)
    more = [f"  … and {left:,} choices more; `--json` has them all"] if left else []
    if not found.closed:
        on = "" if found.exact else "; `archc count` goes on"
        more.append(f"  … as far as it was looked through{on}")
    return "\n".join([f"{network}: {size_text(found)}", *lines, *more])


def _width(cells: Sequence[str]) -> int:
    """Of a column. A cell that is longer, as names deep in a recursion are, stands out: it does not
    widen all others.
    """
    return max(len(cell) for cell in cells if len(cell) <= LONGEST)


def made_in(choice: Choice) -> str:
    """In how many of the programs a choice is made; where that is not known, at how many moments
    of the space.
    """
    if choice.share is None:
        return f"{choice.reached:,} state{'' if choice.reached == 1 else 's'}"
    if choice.share in (0, 1):
        return "all programs" if choice.share else "no program"
    percent = choice.share * 100
    shown = "under 0.1" if percent < 0.1 else "over 99.9" if percent > 99.9 else f"{percent:.3g}"
    return f"{shown} % of programs"


def _shown(options: tuple[Any, ...]) -> str:
    text = " | ".join(map(_option, options))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]} …"


def _option(option: Any) -> str:
    """An option as the text has it; one that is a choice itself, as of `(a | b)?`, in
    parentheses.
    """
    if isinstance(option, bool):
        return "true" if option else "false"
    text = _one_line(str(option))
    return f"({text})" if _is_choice(text) else text


def _is_choice(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "|" and depth == 0:
            return True
    return False


def _one_line(text: str) -> str:
    return " ".join(text.split())
