"""What is kept of studies, through SQLAlchemy Core: in a file of SQLite, or in PostgreSQL.

Comes in: trials and what came of them. Goes out: the same, after whatever. Every transition of a
trial is one transaction, so that a process that is killed leaves a store that says how far it came.
A transaction that is done again, because nobody knows whether it was done, changes nothing.
"""

import json
import logging
import secrets
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from . import mending
from . import statements as sql
from .databases.opening import database_at
from .databases.sqlite import COPY, Sqlite
from .errors import Damaged, SearchError
from .executor import Outcome, Report
from .migration import prepare
from .place import Place
from .prepared import Prepared
from .rows import CHANGING, clean, reports_checksum, trial_from, trial_values
from .session import Session
from .tables import attempt, event, job, lineage, metadata, metric, program, study, trial
from .trial import State, Trial
from .witness import Counts, Witnesses

# isort: split
from sqlalchemy import Connection, Insert, Table, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

COPY_SECONDS = 3600

T = TypeVar("T")
log = logging.getLogger(__name__)


class Store:
    """A file, or the URL of a database, with studies; None keeps them in memory.

    With `restore` a damaged file is put aside and its last copy used. Raises SearchError for a
    place that is no store, one of a later version, or one on a network file system, and Damaged.
    """

    def __init__(self, place: Place | None, *, restore: bool = False) -> None:
        self.database = database_at(place)
        self.path = self.database.path if isinstance(self.database, Sqlite) else None
        self._new = {table: self.database.insert_new(table) for table in metadata.sorted_tables}
        dialect = self.database.engine.dialect
        self._insert = {table: Prepared(new, dialect) for table, new in self._new.items()}
        self._change, self._end = Prepared(sql.CHANGE, dialect), Prepared(sql.END, dialect)
        self._session = Session(self.database)
        self._lock = self._session.lock
        self._copied: float | None = None
        self._proposed: list[tuple[int, Trial]] = []
        self._witnesses = Witnesses()
        if self.path is not None and not self.path.exists():
            mending.forget(self.path)
        try:
            self._open()
            if restore:
                self.check()
                mending.account_for(self)
        except Damaged as error:
            if not restore:
                self.close()
                raise
            mending.restore(self, error)

    @property
    def is_in_memory(self) -> bool:
        """Whether nobody else can open it."""
        return isinstance(self.database, Sqlite) and self.database.path is None

    @property
    def name(self) -> str:
        """How it is called in messages."""
        return self.database.name

    def close(self) -> None:
        self._session.drop()
        self.database.engine.dispose()

    def reopen(self) -> None:
        """Reads another file in the place of the one that was opened."""
        self._session.drop()
        self._open()

    def check(self) -> None:
        """Reads every trial. Raises Damaged where one is not what was written."""
        for key in self.study_keys():
            self.trials(key)

    def study_keys(self) -> list[int]:
        """The keys of all studies."""
        return [int(row.id) for row in self.rows(select(study.c.id).order_by(study.c.id))]

    def count(self, key: int) -> Counts:
        """How far a study has come."""
        (row,) = self.rows(sql.COUNT, {"key": key})
        return Counts(row.proposed, row.begun, row.ended)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Keeps other coordinators of a study out, and makes copies of the store: before, after,
        and now and then meanwhile. Raises SearchError where there is another one.
        """
        with self.database.alone(name):
            self._session.drop()
            try:
                self.write(lambda connection: None)
                self._copy()
                with self._witnesses.watching(self, name):
                    yield
                self._copy()
            finally:
                self._copied = None
                self._session.drop()

    def now(self) -> float:
        """The time by the database's clock, in seconds since 1970."""
        ((now,),) = self.rows(select(self.database.now()))
        return float(now)

    # --- studies

    def studies(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The names of the studies, oldest first, with their settings."""
        query = select(study.c.name, study.c.settings).order_by(study.c.id)
        return [(name, json.loads(settings)) for name, settings in self.rows(query)]

    def ended(self, key: int) -> str:
        """Why a study stopped, an empty text where it did not come to an end."""
        ((ended,),) = self.rows(select(study.c.ended).where(study.c.id == key))
        return str(ended)

    def find(self, name: str) -> tuple[int, dict[str, Any]] | None:
        """The key and the settings of a study."""
        rows = self.rows(select(study.c.id, study.c.settings).where(study.c.name == name))
        return (rows[0].id, json.loads(rows[0].settings)) if rows else None

    def create(self, name: str, settings: Mapping[str, Any]) -> int:
        """A new study's key."""
        values = {
            "name": name, "created": time.time(), "settings": json.dumps(settings), "ended": "",
        }  # fmt: skip

        def create(connection: Connection) -> int:
            connection.execute(self._new[study], values)
            found = select(study.c.id).where(study.c.name == name)
            return int(connection.execute(found).scalar_one())

        key = self.write(create)
        self.note(key, "created")
        return key

    def end(self, key: int, why: str) -> None:
        """Notes why a study stopped."""
        ended = update(study).where(study.c.id == key).values(ended=why)
        self.write(lambda connection: connection.execute(ended))
        self.note(key, "ended", why)

    def note(self, key: int, kind: str, detail: str = "") -> None:
        """Notes an event of a study."""
        values = {"study": key, "time": time.time(), "kind": kind, "detail": clean(detail)}
        self.write(lambda connection: connection.execute(insert(event), values))

    def events(self, key: int) -> list[tuple[float, str, str]]:
        """What happened to a study: when, what, and more of it."""
        query = select(event.c.time, event.c.kind, event.c.detail).where(event.c.study == key)
        return [(row.time, row.kind, row.detail) for row in self.rows(query.order_by(event.c.id))]

    # --- trials

    def trials(self, key: int) -> list[Trial]:
        """The trials of a study in the order of their numbers. Raises Damaged."""
        parents: dict[int, tuple[int, ...]] = {}
        for number, parent in self.rows(sql.PARENTS, {"key": key}):
            parents[number] = (*parents.get(number, ()), parent)
        rows = self.rows(sql.TRIALS, {"key": key})
        return [self._trial(row, parents.get(row.number, ())) for row in rows]

    def losses(self, key: int, number: int) -> int:
        """How often a worker died over a trial."""
        return len(self.rows(sql.LOSSES, {"key": key, "of": number}))

    def finished(self, identity: str, but: int) -> tuple[str, Trial] | None:
        """The first trial of an identity that another study has finished, with that one's name."""
        rows = self._session.read(sql.FINISHED, {"identity": identity, "but": but})
        if not rows:
            return None
        parents = self._session.read(sql.PARENTS_OF, {"key": rows[0].study, "of": rows[0].number})
        return rows[0].name, self._trial(rows[0], tuple(row.parent for row in parents))

    def reports(self, key: int) -> dict[int, list[Report]]:
        """What the last attempt at each trial reported, by the trials' numbers. Raises Damaged."""
        found: dict[tuple[int, int], list[Report]] = {}
        for number, time_, step, name, value in self.rows(sql.METRICS, {"key": key}):
            found.setdefault((number, time_), []).append((step, name, value))
        for number, time_, checksum in self.rows(sql.CHECKSUMS, {"key": key}):
            if checksum != reports_checksum(found.get((number, time_), ())):
                raise self.database.damage(f"what trial {number} reported is not what was written")
        return {number: found[number, time_] for number, time_ in sorted(found)}

    def add(self, key: int, new: Trial) -> None:
        """A proposed trial. It is written together with what is written next, or before the next
        reading: one that nobody has begun to evaluate would be proposed again.
        """
        with self._lock:
            self._proposed.append((key, new))

    def begin(self, key: int, begun: Trial) -> str:
        """An attempt at a trial begins. The answer is its token, without which it cannot end."""
        token = secrets.token_hex(8)
        values = {
            "study": key, "number": begun.number, "attempt": begun.attempts,
            "state": str(State.RUNNING), "begun": time.time(), "seconds": 0.0,
            "interrupted": False, "error": "", "token": token, "worker": "",
        }  # fmt: skip

        def begin(connection: Connection) -> None:
            self._insert[attempt].run(connection, values)
            if not is_new:
                self._change.run(connection, _change(key, begun))

        with self._lock:
            places = [(one, trial.number) for one, trial in self._proposed]
            is_new = (key, begun.number) in places
            if is_new:
                self._proposed[places.index((key, begun.number))] = key, begun
            self.write(begin)
        self._witnesses.note(key, begun=1)
        return token

    def finish(self, key: int, finished: Trial, outcome: Outcome | None = None) -> bool:
        """A trial after an attempt, or after it took over what came of another. Whether the attempt
        was still to be ended: a result that comes after another one is refused.
        """
        change = _change(key, finished)
        if outcome is None:
            self.write(lambda connection: self._change.run(connection, change))
            return True
        state = finished.state if finished.state.is_final else outcome.state
        reports = [(step, clean(name), value) for step, name, value in outcome.reports]
        ends = {
            "of_study": key, "of_number": outcome.number, "of_attempt": outcome.attempt,
            "of_token": outcome.token, "to_state": str(state), "to_seconds": outcome.seconds,
            "to_error": clean(outcome.error), "to_checksum": reports_checksum(reports),
        }  # fmt: skip
        place = {"study": key, "number": outcome.number, "attempt": outcome.attempt}
        metrics = [
            {**place, "place": at, "step": step, "name": name, "value": value}
            for at, (step, name, value) in enumerate(reports)
        ]

        def finish(connection: Connection) -> bool:
            if self._end.run(connection, ends) == 0:
                return False
            self._change.run(connection, change)
            self._insert[metric].run(connection, *metrics)
            if outcome.elsewhere:
                connection.execute(sql.DONE, {"of_study": key, "of_number": outcome.number})
            return True

        is_taken = self.write(finish)
        self._witnesses.note(key, ended=int(is_taken))
        if not is_taken:
            self.note(key, "refused", f"a late result of trial {outcome.number}")
        if self._copied is not None and time.monotonic() - self._copied > COPY_SECONDS:
            self._copy()
        return is_taken

    def curves(self, key: int, name: str) -> dict[int, list[Report]]:
        """What all attempts at each trial reported of one number, in order, by the trials'
        numbers.
        """
        found: dict[int, list[Report]] = {}
        for number, _, step, told, value in self.rows(sql.METRICS, {"key": key}):
            if told == name:
                found.setdefault(number, []).append((step, told, value))
        return found

    def reclaim(
        self, key: int, kept: Collection[int] = (), left: Mapping[int, str] | None = None
    ) -> None:
        """Trials that were running when their study ended wait again, but for those that workers
        elsewhere go on with. `left` tells, by their numbers, what of their files is gone on from.
        """
        found = [
            item
            for item in self.trials(key)
            if item.state is State.RUNNING and item.number not in kept
        ]
        running = (
            (attempt.c.study == key)
            & (attempt.c.state == str(State.RUNNING))
            & attempt.c.number.not_in(kept)
        )
        offered = delete(job).where(job.c.study == key, job.c.number.not_in(kept))
        lost = {
            "state": str(State.LOST), "interrupted": True, "error": "the study was interrupted",
        }  # fmt: skip

        def reclaim(connection: Connection) -> None:
            connection.execute(update(attempt).where(running).values(lost))
            connection.execute(offered)
            for item in found:
                saved = (left or {}).get(item.number, item.checkpoint)
                waits = replace(item, state=State.WAITING, checkpoint=saved)
                self._change.run(connection, _change(key, waits))
            connection.execute(update(study).where(study.c.id == key).values(ended=""))

        self.write(reclaim)
        self._witnesses.recount(key, self.count(key))
        self.note(key, "opened", f"{len(found)} trials reclaimed")

    # --- transactions

    def _open(self) -> None:
        try:
            self.database.inspect()
            prepare(self.database)
        except DBAPIError as error:
            self.close()
            raise self.database.fault(error) from None
        except SearchError:
            self.close()
            raise

    def _trial(self, row: Any, parents: tuple[int, ...]) -> Trial:
        try:
            return trial_from(row._mapping, parents)
        except Damaged as error:
            raise self.database.damage(error.message) from None

    def new(self, table: Table) -> Insert:
        """An insertion that leaves alone what is there already."""
        return self._new[table]

    def rows(self, query: Any, values: Mapping[str, Any] | None = None) -> list[Any]:
        """What a query finds."""
        if self._proposed:
            self.write(lambda connection: None)
        return self._session.read(query, values)

    def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction. It is done again if nobody knows whether it was, so it may be."""

        def all_of_it(connection: Connection) -> T:
            for key, new in self._proposed:
                self._propose(connection, key, new)
            return work(connection)

        with self._lock:
            done = self._session.write(all_of_it)
            self._witnesses.add(key for key, _ in self._proposed)
            self._proposed.clear()
        return done

    def _propose(self, connection: Connection, key: int, new: Trial) -> None:
        values = trial_values(new) | {"study": key}
        text = {"key": values["program"], "hash": new.hash, "text": new.text}
        parents = [
            {"study": key, "number": new.number, "place": place, "parent": parent}
            for place, parent in enumerate(new.parents)
        ]
        self._insert[program].run(connection, text)
        self._insert[trial].run(connection, values)
        self._insert[lineage].run(connection, *parents)

    def _copy(self) -> None:
        """A copy that could not be made is said, and no reason to stop."""
        self._copied = time.monotonic()
        try:
            self.database.copy(COPY)
        except (OSError, sqlite3.Error) as error:
            log.warning("no copy of %s could be made: %s", self.name, error)


def _change(key: int, changed: Trial) -> dict[str, Any]:
    """The values of a trial that can change, for the statement that changes them."""
    values = trial_values(changed)
    kept = {name: values[name] for name in (*CHANGING, "checksum")}
    return kept | {"of_study": key, "of_number": changed.number}
