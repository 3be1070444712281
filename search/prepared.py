"""Statements that run for every trial, as one database writes them.

Comes in: a statement of SQLAlchemy, the dialect of a database. Goes out: its text, made once, and
what it changed. May be assumed: values are plain numbers and texts, which drivers take as they are;
making the text, and looking at every value, would take longer than the database needs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql import ClauseElement

Values = Mapping[str, Any]


class Prepared:
    """A statement and the names of its values."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._given: Values = compiled.params
        self._order: Sequence[str] | None = compiled.positiontup

    def run(self, connection: Connection, *rows: Values) -> int:
        """Runs it once for each row of values; says how many rows of the table it changed. A value
        that is not given is that of the statement, or none.
        """
        if not rows:
            return 0
        placed: Any = [self._placed(row) for row in rows]
        result = connection.exec_driver_sql(self.text, placed if len(rows) > 1 else placed[0])
        return result.rowcount

    def _placed(self, row: Values) -> Any:
        if self._order is None:
            return {name: row.get(name, given) for name, given in self._given.items()}
        given = self._given
        return tuple([row[name] if name in row else given[name] for name in self._order])
