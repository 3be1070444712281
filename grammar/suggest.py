"""Which known names a misspelt one may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The nearest names, best first: equal but for case, one containing the other, or few letters
    apart.
    """
    candidates = sorted(set(known))
    folded = name.replace("_", "").lower()
    same = [item for item in candidates if item.replace("_", "").lower() == folded]
    near = get_close_matches(name, candidates, n=most, cutoff=0.7)
    parts = [
        item
        for item in candidates
        if len(name) >= 4 and (item.startswith(name) or name.startswith(item) and len(item) >= 4)
    ]
    return tuple(dict.fromkeys([*same, *near, *parts]))[:most]
