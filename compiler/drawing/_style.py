"""Colours of drawings: one hue for each family of layers, in a light and a dark form."""

import re
from collections.abc import Iterable
from colorsys import hls_to_rgb

FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

_HUES = {
    "convolution": 215,
    "linear": 262,
    "normalisation": 180,
    "activation": 38,
    "pooling": 150,
    "regularisation": 55,
    "joining": 350,
    "parting": 330,
    "form": 240,
    "reduction": 130,
    "attention": 285,
    "recurrent": 305,
    "sources": 80,
    "element-wise": 25,
}

_BASE = """
.ground{fill:#fff} .title{font-size:15px;font-weight:600;text-anchor:middle;fill:#1d2430}
.box rect{stroke-width:1.2;fill:#f1f3f6;stroke:#8b95a5} .box .behind{fill:#dfe3e9}
text.name{font-size:12px;font-weight:600;text-anchor:middle;fill:#1d2430}
text.small{font-size:10.5px;text-anchor:middle;fill:#55606f}
.frame{fill:#6b7a90;fill-opacity:.06;stroke:#9aa5b5;stroke-dasharray:4 3}
.caption{font-size:11.5px;font-weight:600;fill:#55606f}
.flow{fill:none;stroke:#7d8898;stroke-width:1.3} .head{fill:#7d8898}
"""
_DARK = """
.ground{fill:#14181f} .title,text.name{fill:#e8ecf2}
.box rect{fill:#262c36;stroke:#6d7888} .box .behind{fill:#1b2028}
text.small,.caption{fill:#a5b0bf} .frame{stroke:#56606f}
.flow{stroke:#8b96a6} .head{fill:#8b96a6}
"""


def style_of(families: Iterable[str]) -> str:
    """The style sheet for an SVG that shows these families."""
    return _BASE + _coloured(families, _DARK, " rect{{fill:{};stroke:{}}}")


def html_rules(families: Iterable[str], dark: str) -> str:
    """The colours of families on a page, and its `dark` rules."""
    return _coloured(families, dark, "{{background:{};border-color:{}}}")


def class_of(family: str) -> str:
    """The family as the name of a CSS class; layers from outside may call theirs as they like."""
    return f"f-{re.sub(r'[^a-z0-9-]', '-', family.lower())}"


def _coloured(families: Iterable[str], dark: str, rule: str) -> str:
    """A rule for each family in its light form, and the dark forms for those who want them."""
    known = sorted(family for family in families if family in _HUES)
    day, night = [], [dark]
    for family in known:
        hue, name = _HUES[family], class_of(family)
        day.append(f".{name}" + rule.format(_hex(hue, 0.75, 0.95), _hex(hue, 0.45, 0.52)))
        night.append(f".{name}" + rule.format(_hex(hue, 0.30, 0.20), _hex(hue, 0.40, 0.52)))
    return f"{''.join(day)}@media (prefers-color-scheme:dark){{{''.join(night)}}}"


def _hex(hue: int, saturation: float, lightness: float) -> str:
    parts = hls_to_rgb(hue / 360, lightness, saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
