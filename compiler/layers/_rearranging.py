"""What `rearrange`, `reduce` and `broadcast` share: a pattern put to the checker."""

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..types import TensorType, product
from ._pattern import Pattern, PatternError, Plan, flat, parse

Sizes = tuple[tuple[str, Dim], ...]


def plan_of(x: TensorType, pattern: str, sizes: Sizes) -> Plan:
    """The plan for an input that `check_pattern` passed."""
    matched = parse(pattern).for_rank(x.rank)
    assert matched is not None
    return matched.plan(x.shape, dict(sizes))


def check_pattern(
    check: Checks, x: TensorType, pattern: str, sizes: Sizes, *, drops: bool, adds: bool
) -> TensorType:
    """The type of the result. `drops` allows axes on the left alone, `adds` on the right alone."""
    parsed = _parsed(check, pattern)
    matched = parsed.for_rank(x.rank)
    if matched is None:
        check.fail(errors.patterns.PatternRank(check.site, pattern, len(parsed.left), x.rank))
    for name, size in sizes:
        if name not in parsed.names():
            diagnostic = errors.patterns.UnknownPatternAxis(
                check.site, name, pattern, parsed.names()
            )
            check.fail(diagnostic)
        check.at_least(size, 1, f"the size of {name}")
    _check_sides(check, parsed, pattern, drops, adds)
    _check_sizes(check, matched, x, pattern, dict(sizes))
    return x.with_shape(*matched.plan(x.shape, dict(sizes)).merged)


def _parsed(check: Checks, pattern: str) -> Pattern:
    try:
        return parse(pattern)
    except PatternError as error:
        check.fail(errors.patterns.BadPattern(check.site, pattern, error.position, error.reason))


def _check_sides(check: Checks, parsed: Pattern, pattern: str, drops: bool, adds: bool) -> None:
    left, right = flat(parsed.left), flat(parsed.right)
    for name in left:
        if not drops and name not in right:
            check.fail(errors.patterns.AxisOnOneSide(check.site, name, pattern, "left"))
    for name in right:
        if name not in left and (not adds or name == "..."):
            check.fail(errors.patterns.AxisOnOneSide(check.site, name, pattern, "right"))


def _check_sizes(
    check: Checks, matched: Pattern, x: TensorType, pattern: str, sizes: dict[str, Dim]
) -> None:
    for size, factors in zip(x.shape, matched.left, strict=True):
        missing = tuple(name for name in factors if name not in sizes)
        if len(missing) > 1:
            check.fail(errors.patterns.SizeMissing(check.site, missing, pattern))
        known = product(sizes[name] for name in factors if name in sizes)
        text = f"({' '.join(factors)})" if len(factors) != 1 else factors[0]
        if not missing:
            check.equal(size, known, f"the size of an axis and of {text} in the pattern")
        elif known != 1:
            given = " * ".join(name for name in factors if name in sizes)
            check.divides(known, size, given, f"of the axis {text}")
    left = flat(matched.left)
    new = tuple(name for name in flat(matched.right) if name not in left and name not in sizes)
    if new:
        check.fail(errors.patterns.SizeMissing(check.site, new, pattern))
