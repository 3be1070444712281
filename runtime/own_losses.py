"""A network of the file as a loss: `loss = Focal(gamma=2.0)`.

Comes in: the use in a `train` block, the file, the network that is trained. Goes out: a
`LossGraph`, or reports. An input of a loss network is the output or input of the trained one that
has its name. Where there is none, the first is the output that is judged and the second the answer;
`of=` and `target=` say it otherwise. What comes out is one tensor of floats, whose mean is
descended. It has no weights, for nothing would train or keep them, and no layer that differs
between training and evaluation. Starts without torch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..compiler import errors
from ..compiler.check import Checked
from ..compiler.deep import deep_recursion
from ..compiler.dims import Axis, Dim, axis, names
from ..compiler.expand import networks
from ..compiler.expand.session import Session
from ..compiler.expand.values import FunctionReference
from ..compiler.graph import Graph
from ..compiler.settings import CallValue
from ..compiler.types import TensorType
from ..grammar import ast
from ..grammar.diagnostic import Report
from ..grammar.record import record
from ..grammar.span import Span

PORTS = ("of", "target")
ANSWER = "target"
_DECIDED_OUTSIDE = (
    "let it be a hyperparameter, and decide that where the loss is used: `loss = Focal(g=1 | 2)`"
)


@record
class LossGraph:
    """The graph of a loss network on the outputs that it judges. `sources` name what flows into its
    inputs: an output or input of the trained network, or nothing for the answer. `text` is how the
    program writes it.
    """

    graph: Graph
    sources: tuple[str, ...]
    text: str


def find(name: str, checked: Checked) -> FunctionReference | None:
    """The network of the file, or one that the file uses, of this name."""
    bound = checked.environment.find(name)
    reference = None if bound is None else bound.value
    if isinstance(reference, FunctionReference) and reference.function.kind == "network":
        return reference
    return None


class Reader:
    """Reads one use; `reports` is what is wrong with it, `found` the graph if nothing is."""

    def __init__(
        self,
        reference: FunctionReference,
        call: CallValue,
        ports: Mapping[str, str],
        trained: Graph | None,
        checked: Checked,
    ) -> None:
        self.reference = reference
        self.call = call
        self.ports = ports
        self.trained = trained
        self.checked = checked
        self.reports: list[Report] = []
        self.found: LossGraph | None = None
        with deep_recursion():
            self._read()

    def _read(self) -> None:
        function = self.reference.function
        clash = next((item for item in function.hyperparameters if item.name in PORTS), None)
        if clash is not None:
            reason = f"its hyperparameter `{clash.name}` cannot be told from the loss's own"
            self._refuse(clash.span, reason, "give it another name")
            return
        if not function.inputs:
            self._refuse(function.name_span, "it has no input", "the first is what it judges")
            return
        sources = self._sources(function.inputs)
        known = {} if self.trained is None else {**_inputs(self.trained), **_outputs(self.trained)}
        types = [known.get(source) for source in sources]
        graph = None if self.reports else self._expanded(types)
        if graph is None:
            return
        self._check(graph, sources)
        plain = list(_plain(types))
        if not self.reports and plain != types:
            graph = self._expanded(plain)
        if graph is not None and not self.reports:
            self.found = LossGraph(graph, sources, self.call.span.text)

    def _sources(self, inputs: Sequence[ast.Port]) -> tuple[str, ...]:
        """What flows into each input, by its name; nothing for the answer."""
        if self.trained is None:
            return tuple(port.name or "" for port in inputs)
        outputs = list(_outputs(self.trained))
        known = [*_inputs(self.trained), *outputs]
        found: list[str] = []
        for place, port in enumerate(inputs):
            name = port.name or ""
            if place == 0:
                found.append(self.ports["of"] or (name if name in outputs else outputs[0]))
            elif place == 1 and self.ports["target"]:
                found.append(self.ports["target"].replace(ANSWER, ""))
            elif place == 1 or name in known:
                found.append(name if name in known else "")
            else:
                kind = "output or input"
                self._report(errors.settings.UnknownTensor(port.span, name, kind, tuple(known)))
        return tuple(found)

    def _expanded(self, types: Sequence[TensorType | None]) -> Graph | None:
        call = _arguments(self.call)
        session = Session(self.checked.limits)
        program = self.checked.program.span.source.text
        session.read(program)
        use = (call, self.checked.environment, self.call.span)
        graph = networks.expand_on(self.reference, types, use, session, program)
        for report in session.reports:
            if report.code == errors.calls.OpenChoice.code:  # no space is made of a loss
                self._refuse(report.place(), "it leaves a choice open", _DECIDED_OUTSIDE)
            else:
                self.reports.append(report)
        return graph

    def _check(self, graph: Graph, sources: Sequence[str]) -> None:
        """What keeps a sound network from being a loss."""
        function = self.reference.function
        result = function.outputs[0].span if function.outputs else function.name_span
        given = [graph.values[port.value] for port in graph.outputs]
        if len(given) != 1 or not given[0].dtype.is_float:
            kinds = ", ".join(map(str, given))
            self._refuse(
                result, f"it gives {kinds}", "a loss is one tensor of floats, whose mean counts"
            )
            return
        for node in graph.nodes:
            if any(True for _ in graph.weights_of(node)):
                reason = f"its {node.layer.name} has weights, which nothing would train or keep"
                advice = (
                    "put what learns into the network that is trained, and give the loss its output"
                )
                self._refuse(node.span, reason, advice)
                return
            if node.layer.training or node.layer.stochastic:
                reason = f"its {node.layer.name} does something else in training than in evaluation"
                advice = "leave it out: a loss measures both alike"
                self._refuse(node.span, reason, advice)
                return
        outputs = _outputs(self.trained) if self.trained is not None else sources
        pairs = zip(graph.inputs, sources, strict=True)
        learned = {port.value for port, source in pairs if source in outputs}
        if not _carries_gradient(graph, learned):
            reason = "no gradient reaches what it judges"
            self._refuse(
                result,
                reason,
                "its result must depend on that by layers that can be differentiated",
            )

    def _refuse(self, place: Span, reason: str, advice: str) -> None:
        name = self.reference.function.name
        self._report(errors.settings.UnfitLoss(self.call.span, place, name, reason, advice))

    def _report(self, diagnostic: Any) -> None:
        self.reports.append(Report(diagnostic))


def _arguments(call: CallValue) -> ast.Call | None:
    """The call without what the loss itself takes; None for a bare name."""
    if call.node is None:
        return None
    kept = tuple(item for item in call.node.arguments if item.name not in PORTS)
    return replace(call.node, arguments=kept)


def _inputs(graph: Graph) -> dict[str, TensorType]:
    return {port.name: graph.values[port.value] for port in graph.inputs}


def _outputs(graph: Graph) -> dict[str, TensorType]:
    return {port.name: graph.values[port.value] for port in graph.outputs}


def _plain(types: Sequence[TensorType | None]) -> Iterator[TensorType | None]:
    """The types with a name for each size that is worked out from others, which a module of its own
    could not work out: it sees none of the trained network's inputs.
    """
    taken = {
        name for type_ in types if type_ is not None for size in type_.shape for name in names(size)
    }
    made: dict[Dim, Dim] = {}

    def plain(size: Dim) -> Dim:
        if not isinstance(size, Axis) or str(size) in names(size):
            return size
        fresh = next(name for name in map("A{}".format, range(1, 1_000)) if name not in taken)
        if size not in made:
            taken.add(fresh)
            made[size] = axis(fresh)
        return made[size]

    for type_ in types:
        yield None if type_ is None else type_.with_shape(*map(plain, type_.shape))


def _carries_gradient(graph: Graph, reached: set[int]) -> bool:
    """Whether a change of these values changes the result by layers that have a derivative."""
    for node in graph.nodes:
        floats = [value for value in node.inputs if graph.values[value].dtype.is_float]
        if node.layer.differentiable and not reached.isdisjoint(floats):
            reached.update(node.outputs)
    return graph.outputs[0].value in reached
