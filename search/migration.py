"""Tables are made where there are none, and upgraded where an older archc made them.

Comes in: a database. Goes out: tables of the present version. An upgrade is one transaction, after
a copy was made. Raises SearchError for tables of a later version, or of somebody else.
"""

import sqlite3
from importlib import import_module

from .database import Database
from .errors import SearchError
from .tables import VERSION, metadata, schema

# isort: split
from sqlalchemy import Connection, insert, inspect, select, update


def prepare(database: Database) -> None:
    """Raises SearchError; SQLAlchemy's errors are the caller's to explain."""
    with database.engine.begin() as connection:
        found = _version(connection)
    if found == VERSION:
        return
    if found is not None and found < VERSION:
        _copy(database, f"version-{found}")
    writing = database.engine.execution_options(writes=True)
    with writing.begin() as connection:
        database.claim(connection)
        _upgrade(connection, database)


def _copy(database: Database, name: str) -> None:
    try:
        database.copy(name)
    except (OSError, sqlite3.Error) as error:
        raise SearchError(
            f"{database.name} is of an older version, and no copy could be made of it: {error}",
            "it is left as it was; make room beside it",
        ) from None


def _upgrade(connection: Connection, database: Database) -> None:
    found = _version(connection)
    if found is None:
        if database.is_foreign(connection):
            raise SearchError(
                f"{database.name} is a database of something else, not a store of studies",
                "name another file",
            )
        metadata.create_all(connection)
        connection.execute(insert(schema).values(version=VERSION))
        return
    if found > VERSION:
        raise SearchError(
            f"{database.name} is a store of version {found}, and this archc reads versions 1 to "
            f"{VERSION}",
            "use the archc that made it, or another store",
        )
    for version in range(found + 1, VERSION + 1):
        import_module(f".migrations.version_{version}", __package__).upgrade(connection)
    connection.execute(update(schema).values(version=VERSION))


def _version(connection: Connection) -> int | None:
    if not inspect(connection).has_table("schema"):
        return None
    found = connection.execute(select(schema.c.version)).scalar_one_or_none()
    return None if found is None else int(found)
