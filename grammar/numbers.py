"""What a number in the source means.

Comes in: the spelling of a number that the scanner has matched, such as `3`, `1e-3`, `1.5M`. Goes
out: its value. A number is an integer if it is whole and is written without `.` or a negative
exponent, or with a suffix (`1.5M`).
"""

import re

SUFFIXES = {"k": 3, "M": 6, "G": 9}
MAX_DIGITS = (
    300  # a number of the language fits a 64-bit float, so that arithmetic on it never overflows
)

_PARTS = re.compile(r"([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?([kMG]?)")


def read_number(text: str) -> int | float | None:
    """The value; None if it has more than 300 digits or is too small to be told from zero."""
    match = _PARTS.fullmatch(text)
    assert match is not None, text
    whole, fraction, exponent, suffix = (
        match.group(1),
        match.group(2) or "",
        match.group(3),
        match.group(4),
    )
    digits = (whole + fraction).lstrip("0")
    if len(text) > MAX_DIGITS or len(exponent or "") > 5:
        return None
    if not digits:
        return 0 if suffix or not (fraction or (exponent or "").startswith("-")) else 0.0
    shift = int(exponent or 0) - len(fraction) + SUFFIXES.get(suffix, 0)
    if abs(len(digits) + shift) > MAX_DIGITS:
        return None
    integer = bool(suffix) or not (fraction or (exponent or "").startswith("-"))
    if integer and shift >= 0:
        return int(digits) * int(10**shift)
    if integer and int(digits) % 10**-shift == 0:
        return int(digits) // int(10**-shift)
    return float(f"{digits}e{shift}")
