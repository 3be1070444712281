"""The training loop.

Comes in: a job, where it stands, someone who keeps what it writes. Goes out: trained weights in the
job's module, a record per epoch. A step is: batch, forward, loss, backward, update. Everything else
happens a few times per second at most: no step reads a number from the device.
"""

import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, Protocol

import torch
from torch.nn.utils import clip_grad_norm_

from ..signals import Stop
from .errors import RuntimeFault
from .evaluate import Numbers, as_outputs, evaluate, numbers
from .feed import Batch
from .job import Job, augmented
from .progress import Progress
from .snapshot import Standing

TICK = 0.5
"""Seconds between two looks at the clock's duties."""
PART_SECONDS = 30.0
"""How much of a part of a training a kill may cost, if its epochs are shorter."""
AGREE = 16
"""Steps between two agreements of several processes."""


class Diverged(RuntimeFault):
    """The loss is no number any more."""


class Stopped(KeyboardInterrupt):
    """Someone asked the training to stop; everything is saved."""


class Keeper(Protocol):
    """Who writes to disk, in the leading process."""

    def checkpoint(self, job: Job, standing: Standing) -> None: ...

    def best(self, job: Job, standing: Standing) -> None: ...

    def record(self, record: dict[str, Any]) -> None: ...


class Loop:
    """Runs a job from where it stands to its last epoch, or to the epoch `until`, as if the rest
    came later: its schedule is that of the whole.
    """

    def __init__(
        self,
        job: Job,
        standing: Standing,
        keeper: Keeper,
        progress: Progress,
        stop: Stop,
        until: int | None = None,
    ) -> None:
        self.job = job
        self.epochs = job.plan.epochs if until is None else min(until, job.plan.epochs)
        self.each = until is None
        self.standing = standing
        self.keeper = keeper
        self.progress = progress
        self.stop = stop
        self.saved = time.monotonic()
        self.began = self.saved
        self.weights = [
            weight for group in job.optimizer.param_groups for weight in group["params"]
        ]

    def run(self) -> None:
        """Raises Diverged, Stopped, and WriteError where the disk is full."""
        job, standing = self.job, self.standing
        total = self.epochs * job.per_epoch
        self.progress.begin(total, standing.epoch * job.per_epoch + standing.step)
        job.module.train()
        while standing.epoch < self.epochs:
            self._epoch()
            self._finish_epoch()

    # --- An epoch

    def _epoch(self) -> None:
        job, standing = self.job, self.standing
        accumulate = job.plan.accumulate
        if standing.step == 0:
            standing.loss, standing.count, standing.epoch_seconds = None, 0, 0.0
            for tally in job.tallies:
                tally.reset()
        pieces = job.order(standing.epoch)[standing.step * accumulate :]
        batches = job.feeds["train"].batches(pieces)
        self.began = time.monotonic()
        tick = self.began + TICK
        alone = job.world.size == 1
        while standing.step < job.per_epoch:
            self._step(batches)
            standing.step += 1
            due = time.monotonic() > tick or self.stop.wanted
            if due if alone else standing.step % AGREE == 0:
                self._look_around()
                tick = time.monotonic() + TICK
        self._clock()

    def _step(self, batches: Iterator[Batch]) -> None:
        job, standing = self.job, self.standing
        accumulate = job.plan.accumulate
        rate = job.schedule.factor(standing.epoch * job.per_epoch + standing.step)
        for group in job.optimizer.param_groups:
            group["lr"] = rate * job.plan.optimizer.values["lr"]
        for turn in range(accumulate):
            inputs, targets = next(batches)
            fresh = augmented(job, inputs, targets) if job.augment else (inputs, targets)
            with self._apart(turn):
                with job.cast:
                    outputs = as_outputs(job.model(*fresh[0].values()))
                    loss = job.objective(outputs, *fresh)
                (loss if accumulate == 1 else loss / accumulate).backward()  # type: ignore[no-untyped-call]
            loss = loss.detach()
            standing.loss = loss if standing.loss is None else standing.loss + loss
            standing.count += 1
            for tally in job.tallies:
                tally.add(outputs, fresh[0], targets)
        if job.plan.clip:
            clip_grad_norm_(self.weights, job.plan.clip)
        job.optimizer.step()
        job.optimizer.zero_grad(set_to_none=True)

    def _apart(self, turn: int) -> Any:
        """Gradients travel between processes with the last batch of a step alone."""
        job = self.job
        if job.world.size == 1 or turn == job.plan.accumulate - 1:
            return nullcontext()
        return job.model.no_sync()  # type: ignore[attr-defined]

    # --- A few times per second

    def _look_around(self) -> None:
        job, standing = self.job, self.standing
        self._clock()
        mean = self._mean_loss()
        if not math.isfinite(mean):
            raise self._diverged(mean)
        self.progress.advance(standing.epoch * job.per_epoch + standing.step, mean)
        late = time.monotonic() - self.saved > 60 * job.plan.checkpoint
        late, stop = job.world.any(late, self.stop.wanted)
        # At the end of an epoch its checkpoint is due anyway, once validation has been measured.
        if standing.step < job.per_epoch and (late or stop):
            self._save()
            if stop:
                raise Stopped

    def _clock(self) -> None:
        now = time.monotonic()
        self.standing.seconds += now - self.began
        self.standing.epoch_seconds += now - self.began
        self.began = now

    def _mean_loss(self) -> float:
        """Over the epoch so far; in all processes the same."""
        assert self.standing.loss is not None
        world = self.job.world
        return float(world.sum(self.standing.loss.clone())) / world.size / self.standing.count

    def _diverged(self, loss: float) -> Diverged:
        standing = self.standing
        return Diverged(
            f"the loss became {loss} in epoch {standing.epoch + 1}, up to step {standing.step}",
            "the last good checkpoint is kept; train anew with a lower rate "
            "(--set train.optimizer.lr=…) or clipped gradients (--set train.clip=1.0)",
        )

    def _save(self) -> None:
        if not self._finite():
            raise self._diverged(math.nan)
        self.keeper.checkpoint(self.job, self.standing)
        self.saved = time.monotonic()

    def _finite(self) -> bool:
        """Whether every weight is a number: the update after a finite loss may have ruined them."""
        weights = [weight.detach() for weight in self.weights]
        norms = torch._foreach_norm(weights, math.inf)
        return bool(torch.isfinite(torch.stack([norm.float() for norm in norms])).all())

    # --- After an epoch

    def _finish_epoch(self) -> None:
        job, standing = self.job, self.standing
        mean = self._mean_loss()
        if not math.isfinite(mean):
            raise self._diverged(mean)
        for tally in job.tallies:
            if tally.total is not None:
                job.world.sum(tally.total)
        train = numbers(mean, job.tallies)
        job.world.synchronise(job.module)
        feed = job.feeds["validation"]
        validation = evaluate(job.module, feed, job.objective, job.measures, job.batch, job.cast)
        self._clock()
        watched = validation.get("loss", mean)
        job.schedule.observe(math.nan if watched is None else watched)
        self._record(train, validation)
        standing.epoch += 1
        standing.step = 0
        self._remember_best(watched)
        standing.loss, standing.count = None, 0
        for tally in job.tallies:
            tally.reset()
        late = time.monotonic() - self.saved > min(60 * job.plan.checkpoint, PART_SECONDS)
        late, stop = job.world.any(late, self.stop.wanted)
        stop = stop and standing.epoch < self.epochs
        if self.each or late or stop or standing.epoch == self.epochs:
            self._save()
        if stop:
            raise Stopped

    def _record(self, train: Numbers, validation: Numbers) -> None:
        job, standing = self.job, self.standing
        record = {
            "epoch": standing.epoch + 1,
            "train": train,
            "validation": validation,
            "lr": job.optimizer.param_groups[0]["lr"],
            "seconds": round(standing.epoch_seconds, 3),
        }
        self.keeper.record(record)
        self.progress.advance((standing.epoch + 1) * job.per_epoch, train["loss"] or 0.0)
        self.progress.epoch(record, self.epochs)

    def _remember_best(self, loss: float | None) -> None:
        standing = self.standing
        if self.job.plan.keep != "best" or loss is None:
            return
        if not standing.best or loss < standing.best["loss"]:
            standing.best = {"epoch": standing.epoch, "loss": loss}
            self.keeper.best(self.job, standing)
