"""What is kept of studies: one SQLite file, written through SQLAlchemy Core.

Comes in: trials and what came of them. Goes out: the same, after whatever. Every transition of a
trial is one transaction, so that a process that is killed leaves a store that says how far it came.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import SearchError
from .executor import Outcome
from .file_systems import network_file_system
from .tables import VERSION, attempt, event, metadata, metric, program, schema, study, trial
from .trial import REPLAYED, State, Trial, trace_from, trace_text

# isort: split
from sqlalchemy import Connection, Engine, create_engine, insert, select, update
from sqlalchemy import event as hooks
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

BUSY_SECONDS = 30
PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON")


class Store:
    """A file with studies; `path=None` keeps them in memory. Raises SearchError for a file that is
    no store, one of a later version, or one on a network file system.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.engine = _engine(path)
        try:
            with self.engine.begin() as connection:
                metadata.create_all(connection)
                _check_version(connection, path)
        except DatabaseError as error:
            self.engine.dispose()
            raise SearchError(f"{path} is no store of studies: {error.orig}") from None

    def close(self) -> None:
        self.engine.dispose()

    # --- studies

    def studies(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The names of the studies, oldest first, with their settings."""
        query = select(study.c.name, study.c.settings).order_by(study.c.id)
        with self.engine.connect() as connection:
            return [(row.name, json.loads(row.settings)) for row in connection.execute(query)]

    def ended(self, key: int) -> str:
        """Why a study stopped, an empty text where it did not come to an end."""
        with self.engine.connect() as connection:
            found = connection.execute(select(study.c.ended).where(study.c.id == key))
            return str(found.scalar_one())

    def find(self, name: str) -> tuple[int, dict[str, Any]] | None:
        """The key and the settings of a study."""
        query = select(study.c.id, study.c.settings).where(study.c.name == name)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.id, json.loads(row.settings))

    def create(self, name: str, settings: Mapping[str, Any]) -> int:
        """A new study's key."""
        values = {
            "name": name, "created": time.time(), "settings": json.dumps(settings), "ended": "",
        }  # fmt: skip
        with self.engine.begin() as connection:
            made = connection.execute(insert(study).values(values)).inserted_primary_key
            assert made is not None
            key = int(made[0])
            _note(connection, key, "created")
        return key

    def end(self, key: int, why: str) -> None:
        """Notes why a study stopped."""
        with self.engine.begin() as connection:
            connection.execute(update(study).where(study.c.id == key).values(ended=why))
            _note(connection, key, "ended", why)

    # --- trials

    def trials(self, key: int) -> list[Trial]:
        """The trials of a study in the order of their numbers."""
        query = (
            select(trial, program.c.text, program.c.hash)
            .join(program, program.c.key == trial.c.program)
            .where(trial.c.study == key)
            .order_by(trial.c.number)
        )
        with self.engine.connect() as connection:
            return [_trial(row._mapping) for row in connection.execute(query)]

    def losses(self, key: int, number: int) -> int:
        """How often a worker died over a trial."""
        query = select(attempt.c.attempt).where(
            attempt.c.study == key,
            attempt.c.number == number,
            attempt.c.state == State.LOST,
            attempt.c.interrupted.is_(False),
        )
        with self.engine.connect() as connection:
            return len(connection.execute(query).all())

    def add(self, key: int, new: Trial) -> None:
        """A proposed trial."""
        text = hashlib.sha256(new.text.encode()).hexdigest()
        values = _values(new) | {"study": key, "program": text}
        made = insert_or(program).values(key=text, hash=new.hash, text=new.text)
        with self.engine.begin() as connection:
            connection.execute(made.on_conflict_do_nothing())
            connection.execute(insert(trial).values(values))

    def begin(self, key: int, begun: Trial) -> None:
        """An attempt at a trial begins."""
        values = {
            "study": key, "number": begun.number, "attempt": begun.attempts,
            "state": State.RUNNING, "begun": time.time(), "seconds": 0.0,
            "interrupted": False, "error": "",
        }  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(insert(attempt).values(values))
            _update(connection, key, begun)

    def finish(self, key: int, finished: Trial, outcome: Outcome | None = None) -> None:
        """A trial after an attempt, or after it took over what came of another."""
        with self.engine.begin() as connection:
            if outcome is not None:
                _close_attempt(connection, key, outcome, finished)
            _update(connection, key, finished)

    def note(self, key: int, kind: str, detail: str) -> None:
        """Notes an event of a study."""
        with self.engine.begin() as connection:
            _note(connection, key, kind, detail)

    def finished(self, identity: str, but: int) -> tuple[str, Trial] | None:
        """The first trial of an identity that another study has finished, with that one's name."""
        query = (
            select(trial, program.c.text, program.c.hash, study.c.name)
            .join(program, program.c.key == trial.c.program)
            .join(study, study.c.id == trial.c.study)
            .where(trial.c.identity == identity, trial.c.study != but)
            .where(trial.c.state.in_(sorted(REPLAYED)))
            .order_by(trial.c.study, trial.c.number)
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.name, _trial(row._mapping))

    def reclaim(self, key: int) -> None:
        """Trials that were running when their study ended wait again."""
        running = (attempt.c.study == key) & (attempt.c.state == State.RUNNING)
        lost = {"state": State.LOST, "interrupted": True, "error": "the study was interrupted"}
        waiting = (trial.c.study == key) & (trial.c.state == State.RUNNING)
        with self.engine.begin() as connection:
            connection.execute(update(attempt).where(running).values(lost))
            found = connection.execute(update(trial).where(waiting).values(state=State.WAITING))
            connection.execute(update(study).where(study.c.id == key).values(ended=""))
            _note(connection, key, "opened", f"{found.rowcount} trials reclaimed")


def _engine(path: Path | None) -> Engine:
    if path is None:
        return create_engine("sqlite://", poolclass=StaticPool)
    kind = network_file_system(path)
    if kind is not None:
        raise SearchError(
            f"{path} lies on a network file system ({kind}), where SQLite's locks do not hold",
            "keep the store on a local disk, and copy it when the study is over",
        )
    if not path.parent.is_dir():
        raise SearchError(f"there is no folder {path.parent}", "make it, or name another store")
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
    hooks.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, record: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _check_version(connection: Connection, path: Path | None) -> None:
    found = connection.execute(select(schema.c.version)).scalar_one_or_none()
    if found is None:
        connection.execute(insert(schema).values(version=VERSION))
    elif found != VERSION:
        raise SearchError(
            f"{path} is a store of version {found}, and this archc reads version {VERSION}",
            "use the archc that made it, or another store",
        )


def _note(connection: Connection, key: int, kind: str, detail: str = "") -> None:
    values = {"study": key, "time": time.time(), "kind": kind, "detail": detail}
    connection.execute(insert(event).values(values))


def _update(connection: Connection, key: int, changed: Trial) -> None:
    place = (trial.c.study == key) & (trial.c.number == changed.number)
    connection.execute(update(trial).where(place).values(_values(changed)))


def _close_attempt(connection: Connection, key: int, outcome: Outcome, found: Trial) -> None:
    place = {"study": key, "number": outcome.number, "attempt": outcome.attempt}
    where = [attempt.c[name] == value for name, value in place.items()]
    state = found.state if found.state.is_final else outcome.state
    values = {"state": state, "seconds": outcome.seconds, "error": outcome.error}
    connection.execute(update(attempt).where(*where).values(values))
    rows = [
        place | {"step": step, "name": name, "value": value}
        for step, name, value in outcome.reports
    ]
    if rows:
        connection.execute(insert(metric), rows)


def _values(given: Trial) -> dict[str, Any]:
    return {
        "number": given.number,
        "identity": given.identity,
        "trace": trace_text(given.trace),
        "parents": json.dumps(given.parents),
        "seed": given.seed,
        "fidelity": json.dumps(dict(given.fidelity)),
        "sees": given.sees,
        "resumes": given.resumes,
        "replay_of": given.replay_of,
        "source": given.source,
        "state": given.state,
        "scores": json.dumps(dict(given.scores), allow_nan=False),
        "merits": json.dumps(given.merits),
        "merit": given.merit,
        "violation": given.violation,
        "cost": json.dumps(dict(given.cost)),
        "checkpoint": given.checkpoint,
        "attempts": given.attempts,
        "seconds": given.seconds,
        "error": given.error,
    }


def _trial(row: Mapping[Any, Any]) -> Trial:
    return Trial(
        number=row["number"],
        text=row["text"],
        hash=row["hash"],
        identity=row["identity"],
        trace=trace_from(row["trace"]),
        parents=tuple(json.loads(row["parents"])),
        seed=row["seed"],
        fidelity=json.loads(row["fidelity"]),
        sees=row["sees"],
        resumes=row["resumes"],
        replay_of=row["replay_of"],
        source=row["source"],
        state=State(row["state"]),
        scores=json.loads(row["scores"]),
        merits=tuple(json.loads(row["merits"])),
        violation=row["violation"],
        cost=json.loads(row["cost"]),
        checkpoint=row["checkpoint"],
        attempts=row["attempts"],
        seconds=row["seconds"],
        error=row["error"],
    )
