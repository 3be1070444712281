"""The contract of a database that a store can live in.

Comes in: a place, such as a path or a URL. Goes out: an engine of SQLAlchemy, and what differs from
one database to the next: how one coordinator keeps others out, how a copy is made, what an error
means to people.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine, Insert, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement

from .errors import Damaged, SearchError


class Database(Protocol):
    """`name` is how messages call it, without a password. `patience` is for how many seconds a
    lost connection is tried again.
    """

    name: str
    engine: Engine
    patience: float

    def claim(self, connection: Connection) -> None:
        """Keeps others from making or changing tables until the transaction ends."""

    def is_foreign(self, connection: Connection) -> bool:
        """Whether it holds tables, none of which are ours."""

    def inspect(self) -> None:
        """Called before anything is read. Raises Damaged."""

    def alone(self, study: str) -> AbstractContextManager[None]:
        """Keeps other coordinators of a study out, for as long as this process lives. Raises
        SearchError where there is another one.
        """

    def is_run(self, study: str) -> bool | None:
        """Whether somebody runs a study now; None where that cannot be told."""

    def secure(self, connection: Connection) -> None:
        """Called with each new connection, while `alone` holds: takes again what was lost with the
        last one. Raises SearchError where another coordinator was faster.
        """

    def copy(self, name: str) -> str | None:
        """Writes a copy, and says where; None where that is the administrator's business. Raises
        Damaged where the copy is not whole, and leaves the last one as it was.
        """

    def damage(self, what: str) -> Damaged:
        """What people are told where something is not what was written."""

    def restore(self) -> str | None:
        """Puts the last copy in the place of what is damaged, which is kept; says what it did. None
        where there is no copy. Raises SearchError while a study runs in it.
        """

    def insert_new(self, table: Table) -> Insert:
        """An insertion that leaves alone what is there already: done twice, it is done once."""

    def now(self) -> ColumnElement[float]:
        """The database's clock, in seconds: machines need not agree on the time."""

    def fault(self, error: DBAPIError) -> SearchError:
        """What an error means to people."""
