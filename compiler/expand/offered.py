"""Options of choices and entries of vocabularies: which of them is taken is open while a file is
checked, but what they name is not.

Comes in: the declarations of a file and its names. Goes out: reports of names that stand for
nothing, and of arguments that no layer or block takes. Such an option is valid nowhere, whatever
flows in. Options that stand twice are told too. What a function binds anywhere in it is taken for
known all through it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors, initialisers
from ..hyperparameter import Initialiser, InitKind, StrKind
from ..types import DTYPES
from . import matching
from .environment import Environment
from .holding import Identity
from .hyperparameters import borrowed_kind
from .lookup import find_name, unknown_name
from .session import Session
from .unused import bound
from .values import Combinator, FunctionReference, LayerReference, Namespace


def check(program: ast.Program, env: Environment, session: Session) -> None:
    """Reports what is wrong with the options that a file writes out."""
    if not any(mark in program.span.source.text for mark in _MARKS):
        return
    for declaration in program.declarations:
        match declaration:
            case ast.Vocabulary(entries=entries):
                names = _Names(env, frozenset(), session)
                _tell_equal(entries, session)
                for entry in entries:
                    names.check(_Part(entry, offered=True, words=()))
            case ast.Function():
                names = _Names(env, frozenset(bound(declaration)), session)
                names.check(_Part(declaration, offered=False, words=None))
            case ast.Let():
                names = _Names(env, frozenset(), session)
                names.check(_Part(declaration, offered=False, words=None))


def _tell_equal(options: Sequence[ast.Expression], session: Session) -> None:
    """Warns of options that say the same."""
    for place, option in enumerate(options):
        first = options.index(option)
        if first < place:
            session.report(errors.emptiness.EqualOptions(option.span, options[first].span))


_MARKS = "|", "?", "some", "vocabulary"
"""What no file is without that writes options out."""


Words = tuple[str, ...] | None


class _Part(NamedTuple):
    """A piece of text: whether it belongs to an option, and which words stand for themselves there
    beside names that are bound; None where it is not known what a name would be.
    """

    node: ast.Node
    offered: bool
    words: Words


class _Names:
    """What names stand for in one declaration, as far as the file alone tells."""

    def __init__(self, env: Environment, local: frozenset[str], session: Session) -> None:
        self.env = env
        self.local = local
        self.session = session

    def check(self, root: _Part) -> None:
        """Looks through a piece of text and all below it."""
        waiting = [root]
        while waiting and not self.session.full:
            part = waiting.pop()
            if part.offered:
                try:
                    self._expect_known(part)
                except Fault as fault:
                    self.session.report(fault.diagnostic)
            waiting += self._below(part)

    # --- what is wrong with one piece

    def _expect_known(self, part: _Part) -> None:
        match part.node:
            case ast.Name(id=name) as node if part.words is not None:
                if name not in part.words and not self._is_known(name):
                    scope = Environment(self.env)
                    for item in self.local:
                        scope.replace(item, None, node.span)
                    raise Fault(unknown_name(name, node.span, scope, part.words))
            case ast.Attribute(name=name) as node:
                self._expect_exported(node)
            case ast.Call(function=function) as node:
                match self._meaning(function):
                    case LayerReference(layer=layer):
                        matching.matched(layer, Identity(node))  # type: ignore[arg-type]
                    case FunctionReference(function=block):
                        matching.of_function(block, node, node.span)

    def _is_known(self, name: str) -> bool:
        if self._is_bound(name) or name in DTYPES or name in InitKind.symbols:
            return True
        return find_name(name) is not None

    def _is_bound(self, name: str) -> bool:
        return name in self.local or self.env.find(name) is not None

    def _expect_initialisers(self, node: ast.Expression, *, offered: bool) -> None:
        """Reports options that stand where an initialiser does and are none."""
        match node:
            case ast.Choice(options=options):
                for option in options:
                    self._expect_initialisers(option, offered=True)
            case ast.Name(id=name) | ast.Call(function=ast.Name(id=name)) if offered:
                try:
                    _ = self._is_bound(name) or initialisers.check(Initialiser(name, {}))
                except ValueError as error:
                    self.session.report(errors.weights.BadInitialiser(node.span, str(error)))

    def _expect_exported(self, node: ast.Attribute) -> None:
        module = self._meaning(node.value)
        if isinstance(module, Namespace) and module.exports.here(node.name) is None:
            known = tuple(sorted(module.exports.names()))
            raise Fault(errors.modules.NotExported(node.span, node.name, module.name, known))

    def _meaning(self, node: ast.Expression) -> Any:
        """What the text of a file says that something is, None where it does not."""
        match node:
            case ast.Name(id=name) if name not in self.local:
                found = self.env.find(name)
                return find_name(name) if found is None else found.value
            case ast.Attribute(value=value, name=name):
                module = self._meaning(value)
                found = module.exports.here(name) if isinstance(module, Namespace) else None
                return None if found is None else found.value
            case _:
                return None

    # --- what stands below one

    def _below(self, part: _Part) -> Iterator[_Part]:
        node, offered = part.node, part.offered
        match node:
            case ast.Choice(options=options):
                _tell_equal(options, self.session)
                yield from (_Part(item, True, part.words) for item in options)
            case ast.Optional(stage=stage):
                yield _Part(stage, True, part.words)
            case ast.List(items=items):
                yield from (_Part(item, offered, part.words) for item in items)
            case ast.Call():
                yield from self._in_call(node, offered)
            case ast.Hyperparameter(default=default):
                if default is not None and _takes_initialiser(node):
                    self._expect_initialisers(default, offered=offered)
                elif default is not None:
                    yield _Part(default, offered, _words_of(node))
            case _:
                words = () if isinstance(node, _HOLDERS) else None
                yield from (_Part(item, offered, words) for item in ast.children(node))

    def _in_call(self, node: ast.Call, offered: bool) -> Iterator[_Part]:
        yield _Part(node.function, offered, ())
        called = self._meaning(node.function)
        for place, argument in enumerate(node.arguments):
            value = argument.value
            if called == Combinator("some") and isinstance(value, ast.List):
                yield from (_Part(item, True, ()) for item in value.items)
            elif _wants_initialiser(called, argument, place):
                self._expect_initialisers(value, offered=offered)
            else:
                yield _Part(value, offered, _wanted(called, argument, place))
        if node.body is not None:
            yield _Part(node.body, offered, None)


_HOLDERS = (
    ast.Pipeline, ast.Let, ast.Bind, ast.Result, ast.Instance, ast.Labelled, ast.Next,
)  # fmt: skip
"""Where a name is no word that only stands for itself."""


def _wants_initialiser(called: Any, argument: ast.Argument, place: int) -> bool:
    """Initialisers have names and arguments of their own, whatever layers are called."""
    if isinstance(called, LayerReference):
        return argument.name == "init"
    return any(map(_takes_initialiser, _given(called, argument, place)))


def _wanted(called: Any, argument: ast.Argument, place: int) -> Words:
    """The words that an argument may be."""
    match called:
        case Combinator(name="any"):
            return ()
        case Combinator(name="scan") if place == 0 and argument.name is None:
            return ()
        case LayerReference(layer=layer):
            declared = {item.name: item.kind for item in layer.hyperparameters()}
            _, names, _ = matching.call_names(layer)  # type: ignore[arg-type]
            name = argument.name or next(iter(names[place : place + 1]), "")
            kind = declared.get(name)
            return None if kind is None or isinstance(kind, StrKind) else kind.symbols
        case _:
            return next(map(_words_of, _given(called, argument, place)), None)


def _given(called: Any, argument: ast.Argument, place: int) -> Sequence[ast.Hyperparameter]:
    """The hyperparameter of a block that an argument is for."""
    if not isinstance(called, FunctionReference):
        return ()
    items = called.function.hyperparameters
    if argument.name is None:
        return items[place : place + 1]
    return [item for item in items if item.name == argument.name]


def _words_of(item: ast.Hyperparameter) -> Words:
    """The words of a block's hyperparameter, whose kind may be a layer's."""
    try:
        kind = borrowed_kind(item)
    except Fault:  # an unknown type, which is told where the block is
        return None
    return None if isinstance(kind, StrKind) else () if kind is None else kind.symbols


def _takes_initialiser(item: ast.Hyperparameter) -> bool:
    return isinstance(item.type, ast.Attribute) and item.type.name == "init"
