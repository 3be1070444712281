"""Which methods are compared, and how each is written.

Comes in: a text such as `regularized_evolution(population=20)`. Goes out: a method. The default is
every method of the registry as it is, and the same with other settings where its own are meant for
thousands of trials.
"""

from collections.abc import Sequence

from ...compiler.check import check
from ...grammar.parse import parse
from ..declared import declared_search
from ..errors import SearchError
from ..method import Method
from ..registry import make_method, method_names
from .table import Table

BASELINE = "random"
SCALED = ("regularized_evolution(population=20, tournament=5)",)
"""The paper's population of 100 would be most of a budget of 100 trainings."""


def method_of(table: Table, text: str) -> Method:
    """The method that a text writes, as in a file's `search` block. Raises SearchError."""
    checked = check(parse(table.head["space"]))
    found = declared_search(checked, table.head["network"], {"method": text})
    if found.method is None:
        raise SearchError(f"{text} is no method", "write it as in a search block")
    return make_method(found.method, found.method_settings)


def default_methods() -> tuple[str, ...]:
    """The baseline first."""
    others = [name for name in method_names() if name != BASELINE]
    return (BASELINE, *others, *SCALED)


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
