"""The `forward` of a unit.

Comes in: a unit that knows what it holds. Goes out: its `lines`, literals kept apart.
"""

import re
from collections.abc import Sequence
from typing import Any

from ....grammar.diagnostic import InternalError
from ...dims import Axis
from ...graph import Graph, RuntimeCheck
from ...lowering import Call, Function, TorchCode
from ...spelling import arguments, call, function_names, identifier, literal, quoted, symbols_in
from ...variables import POOL, Step, name_values
from .access import Access, Tree
from .holding import below, home, places
from .model import Path, Piece, Slot, Unit
from .paste import Support
from .scopes import Refused
from .sizes import Sizes

_MARK = re.compile("(\0\\d+\0)")
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_TURN = "block"


def write_forward(
    unit: Unit, graph: Graph, codes: Sequence[TorchCode], support: Support, *, facts: bool
) -> None:
    """Fills `lines`. With `facts` what the program requires of its axes is checked first."""
    _Forward(unit, graph, codes, support).write(facts)


class _Forward:
    def __init__(
        self, unit: Unit, graph: Graph, codes: Sequence[TorchCode], support: Support
    ) -> None:
        self.unit = unit
        self.graph = graph
        self.codes = codes
        self.support = support
        self.functions = function_names(codes)
        self.device = identifier("device", {*unit.parameters, *self.functions})
        self.on_device = False
        self.access = Access(unit.entries)
        shapes = [type_.shape for type_ in unit.types[0]]
        tensors = list(zip(unit.parameters, shapes, strict=True))
        self.sizes = Sizes(
            tensors, {*unit.parameters, *self.functions, self.device}, named=not unit.path
        )
        self.slots: list[Slot] = []
        self.readers = {
            value: index for index, node in enumerate(graph.nodes) for value in node.inputs
        }

    def write(self, facts: bool) -> None:
        unit = self.unit
        runs = self._runs()
        names = dict(zip(unit.inputs, unit.parameters, strict=True))
        steps = [self._step(run) for run in runs]
        taken = {*self.sizes.read, *self.functions, self.device, _TURN}
        variables = name_values(steps, names, unit.outputs, taken, rebind=POOL).of
        body: list[str] = []
        for run, step in zip(runs, steps, strict=True):
            inputs = [variables[value] for value in step.inputs]
            body += self._statements(run, inputs, [variables[value] for value in step.outputs])
        stated = (
            [line for check in self.graph.checks for line in self._fact(check)] if facts else []
        )
        results = ", ".join(variables[value] for value in unit.outputs)
        lines = [*self._device(), *self.sizes.bindings(), *stated, *_returning(body, results)]
        unit.lines = [self._pieces(line) for line in lines]

    def _device(self) -> list[str]:
        if not self.on_device:
            return []
        if not self.unit.parameters and self.unit.path:
            raise Refused(self.unit.number)
        tensor = f"{self.unit.parameters[0]}.device" if self.unit.parameters else "None"
        return [f"{self.device} = {tensor}"]

    # --- Loops over turns

    def _runs(self) -> list[list[int | Unit]]:
        """The places in order, turns that make a loop together."""
        runs: list[list[int | Unit]] = []
        for place in places(self.unit):
            if runs and isinstance(place, Unit) and self._goes_on(runs[-1], place):
                runs[-1].append(place)
            else:
                runs.append([place])
        return [part for run in runs for part in self._whole(run)]

    def _goes_on(self, run: list[int | Unit], turn: Unit) -> bool:
        """Whether a turn takes what the one before it gives, and nobody else does."""
        before = run[-1]
        if isinstance(before, int) or before.of is not None or turn.of is not None:
            return False
        place, next_ = _turn(below(self.unit, before.path)), _turn(below(self.unit, turn.path))
        if not (place and next_) or (place[1], next_[1]) != (len(run) - 1, len(run)):
            return False
        if (place[0], place[2]) != (next_[0], next_[2]):
            return False
        value = before.outputs[0]
        return (
            len(before.outputs) == 1
            and turn.inputs == before.outputs
            and len(turn.outputs) == 1
            and len(before.inputs) == 1
            and self.readers[value] < turn.end
            and value not in self.unit.outputs
        )

    def _whole(self, run: list[int | Unit]) -> list[list[int | Unit]]:
        """The run, taken apart again unless it is a list from beginning to end."""
        first = run[0]
        if isinstance(first, int) or len(run) == 1:
            return [run]
        path, _, inner = _turn(below(self.unit, first.path)) or ((), 0, ())
        below_turns = self.access.at(path)
        whole = self.access.kind(path) == "list" and len(below_turns) == len(run)
        alone = all(_chain(held) == inner for held in below_turns.values())
        return [run] if whole and alone else [[place] for place in run]

    # --- Statements

    def _step(self, run: list[int | Unit]) -> Step:
        first, last = run[0], run[-1]
        if isinstance(first, int) or isinstance(last, int):
            assert isinstance(first, int)
            node = self.graph.nodes[first]
            label = node.name.rpartition(".")[2]
            own = re.fullmatch(rf"{node.layer.name}(_\d+)?", label)
            return Step(node.inputs, node.outputs, "" if own else label)
        name = first.path[-1]
        return Step(first.inputs, last.outputs, name if name.islower() else "")

    def _statements(
        self, run: list[int | Unit], inputs: list[str], outputs: list[str]
    ) -> list[str]:
        first, left = run[0], ", ".join(outputs)
        if isinstance(first, int):
            value = self._value(first, inputs)
            return [f"{left} = {value}"] if value != left else []
        path = home(self.unit, first)
        if len(run) == 1:
            return [f"{left} = {self.access.text(path)}({', '.join(inputs)})"]
        start = [f"{left} = {inputs[0]}"] if left != inputs[0] else []
        turns, _, inner = _turn(path) or ((), 0, ())
        turn = _TURN + "".join(f"[{quoted(name)}]" for name in inner)
        loop = f"for {_TURN} in {self.access.text(turns)}:"
        return [*start, loop, f"    {left} = {turn}({left})"]

    def _value(self, place: int, inputs: list[str]) -> str:
        node, code = self.graph.nodes[place], self.codes[place]
        if not isinstance(code, Call):
            path: Path = below(self.unit, tuple(node.owner.split(".")))
            options = {key: literal(value) for key, value in code.options.items()}
            return f"{self.access.text(path)}({arguments(inputs, options)})"

        def spell(name: str, value: Any, tight: bool) -> str:
            if name == "device":
                self.on_device = True
                return self.device
            if symbols_in(value):
                return self._symbolic(value, tight)
            self.slots.append(Slot(node.name.rpartition(".")[2], name, value, tight))
            return f"\0{len(self.slots) - 1}\0"

        return call(code, inputs, spell, self._function)

    def _function(self, function: Function) -> str:
        return self.support.use(function.target)

    def _symbolic(self, value: Any, tight: bool = False) -> str:
        if isinstance(value, tuple | list):
            inner = ", ".join(self._symbolic(item) for item in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        if not isinstance(value, Axis):
            return literal(value)
        try:
            return self.sizes.text(value, tight)
        except KeyError as missing:
            if self.unit.path:
                raise Refused(self.unit.number) from missing
            raise InternalError(f"no input tells the size of {missing.args[0]}") from missing

    def _fact(self, check: RuntimeCheck) -> list[str]:
        left, right = self._symbolic(check.left), self._symbolic(check.right)
        fact = f"{check.left} {check.operator} {check.right}"
        reason = f": {check.message}" if check.message not in ("", fact) else ""
        message = f"the network requires {fact}{reason}"
        return [
            f"if {left} {_OPPOSITE[check.operator]} {right}:",
            f"    raise ValueError({quoted(message)})",
        ]

    def _pieces(self, line: str) -> list[Piece]:
        parts = _MARK.split(line)
        return [self.slots[int(part[1:-1])] if part[:1] == "\0" else part for part in parts if part]


def _turn(path: Path) -> tuple[Path, int, Path] | None:
    """The container of turns in a path, which turn it is, and what follows; dicts at most."""
    for at in range(len(path) - 1, 0, -1):
        if path[at].isdecimal():
            return path[:at], int(path[at]), path[at + 1 :]
    return None


def _chain(held: Tree) -> Path:
    """The names down a tree in which each holds one more."""
    names: list[str] = []
    while len(held) == 1:
        ((name, held),) = held.items()
        names.append(name)
    return (*names,)


def _returning(body: list[str], results: str) -> list[str]:
    """The body and its `return`, which takes the value straight from the last statement."""
    last = body[-1] if body else ""
    head = f"{results} = "
    if last.startswith(head):
        return [*body[:-1], f"return {last[len(head) :]}"]
    return [*body, f"return {results}"]
