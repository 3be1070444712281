"""The page: its three parts and the contents, put into one file.

Comes in: plain data. Goes out: HTML that loads nothing, from wherever it is opened.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PARTS = Path(__file__).parent


def page(contents: Mapping[str, Any]) -> str:
    """The whole page as a text."""
    marks = {
        "{{style}}": _part("page.css"),
        "{{script}}": _part("page.js"),
        "{{contents}}": _embedded(contents),
    }
    text = _part("page.html")
    for mark, value in marks.items():
        before, _, after = text.partition(mark)
        text = before + value + after
    return text


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _embedded(value: object) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
