"""What a training will do: the settings of a `train` block, each understood and checked.

Comes in: a checked file, the name of a network, overrides. Goes out: a `Plan`, or diagnostics that
point at what cannot be meant. Starts quickly: `archc check` calls `check_settings`, and neither
torch nor a data source is imported. May be assumed of a `Plan`: every name in it is declared, every
value of the right kind and within its bounds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..compiler import errors
from ..compiler.check import Checked
from ..compiler.graph import Graph
from ..compiler.settings import choose_block, override, train_blocks
from ..grammar import ast
from ..grammar.diagnostic import ProgramError, Report
from ..grammar.record import record
from ..grammar.span import Span
from .block_reader import BlockReader
from .chosen import Chosen, default_of, default_part
from .declared import PLAIN, signature
from .variants import closed


@record
class Plan:
    """Everything that a training is told. `losses` and `metrics` are empty where the task decides.

    `block` is the `train` block with the overrides in it; `assumed` says what nobody set.
    """

    network: str
    block: ast.Settings
    data: Chosen
    optimizer: Chosen
    schedule: Chosen
    losses: tuple[Chosen, ...]
    metrics: tuple[Chosen, ...]
    augment: tuple[Chosen, ...]
    epochs: int
    batch: int
    seed: int
    clip: float
    accumulate: int
    precision: str
    compile: bool
    freeze: tuple[str, ...]
    keep: str
    checkpoint: float
    assumed: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The settings as plain values; parts as the text that would write them."""
        lists = {"losses": "loss", "metrics": "metrics", "augment": "augment"}
        answer: dict[str, Any] = {"network": self.network}
        for name in ("data", "optimizer", "schedule"):
            answer[name] = str(getattr(self, name))
        for name, key in lists.items():
            answer[key] = [str(part) for part in getattr(self, name)]
        for name in signature(PLAIN):
            answer[name] = getattr(self, name)
        return answer


# --- Checking ------------------------------------------------------------------------------------


def check_settings(checked: Checked) -> tuple[Report, ...]:
    """What is wrong with the `train` blocks of a file, in source order."""
    reports: list[Report] = []
    seen: dict[tuple[str, str | None], Span] = {}
    for block in train_blocks(checked.program):
        head = _head(block)
        earlier = seen.setdefault((block.network, block.name), head)
        if earlier is not head:
            reports.append(Report(errors.settings.TrainTwice(head, earlier)))
        if block.network not in checked.networks:
            known = checked.networks
            if not _was_broken(checked.program, block.network):
                reports.append(Report(errors.settings.TrainsNothing(head, block.network, known)))
        for version, names in closed(block, checked.environment):
            file = replace(checked, environment=names)
            found = BlockReader(version, file, checked.graphs.get(block.network)).reports
            reports += [report for report in found if not _known(report, reports)]
    return tuple(reports)


def expect_settings(checked: Checked) -> None:
    """Raises ProgramError where a `train` block of a file cannot be meant."""
    reports = check_settings(checked)
    if any(report.is_error for report in reports):
        raise ProgramError(reports)


def _known(report: Report, reports: Sequence[Report]) -> bool:
    """Whether the same is reported of the same place: options are looked at one by one."""
    return any(item.code == report.code and item.place() == report.place() for item in reports)


def _head(block: ast.Settings) -> Span:
    """`train quick: Net`, without the braces."""
    text = block.span.source.text
    end = text.find("{", block.span.start, block.span.end)
    head = text[block.span.start : end].rstrip() if end >= 0 else block.span.text
    return Span(block.span.source, block.span.start, block.span.start + len(head))


def _was_broken(program: ast.Program, name: str) -> bool:
    """Whether the declaration of the name did not parse, which has been reported."""
    broken = (node for node in program.declarations if isinstance(node, ast.Broken))
    return any(name in node.names for node in broken)


# --- Making --------------------------------------------------------------------------------------


def make_plan(
    checked: Checked,
    graph: Graph,
    train: str | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Plan:
    """The plan of a network: its `train` block (the one named `train`), overrides, then defaults.

    Raises ProgramError.
    """
    block = override(choose_block(checked.program, graph.name, train), overrides or {})
    reader = BlockReader(block, checked, graph)
    if any(report.is_error for report in reader.reports):
        raise ProgramError(reader.reports)
    return _plan(reader, graph)


def _plan(reader: BlockReader, graph: Graph) -> Plan:
    """What was read, with what was not set."""
    tokens = [graph.values[port.value] for port in graph.inputs]
    text = len(tokens) == 1 and tokens[0].dtype.is_int and tokens[0].rank == 2
    parts = {
        "data": default_part("data source", "text" if text else "digits"),
        "optimizer": default_part("optimiser", "adamw"),
        "schedule": default_part("schedule", "cosine", warmup=0.05),
    }
    assumed = [f"{name} = {part}" for name, part in parts.items() if name not in reader.found]
    plain = {name: default_of(item) for name, item in signature(PLAIN).items()}
    assumed += [
        f"{name} = {plain[name]}" for name in ("epochs", "batch") if name not in reader.found
    ]
    settings = parts | plain | reader.found
    return Plan(
        network=graph.name,
        block=reader.block,
        losses=settings.pop("loss", ()),
        metrics=settings.pop("metrics", ()),
        augment=settings.pop("augment", ()),
        assumed=tuple(assumed),
        **settings,
    )
