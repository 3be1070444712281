"""Sizes of symbolic axes, spelled through the inputs of a function.

Comes in: the inputs' names and shapes. Goes out: text for any size that follows from theirs. An
input's axis may be any expression: where it tells a symbol, or a floor division as a whole, so
that one block serves `H` and `(H + 1) // 2` alike, that is read off it.
"""

from collections.abc import Collection, Mapping, Sequence

from ...dims import (
    Atom,
    Axis,
    Dim,
    Quotient,
    Symbol,
    floor_divide,
    names,
    of_atom,
    python,
    terms_of,
)
from ...spelling import closed, identifier
from ...types import Shape

_LETTERS = {2: "nd", 3: "ntd", 4: "nchw", 5: "ncdhw"}


class Sizes:
    """Spells sizes, and remembers which axes that took."""

    def __init__(
        self, tensors: Sequence[tuple[str, Shape]], taken: Collection[str], named: bool
    ) -> None:
        """With `named` an axis that is a bare symbol keeps the symbol's name."""
        self.read: dict[str, str] = {}
        self.used: set[str] = set()
        self.variables: dict[Axis, str] = {}
        self.known: dict[Atom, Dim] = {}
        for name, shape in tensors:
            for position, size in enumerate(shape):
                if isinstance(size, Axis) and size not in self.variables:
                    bare = named and str(size).isidentifier()
                    wanted = str(size) if bare else _letter(shape, position)
                    variable = identifier(wanted, {*taken, *self.read})
                    self.variables[size] = variable
                    self.read[variable] = f"{name}.shape[{position}]"
        for size in sorted(self.variables, key=lambda size: len(names(size))):
            self._learn(size, self.variables[size])

    def text(self, size: Dim, tight: bool = False) -> str:
        """The size as an expression. Raises KeyError where the inputs do not tell it."""
        if not isinstance(size, Axis):
            return str(size)
        found = self.variables.get(size)
        rewritten = self._rewrite(size) if found is None else of_atom(Symbol(found, 0))
        self.used |= names(rewritten)
        return closed(python(rewritten, {name: name for name in names(rewritten)}), tight)

    def bindings(self) -> list[str]:
        """Statements that bind the variables which texts have used."""
        return [f"{name} = {text}" for name, text in self.read.items() if name in self.used]

    def stated(self, size: Axis) -> str:
        """The variable of an axis of an input."""
        return self.variables[size]

    def _learn(self, size: Axis, variable: str) -> None:
        """Solves an axis for the one atom in it that is not known yet."""
        terms = terms_of(size)
        unknown = {atom for monomial in terms for atom in monomial if atom not in self.known}
        if len(unknown) != 1:
            return
        (atom,) = unknown
        factor = terms.get((atom,), 0)
        rest = size - factor * of_atom(atom)
        if not factor or any(atom in monomial for monomial in terms_of(rest)):
            return
        try:
            difference = of_atom(Symbol(variable, 0)) - self._rewrite(rest)
        except KeyError:
            return
        self.known[atom] = floor_divide(difference, factor) if factor != 1 else difference

    def _rewrite(self, size: Dim) -> Dim:
        return _rewritten(size, self.known)


def _rewritten(size: Dim, known: Mapping[Atom, Dim]) -> Dim:
    total: Dim = 0
    for monomial, factor in terms_of(size).items():
        product: Dim = factor
        for atom in monomial:
            product = product * _atom(atom, known)
        total = total + product
    return total


def _atom(atom: Atom, known: Mapping[Atom, Dim]) -> Dim:
    if atom in known:
        return known[atom]
    if not isinstance(atom, Quotient):
        raise KeyError(atom.name)
    return floor_divide(_rewritten(atom.numerator, known), _rewritten(atom.denominator, known))


def _letter(shape: Shape, position: int) -> str:
    letters = _LETTERS.get(len(shape))
    return letters[position] if letters else "n" if position == 0 else f"size_{position}"
