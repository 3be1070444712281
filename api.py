"""The Python face: programs, models, and what can be made of them.

Comes in: a path, a text or a `Program`. Goes out: a `Program`, a `Model`, a space, a training, a
study. A program at fault raises `ProgramError`, a wrong call `TypeError` or `ValueError`.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .compiler.given import given_text, given_values
from .compiler.program import Program
from .compiler.spaces.space import Space
from .grammar.diagnostic import ProgramError
from .grammar.parse import Parsed, parse_file
from .grammar.parse import parse as parse_text
from .lazy import lazy_module
from .model import Model

if TYPE_CHECKING:
    from . import studies
    from .runtime import plan as plans
    from .runtime import resolve as resolving
    from .runtime import train as training
    from .runtime.data import Dataset
    from .runtime.progress import Progress
    from .runtime.train import Run
    from .search import engines, registry, searching
    from .search.early_stop import Rule
    from .search.executor import Evaluate
    from .search.method import Method
    from .search.study import Seen, Study
    from .search.tabular import evaluator
else:
    evaluator = lazy_module(".search.tabular.evaluator", __package__)
    plans = lazy_module(".runtime.plan", __package__)
    engines = lazy_module(".search.engines", __package__)
    registry = lazy_module(".search.registry", __package__)
    resolving = lazy_module(".runtime.resolve", __package__)
    searching = lazy_module(".search.searching", __package__)
    studies = lazy_module(".studies", __package__)
    training = lazy_module(".runtime.train", __package__)


def parse(text: str, filename: str = "<memory>") -> Program:
    """The program that a text means; `filename` is what errors call it. Raises ProgramError
    where it does not parse; shapes and names are checked by `compile`.
    """
    return _program(parse_text(text, filename), filename, None)


def load(path: "str | os.PathLike[str]") -> Program:
    """The program in a file. Raises ProgramError where it does not parse, OSError where it
    cannot be read.
    """
    return _program(parse_file(path), os.fspath(path), Path(path).resolve().parent)


def compile(
    source: "str | os.PathLike[str] | Program",
    /,
    network: str | None = None,
    **hyperparameters: Any,
) -> Model:
    """A network of a program, checked. Raises ProgramError.

    `source` is a path, a `Program`, or a text (it holds a newline or a brace). `network` names one
    of several. Keywords set its hyperparameters, and the sizes of its symbolic axes: numbers,
    lists, texts for `str`; other texts are `.arch`, such as `act="gelu"`.
    """
    program = as_program(source)
    values = given_values(program, network, hyperparameters)
    return Model(program.check().graph(network, values), program, values)


def space(
    source: "str | os.PathLike[str] | Program",
    /,
    network: str | None = None,
    *,
    axes: Mapping[str, int] | None = None,
    **hyperparameters: Any,
) -> Space:
    """A network with open choices as a space: to sample, count, mutate and search. Raises
    ProgramError, also where no valid program is in it, and where its `train` cannot be meant.

    `source`, `network` and the keywords are as for `compile`; `axes` gives symbolic axes sizes.
    """
    program = as_program(source)
    values = given_values(program, network, hyperparameters | dict(axes or {}))
    found = Space(program, network, values)
    plans.expect_settings(found.checked)
    return found


def train(
    model: Model,
    /,
    block: str | None = None,
    *,
    device: str = "auto",
    folder: "str | os.PathLike[str] | None" = None,
    resume: bool = False,
    data: "Dataset | str | None" = None,
    progress: "Progress | None" = None,
    **settings: Any,
) -> "Run":
    """Trains a model as the `train` block of its program says, or the one named `block`.

    Keywords override settings, `epochs=5`; those of a part have a dot: `**{"optimizer.lr": 1e-3}`.
    The run's folder is `runs/<network>-<n>` unless given; `resume` goes on with one that was
    stopped. `data` replaces what the block names, by a data set or a text, `csv("a.csv")`;
    `progress` is told how it goes. The same seed gives the same weights on a CPU.

    Raises ProgramError for a setting that cannot be meant, DataError, DeviceError.
    """
    checked = model.program.check()
    if isinstance(data, str):
        settings, data = settings | {"data": data}, None
    texts = {name: given_text(name, value) for name, value in settings.items()}
    plan = plans.make_plan(checked, model.graph, block, texts)
    known = model.graph.hyperparameters
    options = training.Options(
        folder=None if folder is None else Path(folder),
        device=device,
        resume=resume,
        program=resolving.resolved_text(checked.program, plan.block, model.values),
        root=model.program.folder or Path.cwd(),
        axes={name: size for name, size in model.values.items() if name not in known},
    )
    return training.train(model.graph, plan, options, data=data, progress=progress)


def run_search(
    space: Space,
    method: "str | Method" = "regularized_evolution",
    evaluate: "Evaluate | None" = None,
    *,
    trials: int | None = None,
    epochs: float | None = None,
    flops: float | None = None,
    seconds: float | None = None,
    jobs: int = 1,
    seed: int = 0,
    store: "str | os.PathLike[str] | None" = None,
    name: str | None = None,
    maximize: "str | Sequence[str] | None" = None,
    minimize: "str | Sequence[str] | None" = None,
    constraints: "Mapping[str, tuple[float | None, float | None]] | None" = None,
    early_stop: "str | Rule | None" = None,
    timeout: float | None = None,
    lag: int = 8,
    asynchronous: bool = False,
    evaluator_id: str | None = None,
    settings: Mapping[str, Any] | None = None,
    device: str = "cpu",
    engine: str = "local",
    address: str | None = None,
    folder: "str | os.PathLike[str] | None" = None,
    progress: "Seen | None" = None,
) -> "Study":
    """Tries programs of a space until the budget is spent: `.best`, `.front`, `.trials`.

    `evaluate(program)` or `evaluate(program, trial)` returns a number, more being better, or
    several by name, of which `maximize` and `minimize` name those that count, the first one most.
    Without it each program is trained as its `train` block says, and its validation loss counts;
    `evaluate=archc.table("digits2k")` looks up what came of each training.
    `params`, `flops`, `activations`, `layers` and `longest_path` are always known, `latency` (in
    milliseconds) is measured where it is named. `constraints` bounds numbers, `{"latency": (None,
    5.0)}`: of trials that keep them the best is taken.

    The budget is in `trials` of the study in all (100 if nothing is given), `epochs` or `flops` of
    all trainings, or `seconds` of this run. `settings` are those of a method given by name. `jobs`
    are worker processes, 0 evaluates in this one. `store` is a file that keeps the study, or
    `postgresql://user:password@host/database`: run again with the same arguments, it goes on where
    it stopped. Studies of one store share what they have
    trained, and what a function with the same `evaluator_id` told. `early_stop` is `"median"`,
    `"halving"` or a rule. A trial is proposed from those at least `lag` before it, so that workers
    do not change a study; an `asynchronous` one uses all that have finished. `timeout` bounds a
    trial, `progress` is called with each.

    `engine` says where trials run: `"local"`, `"ray"` on the cluster at `address`, or `"workers"`,
    which `archc worker` starts anywhere. With `device="cuda"` the accelerators of a machine are
    shared out among its workers. `folder` is where trials keep files, beside the store if not
    given; machines that share it go on from one another's checkpoints.

    Raises SearchError, ProgramError for a `train` that cannot be meant, ValueError.
    """
    trained = evaluate is None or isinstance(evaluate, evaluator.TableEvaluator)
    otherwise = "loss" if trained else None
    goal = searching.goal(maximize, minimize, otherwise, constraints)
    rules = studies.Rules(seed, None if asynchronous else lag, studies.rule(early_stop))
    wired = studies.wired(space, goal, rules, evaluate, evaluator_id, device)
    search = searching.Search(
        definition=wired.definition,
        budget=searching.budget(trials, epochs, flops, seconds),
        engine=engines.Engine(engine, jobs, address, device, timeout, wired.preload),
        store=searching.place_or_none(store),
        name=name,
        folder=None if folder is None else Path(folder),
    )
    made = registry.make_method(method, settings) if isinstance(method, str) else method
    return searching.run(space, made, wired.evaluate, search, progress)


def _program(parsed: Parsed, filename: str, folder: Path | None) -> Program:
    if any(report.is_error for report in parsed.reports):
        raise ProgramError(parsed.reports)
    return Program(parsed.program, filename, folder)


def as_program(source: "str | os.PathLike[str] | Program") -> Program:
    """A path, a text or a program, as a program. Raises ProgramError, OSError, TypeError."""
    match source:
        case Program():
            return source
        case str() if "\n" in source or "{" in source:
            return parse(source)
        case str() | os.PathLike():
            return load(source)
        case _:
            raise TypeError(
                f"a program is a path, a text or a Program, not {type(source).__name__}"
            )
