"""Where what searches and what trains meet: for `archc search` and `archc.run_search`.

Comes in: a space, what is searched for, an evaluation or none. Goes out: what a search is told; and
in the end the best program, trained to its end and tested once.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .compiler.spaces.space import Space
from .lazy import lazy_module
from .runtime.errors import CheckpointError
from .search.definition import Definition
from .search.early_stop import Rule, make_rule
from .search.errors import SearchError
from .search.executor import Evaluate, salvages, takes_trial
from .search.goal import Goal
from .search.ledger import Whole
from .search.statics import STATICS
from .search.study import Study
from .search.tabular.evaluator import TableEvaluator
from .search.trial import Trial

if TYPE_CHECKING:
    from .compiler.backends import onnx as onnx_backend
    from .compiler.backends import python as python_backend
    from .runtime import files, fitness, resolve, run_folder
    from .runtime import train as trainings
    from .runtime.progress import Progress
else:  # a search with a function of the user's may need none of them
    onnx_backend = lazy_module(".compiler.backends.onnx", __package__)
    python_backend = lazy_module(".compiler.backends.python", __package__)
    files = lazy_module(".runtime.files", __package__)
    fitness = lazy_module(".runtime.fitness", __package__)
    resolve = lazy_module(".runtime.resolve", __package__)
    run_folder = lazy_module(".runtime.run_folder", __package__)
    trainings = lazy_module(".runtime.train", __package__)

LATENCY = "latency"
SHARED = (f"{__package__}.runtime.fitness",)
"""What the workers of a training have in common."""
BEST = "best.arch"
MODEL, SOURCE = "model.onnx", "model.py"


class UnknownNumber(SearchError):
    """`name` is searched for, and nothing measures it."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        near = get_close_matches(name, known, n=1)
        guess = f"did you mean {near[0]!r}? " if near else ""
        super().__init__(f"nothing measures {name!r}", f"{guess}there are: {', '.join(known)}")
        self.name = name


def rule(given: str | Rule | None) -> Rule | None:
    """A rule by its name, with its defaults. Raises SearchError."""
    return make_rule(given, {}) if isinstance(given, str) else given


@dataclass(frozen=True, slots=True)
class Rules:
    """How a search goes, beside what it is for."""

    seed: int = 0
    lag: int | None = 8
    early_stop: Rule | None = None


@dataclass(frozen=True, slots=True)
class Wired:
    """An evaluation, and what the search must know of it. `fitness` is set where it is a training
    as the file says.
    """

    evaluate: Evaluate
    definition: Definition
    fitness: "fitness.Fitness | None" = None
    preload: tuple[str, ...] = SHARED


def training(
    space: Space,
    goal: Goal,
    rules: Rules,
    settings: Mapping[str, str] | None = None,
    device: str = "cpu",
) -> Wired:
    """Each program trained as its `train` block says, with `settings` over it.

    Raises ProgramError for settings that cannot be meant, DataError, and UnknownNumber where the
    training does not measure what is searched for.
    """
    own = fitness.Fitness(
        space.name,
        settings or {},
        space.process.network.axes,
        space.source.folder or Path.cwd(),
        device,
        timed=LATENCY in goal.names,
    )
    program = space.sample()
    known = (*own.measures(program), LATENCY, *STATICS)
    for name in goal.names:
        if name not in known:
            raise UnknownNumber(name, known)
    definition = Definition(
        seed=rules.seed,
        lag=rules.lag,
        goal=goal,
        evaluator=own.identity(program),
        shared=True,
        whole=Whole(own.epochs(program), len(own.data(program).train), own.epochs),
        early_stop=rules.early_stop,
        salvages=True,
    )
    return Wired(own, definition, own)


def wired(
    space: Space,
    goal: Goal,
    rules: Rules,
    evaluate: Evaluate | None = None,
    evaluator_id: str | None = None,
    device: str = "cpu",
) -> Wired:
    """What evaluates: a function of the user's, else the file's own training."""
    if evaluate is None:
        return training(space, goal, rules, device=device)
    return calling(space, goal, rules, evaluate, evaluator_id, device)


def calling(
    space: Space,
    goal: Goal,
    rules: Rules,
    evaluate: Evaluate,
    evaluator_id: str | None = None,
    device: str = "cpu",
) -> Wired:
    """A function of the user's. Its outcomes are taken over by other studies only where it has an
    `evaluator_id`, which must change with what it does.
    """
    if isinstance(evaluate, TableEvaluator):
        return answering(goal, rules, evaluate)
    timed, salvaging = LATENCY in goal.names, salvages(evaluate)
    if timed:
        with_trial = takes_trial(evaluate)
        evaluate = fitness.Timed(
            evaluate, with_trial, space.name, space.process.network.axes, device
        )
    definition = Definition(
        seed=rules.seed,
        lag=rules.lag,
        goal=goal,
        evaluator="" if evaluator_id is None else f"call {evaluator_id}",
        shared=evaluator_id is not None,
        early_stop=rules.early_stop,
        salvages=salvaging,
    )
    return Wired(evaluate, definition, preload=SHARED if timed else ())


def answering(goal: Goal, rules: Rules, recorded: TableEvaluator) -> Wired:
    """A table in the place of training. Raises UnknownNumber for what it does not hold."""
    known = (*recorded.names, *STATICS)
    for name in goal.names:
        if name not in known:
            raise UnknownNumber(name, known)
    definition = Definition(
        seed=rules.seed,
        lag=rules.lag,
        goal=goal,
        evaluator=recorded.evaluator_id,
        shared=True,
        whole=Whole(recorded.table.epochs),
        early_stop=rules.early_stop,
    )
    return Wired(recorded, definition, preload=())


# --- the end of a search


@dataclass(frozen=True, slots=True)
class Final:
    """The best program trained to its end, and the folder with all that is left of it."""

    folder: Path
    run: "trainings.Run"

    def to_json(self) -> dict[str, Any]:
        return {"folder": str(self.folder), **self.run.to_json()}


def require_own(folder: Path) -> None:
    """Raises SearchError where a folder holds something else than an earlier search's best."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / BEST).is_file():
        raise SearchError(
            f"{folder} is a folder with other things in it", "name another one with -o"
        )
    if folder.exists() and not folder.is_dir():
        raise SearchError(f"{folder} is a file", "name a folder with -o")


def finish(
    study: Study,
    best: Trial,
    trained: "fitness.Fitness",
    folder: Path,
    progress: "Progress | None" = None,
) -> Final:
    """Trains the best program for all its epochs, on from where its trial stopped, tests it once,
    and writes it with its weights, as ONNX and as source.

    Raises SearchError, and what `train` raises.
    """
    require_own(folder)
    program = study.program(best)
    checked, graph, plan = trained.planned(program, best.seed)
    text = resolve.resolved_text(checked.program, plan.block, {})
    folder.mkdir(parents=True, exist_ok=True)
    block = resolve.moved(plan.block, trained.root, folder)
    files.write_text(folder / BEST, resolve.resolved_text(checked.program, block, {}))
    for name, used in resolve.used_texts(checked, trained.root).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        files.write_text(folder / name, used)
    place = folder / fitness.RUN
    _place_run(study, best, place, text)
    options = trainings.Options(
        folder=place,
        device=trained.device,
        resume=True,
        program=text,
        root=trained.root,
        axes=trained.axes,
    )
    try:
        run = trainings.train(graph, plan, options, progress=progress)
    except CheckpointError:  # of a training on a part of the data, or damaged since
        shutil.rmtree(place)
        run = trainings.train(graph, plan, options, progress=progress)
    state = run.module.state_dict()
    files.write_file(folder / run_folder.WEIGHTS, [(place / run_folder.WEIGHTS).read_bytes()])
    model = onnx_backend.export(graph, state, metadata={"archc.trained": "true"})
    onnx_backend.save(model, folder / MODEL)
    files.write_text(folder / SOURCE, python_backend.source(graph))
    return Final(folder, run)


def _place_run(study: Study, best: Trial, place: Path, text: str) -> None:
    """The run that is gone on from: one that was begun here, else what the trial left."""
    if place.is_dir():
        known = place / run_folder.PROGRAM
        if known.is_file() and known.read_text("utf-8") == text:
            return
        shutil.rmtree(place)
    left = study.left(best)
    if left is not None and (left / fitness.RUN / run_folder.PROGRAM).is_file():
        shutil.copytree(left / fitness.RUN, place)
