"""What is asked of free growth: which edits are possible, and a program with one of them made.

Comes in: a complete program and a vocabulary. Goes out: programs that the checker accepts, or
`NoEdit`. Equal seeds give equal programs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...deep import deep_recursion
from ...program import Program
from ..random import Random, cumulate
from . import registry
from .accept import accept, adapted
from .donors import decided
from .edit import Edit, Place, Way
from .grown import GrownProgram, Made
from .refused import NoEdit, Refused
from .view import View
from .vocabulary import Vocabulary, read
from .vocabulary import foreign as vocabulary_of

MOST_WAYS = 120
MOST_PLACES = 12
STREAM = 3

__all__ = ["Growth", "Wanted", "vocabulary_of"]

Wanted = str | Edit | Sequence[str | Edit] | Mapping[str, float] | None


class Growth:
    """The edits of one program. `vocabulary` names one of the program's own, or is one as a text or
    program; without it the built-in one serves. `ways` is how many programs one edit may try at one
    place.

    Raises ProgramError where the program is wrong, ValueError where choices are open in it.
    """

    def __init__(
        self,
        program: Program,
        network: str | None = None,
        vocabulary: "Vocabulary | Program | str | None" = None,
        ways: int = MOST_WAYS,
    ) -> None:
        self.program = program
        self.ways = ways
        if not isinstance(vocabulary, Vocabulary):
            vocabulary = read(vocabulary, program)
        self._told = vocabulary
        with deep_recursion():
            self.view = View(program, network)
            self.vocabulary = adapted(vocabulary, self.view.tree)

    def __repr__(self) -> str:
        return f"<Growth of {self.view.network} by {self.vocabulary.name}>"

    def of(self, program: Program) -> "Growth":
        """The edits of another program, with the same vocabulary."""
        return Growth(program, self.view.network, self._told, self.ways)

    @property
    def edits(self) -> tuple[str, ...]:
        """The edits that have a place in the program."""
        return tuple(name for name in registry.edit_names() if self.places(name))

    def places(self, edit: Wanted = None) -> tuple[Place, ...]:
        """Where edits can be tried: of one name, of several, or of the general ones. Whether a
        valid program is found there, `apply` says.
        """
        found = [list(item.places(self.view, self.vocabulary)) for item, _ in _wanted(edit)]
        return tuple(place for places in found for place in places)

    def apply(self, place: Place, seed: int = 0, edit: Edit | None = None) -> GrownProgram:
        """The program with an edit made at a place. Raises NoEdit where none was found valid.

        `edit` is the one whose place it is, where it has settings of its own.
        """
        return self._at(edit or registry.make_edit(place.edit), place, Random(seed, STREAM))

    def grow(self, seed: int = 0, edit: Wanted = None, step: int = 0) -> GrownProgram:
        """The program with one edit made, each kind equally likely, or by its weight, and each
        place of a kind. Raises NoEdit where none is valid at any of the places tried.

        Edits one after another by one seed are told apart by their `step`.
        """
        random = Random(seed, STREAM, step)
        left = list(_wanted(edit))
        reasons: list[str] = []
        while left:
            number = random.pick(cumulate([weight for _, weight in left]))
            kind, _ = left.pop(number)
            found = self._somewhere(kind, random, reasons)
            if found is not None:
                return found
        last = f"; the last: {reasons[-1]}" if reasons else f": it has no place for {_named(edit)}"
        raise NoEdit(f"no edit of {self.view.network} was found valid{last}")

    def _somewhere(self, edit: Edit, random: Random, reasons: list[str]) -> GrownProgram | None:
        places = list(edit.places(self.view, self.vocabulary))
        for _ in range(min(len(places), MOST_PLACES)):
            place = places.pop(random.below(len(places)))
            try:
                return self._at(edit, place, random)
            except NoEdit as none:
                reasons.append(str(none))
        return None

    def _at(self, edit: Edit, place: Place, random: Random) -> GrownProgram:
        tried, reason = 0, "nothing can be tried there"
        seen: set[Any] = set()
        with deep_recursion():
            try:
                for vocabulary, way in self._ways(edit, place, random):
                    if tried >= self.ways:
                        break
                    if way.tree in seen:
                        continue
                    seen.add(way.tree)
                    tried += 1
                    try:
                        view = accept(
                            self.view, way.tree, vocabulary, identical=edit.may_be_identical
                        )
                    except Refused as refused:
                        reason = str(refused)
                        continue
                    return self._made(view, Made(place.edit, place.where, way.what))
            except Refused as refused:
                reason = str(refused)
        many = f" of {tried} tried" if tried > 1 else ""
        raise NoEdit(f"no valid {place}{many}: {reason}")

    def _ways(self, edit: Edit, place: Place, random: Random) -> Iterator[tuple[Vocabulary, Way]]:
        """The ways of an edit, with the vocabulary that each draws from."""
        for vocabulary in decided(self._told, random):
            fitting = adapted(vocabulary, self.view.tree)
            for way in edit.ways(self.view, place, fitting, random):
                yield fitting, way

    def _made(self, view: View, made: Made) -> GrownProgram:
        axes = getattr(self.program, "axes", {})
        return GrownProgram(
            view.tree, view.filename, view.folder, view.network, made, view.checked, axes
        )


def _named(edit: Wanted) -> str:
    return " or ".join(kind.name for kind, _ in _wanted(edit))


def _wanted(edit: Wanted) -> list[tuple[Edit, float]]:
    match edit:
        case None:
            return [(registry.make_edit(name), 1.0) for name in registry.GENERAL]
        case str():
            return [(registry.make_edit(edit), 1.0)]
        case Edit():
            return [(edit, 1.0)]
        case Mapping():
            pairs = [(registry.make_edit(name), float(w)) for name, w in edit.items() if w > 0]
            return pairs
        case _:
            return [pair for item in edit for pair in _wanted(item)]
