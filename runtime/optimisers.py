"""The optimisers, as declared in `declared.py`; Lamb and Lion are written here.

Comes in: a choice and a module. Goes out: a `torch.optim.Optimizer` over the weights that are
trained, in two groups where `no_decay` exempts some from weight decay. PyTorch's fused kernels are
used where they exist: they give the same update in one pass over memory.
"""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor, nn, optim

from ..compiler import errors
from ..grammar.diagnostic import ProgramError, Report
from .chosen import Chosen

Groups = list[dict[str, Any]]


class Lamb(optim.Optimizer):
    """You et al. 2020, "Large batch optimization for deep learning", algorithm 2, phi the identity.

    m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, r = m^ / (sqrt(v^) + eps) with both averages
    corrected for their start, u = r + decay x, x = x - lr (|x| / |u|) u, the ratio 1 where a norm
    is 0.
    """

    def __init__(
        self, params: Any, lr: float, betas: tuple[float, float], eps: float, weight_decay: float
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._update(weight, weight.grad, group)

    def _update(self, weight: Tensor, gradient: Tensor, group: Mapping[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["step"] = 0
            state["first"] = torch.zeros_like(weight)
            state["second"] = torch.zeros_like(weight)
        state["step"] += 1
        one, two = group["betas"]
        first = state["first"].lerp_(gradient, 1 - one)
        second = state["second"].mul_(two).addcmul_(gradient, gradient, value=1 - two)
        deviation = (second / (1 - two ** state["step"])).sqrt_().add_(group["eps"])
        update = (first / (1 - one ** state["step"])).div_(deviation)
        update.add_(weight, alpha=group["weight_decay"])
        size, length = weight.norm(), update.norm()
        usable = (size > 0) & (length > 0)
        ratio = torch.where(usable, size / length, torch.ones_like(size))
        weight.sub_(update.mul_(ratio), alpha=group["lr"])


class Lion(optim.Optimizer):
    """Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.

    x = x - lr (sign(b1 m + (1 - b1) g) + decay x), then m = b2 m + (1 - b2) g.
    """

    def __init__(
        self, params: Any, lr: float, betas: tuple[float, float], weight_decay: float
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            one, two = group["betas"]
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"]
                update = momentum.lerp(weight.grad, 1 - one).sign_()
                update.add_(weight, alpha=group["weight_decay"])
                weight.sub_(update, alpha=group["lr"])
                momentum.lerp_(weight.grad, 1 - two)


def _fused(kind: Callable[..., optim.Optimizer]) -> Callable[..., optim.Optimizer]:
    def make(groups: Groups, **settings: Any) -> optim.Optimizer:
        devices = {weight.device.type for group in groups for weight in group["params"]}
        return kind(groups, fused=devices <= {"cpu", "cuda"}, **settings)

    return make


def _momentum(groups: Groups, **settings: Any) -> optim.Optimizer:
    return _fused(optim.SGD)(groups, **settings)


OPTIMISERS: Mapping[str, Callable[..., optim.Optimizer]] = {
    "sgd": _momentum,
    "momentum": _momentum,
    "adam": _fused(optim.Adam),
    "adamw": _fused(optim.AdamW),
    "rmsprop": optim.RMSprop,
    "adagrad": optim.Adagrad,
    "lamb": Lamb,
    "lion": Lion,
}


def make_optimizer(chosen: Chosen, module: nn.Module) -> optim.Optimizer:
    """The optimiser of the weights that need a gradient. Raises ProgramError for settings that
    fit no weight.
    """
    named = [(name, weight) for name, weight in module.named_parameters() if weight.requires_grad]
    if not named:
        reason = "there is nothing to train: the network has no weight that is not frozen"
        raise _refused(chosen, "", reason, "shorten `freeze`")
    settings = {name: value for name, value in chosen.values.items() if name != "no_decay"}
    if settings.get("nesterov") and not settings["momentum"]:
        raise _refused(chosen, "nesterov", "nesterov needs a momentum", "write momentum=0.9")
    patterns = chosen.values["no_decay"]
    names = [name for name, _ in named]
    for pattern in patterns:
        if not matches(names, (pattern,)):
            raise _refused(chosen, "no_decay", f"no weight is called {pattern!r}", _names(names))
    exempt = matches(names, patterns)
    groups: Groups = [{"params": [weight for name, weight in named if name not in exempt]}]
    if exempt:
        spared = [weight for name, weight in named if name in exempt]
        groups.append({"params": spared, "weight_decay": 0.0})
    filled = [group for group in groups if group["params"]]
    return OPTIMISERS[chosen.name](filled, **settings)


def freeze(module: nn.Module, patterns: Iterable[str]) -> None:
    """Takes the weights whose names match out of the training. Raises ProgramError where a pattern
    matches none.
    """
    named = dict(module.named_parameters())
    for pattern in patterns:
        found = matches(named, (pattern,))
        if not found:
            reason = f"freeze: no weight is called {pattern!r}"
            raise _refused(Chosen("freeze"), "", reason, _names(list(named)))
        for name in found:
            named[name].requires_grad_(False)


def matches(names: Iterable[str], patterns: Iterable[str]) -> set[str]:
    """The names that match one of the patterns, `*` standing for anything."""
    wanted = tuple(patterns)
    return {name for name in names if any(fnmatchcase(name, pattern) for pattern in wanted)}


def _names(names: list[str]) -> str:
    return f"there are: {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"


def _refused(chosen: Chosen, setting: str, reason: str, advice: str) -> ProgramError:
    span = chosen.places.get(setting, chosen.span)
    return ProgramError([Report(errors.settings.Refused(span, reason, advice))])
