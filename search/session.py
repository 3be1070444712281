"""Transactions of one process, on one connection.

Comes in: a database, what to do in a transaction. Goes out: what came of it. A connection that was
cut is made again, and its transaction done again, for as long as the database asks for patience.
May be assumed: what is done twice changes nothing the second time.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .database import Database
from .errors import SearchError

# isort: split
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

RETRY_SECONDS = 1.0

T = TypeVar("T")
log = logging.getLogger(__name__)


class Session:
    """`lock` is held while anything is done."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.lock = threading.RLock()
        self._connection: Connection | None = None

    def read(self, query: Any, values: Mapping[str, Any] | None = None) -> list[Any]:
        """What a query finds. Raises SearchError."""

        def read(connection: Connection) -> list[Any]:
            return list(connection.execute(query, values or {}))

        return self._patiently(read, writes=False)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Does it in one transaction. Raises SearchError."""
        return self._patiently(work, writes=True)

    def drop(self) -> None:
        """Gives the connection up; the next transaction makes another."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _transaction(self, work: Callable[[Connection], T], writes: bool) -> T:
        if self._connection is None:
            self._connection = self.database.engine.connect()
            with self._connection.begin():
                self.database.secure(self._connection)
        self._connection.execution_options(writes=writes)
        with self._connection.begin():
            return work(self._connection)

    def _patiently(self, work: Callable[[Connection], T], writes: bool) -> T:
        since: float | None = None
        while True:
            try:
                with self.lock:
                    return self._transaction(work, writes)
            except (DBAPIError, SearchError) as error:
                cut = isinstance(error, DBAPIError) and error.connection_invalidated
                fault = self.database.fault(error) if isinstance(error, DBAPIError) else error
                self.drop()
                if since is None and not cut:
                    raise fault from None
                if since is None:
                    since = time.monotonic()
                    seconds = self.database.patience
                    log.warning("%s; trying again for %g seconds", fault.message, seconds)
                if time.monotonic() - since > self.database.patience:
                    raise fault from None
            time.sleep(RETRY_SECONDS)
