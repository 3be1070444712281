"""What the refusals on one walk rest on.

Comes in: refusals, and what flowed into the layers that the walk has passed. Goes out: the grounds
of each, and of all that was refused at one choice, so that whoever goes back can leap over what
does not matter.
"""

from ...grammar.diagnostic import Diagnostic
from .. import errors
from ..expand.decisions import Integers
from ..expand.grounds import Argued, Grounds
from ..expand.idle import is_idle
from ..expand.session import Session
from ..layer import Layer
from ..types import TensorType
from .states import Path, State, decisions_of

BY_TYPES = errors.limits.WeightTooLarge, errors.limits.TooManyActivations


class Refusals:
    """The grounds of what was refused, by the place of the choice."""

    __slots__ = ("_applied", "_path", "_refused")

    def __init__(self, path: Path) -> None:
        self._path = path  # the walk's own, which goes on and back
        self._refused: dict[int, tuple[int, Grounds]] = {}  # how many, and on what
        self._applied: dict[int, tuple[Argued, tuple[TensorType, ...]]] = {}

    def note_applied(self, argued: Argued, types: tuple[TensorType, ...]) -> None:
        """Inputs of these types flow into a layer whose arguments were decided."""
        self._applied[argued.end] = argued, types

    def go_back(self, place: int) -> None:
        """What was applied after a place is taken back."""
        self._applied = {end: at for end, at in self._applied.items() if end <= place}

    def note(self, place: int, grounds: Grounds) -> None:
        """One more decision at a place is refused."""
        count, known = self._refused.get(place, (0, Grounds(0)))
        self._refused[place] = count + 1, known.joined(grounds)

    def forget(self, place: int) -> None:
        """What is refused at a place does not rest on this alone."""
        self._refused.pop(place, None)

    def all(self, state: State, place: int) -> Grounds:
        """What the refusals of all decisions at a state rest on together: if each of them was
        refused here, what they rest on but this decision itself; else whatever stands before.
        """
        count, known = self._refused.pop(place, (0, Grounds(0)))
        if count < len(decisions_of(state.domain)):
            return Grounds(place)
        return Grounds(min(known.base, place), known.others - {place}, known.idle)

    def grounds(self, reason: Diagnostic, session: Session | None) -> Grounds:
        """What a new refusal rests on."""
        rests = session.rests if session is not None else None
        if rests is not None and rests[0] is reason:
            found: Grounds = rests[1]
            return found
        return Grounds(len(self._path), idle=self._idle(reason))

    def _idle(self, reason: Diagnostic) -> frozenset[int]:
        """The decisions that a refusal by size does not rest on: arguments of layers, such as how
        many rows an embedding has, that change no type. The weights of one layer and all outputs
        follow from types.
        """
        if not isinstance(reason, BY_TYPES):
            return frozenset()
        return frozenset(
            place
            for argued, types in self._applied.values()
            for name, place in argued.numbers
            if self._is_idle(argued.layer, types, name, place)
        )

    def _is_idle(self, layer: Layer, types: tuple[TensorType, ...], name: str, place: int) -> bool:
        state, decision = self._path[place]
        domain = state.domain
        if not isinstance(domain, Integers) or getattr(layer, name) != decision:
            return False
        return is_idle(layer, types, name, domain.low, domain.high)
