"""The contract of an edit: where it can be tried, and in which ways.

To add an edit, write `edits/<name>.py` with one subclass of `Edit`; its fields are its settings. It
need not know whether what it makes is valid: every way is put to the checker, and the first that
passes is taken.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ....grammar import ast
from ..random import Random
from .view import View
from .vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Place:
    """Where an edit can be tried. `where` says it for people; `target` is the edit's own."""

    edit: str
    where: str
    target: Any = field(repr=False)

    def __str__(self) -> str:
        return f"{self.edit} {self.where}"


@dataclass(frozen=True, slots=True)
class Way:
    """One way of making an edit: the program that it would give, and what it does in few words."""

    tree: ast.Program
    what: str


@dataclass(frozen=True)
class Edit(ABC):
    """`changes` says what the edit manipulates, in the words of the taxonomy of methods. `needs` is
    whether it draws from the vocabulary, `may_be_identical` whether it counts where the network
    computes what it did.
    """

    changes: ClassVar[str] = "layers"
    needs: ClassVar[bool] = False
    may_be_identical: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The name of its file."""
        return type(self).__module__.rpartition(".")[2]

    @abstractmethod
    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        """Where it can be tried, in the order of the text. Called once for each program."""

    @abstractmethod
    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        """What can be tried there, best first. Ends where nothing is left, or goes on: a budget
        ends it. Raises Refused where nothing can be tried at all.
        """

    def place(self, where: str, target: Any) -> Place:
        return Place(self.name, where, target)
