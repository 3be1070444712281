"""Tasks for workers elsewhere: a table of the study's own store is the queue.

Comes in: tasks from a coordinator, claims and outcomes from workers. Goes out: the same, the other
way. A worker that has claimed a task holds it until a deadline, which it moves by saying that it is
alive; after that the task is lost, and what comes of it is refused. Deadlines are by the clock of
the database. What travels is pickled: who may write into a study's store may run code in it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, cast

from .executor import Evaluate, Outcome, Task
from .parcels import is_ours, pack, unpack
from .store import Store
from .tables import attempt, job, study
from .trial import State

# isort: split
from sqlalchemy import Connection, and_, delete, or_, select, update

LEASE = 60.0
SAME = and_(
    job.c.study == attempt.c.study,
    job.c.number == attempt.c.number,
    job.c.attempt == attempt.c.attempt,
)


@dataclass(frozen=True, slots=True)
class Work:
    """What every task of a study has in common. `lease` is for how many seconds a worker holds a
    task without a word.
    """

    evaluate: Evaluate
    timeout: float | None = None
    preload: tuple[str, ...] = ()
    lease: float = LEASE


class Queue:
    """The tasks of the study `key`."""

    def __init__(self, store: Store, key: int) -> None:
        self.store = store
        self.key = key
        self._mine = and_(job.c.study == key, attempt.c.state == str(State.RUNNING), SAME)

    # --- the coordinator's side

    def publish(self, work: Work) -> None:
        """How tasks are evaluated."""
        packed = pack(work)
        told = update(study).where(study.c.id == self.key).values(evaluate=packed)
        self.store.write(lambda connection: connection.execute(told))

    def offer(self, task: Task) -> None:
        """A task for whoever claims it first."""
        values = {
            "study": self.key, "number": task.number, "attempt": task.attempt, "stop": False,
            "task": pack(task),
        }  # fmt: skip
        new = self.store.new(job)
        self.store.write(lambda connection: connection.execute(new, values))

    def waiting(self) -> dict[int, bool]:
        """The trials that were offered and not collected: whether a worker has claimed each. What
        another version offered is not counted: nobody here can tell what comes of it.
        """
        query = select(job.c.number, attempt.c.worker, job.c.task).where(self._mine)
        rows = self.store.rows(query)
        return {row.number: bool(row.worker) for row in rows if is_ours(row.task)}

    def collect(self) -> list[Outcome]:
        """What has come of tasks. Those whose workers were silent for too long are lost, those that
        nobody has claimed when the study stops are waiting again.
        """
        late = attempt.c.deadline < self.store.database.now()
        unclaimed = and_(job.c.stop, attempt.c.worker == "")
        query = select(
            job.c.number, job.c.attempt, job.c.outcome, attempt.c.token, attempt.c.worker
        ).where(self._mine, or_(job.c.outcome.is_not(None), late, unclaimed))

        def collect(connection: Connection) -> list[Any]:
            rows = list(connection.execute(query))
            for row in rows:
                if row.outcome is None:  # from here on the worker's own word comes too late
                    connection.execute(delete(job).where(*self._place(row)))
            return rows

        # most of the time there is nothing, which is seen without writing
        rows = self.store.write(collect) if self.store.rows(query) else []
        return [_outcome(row) for row in rows]

    def stop(self) -> None:
        """Asks workers to save what they do; nothing more is claimed."""
        asked = update(job).where(job.c.study == self.key).values(stop=True)
        self.store.write(lambda connection: connection.execute(asked))

    def withdraw(self) -> None:
        """Takes back what no worker has claimed; those who are at work come to their end."""
        unclaimed = select(attempt.c.token).where(SAME, attempt.c.worker == "").exists()
        asked = update(job).where(job.c.study == self.key, unclaimed).values(stop=True)
        self.store.write(lambda connection: connection.execute(asked))

    # --- the workers' side

    def work(self) -> Work | None:
        """How tasks are evaluated; None where the study has no need of workers. Raises SearchError
        for what cannot be loaded here.
        """
        rows = self.store.rows(select(study.c.evaluate).where(study.c.id == self.key))
        packed = rows[0].evaluate if rows else None
        if packed is None:
            return None
        return cast(Work, unpack(packed, "what the study evaluates"))

    def claim(self, worker: str, lease: float) -> Task | None:
        """A task that nobody else works on, with a token of its own."""
        query = (
            select(job.c.number, job.c.attempt, job.c.task)
            .where(self._mine, attempt.c.worker == "", job.c.outcome.is_(None))
            .where(job.c.stop.is_(False))
            .order_by(job.c.number)
            .limit(1)
        )

        def claim(connection: Connection) -> Task | None:
            # others skip a row that is being claimed, rather than wait for it
            row = connection.execute(query.with_for_update(of=attempt, skip_locked=True)).first()
            if row is None:
                return None
            deadline = self.store.database.now() + lease
            held = update(attempt).where(
                attempt.c.study == self.key,
                attempt.c.number == row.number,
                attempt.c.attempt == row.attempt,
            )
            connection.execute(held.values(worker=worker, deadline=deadline))
            task: Task = unpack(row.task, f"trial {row.number}")
            return task

        return self.store.write(claim) if self.store.rows(query) else None

    def beat(self, tasks: Collection[Task], lease: float) -> dict[str, bool]:
        """Moves the deadlines of tasks. The answer has the tokens of those that are still held,
        each with whether it is asked to stop.
        """
        tokens = [task.token for task in tasks]
        held = (job.c.study == self.key) & SAME
        query = select(attempt.c.token, job.c.stop).where(
            self._mine, attempt.c.token.in_(tokens), job.c.outcome.is_(None)
        )
        moved = (
            update(attempt)
            .where(attempt.c.study == self.key, attempt.c.token.in_(tokens))
            .where(select(job.c.number).where(held).exists())
            .values(deadline=self.store.database.now() + lease)
        )

        def beat(connection: Connection) -> dict[str, bool]:
            connection.execute(moved)
            return {row.token: row.stop for row in connection.execute(query)}

        return self.store.write(beat)

    def deposit(self, outcome: Outcome) -> bool:
        """What came of a task, for the coordinator. Whether it was still awaited."""
        holds = select(attempt.c.token).where(
            SAME, attempt.c.token == outcome.token, attempt.c.state == str(State.RUNNING)
        )
        told = (
            update(job)
            .where(*self._place(outcome), holds.exists())
            .values(outcome=pack(replace(outcome, elsewhere=True)))
        )
        is_taken = self.store.write(lambda connection: connection.execute(told).rowcount) > 0
        if not is_taken:
            self.store.note(self.key, "refused", f"a late result of trial {outcome.number}")
        return is_taken

    def _place(self, of: Any) -> tuple[Any, ...]:
        return (
            job.c.study == self.key, job.c.number == of.number, job.c.attempt == of.attempt,
        )  # fmt: skip


def _outcome(row: Any) -> Outcome:
    """What came of a task; nothing, if that cannot be read here."""
    if row.outcome is None:
        return _none(row)
    if not is_ours(row.outcome):
        return Outcome(row.number, row.attempt, State.WAITING, token=row.token, elsewhere=True)
    return cast(Outcome, unpack(row.outcome, f"what came of trial {row.number}"))


def _none(row: Any) -> Outcome:
    """Of a task that nothing came of."""
    if not row.worker:
        return Outcome(row.number, row.attempt, State.WAITING, token=row.token)
    error = f"the worker {row.worker} was not heard of until its lease had ended"
    return Outcome(
        row.number, row.attempt, State.LOST, error=error, token=row.token, elsewhere=True
    )
