"""The statements that a store runs for every trial, made once: making one takes longer than running
it.

Comes in: nothing. Goes out: statements, whose values are given when they run.
"""

from .rows import CHANGING
from .tables import attempt, job, lineage, metric, program, study, trial
from .trial import SHARED, State

# isort: split
from sqlalchemy import BindParameter, bindparam, delete, func, select, update

_KEY: BindParameter[int] = bindparam("key")

TRIALS = (
    select(trial, program.c.text, program.c.hash)
    .join(program, program.c.key == trial.c.program)
    .where(trial.c.study == _KEY)
    .order_by(trial.c.number)
)
PARENTS = (
    select(lineage.c.number, lineage.c.parent)
    .where(lineage.c.study == _KEY)
    .order_by(lineage.c.number, lineage.c.place)
)
PARENTS_OF = (
    select(lineage.c.parent)
    .where(lineage.c.study == _KEY, lineage.c.number == bindparam("of"))
    .order_by(lineage.c.place)
)
FINISHED = (
    select(trial, program.c.text, program.c.hash, study.c.name)
    .join(program, program.c.key == trial.c.program)
    .join(study, study.c.id == trial.c.study)
    .where(trial.c.identity == bindparam("identity"), trial.c.study != bindparam("but"))
    .where(trial.c.state.in_(sorted(map(str, SHARED))))
    .order_by(trial.c.study, trial.c.number)
    .limit(1)
)
LOSSES = select(attempt.c.attempt).where(
    attempt.c.study == _KEY,
    attempt.c.number == bindparam("of"),
    attempt.c.state == str(State.LOST),
    attempt.c.interrupted.is_(False),
)
METRICS = (
    select(metric.c.number, metric.c.attempt, metric.c.step, metric.c.name, metric.c.value)
    .where(metric.c.study == _KEY)
    .order_by(metric.c.number, metric.c.attempt, metric.c.place)
)
CHECKSUMS = select(attempt.c.number, attempt.c.attempt, attempt.c.checksum).where(
    attempt.c.study == _KEY, attempt.c.checksum.is_not(None)
)

COUNT = select(
    select(func.count()).where(trial.c.study == _KEY).scalar_subquery().label("proposed"),
    select(func.count()).where(attempt.c.study == _KEY).scalar_subquery().label("begun"),
    select(func.count())
    .where(attempt.c.study == _KEY, attempt.c.state != str(State.RUNNING))
    .scalar_subquery()
    .label("ended"),
)

DONE = delete(job).where(
    job.c.study == bindparam("of_study"), job.c.number == bindparam("of_number")
)

CHANGE = (
    update(trial)
    .where(trial.c.study == bindparam("of_study"), trial.c.number == bindparam("of_number"))
    .values({name: bindparam(name) for name in (*CHANGING, "checksum")})
)
END = (
    update(attempt)
    .where(
        attempt.c.study == bindparam("of_study"),
        attempt.c.number == bindparam("of_number"),
        attempt.c.attempt == bindparam("of_attempt"),
        attempt.c.token == bindparam("of_token"),
        # the same end again is the end of a transaction that nobody knew to be done
        attempt.c.state.in_((str(State.RUNNING), bindparam("to_state"))),
    )
    .values(
        state=bindparam("to_state"),
        seconds=bindparam("to_seconds"),
        error=bindparam("to_error"),
        checksum=bindparam("to_checksum"),
    )
)
