"""A store on a server of PostgreSQL, for several machines.

Comes in: a URL such as `postgresql://user:password@host/database`. Goes out: a `Database`. The
tables lie in a schema `archc` of their own. A server that restarts is waited for: the transaction
that was cut is done again. Copies and checks of pages are the server's business.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import Damaged, SearchError

# isort: split
from sqlalchemy import Connection, Engine, Insert, Table, cast, create_engine, event, func, select
from sqlalchemy import Float as FloatType
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.elements import ColumnElement

DRIVER = "postgresql+psycopg"
SCHEMA = "archc"
CONNECT = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "options": "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
}
"""Each side gives the other up after a minute without a word: then its locks are free."""


class Postgresql:
    """Raises SearchError for a URL that is none, and where the driver is not installed."""

    patience = 300.0

    def __init__(self, url: str) -> None:
        self.engine, self.name = _engine(url)
        self._studies: list[str] = []

    def claim(self, connection: Connection) -> None:
        connection.execute(select(func.pg_advisory_xact_lock(_number("tables"))))
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")

    def is_foreign(self, connection: Connection) -> bool:
        """The schema is our own."""
        return False

    def inspect(self) -> None:
        """The server checks its pages whenever it reads one."""

    @contextmanager
    def alone(self, study: str) -> Iterator[None]:
        """A lock of the session that all of the store's work is done in: without the one there is
        not the other. `secure` takes it.
        """
        if study in self._studies:  # the session has the lock already, and would get it again
            raise _taken(study)
        self._studies.append(study)
        try:
            yield
        finally:
            self._studies.remove(study)

    def is_run(self, study: str) -> bool | None:
        """Taking the lock to see would keep a coordinator out."""
        return None

    def secure(self, connection: Connection) -> None:
        for study in self._studies:
            taken = connection.execute(select(func.pg_try_advisory_lock(_number(study))))
            if not taken.scalar_one():
                raise _taken(study)

    def copy(self, name: str) -> str | None:
        return None

    def damage(self, what: str) -> Damaged:
        return Damaged(f"{self.name} is damaged: {what}", "restore the database from its backup")

    def restore(self) -> str | None:
        return None

    def insert_new(self, table: Table) -> Insert:
        return insert(table).on_conflict_do_nothing()

    def now(self) -> ColumnElement[float]:
        return cast(func.extract("epoch", func.clock_timestamp()), FloatType)

    def fault(self, error: DBAPIError) -> SearchError:
        said = str(error.orig).strip() or type(error.orig).__name__
        help = "is the server running, and does the URL name it?" if _no_server(error) else ""
        return SearchError(f"{self.name}: {said.splitlines()[0]}", help)


def _engine(text: str) -> tuple[Engine, str]:
    try:
        url = make_url(text)
    except ArgumentError:
        raise SearchError(
            "this is no URL of a store", "such as postgresql://user:password@host/database"
        ) from None
    try:
        engine = create_engine(url.set(drivername=DRIVER), connect_args=CONNECT, poolclass=NullPool)
    except ImportError:
        raise SearchError(
            "a store in PostgreSQL needs psycopg, which is not installed",
            "run: pip install 'archc[postgres]'",
        ) from None
    event.listen(engine, "connect", _set_up)
    return engine, url.render_as_string(hide_password=True)


def _set_up(connection: Any, record: Any) -> None:
    connection.execute(f"SET search_path TO {SCHEMA}")
    connection.commit()


def _no_server(error: DBAPIError) -> bool:
    return type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout")


def _taken(study: str) -> SearchError:
    return SearchError(f"the study {study!r} is being run already", "wait, or stop it")


def _number(name: str) -> int:
    """The lock of a name: 64 bits, signed."""
    digest = hashlib.sha256(f"archc {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
