"""The settings that a `train` block writes, as plain data.

Comes in: an `ast.Settings`, the environment of its file, overrides from the command line. Goes
out: values by name, each with its place: numbers, texts, lists, `Word`s (a bare name that nothing
binds, such as `accuracy`), `CallValue`s (`adamw(lr=3e-3)`), `Scaled` ones (`mse(of=x) * 0.1`).
Top-level `let`s can be read. Nothing here knows an optimiser or a loss: `runtime/block_reader.py`
gives the names their meaning. May be assumed: torch is not imported.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from ..grammar import ast
from ..grammar.diagnostic import Fault, ProgramError, Report
from ..grammar.parse import parse
from ..grammar.record import record
from ..grammar.span import NOWHERE, Span
from . import errors
from .expand import evaluate, freezing
from .expand.builder import GraphBuilder
from .expand.compile_time import FUNCTIONS
from .expand.context import Context
from .expand.environment import Environment
from .expand.naming import NO_NAMES
from .expand.session import Limits, Poisoned, Session
from .expand.values import OpenLet, Poison
from .facts import Facts


@record
class Word:
    """A bare name that stands for itself."""

    name: str
    span: Span


@record
class ArgumentValue:
    """One argument of a call; `name` is None when it was given by position."""

    name: str | None
    value: Any
    span: Span


@record
class CallValue:
    """`adamw(lr=3e-3)`: a name and its arguments; `node` is how it was written."""

    name: str
    arguments: tuple[ArgumentValue, ...]
    span: Span
    node: ast.Call | None = field(default=None, compare=False, repr=False)


@record
class Scaled:
    """`mse(of=features) * 0.1`."""

    value: Word | CallValue
    factor: float
    span: Span


@record
class SettingValue:
    """`name = value`; `span` is the whole setting's, `place` the value's."""

    name: str
    value: Any
    span: Span
    place: Span


def train_blocks(program: ast.Program, network: str | None = None) -> Iterator[ast.Settings]:
    """The `train` blocks of a file, or those of one network."""
    for node in program.declarations:
        if not isinstance(node, ast.Settings) or node.kind != "train":
            continue
        if network is None or node.network == network:
            yield node


def loss_names(program: ast.Program, network: str | None = None) -> set[str]:
    """The names that stand in the `loss` of the `train` blocks: those of networks are losses."""
    found: set[str] = set()
    for block in train_blocks(program, network):
        waiting: list[ast.Node] = [item.value for item in block.settings if item.name == "loss"]
        while waiting:
            node = waiting.pop()
            found |= {node.id} if isinstance(node, ast.Name) else set()
            waiting += ast.children(node)
    return found


def choose_block(program: ast.Program, network: str, name: str | None = None) -> ast.Settings:
    """The block meant by `name`: by default the one without a name, or the only one.

    A network without a block gets an empty one. Raises ProgramError where the name is unknown.
    """
    blocks = {block.name: block for block in train_blocks(program, network)}
    if name is None and not blocks:
        return ast.Settings("train", None, network, (), span=NOWHERE)
    if name in blocks:
        return blocks[name]
    if name is None and len(blocks) == 1:
        return next(iter(blocks.values()))
    known = tuple(key for key in blocks if key is not None)
    start = Span(program.span.source, program.span.start, program.span.start)
    raise _failure(errors.settings.WhichTrain(start, network, name or "", known))


# --- Overrides -----------------------------------------------------------------------------------


def split_overrides(
    settings: Mapping[str, Any] | Sequence[tuple[str, Any]],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Hyperparameters, and what belongs to `train` (without `train.`)."""
    pairs = settings.items() if isinstance(settings, Mapping) else settings
    values: dict[str, Any] = {}
    train: dict[str, str] = {}
    for key, value in pairs:
        if key.startswith("train."):
            train[key.removeprefix("train.")] = value
        else:
            values[key] = value
    return values, train


def override(block: ast.Settings, overrides: Mapping[str, str]) -> ast.Settings:
    """The block with other values: `epochs` replaces a setting, `optimizer.lr` an argument of one.

    Values are texts in `.arch`. Raises ProgramError for one that does not parse.
    """
    for path, text in overrides.items():
        name, _, argument = path.partition(".")
        value = read_expression(f"{block.kind}.{path}", text)
        block = _replaced(block, name, argument, value)
    return block


def override_training(
    program: ast.Program, network: str | None, overrides: Mapping[str, str]
) -> ast.Program:
    """The program with other values in the `train` block that is meant unless another is asked for.

    Without `network` the first that is no loss is meant. Raises ProgramError for a value that does
    not parse, and where no block is meant.
    """
    losses = loss_names(program)
    named = (
        item.name
        for item in program.declarations
        if isinstance(item, ast.Function) and item.kind == "network" and item.name not in losses
    )
    network = network or next(named, None)
    if not overrides or network is None:
        return program
    block = choose_block(program, network)
    changed = override(block, overrides)
    kept = [changed if item is block else item for item in program.declarations]
    return replace(program, declarations=tuple(kept if changed in kept else [*kept, changed]))


def read_expression(key: str, text: str) -> ast.Expression:
    """A value from outside the file. Raises ProgramError."""
    parsed = parse(f"let value = {text}\n", f"<--set {key}>")
    found = parsed.program.declarations
    if parsed.reports or len(found) != 1 or not isinstance(found[0], ast.Let):
        reports = parsed.reports or [Report(errors.networks.BadValue(NOWHERE, key, text))]
        raise ProgramError(reports)
    return found[0].value


def _replaced(block: ast.Settings, name: str, argument: str, value: ast.Expression) -> ast.Settings:
    settings = list(block.settings)
    at = next((i for i, item in enumerate(settings) if item.name == name), None)
    before = None if at is None else settings[at].value
    if argument:
        value = _with_argument(before, name, argument, value)
    setting = ast.Setting(name, value, span=value.span)
    if at is None:
        settings.append(setting)
    else:
        settings[at] = setting
    return replace(block, settings=tuple(settings))


def _with_argument(
    before: ast.Expression | None, name: str, argument: str, value: ast.Expression
) -> ast.Expression:
    """`adamw(lr=1e-3)` with another `lr`."""
    wanted = ast.Argument(argument, value, span=value.span)
    match before:
        case ast.Name():
            return ast.Call(before, (wanted,), span=before.span)
        case ast.Call(function=ast.Name(), body=None):
            kept = tuple(item for item in before.arguments if item.name != argument)
            return replace(before, arguments=(*kept, wanted))
        case None:
            reason = f"`{name}` is not set, so it has no argument `{argument}`"
            advice = f"set it whole, as in --set 'train.{name}=adamw({argument}=…)'"
        case _:
            reason = f"`{name}` is no call, so it has no argument `{argument}`"
            advice = f"set it whole: --set train.{name}=…"
    raise _failure(errors.settings.Refused(value.span, reason, advice))


# --- Values --------------------------------------------------------------------------------------


def evaluate_settings(
    block: ast.Settings, env: Environment, limits: Limits | None = None
) -> tuple[dict[str, SettingValue], list[Report]]:
    """The values of a block by name, and what is wrong with the others."""
    session = Session(limits or Limits())
    context = Context(session, GraphBuilder(session.limits, Facts()), NO_NAMES)
    found: dict[str, SettingValue] = {}
    for setting in block.settings:
        earlier = found.get(setting.name)
        if earlier is not None:
            diagnostic = errors.settings.SettingTwice(setting.span, earlier.span, setting.name)
            session.report(diagnostic)
            continue
        try:
            value = _value(setting.value, env, context)
        except Fault as fault:
            session.report(fault.diagnostic)
        except Poisoned:
            continue
        else:
            place = setting.value.span
            found[setting.name] = SettingValue(setting.name, value, setting.span, place)
    return found, session.reports


def _value(node: ast.Expression, env: Environment, context: Context) -> Any:
    match node:
        case ast.Number(value=value) | ast.String(value=value) | ast.Bool(value=value):
            return value
        case ast.Name():
            return _name(node, env, context)
        case ast.List():
            return tuple(_value(item, env, context) for item in node.items)
        case ast.Call(function=ast.Name(id=name), body=None) if name not in FUNCTIONS:
            arguments = tuple(
                ArgumentValue(item.name, _value(item.value, env, context), item.value.span)
                for item in node.arguments
            )
            return CallValue(name, arguments, node.span, node)
        case ast.Binary(operator="*"):
            return _product(node, env, context)
        case _:
            return evaluate.number(node, env, context)


def _name(node: ast.Name, env: Environment, context: Context) -> Any:
    """What a `let` of the file binds it to, if that is plain; else the word itself."""
    bound = env.find(node.id)
    if bound is None:
        return Word(node.id, node.span)
    if isinstance(bound.value, Poison):
        raise Poisoned
    if isinstance(bound.value, OpenLet):
        freezing.of_file(bound.value, context)  # says which choice is open
    plain = isinstance(bound.value, (bool, int, float, str, tuple))
    return bound.value if plain else Word(node.id, node.span)


def _product(node: ast.Binary, env: Environment, context: Context) -> Any:
    left, right = _value(node.left, env, context), _value(node.right, env, context)
    for value, factor in ((left, right), (right, left)):
        number = isinstance(factor, (int, float)) and not isinstance(factor, bool)
        if isinstance(value, (Word, CallValue)) and number:
            return Scaled(value, float(factor), node.span)
        if isinstance(value, Scaled) and number:
            return replace(value, factor=value.factor * factor, span=node.span)
    return evaluate.number(node, env, context)


def describe(value: object) -> str:
    """A value in a few words, for messages."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:.6g}" if isinstance(value, float) else str(value)
        case str():
            return "the text " + (f'"{value}"' if len(value) <= 40 else f'"{value[:40]}…"')
        case tuple():
            return "a list"
        case Word(name=name):
            return f"the word `{name}`"
        case CallValue(name=name):
            return f"the call `{name}(…)`"
        case Scaled():
            return "a product"
        case _:
            return "something else"


def _failure(diagnostic: Any) -> ProgramError:
    return ProgramError([Report(diagnostic)])
