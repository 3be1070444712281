"""One `train` block, read: each setting understood and checked against what is declared.

Comes in: a block with nothing open, the checked file, the graph of the network if there is one.
Goes out: what was found by name, `Chosen` parts and plain values, and what is wrong with the rest.
Neither torch nor a data source is imported.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..compiler import errors
from ..compiler.check import Checked
from ..compiler.expand.values import FunctionReference
from ..compiler.graph import Graph
from ..compiler.settings import (
    ArgumentValue,
    CallValue,
    Scaled,
    SettingValue,
    Word,
    describe,
    evaluate_settings,
)
from ..grammar import ast
from ..grammar.diagnostic import Diagnostic, Report
from ..grammar.span import Span
from ..lazy import lazy_module
from . import own_losses
from .chosen import Chosen, default_of
from .declared import PARTS, PLAIN, PORTS, TABLES, Field, Signature, fits, signature
from .errors import DataError

if TYPE_CHECKING:
    from .data import registry
else:
    registry = lazy_module(".data.registry", __package__)


class BlockReader:
    """Reads one block; `reports` is what is wrong with it, `found` the rest."""

    def __init__(self, block: ast.Settings, checked: Checked, graph: Graph | None) -> None:
        self.block = block
        self.graph = graph
        self.checked = checked
        values, reports = evaluate_settings(block, checked.environment, checked.limits)
        self.reports = list(reports)
        self.found: dict[str, Any] = {}
        self._plain = signature(PLAIN)
        for value in values.values():
            self._setting(value)

    def _report(self, diagnostic: Diagnostic) -> None:
        self.reports.append(Report(diagnostic))

    def _setting(self, setting: SettingValue) -> None:
        name, value, place = setting.name, setting.value, setting.place
        match name:
            case "data":
                self.found[name] = self._part("data source", value, place, name)
            case "optimizer":
                self.found[name] = self._part("optimiser", value, place, name)
            case "schedule":
                self.found[name] = self._part("schedule", value, place, name)
            case "loss":
                self.found[name] = self._list("loss", value, place, name)
            case "metrics":
                self.found[name] = self._list("metric", value, place, name)
            case "augment":
                self.found[name] = self._list("augmentation", value, place, name)
            case _ if name in self._plain:
                self._value(name, self._plain[name], value, place)
            case _:
                known = (*PARTS, *self._plain)
                head = Span(setting.span.source, setting.span.start, setting.span.start + len(name))
                self._report(errors.settings.UnknownSetting(head, name, known))

    def _value(self, name: str, wanted: Field, value: Any, place: Span) -> None:
        good, fitted = fits(wanted, _plain_words(value))
        if good:
            self.found[name] = fitted
        else:
            diagnostic = errors.settings.WrongValue(place, name, wanted.wanted, describe(value))
            self._report(diagnostic)

    def _list(self, kind: str, value: Any, place: Span, setting: str) -> tuple[Chosen, ...]:
        items = value if isinstance(value, tuple) else (value,)
        parts = [self._part(kind, item, _place_of(item, place), setting) for item in items]
        return tuple(part for part in parts if part is not None)

    def _part(self, kind: str, value: Any, place: Span, setting: str) -> Chosen | None:
        factor = 1.0
        if isinstance(value, Scaled) and kind == "loss":
            value, factor = value.value, value.factor
        if isinstance(value, Word):
            value = CallValue(value.name, (), value.span)
        if not isinstance(value, CallValue):
            article = "an" if kind[0] in "aeiou" else "a"
            wanted, found = f"{article} {kind}", describe(value)
            self._report(errors.settings.WrongValue(place, setting, wanted, found))
            return None
        own = own_losses.find(value.name, self.checked) if kind == "loss" else None
        if own is not None:
            return self._own_loss(own, value, factor)
        declared = self._signature(kind, value)
        return None if declared is None else self._bound(value, declared, factor)

    def _own_loss(
        self, reference: FunctionReference, call: CallValue, factor: float
    ) -> Chosen | None:
        """A network of the file as a loss; its arguments are those of a use, beside the ports."""
        if not self.checked.ok:
            return None  # what is wrong with the file has been told
        before = len(self.reports)
        ports = tuple(item for item in call.arguments if item.name in own_losses.PORTS)
        chosen = self._bound(replace(call, arguments=ports), signature(PORTS), factor)
        if chosen is None:
            return None
        read = own_losses.Reader(reference, call, chosen.values, self.graph, self.checked)
        self.reports += read.reports
        if len(self.reports) > before or read.found is None:
            return None
        return replace(chosen, network=read.found)

    def _signature(self, kind: str, call: CallValue) -> Signature | None:
        table = TABLES[kind]
        if call.name in table:
            return signature(table[call.name])
        known = tuple(table)
        if kind == "data source":
            try:
                return _foreign_signature(call.name)
            except DataError:
                known = registry.sources()
        if kind == "loss":
            known += tuple(name for name in self.checked.networks if name != self.block.network)
        head = Span(call.span.source, call.span.start, call.span.start + len(call.name))
        self._report(errors.settings.UnknownPart(head, kind, call.name, known))
        return None

    def _bound(self, call: CallValue, declared: Signature, factor: float) -> Chosen | None:
        before = len(self.reports)
        order = tuple(name for name, item in declared.items() if item.positional)
        given: dict[str, Any] = {}
        places: dict[str, Span] = {}
        for at, argument in enumerate(call.arguments):
            name = self._name_of(call, argument, at, order, declared)
            if name is None:
                continue
            if name in given:
                self._report(errors.settings.ArgumentTwice(argument.span, call.name, name))
                continue
            good, fitted = fits(declared[name], _plain_words(argument.value))
            if not good:
                wanted, found = declared[name].wanted, describe(argument.value)
                self._report(errors.settings.WrongValue(argument.span, name, wanted, found))
            given[name], places[name] = fitted, argument.span
        for name, item in declared.items():
            if item.default is None and name not in given:
                self._report(errors.settings.MissingArgument(call.span, call.name, name))
        if "of" in declared:
            self._check_ports(given, places)
        if len(self.reports) > before:
            return None
        ordered = {name: given[name] for name in declared if name in given}
        values = {name: default_of(item) for name, item in declared.items()} | given
        return Chosen(call.name, ordered, values, factor, call.span, places)

    def _name_of(
        self,
        call: CallValue,
        argument: ArgumentValue,
        at: int,
        order: Sequence[str],
        declared: Signature,
    ) -> str | None:
        if argument.name is None:
            if at < len(order):
                return order[at]
            names = tuple(order)
            self._report(errors.settings.TooManyArguments(argument.span, call.name, names))
            return None
        if argument.name in declared:
            return argument.name
        known = tuple(declared)
        self._report(
            errors.settings.UnknownArgument(argument.span, call.name, argument.name, known)
        )
        return None

    def _check_ports(self, given: Mapping[str, Any], places: Mapping[str, Span]) -> None:
        """`of=` names an output, `target=` an input or the answer."""
        if self.graph is None:
            return
        inputs = tuple(port.name for port in self.graph.inputs)
        outputs = tuple(port.name for port in self.graph.outputs)
        if "of" in given and given["of"] not in outputs:
            self._report(
                errors.settings.UnknownTensor(places["of"], given["of"], "output", outputs)
            )
        if "target" in given and given["target"] not in (*inputs, "target"):
            known = (*inputs, "target")
            self._report(
                errors.settings.UnknownTensor(places["target"], given["target"], "target", known)
            )


def _foreign_signature(name: str) -> Signature:
    """The arguments of a source that is not declared here. Raises DataError for an unknown one."""
    return {
        item.name: Field(
            item.name,
            item.type,
            (),
            None if item.required else json.dumps(item.default),
            item.positional,
        )
        for item in registry.source_settings(name)
    }


def _place_of(value: Any, place: Span) -> Span:
    return value.span if isinstance(value, Word | CallValue | Scaled) else place


def _plain_words(value: Any) -> Any:
    """A bare word as the text it spells: `of=logits`, `precision = auto`."""
    if isinstance(value, tuple):
        return tuple(_plain_words(item) for item in value)
    return value.name if isinstance(value, Word) else value
