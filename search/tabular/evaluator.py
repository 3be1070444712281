"""A study against a table instead of training.

Comes in: a program, a trial. Goes out: what the table says of its training: the curve up to the
epochs that the trial's fidelity grants, its last values as the scores. May be assumed: a study sees
one seed of the table, that of its own number; nothing but looking up is done, so the time a
training would have taken is told as `seconds`, not spent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ...compiler.hash import graph_hash
from ...compiler.program import Program
from ...compiler.spaces.drawn import DrawnProgram, graph_of
from ...compiler.spaces.space import Space
from ..errors import SearchError
from ..trial import trace_text
from .table import Table, choices_of, find, read

EPOCHS = "epochs"
SECONDS = "seconds"


class NotInTable(Exception):
    """A program, or a fidelity, that the table knows nothing of."""


class Attempt(Protocol):
    """What the table wants to know of a trial."""

    @property
    def seed(self) -> int: ...

    @property
    def fidelity(self) -> Mapping[str, float]: ...

    def report(self, step: int, value: float, name: str = ...) -> None: ...


@dataclass
class TableEvaluator:
    """Answers from a table; made by `table("digits2k")`. Carries the path, so that it travels to
    workers cheaply.
    """

    path: Path
    _table: Table | None = field(default=None, repr=False, compare=False)
    _rows: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    _space: Any = field(default=None, repr=False, compare=False)

    @property
    def table(self) -> Table:
        if self._table is None:
            self._table = read(self.path)
        return self._table

    @property
    def names(self) -> tuple[str, ...]:
        """The numbers that it tells."""
        return (*self.table.curves, *({SECONDS} & self.table.scores.keys()))

    @property
    def evaluator_id(self) -> str:
        """What scores depend on beside program, seed and fidelity: the table's content."""
        return f"table {self.table.checksum}"

    def __call__(self, program: Program, trial: Attempt) -> dict[str, float]:
        """The validation metrics after the last epoch granted, and the `seconds` of training."""
        table = self.table
        row = self.row(program)
        epochs = epochs_of(trial.fidelity, table.epochs)
        seed = trial.seed % len(table.seeds)
        found: dict[str, float] = {}
        for name, curves in table.curves.items():
            line = curves[row, seed, :epochs].tolist()
            for step, value in enumerate(line, 1):
                trial.report(step, value, name)
            found[name] = line[-1]
        if SECONDS in table.scores:
            found[SECONDS] = float(table.scores[SECONDS][row, seed]) * epochs / table.epochs
        return found

    def row(self, program: Program) -> int:
        """The program's row: by its trace where it is one of the table's own space, else by its
        graph's hash and what its training chose. Raises NotInTable.
        """
        if not isinstance(program, DrawnProgram):
            return self._row_of(key_of(program, self.table.head["network"]))
        if program.space is not self._space:
            self._space = program.space
            self._rows = dict(self.table.traced) if is_own(self.table, program.space) else {}
        text = trace_text(program.trace)
        if text not in self._rows:
            self._rows[text] = self._row_of(key_of(program, program.space.name))
        return self._rows[text]

    def _row_of(self, key: str) -> int:
        try:
            return self.table.rows[key]
        except KeyError:
            raise NotInTable(
                f"the table {self.path.stem} has no program {key}; it holds those of the space "
                f"{self.table.head['network']}"
            ) from None

    def __reduce__(self) -> tuple[Any, ...]:
        return TableEvaluator, (self.path,)


def table(name: str) -> TableEvaluator:
    """The evaluation that answers from a table: a path to a parquet file, or the name of one.

    Raises SearchError where there is none, or where it is damaged.
    """
    evaluator = TableEvaluator(find(name).resolve())
    if not len(evaluator.table):
        raise SearchError(f"the table {name} is empty", "make it again: archc bench table")
    return evaluator


def is_own(table: Table, space: Space) -> bool:
    """Whether a space is the one that a table was made from: the same text, the same values."""
    return head_of(space).items() <= table.head.items()


def head_of(space: Space) -> dict[str, Any]:
    """What a table keeps of its space: enough to open it again."""
    network = space.process.network
    values = {name: str(value) for name, value in {**network.overrides, **network.axes}.items()}
    found = {"space": str(space.source), "network": space.name}
    return {**found, "values": values} if values else found


def key_of(program: Program, network: str) -> str:
    """The canonical hash, and what is chosen of the training."""
    found = (
        program.hash
        if isinstance(program, DrawnProgram)
        else graph_hash(graph_of(program, network))
    )
    return f"{found} {choices_of(getattr(program, 'trace', ()))}".rstrip()


def epochs_of(fidelity: Mapping[str, float], most: int) -> int:
    """How many epochs a fidelity grants; all, where it says nothing. Raises NotInTable."""
    unknown = [name for name in fidelity if name != EPOCHS]
    if unknown:
        raise NotInTable(f"the table knows fidelities of epochs, not of {', '.join(unknown)}")
    epochs = fidelity.get(EPOCHS, most)
    if epochs != int(epochs) or not 1 <= epochs <= most:
        raise NotInTable(f"the table knows 1 to {most} epochs, not {epochs:g}")
    return int(epochs)
