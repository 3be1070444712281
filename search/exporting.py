"""A study as a table, or as a study of Optuna's.

Comes in: a summary. Goes out: CSV as a text, Parquet or an Optuna storage as a file. May be
assumed: every choice is a column, empty where a program does not have it.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..lazy import lazy_module
from .errors import SearchError
from .summary import Summary
from .trial import State, Trial, trace_pairs

if TYPE_CHECKING:
    import optuna
    import pyarrow as pa
    from pyarrow import parquet
else:
    optuna = lazy_module("optuna")
    pa = lazy_module("pyarrow")
    parquet = lazy_module("pyarrow.parquet")

PLAIN = (
    "number", "state", "hash", "score", "attempts", "parents", "seconds", "replay_of", "resumes",
)  # fmt: skip
ABSENT = "(not there)"
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
"""Optuna wants times; a study keeps durations, so trials are put one after another from here."""


def as_csv(summary: Summary) -> str:
    """A row for each trial: what came of it, its numbers, its choices."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = _columns(summary)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in _rows(summary))
    return text.getvalue()


def write_parquet(summary: Summary, path: Path) -> None:
    """The same with types; a choice whose values are of several kinds is a text, as JSON."""
    rows = list(_rows(summary))
    columns = {name: [row.get(name) for row in rows] for name in _columns(summary)}
    try:
        table = pa.table({name: _column(values) for name, values in columns.items()})
    except ImportError:
        raise _missing("Parquet", "pyarrow", "parquet") from None
    parquet.write_table(table, path)


def write_optuna(summary: Summary, path: Path) -> None:
    """A storage that Optuna's `load_study(storage="sqlite:///…")` and its dashboard open.

    A choice is a parameter: a real number has the range of its values, all others are categorical.
    """
    if path.exists():
        raise SearchError(f"{path} exists already", "name another file")
    try:
        quiet = optuna.logging.get_verbosity()
    except ImportError:
        raise _missing("Optuna's format", "optuna", "optuna") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            storage=f"sqlite:///{path}",
            study_name=summary.name,
            directions=[
                "maximize" if up else "minimize" for _, up in summary.settings["objectives"]
            ],
        )
        kinds = _distributions(summary)
        begun = BEGIN
        for trial in summary.trials:
            if trial.state.is_final:
                study.add_trial(_frozen(summary, trial, kinds, begun))
                begun += timedelta(seconds=trial.seconds)
    finally:
        optuna.logging.set_verbosity(quiet)


WRITERS: Mapping[str, Callable[[Summary, Path], None]] = {
    "parquet": write_parquet,
    "optuna": write_optuna,
}


def _columns(summary: Summary) -> list[str]:
    numbers = sorted({name for trial in summary.trials for name in trial.scores})
    choices = dict.fromkeys(item.name for trial in summary.trials for item in trial.trace)
    parts = sorted({name for trial in summary.trials for name in trial.fidelity})
    metrics = (f"metric {name}" for name in numbers)
    return [*PLAIN, *(f"fidelity {name}" for name in parts), *metrics, *choices]


def _rows(summary: Summary) -> Any:
    for trial in summary.trials:
        told = trial.to_json()
        row = {name: told.get(name) for name in PLAIN}
        row |= {"score": summary.score(trial), "parents": " ".join(map(str, trial.parents))}
        row |= {f"fidelity {name}": value for name, value in trial.fidelity.items()}
        row |= {f"metric {name}": value for name, value in trial.scores.items()}
        yield row | dict(trace_pairs(trial.trace))


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | tuple | dict) else value


def _column(values: list[Any]) -> Any:
    plain = [_cell(value) for value in values]
    kinds = {type(value) for value in plain if value is not None}
    if kinds <= {int, float} or len(kinds) <= 1:
        return pa.array(plain)
    return pa.array([None if value is None else json.dumps(value) for value in plain])


def _distributions(summary: Summary) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for trial in summary.trials:
        for name, value in trace_pairs(trial.trace):
            found.setdefault(name, []).append(_cell(value))
    return {name: _distribution(values) for name, values in found.items()}


def _distribution(values: list[Any]) -> Any:
    kinds = optuna.distributions
    if all(isinstance(value, float) for value in values):
        return kinds.FloatDistribution(min(values), max(values))
    return kinds.CategoricalDistribution(list(dict.fromkeys(values)))


def _frozen(
    summary: Summary, trial: Trial, kinds: Mapping[str, Any], begun: datetime
) -> "optuna.trial.FrozenTrial":
    states = {State.DONE: "COMPLETE", State.PRUNED: "PRUNED"}
    params = {name: _cell(value) for name, value in trace_pairs(trial.trace)}
    values = summary.values(trial) if trial.state is State.DONE else None
    found = optuna.trial.create_trial(
        state=optuna.trial.TrialState[states.get(trial.state, "FAIL")],
        values=values,
        params=params,
        distributions={name: kinds[name] for name in params},
        user_attrs={"number": trial.number, "hash": trial.hash, "state": str(trial.state)}
        | {f"fidelity {name}": value for name, value in trial.fidelity.items()}
        | {f"metric {name}": value for name, value in trial.scores.items()},
    )
    found.datetime_start = begun
    found.datetime_complete = begun + timedelta(seconds=trial.seconds)
    return found


def _missing(what: str, package: str, extra: str) -> SearchError:
    return SearchError(
        f"{what} needs {package}, which is not installed", f"run: pip install 'archc[{extra}]'"
    )
