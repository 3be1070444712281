"""Which methods are compared, and how each is written.

Comes in: a text such as `regularized_evolution(population=20)`. Goes out: a method. The default is
every method of the registry: as it is, or fitted to the table where it says how much of a training
each program gets, and again with other settings where its own are meant for thousands of trials.
"""

from collections.abc import Sequence
from math import log

from ...compiler.check import check
from ...grammar.parse import parse
from ..declared import declared_search
from ..errors import SearchError
from ..method import Method
from ..registry import made_of, make_method, method_class, method_names, settable
from .evaluator import EPOCHS
from .peers import PEERS, command_of
from .table import Table

BASELINE = "random"
MOST = "most"
"""What methods call the training of a program in full."""
SCALED = ("regularized_evolution(population=20, tournament=5)",)
"""The paper's population of 100 would be most of a budget of 100 trainings."""


def method_of(table: Table, text: str) -> Method:
    """The method that a text writes, as in a file's `search` block, for trainings as long as the
    table's; or that of a peer. Raises SearchError.
    """
    checked = check(parse(table.head["space"]))
    found = declared_search(checked, table.head["network"], {"method": text})
    if found.method is None:
        raise SearchError(f"{text} is no method", "write it as in a search block")
    name, settings = found.method, found.method_settings
    if name in PEERS:
        command_of(name)
        made = made_of(PEERS[name], name, settings)
    else:
        made = make_method(name, settings)
    return made.within({EPOCHS: table.epochs})


def default_methods(table: Table) -> tuple[str, ...]:
    """The baseline first."""
    others = [_fitted(name, table.epochs) for name in method_names() if name != BASELINE]
    return (BASELINE, *others, *SCALED)


def _fitted(name: str, epochs: int) -> str:
    """A method that measures out epochs begins with 1, and its last rung is a whole training."""
    kind = method_class(name)
    known = {item.name for item in settable(kind)}
    if not kind.fidelities or MOST not in known:
        return name
    wanted = {"count": epochs, "eta": _base(epochs), MOST: epochs}
    return f"{name}({', '.join(f'{key}={n}' for key, n in wanted.items() if key in known)})"


def _base(number: int) -> int:
    """The smallest whole number of which this one is a power: 3 for 27."""
    bases = (base for base in range(2, number) if base ** round(log(number, base)) == number)
    return next(bases, max(2, number))


def listed(texts: Sequence[str]) -> tuple[str, ...]:
    """The methods in lists such as `random,asha(eta=4)`; a comma in parentheses parts nothing."""
    found: list[str] = []
    for text in texts:
        depth, begin = 0, 0
        for place, letter in enumerate(f"{text},"):
            depth += (letter in "([") - (letter in ")]")
            if letter == "," and depth == 0:
                found.append(text[begin:place].strip())
                begin = place + 1
    return tuple(dict.fromkeys(name for name in found if name))
