"""A store in one file, by SQLite: the default.

Comes in: a path, or nothing for a store in memory. Goes out: a `Database`. A transaction is in the
file when it returns, whatever becomes of the process; after a power cut the last ones may be
missing, and nothing else is. Every opening checks the pages of the file.
"""

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..errors import Damaged, SearchError
from ..file_systems import network_file_system

# isort: split
from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, literal
from sqlalchemy import inspect as inspector_of
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool
from sqlalchemy.sql.elements import ColumnElement

BUSY_SECONDS = 30
LOOK_SECONDS = 0.02
COPY = "backup"
CHECK = "PRAGMA quick_check(1)"
PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON")
DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


class Sqlite:
    """Raises SearchError for a path on a network file system, or in a folder that is not there."""

    patience = 0.0

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.name = "the store in memory" if path is None else str(path)
        self.engine = _engine(path)

    def claim(self, connection: Connection) -> None:
        """Every transaction of ours that writes has the file for itself."""

    def is_foreign(self, connection: Connection) -> bool:
        return bool(inspector_of(connection).get_table_names())

    def inspect(self) -> None:
        if self.path is None or not self.path.exists():
            return
        try:
            with self.engine.connect() as connection:
                found = connection.exec_driver_sql(CHECK).scalar_one()
        except DBAPIError as error:
            raise self.fault(error) from None
        if found != "ok":
            raise self.damage(str(found))

    @contextmanager
    def alone(self, study: str) -> Iterator[None]:
        """Locks of the operating system, which go with the process."""
        if self.path is None:
            yield
            return
        with (
            self.locked("lock", fcntl.LOCK_SH, f"{self.name} is being restored"),
            self.locked(
                f"{file_name(study)}.lock", fcntl.LOCK_EX,
                f"the study {study!r} is being run already",
            ),
        ):  # fmt: skip
            yield

    @contextmanager
    def locked(self, ending: str, kind: int, otherwise: str) -> Iterator[None]:
        """Holds a lock beside the store. Raises SearchError where somebody else does."""
        lock = os.open(f"{self.path}.{ending}", os.O_CREAT | os.O_RDWR, 0o644)
        if not _locked(lock, kind):
            os.close(lock)
            raise SearchError(otherwise, "wait, or stop it")
        try:
            yield
        finally:
            os.close(lock)

    def is_run(self, study: str) -> bool | None:
        """A shared lock is enough to see, and is given back at once."""
        if self.path is None:
            return None
        try:
            lock = os.open(f"{self.path}.{file_name(study)}.lock", os.O_RDONLY)
        except OSError:
            return False
        try:
            return not _locked(lock, fcntl.LOCK_SH, tries=1)
        finally:
            os.close(lock)

    def secure(self, connection: Connection) -> None:
        """The locks hang on no connection."""

    def damage(self, what: str) -> Damaged:
        copy = Path(f"{self.path}.{COPY}")
        help = (
            f"running the study goes on with {copy}, the copy of {_time_of(copy)}"
            if copy.exists()
            else "there is no copy of it: name another store"
        )
        return Damaged(f"{self.name} is damaged: {what.strip().splitlines()[-1]}", help)

    def copy(self, name: str) -> str | None:
        """SQLite's own copying, which sees whole transactions; written beside, synced, renamed."""
        if self.path is None:
            return None
        place = Path(f"{self.path}.{name}")
        new = place.with_name(f"{place.name}.new")
        new.unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(self.path)) as ours, closing(sqlite3.connect(new)) as copy:
                ours.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
                (found,) = copy.execute(CHECK).fetchone()
            if found != "ok":
                raise self.damage(found)
            with new.open("rb") as written:
                os.fsync(written.fileno())
            new.replace(place)
        except (sqlite3.Error, OSError, Damaged):
            new.unlink(missing_ok=True)
            raise
        return str(place)

    def restore(self) -> str | None:
        if self.path is None:
            return None
        copy = Path(f"{self.path}.{COPY}")
        if not copy.exists():
            return None
        with self.locked("lock", fcntl.LOCK_EX, f"{self.name} is damaged, and a study runs in it"):
            self.engine.dispose()
            kept = f"{self.path}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
            for ending in ("", "-wal", "-shm"):
                part = Path(f"{self.path}{ending}")
                if part.exists():
                    part.rename(f"{kept}{ending}")
            new = Path(f"{self.path}.new")
            shutil.copyfile(copy, new)
            new.replace(self.path)
        return f"goes on with the copy of {_time_of(copy)}; what was damaged is kept as {kept}"

    def insert_new(self, table: Table) -> Insert:
        return insert(table).on_conflict_do_nothing()

    def now(self) -> ColumnElement[float]:
        return literal(time.time())

    def fault(self, error: DBAPIError) -> SearchError:
        cause = error.orig
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the rest says more than is needed
        if code == sqlite3.SQLITE_NOTADB:
            return SearchError(f"{self.name} is no store of studies: {cause}")
        if code in DAMAGE:
            return self.damage(str(cause))
        if code in FULL:
            return SearchError(
                f"{self.name} cannot be written: {cause}",
                "the store is whole; make room on the disk, and go on with the study",
            )
        if code == sqlite3.SQLITE_BUSY:
            return SearchError(f"{self.name} was locked for {BUSY_SECONDS} seconds: {cause}")
        return SearchError(f"{self.name}: {cause}")


def _locked(lock: int, kind: int, tries: int = 5) -> bool:
    """Whether a lock was taken. Who only looks at a study holds it for a moment."""
    for turn in range(tries):
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOOK_SECONDS if turn + 1 < tries else 0)
        else:
            return True
    return False


def _engine(path: Path | None) -> Engine:
    if path is None:
        engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
    else:
        _refuse(path)
        given = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        engine = create_engine(f"sqlite:///{path}", connect_args=given, poolclass=QueuePool)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _refuse(path: Path) -> None:
    kind = network_file_system(path)
    if kind is not None:
        raise SearchError(
            f"{path} lies on a network file system ({kind}), where SQLite's locks do not hold",
            "keep the store on a local disk, or in PostgreSQL: postgresql://user@host/database",
        )
    if not path.parent.is_dir():
        raise SearchError(f"there is no folder {path.parent}", "make it, or name another store")


def _set_up(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Who will write says so at once: a reader that turns writer could find itself too late."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _time_of(path: Path) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(path.stat().st_mtime))


def file_name(name: str) -> str:
    """A study's name as a part of a file's name."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
