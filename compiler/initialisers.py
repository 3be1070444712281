"""Initialisers: what fills a weight before training.

Comes in: an `Initialiser`, a name and settings from a program. Goes out: the same with every
setting in its place, or a `ValueError` for people; and the statement in PyTorch that carries it
out, one text for every back end.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..grammar.record import record
from .hyperparameter import Initialiser, spell

Settings = Mapping[str, Any]
WEIGHT = "{weight}"


@record
class Rule:
    """One initialiser: its settings in positional order with their defaults, and what it is in
    `torch.nn.init`.

    `summary` says what it does. `words` maps a setting to the words it may hold; other settings are
    numbers. `call` gives the function's name and keywords for checked settings. `least_rank` is the
    number of axes that a weight must have.
    """

    summary: str
    defaults: Settings
    call: Callable[[Settings], tuple[str, Settings]]
    words: Mapping[str, tuple[str, ...]]
    least_rank: int = 0
    most_rank: int | None = None


def _rule(
    summary: str,
    call: Callable[[Settings], tuple[str, Settings]],
    *,
    least_rank: int = 0,
    most_rank: int | None = None,
    words: Mapping[str, tuple[str, ...]] | None = None,
    **defaults: Any,
) -> Rule:
    return Rule(summary, defaults, call, words or {}, least_rank, most_rank)


def _truncated(settings: Settings) -> tuple[str, Settings]:
    std = settings["std"]
    return "trunc_normal_", {"std": std, "a": -2 * std, "b": 2 * std}


def _he(settings: Settings) -> tuple[str, Settings]:
    name = f"kaiming_{settings['distribution']}_"
    return name, {"mode": settings["mode"], "nonlinearity": "relu"}


def _xavier(settings: Settings) -> tuple[str, Settings]:
    gain = {} if settings["gain"] == 1.0 else {"gain": settings["gain"]}
    return f"xavier_{settings['distribution']}_", gain


_DISTRIBUTIONS = ("normal", "uniform")

RULES: Mapping[str, Rule] = {
    "zeros": _rule("Zero everywhere.", lambda _: ("zeros_", {})),
    "ones": _rule("One everywhere.", lambda _: ("ones_", {})),
    "constant": _rule(
        "One number everywhere; or, given a list, its numbers, repeated as in broadcasting.",
        lambda s: ("constant_", {"val": s["value"]}),
        value=0.0,
    ),
    "normal": _rule(
        "Normal around 0 with the standard deviation `std`.",
        lambda s: ("normal_", {"std": s["std"]}),
        std=0.02,
    ),
    "truncated_normal": _rule(
        "Normal around 0, what lies beyond two deviations drawn again.", _truncated, std=0.02
    ),
    "uniform": _rule("Any number from `a` to `b`.", lambda s: ("uniform_", dict(s)), a=-0.1, b=0.1),
    "he": _rule(
        "Variance 2 / fan (He et al. 2015), for what a relu follows.",
        _he,
        least_rank=2,
        words={"mode": ("fan_in", "fan_out"), "distribution": _DISTRIBUTIONS},
        mode="fan_in",
        distribution="normal",
    ),
    "xavier": _rule(
        "Variance gain^2 * 2 / (fan in + fan out) (Glorot and Bengio 2010).",
        _xavier,
        least_rank=2,
        words={"distribution": _DISTRIBUTIONS},
        gain=1.0,
        distribution="uniform",
    ),
    "orthogonal": _rule(
        "Rows or columns of length `gain`, all at right angles (Saxe et al. 2014).",
        lambda s: ("orthogonal_", {} if s["gain"] == 1.0 else dict(s)),
        least_rank=2,
        gain=1.0,
    ),
    "identity": _rule(
        "The map that changes nothing: ones on the diagonal, or in the middle of a filter.",
        lambda _: ("eye_", {}),
        least_rank=2,
        most_rank=5,
    ),
}


def check(initialiser: Initialiser) -> Initialiser:
    """The initialiser with its defaults filled in. ValueError says what is wrong and what is
    possible.
    """
    rule = RULES.get(initialiser.name)
    if rule is None:
        raise ValueError(
            f"there is no initialiser {initialiser.name}; there are {', '.join(RULES)}"
        )
    for name in initialiser.settings:
        if name not in rule.defaults:
            raise ValueError(_unknown(initialiser.name, name, rule))
    settings = {
        name: _checked(initialiser.name, name, initialiser.settings.get(name, default), rule)
        for name, default in rule.defaults.items()
    }
    _check_ranges(initialiser.name, settings)
    return Initialiser(initialiser.name, settings)


def settings_of(name: str) -> tuple[str, ...]:
    """The settings of an initialiser in positional order; none for an unknown one."""
    return tuple(RULES[name].defaults) if name in RULES else ()


def check_shape(initialiser: Initialiser, shape: Sequence[int]) -> None:
    """ValueError where a weight of that shape cannot be filled in this way."""
    rule, name, rank = RULES[initialiser.name], initialiser.name, len(shape)
    if rank < rule.least_rank:
        raise ValueError(f"{name} needs a weight with at least {rule.least_rank} axes, not {rank}")
    if rule.most_rank is not None and rank > rule.most_rank:
        raise ValueError(f"{name} needs a weight with at most {rule.most_rank} axes, not {rank}")
    given = listed_shape(initialiser.settings.get("value"))
    fits = zip(reversed(given), reversed(shape), strict=False)
    if len(given) > rank or any(mine not in (1, size) for mine, size in fits):
        raise ValueError(f"numbers of shape {spell(given)} do not fill a weight of {list(shape)}")


def listed_shape(value: Any) -> tuple[int, ...]:
    """The shape of nested lists of numbers, () for a number. ValueError where they are uneven."""
    if not isinstance(value, tuple):
        return ()
    shapes = {listed_shape(item) for item in value}
    if len(shapes) != 1:
        raise ValueError("the lists of constant are empty or differ in length")
    return (len(value), *shapes.pop())


def torch_call(initialiser: Initialiser, rank: int) -> tuple[str, Settings]:
    """The function of `torch.nn.init` and its keywords for a weight with so many axes."""
    name, settings = RULES[initialiser.name].call(check(initialiser).settings)
    return ("dirac_" if name == "eye_" and rank > 2 else name), settings


def torch_statement(initialiser: Initialiser) -> str:
    """The statement, with `{weight}` where the weight's expression stands:
    `nn.init.zeros_({weight})`.
    """
    name, settings = torch_call(initialiser, 2)
    if isinstance(settings.get("val"), tuple):
        return (
            f"{WEIGHT}.data.copy_(torch.tensor({_python(settings['val'])}, dtype={WEIGHT}.dtype))"
        )
    arguments = ", ".join([WEIGHT, *(f"{key}={_python(value)}" for key, value in settings.items())])
    if name == "eye_":
        return f"nn.init.eye_({WEIGHT}) if {WEIGHT}.dim() == 2 else nn.init.dirac_({WEIGHT})"
    return f"nn.init.{name}({arguments})"


def _unknown(initialiser: str, name: str, rule: Rule) -> str:
    if not rule.defaults:
        return f"{initialiser} has no settings, so no {name}"
    return f"{initialiser} has no {name}; its settings are {', '.join(rule.defaults)}"


def _checked(initialiser: str, name: str, value: Any, rule: Rule) -> Any:
    words = rule.words.get(name)
    if words is None:
        if name == "value" and isinstance(value, tuple):
            listed_shape(value)
            return tuple(_checked(initialiser, name, item, rule) for item in value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name} of {initialiser} is a number, not {spell(value)}")
        return float(value)
    if str(value) not in words:  # a bare word or a text
        options = " or ".join(f'"{word}"' for word in words)
        raise ValueError(f"{name} of {initialiser} is {options}, not {spell(value)}")
    return str(value)


def _check_ranges(initialiser: str, settings: Settings) -> None:
    if initialiser == "uniform" and settings["a"] > settings["b"]:
        raise ValueError(f"uniform needs a <= b, but {settings['a']:g} is above {settings['b']:g}")
    if "std" in settings and settings["std"] < 0:
        raise ValueError(f"std of {initialiser} is at least 0, not {settings['std']:g}")
    if initialiser == "truncated_normal" and settings["std"] == 0:
        raise ValueError("std of truncated_normal is above 0; use zeros instead")


def _python(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
