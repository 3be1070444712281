"""The abstract syntax of `.arch`: one frozen class per construct of the language.

Comes in: nothing. Goes out: the node classes that `parse` makes, `print` writes and the checker
reads. Nodes compare by what they say; spans and the spelling of numbers are left out of every
comparison. Nothing here knows a layer's name: `conv(64, 3)` is a `Call` of a `Name`, like
everything that is applied.
"""

from dataclasses import dataclass, field

from .node import Node as Node
from .node import children as children
from .span import Span

# --- Expressions -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Number(Node):
    """`3`, `1e-3`, `200k`: an int when the value is a whole number written without `.` or a
    negative exponent.
    """

    value: int | float
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class String(Node):
    value: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bool(Node):
    value: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Name(Node):
    """An identifier where a value or a stage is wanted."""

    id: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Wildcard(Node):
    """`_`: an axis to be inferred."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ellipsis(Node):
    """`...`: any number of leading axes."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class List(Node):
    """`[a, b]`."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tuple(Node):
    """`(a, b)`: several values at once. Always at least two items."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Attribute(Node):
    """`value.name`: an output of a result, a weight of a layer, a member of a module."""

    value: "Expression"
    name: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Slice(Node):
    """`start:stop:step` inside an index; each part may be missing."""

    start: "Expression | None"
    stop: "Expression | None"
    step: "Expression | None"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Index(Node):
    """`value[a, b:c]`."""

    value: "Expression"
    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unary(Node):
    """`-x` or `not x`."""

    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Binary(Node):
    """`or and == != < <= > >= + - * / // % **`, left and right."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Argument(Node):
    """One argument of a call; `name` is None when it is positional."""

    name: str | None
    value: "Expression"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Call(Node):
    """`f(args)`, `f(args) { body }` or `f { body }`; `function` is a Name or an Attribute."""

    function: "Expression"
    arguments: tuple[Argument, ...]
    body: "Body | None" = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pipeline(Node):
    """`a -> b -> c`, at least two parts. The first may be a value or, in a fragment, a stage."""

    stages: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Labelled(Node):
    """`label: stage`."""

    label: str
    stage: "Expression"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fragment(Node):
    """`{ … }` as a stage: a pipeline without its input, or a body that begins with statements."""

    body: "Body"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class If(Node):
    """`if condition { … } else { … }`. `else if` is an `otherwise` that holds one If."""

    condition: "Expression"
    then: "Body"
    otherwise: "Body | None"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class For(Node):
    """`for v in list { … }`, `for (a, b) in pairs { … }` (then `targets` has two or more names)."""

    targets: tuple[str, ...]
    iterable: "Expression"
    body: "Body"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Choice(Node):
    """`a | b | c`, with `@ weights` after the whole choice."""

    options: tuple["Expression", ...]
    weights: "Expression | None" = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Range(Node):
    """`low..high`, `low..high step n`, `low..high log`."""

    low: "Expression"
    high: "Expression"
    step: "Expression | None" = None
    log: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Optional(Node):
    """`stage?`; `weights` as in a Choice of the stage and the identity."""

    stage: "Expression"
    weights: "Expression | None" = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Open(Node):
    """A bare `?`: any value of the hyperparameter's domain, or any layer."""


Expression = (
    Number | String | Bool | Name | Wildcard | Ellipsis | List | Tuple | Attribute | Slice | Index
    | Unary | Binary | Call | Pipeline | Labelled | Fragment | If | For | Choice | Range | Optional
    | Open
)  # fmt: skip


# --- Statements --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bind(Node):
    """`x = value`, or `(a, b) = value` (then `targets` has two or more names)."""

    targets: tuple[str, ...]
    value: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Let(Node):
    """`let name = value`: a hyperparameter or a recipe; also a declaration at the top of a file."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Instance(Node):
    """`layer name = stage`: one instance whose weights every use shares."""

    name: str
    stage: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Next(Node):
    """`next state = value`, in a cell."""

    state: str
    value: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Require(Node):
    """`require condition` or `require condition: "message"`."""

    condition: Expression
    message: str | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Limit(Node):
    """`limit recursion = 6`."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Result(Node):
    """An expression that stands as a statement: the result of its body, or a branch of a `fork`."""

    value: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Broken(Node):
    """A statement or declaration that did not parse; a diagnostic tells why. `names` are those it
    would have bound.
    """

    names: tuple[str, ...] = ()


Statement = Bind | Let | Instance | Next | Require | Limit | Result | Broken


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Body(Node):
    """What stands between braces, in order."""

    statements: tuple[Statement, ...]


# --- Declarations ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TensorType(Node):
    """`f32[N, C, _]`; `dtype` is None where it was left out. Axes are expressions, Wildcard or
    Ellipsis.
    """

    dtype: str | None
    axes: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Port(Node):
    """An input or output. An output without a name has `name=None`; a block's port may have no
    type.
    """

    name: str | None
    type: TensorType | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class State(Node):
    """A cell's state after `with`: zero at the start unless `initial` is given."""

    name: str
    type: TensorType
    initial: Expression | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hyperparameter(Node):
    """`width: int = 16`. `type` is a Name (`int`, `stage`, …) or an Attribute (`conv.kernel`)."""

    name: str
    type: Expression
    default: Expression | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Function(Node):
    """A `block`, `network` or `cell`; `kind` says which. `outputs` is empty where nothing was
    written.
    """

    kind: str
    name: str
    hyperparameters: tuple[Hyperparameter, ...]
    inputs: tuple[Port, ...]
    states: tuple[State, ...]
    outputs: tuple[Port, ...]
    body: Body
    name_span: Span = field(compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Use(Node):
    """`use a.b`, `use a.b as c`, `use a: X, Y`."""

    path: tuple[str, ...]
    alias: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Setting(Node):
    """`name = value` inside `train` or `search`."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Settings(Node):
    """`train Net { … }`, `train quick: Net { … }`, `search Net { … }`; `kind` is `train` or
    `search`.

    `broken` holds the settings that did not parse.
    """

    kind: str
    name: str | None
    network: str
    settings: tuple[Setting, ...]
    broken: tuple[Broken, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Vocabulary(Node):
    """`vocabulary Name { … }`; entries are Names, Attributes and Calls. `broken` holds those that
    did not parse.
    """

    name: str
    entries: tuple[Expression, ...]
    broken: tuple[Broken, ...] = ()


Declaration = Use | Let | Function | Settings | Vocabulary | Broken


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its `#`; `start` is its offset in the source."""

    start: int
    text: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Program(Node):
    """A whole file. `comments` are kept for `fmt` and take no part in comparisons."""

    declarations: tuple[Declaration, ...]
    comments: tuple[Comment, ...] = field(default=(), compare=False, repr=False)
