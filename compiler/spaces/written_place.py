"""Where a piece of text is being written out, and what was decided for it elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class WrittenPlace:
    """The path of decisions and of uses; that of a recipe whose choices were made with its name,
    and those choices; and the path of the block in whose braces the text stands.
    """

    path: str
    recipe: str | None = None
    frozen: Mapping[int, Any] = field(default_factory=dict)
    root: str = ""

    def at(self, path: str) -> "WrittenPlace":
        """Another path in the same braces."""
        return WrittenPlace(path, self.recipe, self.frozen, self.root)

    def of_recipe(self, path: str, recipe: str | None, frozen: Mapping[int, Any]) -> "WrittenPlace":
        """The use of a recipe, whose choices were made before."""
        return WrittenPlace(path, recipe, {**self.frozen, **frozen}, self.root)

    def holds(self, path: str) -> bool:
        """Whether a path lies below this one."""
        return not self.path or path.startswith(f"{self.path}.")


NOWHERE_USED = WrittenPlace("\0")
"""The place of text that nothing uses: nothing was decided there."""
