"""The checker: a file or text comes in, its reports and the graphs of its networks come out.

`check_file` and `check_text` never raise for a wrong program: `Checked.reports` says what is wrong.
`Checked.graph` expands a network, with its defaults or with other hyperparameters, and raises
`ProgramError` where that fails.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..grammar import ast
from ..grammar.diagnostic import Diagnostic, Fault, ProgramError, Report
from ..grammar.parse import Parsed, parse, parse_expression, parse_file
from ..grammar.record import record
from ..lazy import lazy_module
from . import errors, open_settings
from .deep import deep_recursion as deep_recursion
from .expand import evaluate, networks, offered, unread, unused
from .expand.builder import GraphBuilder
from .expand.context import Context
from .expand.environment import Environment
from .expand.naming import NO_NAMES
from .expand.session import Limits, Poisoned, Session
from .expand.values import FunctionReference, describe
from .facts import Facts
from .graph import Graph
from .modules import Loader
from .settings import loss_names, train_blocks

if TYPE_CHECKING:
    from .spaces import open_network, process, settle
else:  # only a file with open choices waits for what knows of them
    open_network = lazy_module(".spaces.open_network", __package__)
    process = lazy_module(".spaces.process", __package__)
    settle = lazy_module(".spaces.settle", __package__)


@record
class Checked:
    """A file whose names are resolved and whose networks have been expanded with their defaults.

    `networks` are the names in order. `graphs` holds those that could be expanded; one whose
    hyperparameters lack defaults is not among them. `files` are the modules that were read, or
    sought in vain. `spaces` holds the networks with open choices, their own or of their `train`.
    """

    program: ast.Program
    environment: Environment
    reports: tuple[Report, ...]
    networks: tuple[str, ...]
    graphs: Mapping[str, Graph]
    spaces: Mapping[str, "process.Process"] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    files: tuple[Path, ...] = ()

    @property
    def ok(self) -> bool:
        return not any(report.is_error for report in self.reports)

    @property
    def main(self) -> tuple[str, ...]:
        """The networks that are not there to be another's loss: what is meant where none is
        named.
        """
        losses = loss_names(self.program) if len(self.networks) > 1 else set()
        return tuple(name for name in self.networks if name not in losses) or self.networks

    def is_sound(self, network: str) -> bool:
        """Whether a network was expanded, or waits for hyperparameters and nothing is wrong."""
        return network in self.graphs or (self.ok and network in self.networks)

    def raise_errors(self, *, sizes_given: bool = False) -> None:
        """Raises ProgramError where anything is wrong; a requirement that waits for the sizes of
        axes is no error once they are given.
        """
        waiting = errors.facts.CostNeedsSizes.code if sizes_given else None
        if any(report.is_error and report.code != waiting for report in self.reports):
            raise ProgramError(self.reports)

    def graph(self, network: str | None = None, values: Mapping[str, Any] | None = None) -> Graph:
        """The graph of a network: the only one, or the one named; `values` set hyperparameters and
        axes.

        A value is a Python value, or a text in `.arch` such as `"[8, 16]"` or `"gelu"`. Raises
        ProgramError.
        """
        self.raise_errors(sizes_given=bool(values))
        name = self._pick(network)
        if not values and name in self.graphs:
            return self.graphs[name]
        reference = self._reference(name)
        session = Session(self.limits)
        session.read(self.program.span.source.text)
        overrides, session.axes = self._given(name, reference, values or {}, session)
        with deep_recursion():
            graph = networks.expand(reference, overrides, session, self.program.span.source.text)
        if graph is None:
            raise ProgramError(sorted(session.reports, key=_order))
        return graph

    def process(
        self, network: str | None = None, values: Mapping[str, Any] | None = None
    ) -> "process.Process":
        """The decision process of a network, whether or not anything is open in it; `values` as for
        `graph`. Raises ProgramError.
        """
        self.raise_errors(sizes_given=bool(values))
        name = self._pick(network)
        if not values and name in self.spaces:
            return self.spaces[name]
        reference = self._reference(name)
        session = Session(self.limits)
        overrides, axes = self._given(name, reference, values or {}, session)
        train = tuple(train_blocks(self.program, name))
        opened = open_network.OpenNetwork(reference, overrides, axes, self.limits, train)
        return process.Process(opened)

    def _given(
        self,
        name: str,
        reference: FunctionReference,
        values: Mapping[str, Any],
        session: Session,
    ) -> tuple[dict[str, Any], dict[str, int]]:
        """Values told apart into hyperparameters and axes."""
        known = {item.name for item in reference.function.hyperparameters}
        overrides: dict[str, Any] = {}
        axes: dict[str, int] = {}
        for key, value in values.items():
            value = self._value(key, value, session)
            if key in known:
                overrides[key] = value
            elif key in _axes_of(reference.function):
                axes[key] = _axis_size(key, value, reference.function)
            else:
                options = (*known, *_axes_of(reference.function))
                raise _failure(
                    errors.calls.UnknownHyperparameter(
                        reference.function.name_span, name, key, options
                    )
                )
        return overrides, axes

    def _pick(self, network: str | None) -> str:
        if network is not None:
            if network not in self.networks:
                raise _failure(
                    errors.networks.UnknownNetwork(self.program.span, network, self.networks)
                )
            return network
        if len(self.main) != 1:
            raise _failure(errors.networks.WhichNetwork(self.program.span, self.networks))
        return self.main[0]

    def _reference(self, name: str) -> FunctionReference:
        bound = self.environment.here(name)
        assert bound is not None and isinstance(bound.value, FunctionReference)
        return bound.value

    def _value(self, key: str, value: Any, session: Session) -> Any:
        """A text as the `.arch` expression it holds; a text that is none stays a text."""
        if not isinstance(value, str):
            return tuple(value) if isinstance(value, list) else value
        parsed = parse_expression(value, f"--set {key}")
        if parsed.expression is None:
            first = parsed.reports[0]
            raise _failure(errors.networks.BadValue(first.place(), key, first.diagnostic.message()))
        context = Context(session, GraphBuilder(self.limits, Facts()), NO_NAMES)
        try:
            with deep_recursion():
                return evaluate.evaluate(parsed.expression, self.environment, context)
        except Fault as fault:
            raise _failure(fault.diagnostic) from None
        except Poisoned:
            raise ProgramError(self.reports) from None


def _failure(diagnostic: Diagnostic) -> ProgramError:
    return ProgramError([Report(diagnostic)])


def _axes_of(function: ast.Function) -> list[str]:
    """The names that stand as axes in the types of a network's inputs."""
    hyperparameters = {item.name for item in function.hyperparameters}
    found = [
        node.id
        for port in function.inputs
        if port.type is not None
        for node in port.type.axes
        if isinstance(node, ast.Name) and node.id not in hyperparameters
    ]
    return list(dict.fromkeys(found))


def _axis_size(key: str, value: object, function: ast.Function) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    found = describe(value)
    raise _failure(errors.networks.BadAxisSize(function.name_span, key, found))


def check_file(path: str | Path, limits: Limits | None = None) -> Checked:
    """Checks a file. Raises OSError where it cannot be read."""
    return check(parse_file(path), Path(path).resolve().parent, limits)


def check_text(text: str, filename: str = "<memory>", limits: Limits | None = None) -> Checked:
    """Checks a text; it may `use` the standard library, but no file."""
    return check(parse(text, filename), None, limits)


def check(parsed: Parsed, root: Path | None = None, limits: Limits | None = None) -> Checked:
    """Checks a parsed file whose `use` reads below `root`."""
    limits = limits or Limits()
    session = Session(limits)
    folder = os.path.dirname(parsed.program.span.source.name) if root is not None else ""
    loader = Loader(session, root, folder)
    session.read(parsed.program.span.source.text)
    with deep_recursion():
        env = loader.environment(parsed)
        functions = [item for item in parsed.program.declarations if isinstance(item, ast.Function)]
        broken = _options_broken(loader, session)
        graphs, spaces = _expand_all(functions, env, session, parsed.program, broken)
        unused.check(functions, env, session)
        if not any(report.is_error for report in session.reports):
            unread.check(functions, session)
    names = tuple(item.name for item in functions if item.kind == "network")
    reports = tuple(sorted(session.reports, key=_order))
    return Checked(
        parsed.program, env, reports, names, graphs, spaces, limits, tuple(loader.sought)
    )


def _options_broken(loader: Loader, session: Session) -> bool:
    """Whether an option names what there is not, in a file that was read; which is reported."""
    before = len(session.reports)
    for program, env in loader.files:
        if not env.module.startswith("std."):
            offered.check(program, env, session)
    return any(report.is_error for report in session.reports[before:])


def _order(report: Report) -> tuple[str, int]:
    place = report.place()
    return place.source.name, place.start


def _expand_all(
    functions: list[ast.Function],
    env: Environment,
    session: Session,
    program: ast.Program,
    broken: bool,
) -> tuple[dict[str, Graph], "dict[str, process.Process]"]:
    """The graphs of networks, and the spaces of those with open choices; where options are `broken`
    nobody asks what the others make.
    """
    graphs: dict[str, Graph] = {}
    spaces: dict[str, process.Process] = {}
    for reference in _complete(functions, env):
        name, before = reference.function.name, len(session.reports)
        graph = networks.expand(reference, {}, session, program.span.source.text)
        is_open = _take_back_open(session, before)
        if graph is not None:  # it is a space where it may be trained in several ways
            graphs[name] = graph
            is_open = open_settings.is_open(train_blocks(program, name), reference.home)
        # what is wrong elsewhere may be missing from the network without a report
        if is_open and not broken and not any(report.is_error for report in session.reports):
            spaces.update(settle.settled(reference, session, program))
    return graphs, spaces


def _complete(functions: Iterable[ast.Function], env: Environment) -> Iterator[FunctionReference]:
    """The networks whose hyperparameters all have defaults."""
    for function in functions:
        complete = all(item.default is not None for item in function.hyperparameters)
        bound = env.here(function.name)
        if function.kind != "network" or not complete or bound is None:
            continue
        if isinstance(bound.value, FunctionReference) and bound.value.function is function:
            yield bound.value


def _take_back_open(session: Session, before: int) -> bool:
    """Takes back what was reported of open choices, which are no errors of a space; whether there
    were any.
    """
    found = session.reports[before:]
    kept = [report for report in found if report.code != errors.calls.OpenChoice.code]
    session.reports[before:] = kept
    return len(kept) < len(found)
