"""The tables of a store. A change here needs a new `VERSION` and a file in `migrations/`.

Comes in: nothing. Goes out: tables as SQLAlchemy knows them, the same for every database. What a
trial's columns hold is said by `Trial`; `rows.py` turns one into the other.
"""

try:
    from sqlalchemy import (
        BigInteger,
        Boolean,
        Column,
        Float,
        ForeignKey,
        ForeignKeyConstraint,
        Integer,
        LargeBinary,
        MetaData,
        PrimaryKeyConstraint,
        String,
        Table,
        Text,
    )
except ImportError as missing:  # an extra: not everybody searches
    from .errors import SearchError

    raise SearchError(
        "searching needs SQLAlchemy, which is not installed", "run: pip install 'archc[search]'"
    ) from missing

VERSION = 3

metadata = MetaData()

schema = Table("schema", metadata, Column("version", Integer, primary_key=True))

study = Table(
    "study",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created", Float, nullable=False),
    Column("settings", Text, nullable=False),  # JSON: what proposals and merits depend on
    Column("ended", String(20), nullable=False),  # why it stopped, "" while it has not
    Column("evaluate", LargeBinary),  # how workers elsewhere evaluate, as cloudpickle wrote it
)

program = Table(
    "program",
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256 of the text
    Column("hash", String(64), nullable=False, index=True),
    Column("text", Text, nullable=False),
)

trial = Table(
    "trial",
    metadata,
    Column("study", Integer, ForeignKey("study.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("program", String(64), ForeignKey("program.key"), nullable=False),
    Column("identity", String(64), nullable=False, index=True),
    Column("trace", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("fidelity", Text, nullable=False),
    Column("sees", Integer, nullable=False),
    Column("resumes", Integer),
    Column("replay_of", Integer),
    Column("source", String(220), nullable=False),
    Column("state", String(10), nullable=False),
    Column("scores", Text, nullable=False),
    Column("merits", Text, nullable=False),
    Column("merit", Float),  # the first of the merits, for those who ask in SQL
    Column("violation", Float, nullable=False),
    Column("cost", Text, nullable=False),
    Column("checkpoint", String(80), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("error", Text, nullable=False),
    Column("checksum", BigInteger),  # of all of the row; none in rows that older versions wrote
    PrimaryKeyConstraint("study", "number"),
)


def _of_trial() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["study", "number"], ["trial.study", "trial.number"])


lineage = Table(
    "lineage",
    metadata,
    Column("study", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("place", Integer, nullable=False),  # the first parent has 0
    Column("parent", Integer, nullable=False),
    PrimaryKeyConstraint("study", "number", "place"),
    _of_trial(),
    sqlite_with_rowid=False,
)

attempt = Table(
    "attempt",
    metadata,
    Column("study", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("begun", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("interrupted", Boolean, nullable=False),  # the study ended, not the worker
    Column("error", Text, nullable=False),
    Column("token", String(32), nullable=False),  # who does not know it cannot end the attempt
    Column("worker", Text, nullable=False),  # who works on it, "" for the coordinator's own
    Column("deadline", Float),  # when the lease of a worker elsewhere ends
    Column("checksum", BigInteger),  # of what it reported
    PrimaryKeyConstraint("study", "number", "attempt"),
    _of_trial(),
)

job = Table(
    "job",  # an attempt that waits for a worker elsewhere, or for the coordinator to hear of it
    metadata,
    Column("study", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("task", LargeBinary, nullable=False),
    Column("outcome", LargeBinary),
    Column("stop", Boolean, nullable=False),  # the study stops: save what there is
    PrimaryKeyConstraint("study", "number", "attempt"),
    _of_trial(),
)

metric = Table(
    "metric",
    metadata,
    Column("study", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("place", Integer, nullable=False),  # the first report has 0
    Column("step", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("value", Float),
    PrimaryKeyConstraint("study", "number", "attempt", "place"),
    _of_trial(),
    sqlite_with_rowid=False,
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study", Integer, ForeignKey("study.id"), nullable=False),
    Column("time", Float, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("detail", Text, nullable=False),
)
