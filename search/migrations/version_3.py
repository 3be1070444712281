"""Version 3: identities that neither a network's name nor a changed `search` block invalidates, and
that a training which goes otherwise than before does.

No table changes. Every identity is worked out again from the program's text and what its study says
of the evaluation. The rows have no checksum until they change.
"""

import json
from collections.abc import Mapping
from typing import Any

from ...compiler.spaces.concrete import settings_of
from ...grammar.parse import parse
from ...grammar.print import print_program
from ..identity import identity

# isort: split
from sqlalchemy import Connection, text

TRIALS = """
SELECT trial.study, trial.number, trial.fidelity, trial.seed, program.hash, program.text
FROM trial JOIN program ON program.key = trial.program
"""
CHANGE = """
UPDATE trial SET identity = :identity, checksum = NULL WHERE study = :study AND number = :number
"""
TRAINS = "train "
IDLE = ("checkpoint", "network")


def upgrade(connection: Connection) -> None:
    evaluators: dict[int, str] = {}
    for key, found in connection.execute(text("SELECT id, settings FROM study")).all():
        settings = json.loads(found)
        evaluators[key] = settings["evaluator"] = _evaluator(settings["evaluator"])
        values = {"key": key, "settings": json.dumps(settings)}
        connection.execute(text("UPDATE study SET settings = :settings WHERE id = :key"), values)
    for row in connection.execute(text(TRIALS)).all():
        told = _training(row.text)
        fidelity = json.loads(row.fidelity)
        new = identity(row.hash, told, fidelity, row.seed, evaluators[row.study])
        values = {"identity": new, "study": row.study, "number": row.number}
        connection.execute(text(CHANGE), values)


def _evaluator(before: str) -> str:
    """What a training says of itself: no name of a network, and a version."""
    if not before.startswith(TRAINS):
        return before
    facts: dict[str, Any] = json.loads(before.removeprefix(TRAINS))
    for name in ("assumed", "settings"):
        facts[name] = _without(facts[name])
    return TRAINS + json.dumps({**facts, "version": 1}, sort_keys=True)


def _without(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in IDLE}


def _training(program: str) -> str:
    return print_program(settings_of(parse(program).program))
