"""What a report tells of a study, as plain data that JSON holds.

Comes in: a summary and what the trials reported on the way. Goes out: one dictionary. May be
assumed: texts and drawings, which are large, are there for the trials that people look at first; of
a study of up to 1,000 trials all texts are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...compiler.check import check
from ...compiler.differences import as_text, compare
from ...compiler.drawing import draw
from ...compiler.graph import Graph
from ...grammar.parse import parse
from ..executor import Report
from ..summary import Summary
from ..trial import State, Trial, trace_pairs
from .importance import importance
from .lineage import ancestors, changes

MOST_TEXTS = 1_000
MOST_DRAWINGS = 24
MOST_CURVES = 200

Reports = Mapping[int, Sequence[Report]]


def contents(summary: Summary, reports: Reports) -> dict[str, Any]:
    """All that the page shows."""
    trials = summary.trials
    scored = [trial for trial in trials if trial.state is State.DONE]
    ranked = sorted(scored, key=lambda trial: (trial.goodness, -trial.number), reverse=True)
    best = summary.best
    line = [] if best is None else ancestors(trials, best.number)
    first = dict.fromkeys(
        [*(trial.number for trial in summary.front), *(trial.number for trial in ranked)]
    )
    drawn = list(dict.fromkeys([*first][:MOST_DRAWINGS] + line[-MOST_DRAWINGS:]))
    told = [*range(len(trials))] if len(trials) <= MOST_TEXTS else [*first][:MOST_TEXTS]
    programs, numbers = _programs(trials, dict.fromkeys(drawn + told))
    return {
        "name": summary.name,
        "method": summary.settings["method"],
        "seed": summary.settings["seed"],
        "ended": summary.ended,
        "objectives": [
            {"name": name or "score", "maximize": maximize}
            for name, maximize in summary.settings["objectives"]
        ],
        "constraints": list(summary.settings.get("constraints", ())),
        "states": summary.states,
        "best": None if best is None else best.number,
        "front": [trial.number for trial in summary.front],
        "trials": [_trial(summary, trial) for trial in trials],
        "importance": importance(
            [_choices(trial) for trial in scored], [trial.merits[0] for trial in scored]
        ),
        "lineage": line,
        "differences": _differences(trials, line[-MOST_DRAWINGS:]),
        "curves": _curves(reports, [trial.number for trial in ranked[:MOST_CURVES]]),
        "programs": programs,
        "program_of": numbers,
        "drawings": {number: _drawing(trials[number].text) for number in drawn},
    }


def _trial(summary: Summary, trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": str(trial.state),
        "values": summary.values(trial),
        "scores": dict(trial.scores),
        "feasible": trial.feasible,
        "fidelity": dict(trial.fidelity),
        "parents": list(trial.parents),
        "changes": [changes(summary.trials[parent], trial) for parent in trial.parents],
        "replay_of": trial.replay_of,
        "seconds": round(trial.seconds, 3),
        "choices": _choices(trial),
        "error": trial.error,
    }


def _choices(trial: Trial) -> dict[str, Any]:
    return dict(trace_pairs(trial.trace))


def _programs(
    trials: Sequence[Trial], wanted: Mapping[int, Any]
) -> tuple[list[str], dict[int, int]]:
    """The texts, each once, and which is whose."""
    texts: dict[str, int] = {}
    numbers = {
        number: texts.setdefault(trials[number].text, len(texts)) for number in sorted(wanted)
    }
    return list(texts), numbers


def _curves(reports: Reports, wanted: Sequence[int]) -> dict[str, dict[int, list[list[Any]]]]:
    """By the name of what was reported, then by trial: pairs of step and value."""
    found: dict[str, dict[int, list[list[Any]]]] = {}
    for number in wanted:
        for step, name, value in reports.get(number, ()):
            if value is not None:
                found.setdefault(name, {}).setdefault(number, []).append([step, value])
    return found


def _differences(trials: Sequence[Trial], line: Sequence[int]) -> dict[int, list[str]]:
    """For each child of a line of descent, what its layers, costs and weights have become of each
    parent's.
    """
    return {
        number: [_difference(trials[parent], trials[number]) for parent in trials[number].parents]
        for number in line
    }


def _difference(parent: Trial, child: Trial) -> str:
    found = compare(_graph(parent.text), _graph(child.text))
    return as_text(found, (f"trial {parent.number}", f"trial {child.number}"))


def _drawing(text: str) -> str:
    """The program's network as SVG."""
    return draw(_graph(text), "svg")


def _graph(text: str) -> Graph:
    checked = check(parse(text))
    graph = checked.graph(checked.main[0])
    assert graph is not None  # it was drawn from a space, and so is valid
    return graph
