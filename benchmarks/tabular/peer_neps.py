"""NePS's side of a comparison on a table. Runs in NePS's own environment.

Comes in, a line of JSON at a time: `open` a search with the number of options of each choice (or a
range of whole numbers), `ask` it, `tell` it a loss, null for a training that diverged. Goes out:
what it proposes, with the seconds of the processor that this took; or an error.
"""

import json
import random
import sys
import time
import warnings
from typing import Any

import numpy as np
import torch
from neps import AskAndTell, Categorical, Integer, IntegerFidelity, PipelineSpace
from neps.optimizers.algorithms import PredefinedOptimizers

EARLY = {"asha", "async_hb", "hyperband", "ifbo", "priorband", "successive_halving"}
"""What measures out epochs."""
EPOCHS = "epochs"

searches: dict[int, AskAndTell] = {}


def opened(search: int, algorithm: str, seed: int, choices: list[Any], most: int) -> dict[str, Any]:
    """Each algorithm with NePS's own defaults."""
    if algorithm not in PredefinedOptimizers:
        raise ValueError(f"there is no {algorithm}; NePS has {', '.join(PredefinedOptimizers)}")
    for sown in (random.seed, np.random.seed, torch.manual_seed):
        sown(seed)
    names: dict[str, Any] = {f"c{place}": _choice(item) for place, item in enumerate(choices)}
    if algorithm in EARLY:
        names[EPOCHS] = IntegerFidelity(1, most)
    space = type("Space", (PipelineSpace,), names)()
    searches[search] = AskAndTell(PredefinedOptimizers[algorithm](space))
    return {}


def _choice(item: Any) -> Any:
    return Integer(*item) if isinstance(item, list) else Categorical(choices=tuple(range(item)))


def asked(search: int) -> dict[str, Any]:
    trial = searches[search].ask()
    return {
        "trial": trial.metadata.id,
        "config": {name: int(value) for name, value in trial.config.items()},
        "previous": trial.metadata.previous_trial_id,
    }


def told(search: int, trial: str, loss: float | None) -> dict[str, Any]:
    searches[search].tell(trial, ValueError("diverged") if loss is None else loss)
    return {}


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # what a peer prints is no answer
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    work = {"open": opened, "ask": asked, "tell": told}
    for line in sys.stdin:
        request = json.loads(line)
        begun = time.process_time()
        try:
            answer = work[request.pop("do")](**request)
        except Exception as error:  # whatever a peer comes to is for the other side to say
            answer = {"error": f"{type(error).__name__}: {error}"}
        answer["seconds"] = time.process_time() - begun
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
