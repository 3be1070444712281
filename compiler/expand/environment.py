"""Names and what they stand for: braces within braces, down from the file.

A scope reads the names around it and may not bind them anew; only a tensor may be rebound, in the
scope that bound it or in braces that stand as a statement of that scope.
"""

from collections.abc import Iterable
from typing import Any

from ...grammar.diagnostic import Fault
from ...grammar.record import record
from ...grammar.span import Span
from .. import errors
from .values import Poison, Results, Tensor


@record
class Binding:
    value: Any
    span: Span


class Environment:
    """One scope. With `rebinds` it belongs to a statement, and binds the tensors around it anew;
    `rebound` are those. That of a file that was read by `use` knows by which path, as
    `std.vision`.
    """

    __slots__ = ("_names", "module", "parent", "rebinds", "rebound")

    def __init__(self, parent: "Environment | None" = None, *, rebinds: bool = False) -> None:
        self._names: dict[str, Binding] = {}
        self.parent = parent
        self.rebinds = rebinds
        self.rebound: dict[str, Binding] = {}
        self.module = ""

    def find(self, name: str) -> Binding | None:
        scope: Environment | None = self
        while scope is not None:
            found = scope._names.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def find_inside(self, name: str) -> Binding | None:
        """The name unless it belongs to the file, whose names are always the same."""
        scope: Environment | None = self
        while scope is not None and scope.parent is not None:
            found = scope._names.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def binds_inside(self, names: frozenset[str]) -> bool:
        """Whether any of some names is bound in a scope within the file."""
        scope: Environment | None = self
        while scope is not None and scope.parent is not None:
            if not names.isdisjoint(scope._names):
                return True
            scope = scope.parent
        return False

    def here(self, name: str) -> Binding | None:
        """The name as this very scope binds it."""
        return self._names.get(name)

    def own(self) -> Iterable[Binding]:
        """All that this very scope binds, in the order of the text."""
        return self._names.values()

    @property
    def file(self) -> "Environment":
        """The outermost scope."""
        return self if self.parent is None else self.parent.file

    def bind(self, name: str, value: object, span: Span) -> None:
        """Binds a name; raises a Fault where it would hide or change one that must stay."""
        if self._rebind(name, value, span):
            return
        mine = self._names.get(name)
        if mine is not None and not (_is_tensor(mine.value) and _is_tensor(value)):
            raise Fault(errors.names.AlreadyBound(name, span, mine.span))
        if mine is None and self.parent is not None:
            outer = self.parent.find(name)
            if outer is not None:
                raise Fault(errors.names.Shadowed(name, span, outer.span, _is_tensor(outer.value)))
        self._names[name] = Binding(value, span)

    def _rebind(self, name: str, value: object, span: Span) -> bool:
        """Binds a tensor in the scope around it that has bound it, if this may be done."""
        if not self.rebinds or self.parent is None or name in self._names:
            return False
        outer = self.parent.here(name)
        if outer is None:
            done = self.parent._rebind(name, value, span)
        else:
            done = _is_tensor(outer.value) and _is_tensor(value)
            if done:
                self.parent._names[name] = Binding(value, span)
        if done:
            self.rebound[name] = Binding(value, span)
        return done

    def update(self, name: str, value: object, span: Span) -> None:
        """Binds without a question: for the states of a cell, and for what a broken statement would
        have bound.
        """
        if not self._rebind(name, value, span):
            self._names[name] = Binding(value, span)

    def replace(self, name: str, value: object, span: Span) -> None:
        """Binds without a question: for signatures, which may hide names of their file."""
        self._names[name] = Binding(value, span)

    def snapshot(self) -> tuple[dict[str, Binding], dict[str, Binding]]:
        """What `restore` takes back to."""
        return dict(self._names), dict(self.rebound)

    def restore(self, names: tuple[dict[str, Binding], dict[str, Binding]]) -> None:
        """As it was."""
        self._names, self.rebound = dict(names[0]), dict(names[1])

    def names(self) -> set[str]:
        """Every name that can be read here."""
        found = set(self._names)
        return found | self.parent.names() if self.parent is not None else found


def _is_tensor(value: object) -> bool:
    return isinstance(value, (Tensor, Results, Poison))
