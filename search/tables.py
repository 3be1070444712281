"""The tables of a store. A change here needs a new `VERSION` and a migration in `store.py`."""

try:
    from sqlalchemy import (
        Boolean,
        Column,
        Float,
        ForeignKey,
        Integer,
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

VERSION = 2

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
    Column("parents", Text, nullable=False),
    Column("seed", Integer, nullable=False),
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
    PrimaryKeyConstraint("study", "number"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("study", Integer, ForeignKey("study.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("begun", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("interrupted", Boolean, nullable=False),  # the study ended, not the worker
    Column("error", Text, nullable=False),
    PrimaryKeyConstraint("study", "number", "attempt"),
)

metric = Table(
    "metric",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study", Integer, ForeignKey("study.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("value", Float),
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
