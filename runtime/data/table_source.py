"""What csv and parquet have in common: from a table to a Dataset.

Comes in: a `Table` and the settings. Goes out: `features` f32 [N, F] and `target`: class indices
i64 [N], or numbers f32 [N, 1]. Words, means and class names are learned from the training rows
alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import DataError
from ..lazy import Array, np
from ..settings import suggestion
from .assemble import FLOAT, dataset
from .dataset import SPLITS, Dataset
from .encoders import to_float32
from .guard import Checksum, check_memory
from .source import SplitSource
from .split import Rows, deal
from .table import Table, TableColumn, Texts
from .table_encoder import Missing, TableEncoder, fit_column, require_whole
from .transform import Target, Transform

MOST_CLASSES = 20
"""A column of whole numbers with at most so many different ones is a class, unless `task` says
otherwise."""


@dataclass(frozen=True)
class TableSource(SplitSource):
    """Settings of every table.

    `target` is the column to predict (the last one, unless named). `task` decides what `auto`
    guesses: texts, and whole numbers of few kinds, are classes. `missing`: `error`, `mean` (a
    missing number is the training rows' mean, a missing category none) or `drop` (the row). Rows
    with the same value of `group` stay in one split.
    """

    path: str
    target: str = ""
    task: Literal["auto", "classification", "regression"] = "auto"
    missing: Missing = "error"
    normalize: bool = True
    ignore: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    group: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        both = [name for name in self.categorical if name in self.numeric]
        self.require(not both, "categorical", "and `numeric` share a column")
        self.require(self.target not in self.ignore, "target", "must not be ignored")

    def kinds(self) -> Mapping[str, bool]:
        """Which columns the settings declare to be categories (true) or numbers (false)."""
        words = dict.fromkeys(self.categorical, True)
        forced = {self.target: True} if self.target and self.task == "classification" else {}
        return {**forced, **words, **dict.fromkeys(self.numeric, False)}

    def from_table(self, table: Table, checksum: Checksum) -> Dataset:
        """Deals, fits and encodes."""
        target = _column(self, table, self.target or table.names[-1], "target")
        group = _column(self, table, self.group, "group") if self.group else None
        features = [column for column in table.columns if column not in (target, group)]
        if not features:
            raise DataError(f"{self.label}: no column is left to learn from", "", "ignore")
        kept = self._kept(table, [*features, *([group] if group else [])], target)
        answers = _answers(self, target)
        rows = self._rows(kept, answers, group)
        encoder = TableEncoder(
            tuple(fit_column(column, rows["train"]) for column in features),
            self.missing,
            self.normalize,
        )
        check_memory(self.label, "the features", table.rows * encoder.width * FLOAT, self.limit)
        encoded = encoder.encode(table) if self.missing != "drop" else _lenient(encoder, table)
        answer, values = answers.finished(self, rows)
        inputs = {name: {"features": encoded[rows[name]]} for name in SPLITS}
        targets = {name: {"target": values[rows[name]]} for name in SPLITS}
        return dataset(self, Transform({"features": encoder}, answer), inputs, targets, checksum)

    def _kept(self, table: Table, features: Sequence[TableColumn], target: TableColumn) -> Array:
        """The numbers of the rows that are used; missing targets are never filled in."""
        if self.missing == "error":
            require_whole(table, [*features, target])
        if self.missing == "mean":
            require_whole(table, [target])
        holes = np.zeros(table.rows, dtype=bool)
        if self.missing == "drop":
            for column in (*features, target):
                holes |= column.missing()
        kept = np.flatnonzero(~holes)
        if not len(kept):
            raise DataError(f"{self.label}: every row has a missing value", 'try missing="mean"')
        return kept

    def _rows(self, kept: Array, answers: Answers, group: TableColumn | None) -> Rows:
        if group is None:
            classes = None if answers.codes is None else answers.codes[kept]
            return {name: kept[rows] for name, rows in deal(self, len(kept), classes).items()}
        keys = group.codes if isinstance(group, Texts) else group.values
        _, member = np.unique(keys[kept], return_inverse=True)
        dealt = deal(self, int(member.max()) + 1)
        return {name: kept[np.isin(member, groups)] for name, groups in dealt.items()}


@dataclass(frozen=True, slots=True)
class Answers:
    """The target column: `codes` i64 [N] into `words` for classes, `numbers` f64 [N] otherwise."""

    name: str
    codes: Array | None = None
    words: tuple[str, ...] = ()
    numbers: Array | None = None

    def finished(self, source: TableSource, rows: Rows) -> tuple[Target, Array]:
        """The target as the network sees it: classes are those of the training rows."""
        if self.codes is None:
            assert self.numbers is not None
            target = Target(self.name, "regression", shape=(1,))
            return target, _finite(self.name, self.numbers)[:, None]
        trained = np.unique(self.codes[rows["train"]])
        place = np.full(len(self.words), -1, dtype=np.int64)
        place[trained] = np.arange(len(trained))
        values = place[self.codes]
        for name in ("validation", "test"):
            unseen = rows[name][values[rows[name]] < 0]
            if len(unseen):
                word = self.words[self.codes[unseen[0]]]
                raise DataError(
                    f"{source.label}: the class {word!r} occurs in {name} but not in training",
                    "write stratify=true, use another seed, or give more rows of it",
                    "stratify",
                )
        names = tuple(self.words[code] for code in trained.tolist())
        return Target(self.name, "classification", len(names), names), values


def _answers(source: TableSource, column: TableColumn) -> Answers:
    if isinstance(column, Texts):
        if source.task == "regression":
            raise DataError(
                f"{source.label}: the column `{column.name}` holds words, which cannot be"
                " regressed",
                'write task="classification", or name another target',
                "task",
            )
        order = sorted(range(len(column.words)), key=lambda code: _natural(column.words[code]))
        place = np.array([*np.argsort(order), -1], dtype=np.int64)
        return Answers(
            column.name, place[column.codes], tuple(column.words[code] for code in order)
        )
    present = column.values[~column.missing()]
    distinct = np.unique(present)
    few = len(distinct) <= MOST_CLASSES and bool((distinct == np.floor(distinct)).all())
    if source.task == "regression" or (source.task == "auto" and not few):
        return Answers(column.name, numbers=column.values)
    codes = np.searchsorted(distinct, np.nan_to_num(column.values))
    names = tuple(f"{value:g}" for value in distinct.tolist())
    return Answers(column.name, np.minimum(codes, len(distinct) - 1), names)


def _finite(name: str, numbers: Array) -> Array:
    """f32; a missing number is zero: its row has been dropped, so it is never read."""
    return to_float32(np.nan_to_num(numbers, nan=0.0), name)


def _natural(word: str) -> tuple[int, float, str]:
    """Numbers in their order, before words."""
    try:
        return 0, float(word), word
    except ValueError:
        return 1, 0.0, word


def _column(source: TableSource, table: Table, name: str, setting: str) -> TableColumn:
    column = table.column(name)
    if column is None:
        help = suggestion(name, table.names)
        raise DataError(f"{source.label}: there is no column `{name}`", help, setting)
    return column


def _lenient(encoder: TableEncoder, table: Table) -> Array:
    """Encodes rows with holes too: they have been dropped from every split, so their values are
    never read."""
    return TableEncoder(encoder.columns, "mean", encoder.normalize).encode(table)
