"""Writing the open `let`s of other files: as `let`s of the drawn program, with what was decided.

Comes in: the writer of a program. Goes out: the declarations, by names that nothing else has, and
what the names are called that mean them, in whatever text is written.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.environment import Environment
from ..settings import train_blocks
from .foreign_lets import foreign_lets
from .syntax import bare
from .written_place import NOWHERE_USED

if TYPE_CHECKING:
    from .writer import Writer


class WrittenLets:
    """`readers` are the names that mean such a `let`, by the id of their node."""

    def __init__(self, writer: "Writer") -> None:
        known, imports = foreign_lets(writer.reference.home), writer.imports
        train = train_blocks(imports.program, writer.reference.function.name)
        imports.bound = known.bound
        self._lets = known.lets
        self._own = {
            id(let.declaration): imports.own_name(let.declaration.name, id(let.declaration))
            for let in known.lets
        }
        self.readers: Mapping[int, str] = {
            node: self._own[id(let.declaration)]
            for node, let in known.in_program(writer.expansion, train).items()
        }
        self._written: list[tuple[ast.Let, Environment]] = []
        writer.versions.take(self._own.values())

    def write(self, writer: "Writer") -> None:
        """Before all that uses them: recipes in them have a name here from then on."""
        for let in self._lets:
            written = writer.declaration(let.declaration)
            self._written.append((bare(written, name=self._own[id(let.declaration)]), let.home))

    def declarations(self, writer: "Writer") -> list[ast.Let]:
        """The `let`s, once it is known which blocks stand in the program."""
        made = writer.versions.names_made
        return [writer.imports.qualified(item, home, made) for item, home in self._written]

    def name(self, node: ast.Expression) -> Any:
        """What a name is called in the drawn program."""
        name = self.readers.get(id(node))
        return bare(node) if name is None else ast.Name(name, span=NOWHERE)

    def ports(self, function: ast.Function, writer: "Writer") -> dict[str, Any]:
        """What changes in a signature, whose axes may be such names."""
        if not self.readers:
            return {}
        return {
            name: tuple(writer.write(port, NOWHERE_USED) for port in getattr(function, name))
            for name in ("inputs", "outputs", "states")
        }
