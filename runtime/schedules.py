"""Learning-rate schedules: a factor per step, between 0 and 1, for the optimiser's own rate.

Comes in: a choice, the number of steps in all and per epoch. Goes out: a `Schedule`. All start with
`warmup`: below 1 a fraction of all steps, from 1 on a number of epochs, over which the factor rises
linearly (`onecycle` rises as a cosine). May be assumed: only `plateau` has a state.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from .chosen import Chosen

Shape = Callable[[Mapping[str, Any], float], float]


def _constant(values: Mapping[str, Any], progress: float) -> float:
    return 1.0


def _cosine(values: Mapping[str, Any], progress: float) -> float:
    """Loshchilov and Hutter 2017, equation 5, without restarts, down to `final`."""
    final: float = values["final"]
    return final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2


def _linear(values: Mapping[str, Any], progress: float) -> float:
    return 1 + (float(values["final"]) - 1) * progress


SHAPES: Mapping[str, Shape] = {
    "constant": _constant,
    "step": _constant,
    "cosine": _cosine,
    "onecycle": _cosine,
    "plateau": _constant,
    "linear": _linear,
}


class Schedule:
    """`factor(step)` for steps from 0; `observe` tells the validation loss after an epoch."""

    def __init__(self, chosen: Chosen, steps: int, per_epoch: int) -> None:
        self.name = chosen.name
        self.values = chosen.values
        self.per_epoch = max(1, per_epoch)
        self.steps = max(1, steps)
        warmup: float = chosen.values["warmup"]
        wanted = warmup * self.steps if warmup < 1 else warmup * self.per_epoch
        self.warmup = min(round(wanted), self.steps)
        self.shape = SHAPES[chosen.name]
        self.scale = 1.0
        self.best = math.inf
        self.waited = 0

    def factor(self, step: int) -> float:
        if step < self.warmup:
            return self._rising(step)
        if self.name == "step":
            epochs = step // self.per_epoch // int(self.values["every"])
            return float(self.values["factor"]) ** epochs
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.shape(self.values, min(progress, 1.0)) * self.scale

    def _rising(self, step: int) -> float:
        """Linear up to 1; onecycle (Smith and Topin 2018, as in PyTorch) by half a cosine."""
        if self.name != "onecycle":
            return (step + 1) / self.warmup * self.scale
        start: float = self.values["start"]
        return start + (1 - start) * (1 - math.cos(math.pi * step / self.warmup)) / 2

    def observe(self, loss: float) -> None:
        """`plateau`: after `patience` epochs in a row without a relative gain of `threshold`, the
        rate is multiplied by `factor`.
        """
        if self.name != "plateau" or math.isnan(loss):
            return
        if loss < self.best * (1 - float(self.values["threshold"])):
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited > int(self.values["patience"]):
            self.scale *= float(self.values["factor"])
            self.waited = 0

    def state(self) -> dict[str, Any]:
        best = None if math.isinf(self.best) else self.best
        return {"scale": self.scale, "best": best, "waited": self.waited}

    def load(self, state: Mapping[str, Any]) -> None:
        self.scale = float(state["scale"])
        self.best = math.inf if state["best"] is None else float(state["best"])
        self.waited = int(state["waited"])
