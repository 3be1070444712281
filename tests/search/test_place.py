"""Where a store lies, as people write and see it."""

from pathlib import Path

import pytest
from archc.search.place import place_of, shown


@pytest.mark.parametrize(
    ("text", "place", "seen"),
    [
        ("study.db", Path("study.db"), "study.db"),
        ("a:b@c.db", Path("a:b@c.db"), "a:b@c.db"),
        ("postgresql://host/base", "postgresql://host/base", "postgresql://host/base"),
        ("postgresql://me@host/base", "postgresql://me@host/base", "postgresql://me@host/base"),
        (
            "postgresql://me:se:cret@host:5/base",
            "postgresql://me:se:cret@host:5/base",
            "postgresql://me:***@host:5/base",
        ),
        ("postgresql://:word@/base", "postgresql://:word@/base", "postgresql://:***@/base"),
    ],
)
def test_a_place_is_a_path_or_a_url(text: str, place: Path | str, seen: str) -> None:
    assert place_of(text) == place
    assert shown(place_of(text)) == seen
