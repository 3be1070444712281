"""Version 2: several objectives and constraints, fidelities that resume, results of other studies;
parents in a table of their own, leases, checksums, metrics by their place.

Version 1 was SQLite alone. Rows that it wrote have no checksum until they change.
"""

import json
from typing import Any

from sqlalchemy import Connection, text

STATEMENTS = """
ALTER TABLE study ADD COLUMN evaluate BLOB;
ALTER TABLE trial ADD COLUMN sees INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trial ADD COLUMN resumes INTEGER;
ALTER TABLE trial ADD COLUMN source VARCHAR(220) NOT NULL DEFAULT '';
ALTER TABLE trial ADD COLUMN merits TEXT NOT NULL DEFAULT '[]';
ALTER TABLE trial ADD COLUMN violation FLOAT NOT NULL DEFAULT 0;
ALTER TABLE trial ADD COLUMN cost TEXT NOT NULL DEFAULT '{}';
ALTER TABLE trial ADD COLUMN checkpoint VARCHAR(80) NOT NULL DEFAULT '';
ALTER TABLE trial ADD COLUMN checksum BIGINT;
CREATE INDEX ix_trial_identity ON trial (identity);
CREATE TABLE lineage (
    study INTEGER NOT NULL,
    number INTEGER NOT NULL,
    place INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    PRIMARY KEY (study, number, place),
    FOREIGN KEY(study, number) REFERENCES trial (study, number)
) WITHOUT ROWID;
ALTER TABLE attempt ADD COLUMN token VARCHAR(32) NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN worker TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN deadline FLOAT;
ALTER TABLE attempt ADD COLUMN checksum BIGINT;
CREATE TABLE job (
    study INTEGER NOT NULL,
    number INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    task BLOB NOT NULL,
    outcome BLOB,
    stop BOOLEAN NOT NULL,
    PRIMARY KEY (study, number, attempt),
    FOREIGN KEY(study, number) REFERENCES trial (study, number)
);
ALTER TABLE metric RENAME TO old_metric;
CREATE TABLE metric (
    study INTEGER NOT NULL,
    number INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    place INTEGER NOT NULL,
    step BIGINT NOT NULL,
    name TEXT NOT NULL,
    value FLOAT,
    PRIMARY KEY (study, number, attempt, place),
    FOREIGN KEY(study, number) REFERENCES trial (study, number)
) WITHOUT ROWID;
INSERT INTO metric
    SELECT study, number, attempt,
        row_number() OVER (PARTITION BY study, number, attempt ORDER BY id) - 1, step, name, value
    FROM old_metric;
DROP TABLE old_metric
"""


def upgrade(connection: Connection) -> None:
    for statement in STATEMENTS.split(";"):
        connection.execute(text(statement))
    for key, settings in connection.execute(text("SELECT id, settings FROM study")).all():
        _study(connection, key, json.loads(settings))
    for row in connection.execute(text("SELECT study, number, parents, merit FROM trial")).all():
        _trial(connection, *row)
    connection.execute(text("ALTER TABLE trial DROP COLUMN parents"))


def _study(connection: Connection, key: int, settings: dict[str, Any]) -> None:
    objective = [settings.pop("objective"), settings.pop("maximize")]
    settings |= {"objectives": [objective], "constraints": []}
    values = {"key": key, "settings": json.dumps(settings), "lag": settings["lag"]}
    connection.execute(text("UPDATE study SET settings = :settings WHERE id = :key"), values)
    seen = "UPDATE trial SET sees = max(0, number - :lag + 1) WHERE study = :key"
    connection.execute(text(seen), values)


def _trial(
    connection: Connection, key: int, number: int, parents: str, merit: float | None
) -> None:
    place = {"key": key, "number": number}
    if merit is not None:
        merits = "UPDATE trial SET merits = :merits WHERE study = :key AND number = :number"
        connection.execute(text(merits), {**place, "merits": json.dumps([merit])})
    for position, parent in enumerate(json.loads(parents)):
        line = "INSERT INTO lineage VALUES (:key, :number, :position, :parent)"
        connection.execute(text(line), {**place, "position": position, "parent": parent})
