"""Where in the graph the expansion stands: the path, the owner of weights, and the trail that led
there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Step
from ...grammar.record import record, replaced
from ...grammar.span import Span
from .builder import GraphBuilder
from .naming import NO_NAMES, FreshNames, NamesInText
from .session import Session


@dataclass(slots=True)
class CellStates:
    """The states of the cell whose body is being run, and those that `next` has set."""

    names: tuple[str, ...]
    following: dict[str, object] = field(default_factory=dict)


@record
class Context:
    """`path` prefixes the names of nodes, `owner` those of weights; they differ where weights are
    shared.
    """

    session: Session
    builder: GraphBuilder
    names: NamesInText
    path: str = ""
    owner: str = ""
    trail: tuple[Step, ...] = ()
    within: tuple[int, ...] = ()  # the functions whose bodies are open, by id
    cell: CellStates | None = None
    prefix: str = ""  # where a cell's own graph stands, for the names of choices
    level: int = 0  # recipes within recipes
    hint: str = ""  # the hyperparameter whose value is being evaluated
    text: Any = None  # what numbers the choices, where that is not the body that names the stages
    home: Any = None  # environment.Environment of the file that the text stands in
    uses: tuple[int, ...] = ()  # the uses of blocks whose defaults are being evaluated, by id
    frozen: Mapping[int, Any] = field(default_factory=dict)
    memory: dict[Any, Any] | None = None  # decisions that an instance or `share` makes once
    memory_root: str = ""
    memory_path: str = ""  # where in the memory: an instance within another has a part of its own
    written: tuple[str, int] | None = None  # where the stage of the instance at hand stands
    made: FreshNames = field(default_factory=lambda: FreshNames(NO_NAMES))

    @property
    def place(self) -> str:
        """The path from the network down, through cells too: the name of a choice begins so."""
        return (
            join(self.prefix, self.path) if self.prefix and self.path else self.prefix or self.path
        )

    @property
    def decided_at(self) -> str:
        """Where a choice is decided: the place, and for one in a default the use that left it out,
        as two uses in one place decide twice.
        """
        return f"{self.place}.{self.uses}" if self.uses else self.place

    @property
    def naming(self) -> bool:
        """Whether choices need their names: not where nobody decides, nor where it is known
        beforehand what is decided; but what an instance remembers is found by its name.
        """
        session = self.session
        return session.decider is not None and (session.replayed is None or self.memory is not None)

    def once(self, name: str) -> tuple[dict[Any, Any], str]:
        """The memory of what is decided once under a name, and where in it: that of the instance or
        `share` around it, as its turns decide nothing anew either.
        """
        if self.memory is None:
            return {}, ""
        return self.memory, f"{self.remembered_as(join(self.place, name))}/"

    def inside(self, instance: Any, root: str) -> "Context":
        """Where an instance is applied: what was decided in it stays."""
        return replaced(
            self,
            memory=instance.memory,
            memory_root=root,
            memory_path=instance.memory_path,
            written=instance.written,
        )

    def remembered_as(self, full: str) -> str:
        """What stands for a full name in the memory at hand. The arguments of an instance are
        named beside it, and decided with it.
        """
        root = self.memory_root
        if root and not full.startswith(root):
            root = root[: root.rfind(".") + 1]
        return f"{self.memory_path}{full.removeprefix(root)}"

    def name_of(self, stage: ast.Expression) -> str | None:
        """The name of a stage written in the body at hand; None for braces that open no path."""
        return self.names.by_stage.get(id(stage))

    def open(
        self,
        name: str,
        root: ast.Body | ast.Expression,
        *,
        owner: str | None = None,
        level: int | None = None,
        home: Any = None,
    ) -> "Context":
        """A path below this one, with the numbering of its own body."""
        names = self.session.names_in(root)
        return replaced(
            self,
            names=names,
            path=join(self.path, name),
            owner=join(self.owner, name) if owner is None else owner,
            made=FreshNames(names),
            level=self.level if level is None else level,
            home=self.home if home is None else home,
        )

    def enter(self, step: Step, function: ast.Function) -> "Context":
        """One block deeper: the step joins the trail of every error below."""
        return replaced(self, trail=(*self.trail, step), within=(*self.within, id(function)))

    def fresh(self, base: str) -> str:
        """A name for a node that no stage in the text names, such as the `add` of `a + b`."""
        return self.made.make(base)


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def step_into(kind: str, name: str, span: Span) -> Step:
    return Step(span, f"in {kind} {name}, used here")
