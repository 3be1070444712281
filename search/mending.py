"""A store that a disk has damaged: noticed, said, and its last copy used.

Comes in: a store that is opened by who will run a study in it. Goes out: the same, whole, with all
that is known. What it lacks is evaluated again.
"""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from .databases.sqlite import COPY
from .errors import Damaged
from .witness import Counts, Witness, counted, missing, read, witnesses

if TYPE_CHECKING:
    from .store import Store

ENDED = "SELECT count(*) FROM attempt WHERE state <> 'RUNNING'"
CUT = "its log was cut off, by damage or when the power went"
log = logging.getLogger(__name__)


def restore(store: "Store", error: Damaged) -> None:
    """Puts the last copy in the place of a damaged store. Raises the error where there is none."""
    done = store.database.restore()
    if done is None:
        store.close()
        raise error
    store.reopen()
    store.check()
    lacks = _lacking(store)
    _say(store, "restored", f"{error.message}; {done}" + (f"; {lacks}" if lacks else ""))
    _settle(store)


def account_for(store: "Store") -> None:
    """Says what a store lacks whose log was cut off; the copy is used where that knows more."""
    lacks = _lacking(store)
    if not lacks:
        return
    text = f"{store.name} is damaged: {lacks}: {CUT}"
    found = sum(store.count(key).ended for key in store.study_keys())
    done: str | None = None
    if _copied(store) > found:
        done = store.database.restore()
        store.reopen()
        store.check()
    _say(store, "missing", f"{text}; {done or 'what is missing is evaluated again'}")
    _settle(store)


def forget(path: Path) -> None:
    """What was noted of a store that is there no more."""
    for file in witnesses(path):
        file.unlink(missing_ok=True)


def _lacking(store: "Store") -> str:
    """What was noted is read before what there is: another study of the store may run."""
    told = {path: read(path) for path in _noted(store)}
    names = {counted(store.path, name): name for name in _names(store)}
    lacks = [(names.get(path, path.suffixes[-2][1:]), path) for path in told]
    return missing([(name, _count(store, name), told[path]) for name, path in lacks])


def _settle(store: "Store") -> None:
    """From now on what there is counts."""
    names = {counted(store.path, name): name for name in _names(store)}
    for path in _noted(store):
        witness = Witness(path, _count(store, names.get(path, "")))
        witness.note()
        witness.close()


def _noted(store: "Store") -> list[Path]:
    return [] if store.path is None else witnesses(store.path)


def _names(store: "Store") -> list[str]:
    return [] if store.path is None else [name for name, _ in store.studies()]


def _count(store: "Store", name: str) -> Counts:
    found = store.find(name)
    return Counts() if found is None else store.count(found[0])


def _copied(store: "Store") -> int:
    """How many ended attempts the last copy has."""
    copy = Path(f"{store.path}.{COPY}")
    if not copy.exists():
        return 0
    try:
        with closing(sqlite3.connect(copy)) as connection:
            (ended,) = connection.execute(ENDED).fetchone()
    except sqlite3.Error:
        return 0
    return int(ended)


def _say(store: "Store", kind: str, text: str) -> None:
    log.warning("%s", text)
    for key in store.study_keys():
        store.note(key, kind, text)
