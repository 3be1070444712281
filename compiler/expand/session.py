"""What one run of the checker shares: its reports, its limits, and the names already worked out for
each body.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Diagnostic, Fault, Report, Step
from ...grammar.record import record
from ...grammar.span import Span
from .. import errors
from .naming import NamesInText, number_uses
from .uses import KnownUses


class Poisoned(Exception):
    """Something used the result of a broken statement, which has been reported already."""


@record
class Limits:
    """How large a program may become. A file is data from a stranger; each limit has a flag that
    raises it.

    `nodes` counts applied layers; `depth` blocks within blocks; `parameters` the weights of the
    network, `weight` those of one tensor; `activations` the elements of all outputs for a batch of
    one. `work` counts the expressions worked out, besides four for each character of the text:
    stages that pass their input on make no layers, and can still take for ever.
    """

    nodes: int = 100_000
    depth: int = 100
    parameters: int = 10**12
    weight: int = 900_000_000
    activations: int = 10**10
    work: int = 1_000_000


MOST_REPORTS = 100
MOST_COPIES = 4_096
"""Blocks of which it is kept what one use made."""
_NOTHING = object()


@dataclass(slots=True)
class Session:
    """Collects reports, each kind of error once for each place, however often a block is used."""

    limits: Limits = field(default_factory=Limits)
    reports: list[Report] = field(default_factory=list)
    axes: Mapping[str, int] = field(default_factory=dict)
    entered: set[int] = field(default_factory=set)
    decider: Any = None  # decisions.Decider: who settles open choices
    replayed: Iterator[Any] | None = None  # what is decided, where that is known beforehand
    holds: list[Any] | None = None  # what the rest of the expansion depends on, while one decides
    chain: list[Any] = field(default_factory=list)  # for the first holds: what they amount to
    journal: list[tuple[dict[Any, Any], Any, Any]] = field(default_factory=list)
    closed: KnownUses | None = None  # closed.Outcome of blocks in which nothing is decided
    counted: KnownUses | None = None  # copying.Copied of such blocks, where costs are asked for
    uses: Any = None  # who decides what comes out of a block within itself, as one choice
    partition: Any = None  # alike.Partition, while one explores
    took_alike: bool = False  # whether any options were taken for alike
    reads: Any = None  # reads.Reads, where it is wanted which decisions matter
    has_reals: bool = False  # whether a number of a real range was decided
    copies: KnownUses = field(default_factory=lambda: KnownUses(MOST_COPIES))  # copying.Copied
    ahead: Any = None  # ahead.Ahead, where a body limits its layers while one explores or follows
    waiting: Any = None  # waiting.Waiting: what follows the stage at hand, while one explores
    hope: Any = None  # who is told where nothing leads on, if that is asked at all
    held: int | None = None  # how much is held, where one follows and need not know what
    room: Any = None  # the most layers that the network may make, where one follows
    argued: Any = None  # grounds.Argued: where the arguments of the layer at hand were decided
    flowing: Any = None  # what flows into the call whose function is being worked out
    rests: Any = None  # a refusal, and the grounds.Grounds that it rests on
    decided: dict[tuple[str, int], Any] = field(default_factory=dict)
    applied: dict[tuple[str, int], tuple[str, Any]] = field(default_factory=dict)
    lets: dict[int, Any] = field(default_factory=dict)  # those of files, by declaration
    meant: dict[tuple[str, int], Any] = field(default_factory=dict)  # values of such decisions
    deferred: frozenset[int] = frozenset()  # requirements that somebody else settles, by id
    deferred_costs: tuple[str, ...] = ()  # what those ask of
    spent: int = 0
    deepest: int = 0  # the most blocks within blocks
    measured: dict[int, tuple[object, int, int]] = field(default_factory=dict)
    allowed: int = 0
    _sites: dict[str, int] = field(default_factory=dict)
    _seen: set[tuple[str, str, int, int]] = field(default_factory=set)
    _names: dict[int, tuple[object, NamesInText]] = field(default_factory=dict)
    numbers: dict[int, tuple[object, Any]] = field(default_factory=dict)  # numbering.Numbers

    def report(self, diagnostic: Diagnostic, trail: tuple[Step, ...] = ()) -> None:
        report = Report(diagnostic, trail)
        place = report.place()
        key = (report.code, place.source.name, place.start, place.end)
        if key not in self._seen and len(self.reports) < MOST_REPORTS:
            self._seen.add(key)
            self.reports.append(report)

    def __post_init__(self) -> None:
        self.allowed = self.limits.work

    def begin(self) -> None:
        """A network begins. Whoever draws many programs in one session has the budget for each."""
        if self.decider is not None:
            self.spent = 0

    def read(self, text: str) -> None:
        """A longer text may take longer to work out."""
        self.allowed += 4 * len(text)

    def count_step(self, span: Span) -> None:
        """One expression more is being worked out."""
        self.spent += 1
        if self.spent > self.allowed:
            raise Fault(errors.limits.TooMuchWork(span, self.limits.work))

    def spend(self, span: Span, steps: int = 1) -> None:
        """Counts work. Raises a Fault once there is no end in sight."""
        self.spent += steps
        if self.spent > self.allowed:
            raise Fault(errors.limits.TooMuchWork(span, self.limits.work))

    @property
    def full(self) -> bool:
        """Whether more has been reported than anybody reads."""
        return len(self.reports) >= MOST_REPORTS

    def hold(self, *things: Any) -> int:
        """Notes what unfinished business depends on; `release` with the number returned ends it."""
        if self.holds is None:
            return self._count_held()
        self.holds.append(things[0] if len(things) == 1 else things)
        return len(self.holds) - 1

    def _count_held(self) -> int:
        if self.held is None:
            return 0
        self.held += 1
        return self.held - 1

    def release(self, mark: int) -> None:
        if self.holds is not None:
            del self.holds[mark:]
            del self.chain[mark:]
        elif self.held is not None:
            self.held = mark
        if self.ahead is not None:
            self.ahead.release(mark)
        if self.waiting is not None:
            self.waiting.release(mark)

    def follows(
        self, mark: int, node: ast.Node, part: int, env: Any, inputs: Sequence[Any] = ()
    ) -> None:
        """What is held from `mark` on stands in a part of a piece of text."""
        if self.waiting is not None:
            self.waiting.add(mark, node, part, env, inputs)

    def look_on(self, node: Any, env: Any, inputs: Sequence[Any], builder: Any) -> None:
        """Tells whoever explores, if they asked, which options of a choice lead to nothing that is
        wanted.
        """
        if self.hope is None:
            return
        if len(inputs) != 1 or builder.facts.assumptions:
            self.hope.note_hopeless(node, ())
            return
        numbers, most = self.hope.numbers_of_many(), self.limits.weight
        hopeless = self.waiting.hopeless(node, env, inputs[0].type, numbers, most)
        self.hope.note_hopeless(node, hopeless)

    def look_on_settings(
        self, layer: Any, node: Any, env: Any, values: Mapping[str, Any], inputs: Any, builder: Any
    ) -> None:
        """Tells whoever explores where a layer with the settings so far leads to nothing that is
        wanted, once a number of a range of many is decided.
        """
        known = inputs is not None and len(inputs) == 1 and not builder.facts.assumptions
        if not known or not self.hope.decided_of_many():
            return
        numbers, most = self.hope.numbers_of_many(), self.limits.weight

        def leads_on(known: Mapping[str, Any]) -> bool:
            found: bool = self.waiting.leads_on(
                layer, node, env, known, inputs[0].type, numbers, most
            )
            return found

        if not leads_on(values):
            *before, _ = values
            self.hope.lose(any_number=leads_on({name: values[name] for name in before}))

    @property
    def looks_ahead(self) -> bool:
        """Whether limits on layers are told before they are exceeded."""
        return self.holds is not None or self.held is not None

    def promise(self, mark: int, node: ast.Node, place: int = 0, times: int = 1) -> None:
        """What is held from `mark` on will carry a piece of text out, from one of its parts on."""
        if self.ahead is not None and times > 0:
            self.ahead.promise(mark, times * self.ahead.after(node, place))

    def expect_room(self, node: ast.Node, builder: Any, times: int = 1) -> None:
        """Raises a Fault where a limit on layers leaves no room for a piece of text."""
        if self.ahead is not None and times > 0:
            self.ahead.expect(times * self.ahead.after(node), builder)

    def moved(self, mark: int) -> None:
        """What is held from `mark` on has changed."""
        if self.chain:
            del self.chain[mark:]

    def site_name(self, base: str, number: int) -> str:
        """A choice's name with its number in the text, from the second on; with the next that is
        free where that has been met already.
        """
        name = base if number == 1 else f"{base}_{number}"
        if name in self._sites:
            number = max(number, self._sites.get(base, 1))
            while name in self._sites:
                number += 1
                name = f"{base}_{number}"
            self.note(self._sites, base, number)
        if self.holds is not None:
            self.journal.append((self._sites, name, _NOTHING))
        self._sites[name] = 1
        return name

    def note(self, known: dict[Any, Any], name: Any, value: Any) -> None:
        """Sets an entry so that it can be taken back while one explores."""
        if self.holds is not None:
            self.journal.append((known, name, known.get(name, _NOTHING)))
        known[name] = value

    def mark(self) -> tuple[int, int, int]:
        """What `restore` takes back to: only while one explores."""
        assert self.holds is not None
        return len(self.holds), len(self.journal), self.spent

    def restore(self, mark: tuple[int, int, int]) -> None:
        holds, journal, self.spent = mark
        self.release(holds)
        while len(self.journal) > journal:
            known, name, before = self.journal.pop()
            if before is _NOTHING:
                del known[name]
            else:
                known[name] = before

    def name_as(self, part: ast.Expression, whole: ast.Expression) -> None:
        """What stands in a part of something is named as it is in the whole."""
        if id(part) not in self._names:
            self._names[id(part)] = part, self.names_in(whole)

    def names_in(self, root: ast.Body | ast.Expression) -> NamesInText:
        """The names of the stages in a body, worked out once. The body is kept, so that its id
        stays its own.
        """
        known = self._names.get(id(root))
        if known is None:
            known = self._names[id(root)] = (root, number_uses(root))
        return known[1]
