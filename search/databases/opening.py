"""Which database a place means.

Comes in: a path, a URL, or nothing for one in memory. Goes out: a database.
"""

from pathlib import Path

from ..database import Database
from ..errors import SearchError
from ..place import Place, place_of
from .postgresql import Postgresql
from .sqlite import Sqlite


def database_at(place: Place | None) -> Database:
    """The database of a path or a URL; None is one in memory. Raises SearchError."""
    where = None if place is None else place_of(place)
    if not isinstance(where, str):
        return Sqlite(where)
    kind, _, rest = where.partition("://")
    match kind.partition("+")[0]:
        case "postgresql" | "postgres":
            return Postgresql(where)
        case "sqlite":
            return Sqlite(Path(rest.removeprefix("/")))
    raise SearchError(
        f"a store cannot lie in {kind}", "it is a path, or postgresql://user:password@host/database"
    )
