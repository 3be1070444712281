"""What follows the stage at hand, as far as the text tells, and whether it can lead to what a
block, a network or a `residual` is to make.

Comes in: what waits while a stage is applied: the rest of a pipeline, the turns of a `repeat`, the
body around it. Goes out: whether some way on may have the type that is wanted at the end. It is
asked only where a search fails again and again, since most types lead on.
"""

from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from typing import Any, NamedTuple

from ...grammar import ast
from ...grammar.record import record
from ..dims import Dim
from ..layer import Layer
from ..types import DType, TensorType
from . import meanings, outcomes, requirements, rough, signatures, stage_text, vocabularies
from .environment import Environment
from .fragments import only_result
from .holding import Identity
from .outcomes import PASSES, Stage
from .values import Tensor, VocabularyValue

MOST_CHOICES = 4
"""So many choices after one another are looked through: more lead nearly anywhere."""


class Frame(NamedTuple):
    """What waits from a mark on: a piece of text, which of its parts is at hand, and its names; of
    a `residual`, what flows into it.
    """

    mark: int
    node: Any
    part: int
    env: Environment
    inputs: Sequence[Tensor] = ()


class Waiting:
    """All that waits, the innermost last."""

    __slots__ = ("_frames",)

    def __init__(self) -> None:
        self._frames: list[Frame] = []

    def add(
        self, mark: int, node: ast.Node, part: int, env: Environment, inputs: Sequence[Tensor]
    ) -> None:
        """From a mark on a part of something is at hand."""
        self.release(mark)
        self._frames.append(Frame(mark, node, part, env, inputs))

    def release(self, mark: int) -> None:
        """Nothing waits from a mark on."""
        frames = self._frames
        while frames and frames[-1].mark >= mark:
            frames.pop()

    def hopeless(
        self,
        node: ast.Choice | ast.Optional,
        env: Environment,
        found: TensorType,
        numbers: Set[int],
        most: int,
    ) -> Sequence[int]:
        """The options of a choice, by their positions, after none of which anything leads to what
        is wanted when this type flows in and no weight has more than `most` elements. Sizes that
        are among some numbers are taken for unknown, so that it is not asked for each of them anew.
        """
        way = self._way_on(node)
        if way is None:
            return ()
        options = stage_text.options_told(node, env)
        return _hopeless(options, rough.without(found, numbers), *way, most)

    def leads_on(
        self,
        layer: type[Layer],
        node: ast.Call,
        env: Environment,
        values: Mapping[str, Any],
        found: TensorType,
        numbers: Set[int],
        most: int,
    ) -> bool:
        """Whether a call of a layer of which some settings are known may lead to what is wanted
        when this type flows in.
        """
        way = self._way_on(node)
        stage = None if way is None else stage_text.settled(layer, node, env, values)
        return way is None or not _hopeless((stage,), rough.without(found, numbers), *way, most)

    def _way_on(self, node: ast.Node) -> "tuple[tuple[Stage, ...], Wanted] | None":
        """What follows a node, and what is wanted at the end; None where that cannot be told."""
        rests = list[Stage]()
        for frame in reversed(self._frames):
            if not _passes(node, frame):
                return None
            if isinstance(frame.node, ast.Function) or frame.inputs:
                return tuple(rests), _wanted(frame)
            rest = _rest(frame)
            if rest is None:
                return None
            rests += [rest] if rest is not PASSES else []
            node = frame.node
        return None


@record
class Wanted:
    """A type that something is to have: a dtype if one is asked for; the sizes that are, None where
    any will do; whether more axes may stand before these.
    """

    dtype: DType | None
    sizes: tuple[Dim | None, ...]
    more: bool = False

    def may_be(self, found: TensorType) -> bool:
        """Whether something of this type, of which sizes may be unknown, may be what is wanted."""
        before = found.rank - len(self.sizes)
        if self.dtype not in (None, found.dtype) or before < 0 or (before and not self.more):
            return False
        pairs = zip(self.sizes, found.shape[before:], strict=True)
        return all(want is None or rough.same_size(want, size) for want, size in pairs)


@lru_cache(maxsize=50_000)
def _hopeless(
    options: tuple[Stage | None, ...],
    found: TensorType,
    rests: tuple[Stage, ...],
    wanted: Wanted,
    most: int,
) -> tuple[int, ...]:
    way = outcomes.chain(rests)

    def leads_on(option: Stage | None) -> bool:
        if option is None or option.choices + way.choices > MOST_CHOICES:
            return True
        flow = outcomes.outcomes(option, found, most)
        return flow is None or any(
            end is None or any(map(wanted.may_be, end))
            for end in (
                through(way, flow, most) for through in (outcomes.some_through, outcomes.through)
            )
        )

    return tuple([place for place, option in enumerate(options) if not leads_on(option)])


def _rest(frame: Frame) -> Stage | None:
    """What still stands behind the part at hand."""
    match frame.node:
        case ast.Pipeline(stages=stages):
            rest = [stage_text.stage_of(item, frame.env) for item in stages[frame.part :]]
            return None if None in rest else outcomes.chain(item for item in rest if item)
        case ast.Body():
            return PASSES
        case ast.Call(body=ast.Body() as body):
            only = only_result(body)
            turn = None if only is None else stage_text.stage_of(only, frame.env)
            return None if turn is None else outcomes.turns(turn, frame.part)
    return None


def _wanted(frame: Frame) -> Wanted:
    """What is wanted where a frame ends."""
    if frame.inputs:
        kept = frame.inputs[0].type
        return Wanted(kept.dtype, kept.shape)
    declared = frame.node.outputs[0].type
    axes = declared.axes
    more = bool(axes) and isinstance(axes[0], ast.Ellipsis)
    sizes = [_size(node, frame.env) for node in axes[more:]]
    return Wanted(signatures.declared_dtype(declared), tuple(sizes), more)


def _size(node: ast.Expression, env: Environment) -> Dim | None:
    """A size as far as it is plain; None for what would have to be worked out."""
    match node:
        case ast.Number(value=int() as value):
            return value
        case ast.Name(id=name):
            bound = env.find(name)
            known = bound is not None and signatures.is_size(bound.value)
            return bound.value if known else None  # type: ignore[union-attr]
    return None


# --- what stands where --------------------------------------------------------------------------


def _passes(node: ast.Node, frame: Frame) -> bool:
    """Whether what flows out of a node is what the frame's part at hand makes."""
    match frame.node:
        case ast.Pipeline(stages=stages):
            return _flows_out(node, stages[frame.part - 1], frame.env)
        case ast.Body(statements=statements):
            return _is_result(node, statements, frame)
        case ast.Call(body=ast.Body() as body):
            return len(frame.inputs) <= 1 and _is_of(node, body, frame.env)
        case ast.Function(body=body, outputs=outputs):
            declared = len(outputs) == 1 and outputs[0].type is not None
            declared = declared and frame.node.kind != "cell"
            return declared and _is_of(node, body, frame.env)
    return False


def _is_result(node: ast.Node, statements: Sequence[ast.Statement], frame: Frame) -> bool:
    """Whether the statement at hand is a body's result, which the node makes. What is stated of
    axes after it may prove what is wanted.
    """
    at_hand = statements[frame.part]
    if not isinstance(at_hand, ast.Result) or not _flows_out(node, at_hand.value, frame.env):
        return False
    return all(map(_is_of_costs, statements[frame.part + 1 :]))


def _is_of_costs(statement: ast.Statement) -> bool:
    """Whether a statement is a requirement of costs alone."""
    return isinstance(statement, ast.Require) and requirements.COSTS.issuperset(
        requirements.names_read(statement.condition)
    )


def _is_of(node: ast.Node, body: ast.Body, env: Environment) -> bool:
    """Whether a node makes what a body does."""
    only = only_result(body)
    return node is body or (only is not None and _flows_out(node, only, env))


def _flows_out(node: ast.Node, outer: ast.Node, env: Environment) -> bool:
    """Whether what flows out of a node flows out of one that it stands in."""
    if node is outer:
        return True
    match outer:
        case ast.Choice(options=options):
            return any(_flows_out(node, item, env) for item in options)
        case ast.Optional(stage=stage) | ast.Labelled(stage=stage):
            return _flows_out(node, stage, env)
        case ast.Pipeline(stages=stages):
            return _flows_out(node, stages[-1], env)
        case ast.Fragment(body=body):
            return _is_of(node, body, env)
        case ast.Open():
            return _flows_out(node, vocabularies.built_in(Identity(outer)), env)
        case ast.Call(body=None, arguments=(argument,)):
            meant = meanings.meaning(argument.value, env)
            if isinstance(meant, VocabularyValue):
                return node is vocabularies.own_choice(Identity(outer), Identity(meant.choice))
    return False
