"""Another value for a hyperparameter."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from .....grammar.print import print_expression
from ....hyperparameter import spell
from ...random import Random
from ..calls import argument, called, with_argument
from ..edit import Edit, Place, Way
from ..tree import put
from ..view import View, stage_calls
from ..vocabulary import Vocabulary, own_domain

_DRAWS = 48


@dataclass(frozen=True)
class Alter(Edit):
    """Gives a hyperparameter another value of its domain: the vocabulary's, or where that has none,
    the layer's own.
    """

    needs: ClassVar[bool] = True

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for path, node, function in stage_calls(view):
            name = called(node)
            for number, key in enumerate(view.signature(name)):
                domain = _domain(vocabulary, name, key, number)
                if domain is not None:
                    where = f"{view.stage_name(node, function)}.{key}"
                    yield self.place(where, (path, node, key, domain))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        path, node, key, domain = place.target
        signature = view.signature(called(node))
        present = _present(view, node, signature, key)
        for _ in range(_DRAWS):
            value = vocabulary.value(domain, random)
            shown = print_expression(value)
            if shown not in present:
                tree = put(view.tree, path, with_argument(node, signature, key, value))
                yield Way(tree, f"{place.where} = {shown} instead of {present[0]}")


def _domain(vocabulary: Vocabulary, name: str, key: str, number: int) -> Any:
    """What the vocabulary lets a hyperparameter be; a layer that it does not hold has its own."""
    if vocabulary.entry_of(name) is None:
        return own_domain(name, key)
    return vocabulary.domain(name, key, number)


def _present(view: View, node: Any, signature: tuple[str, ...], key: str) -> tuple[str, ...]:
    """The value as it is written, or the layer's default as it could be."""
    given = argument(node, signature, key)
    if given is not None:
        return (print_expression(given),)
    layers = view.applied(node)
    value = getattr(layers[0], key, None) if layers else None
    return (str(value), spell(value)) if isinstance(value, str) else (spell(value),)
