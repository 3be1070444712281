"""Another learning rate (Real et al. 2017)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .....grammar import ast
from ...random import Random
from ...syntax import literal
from ..edit import Edit, Place, Way
from ..tree import Path, put
from ..view import View
from ..vocabulary import Vocabulary

_NAMES = frozenset({"lr", "learning_rate"})


@dataclass(frozen=True)
class AlterLearningRate(Edit):
    """Multiplies the optimiser's learning rate in a `train` block by 2^U(-1, 1) (Real et al. 2017,
    section 3.2).
    """

    changes: ClassVar[str] = "learning hyperparameters"

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for number, item in enumerate(view.tree.declarations):
            if isinstance(item, ast.Settings) and (item.kind, item.network) == (
                "train",
                view.network,
            ):
                yield from self._rates(item, (("declarations", number),))

    def _rates(self, settings: ast.Settings, path: Path) -> Iterator[Place]:
        for number, setting in enumerate(settings.settings):
            if setting.name != "optimizer" or not isinstance(setting.value, ast.Call):
                continue
            for place, argument in enumerate(setting.value.arguments):
                value = argument.value
                if argument.name in _NAMES and isinstance(value, ast.Number):
                    here: Path = (("settings", number), ("value", None), ("arguments", place))
                    where = f"of {settings.name or settings.network}"
                    yield self.place(where, ((*path, *here, ("value", None)), value.value))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        path, rate = place.target
        new = float(f"{rate * 2.0 ** random.between(-1.0, 1.0):.8g}")
        what = f"learning rate {new} {place.where} instead of {rate}"
        yield Way(put(view.tree, path, literal(new)), what)
