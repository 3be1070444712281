"""The abstract syntax of `.arch`: one frozen class per construct of the language.

Comes in: nothing. Goes out: the node classes that `parse` makes, `print` writes and the checker
reads. Nodes compare by what they say; spans and the spelling of numbers are left out of every
comparison. Nothing here knows a layer's name: `conv(64, 3)` is a `Call` of a `Name`, like
everything that is applied.
"""

from dataclasses import field

from .node import Node as Node
from .node import children as children
from .record import record
from .span import Span

# --- Expressions -------------------------------------------------------------------------------


@record
class Number(Node):
    """`3`, `1e-3`, `200k`: an int when the value is a whole number written without `.` or a
    negative exponent.
    """

    value: int | float
    text: str = field(compare=False)


@record
class String(Node):
    value: str


@record
class Bool(Node):
    value: bool


@record
class Name(Node):
    """An identifier where a value or a stage is wanted."""

    id: str


@record
class Wildcard(Node):
    """`_`: an axis to be inferred."""


@record
class Ellipsis(Node):
    """`...`: any number of leading axes."""


@record
class List(Node):
    """`[a, b]`."""

    items: tuple["Expression", ...]


@record
class Tuple(Node):
    """`(a, b)`: several values at once. Always at least two items."""

    items: tuple["Expression", ...]


@record
class Attribute(Node):
    """`value.name`: an output of a result, a weight of a layer, a member of a module."""

    value: "Expression"
    name: str


@record
class Slice(Node):
    """`start:stop:step` inside an index; each part may be missing."""

    start: "Expression | None"
    stop: "Expression | None"
    step: "Expression | None"


@record
class Index(Node):
    """`value[a, b:c]`."""

    value: "Expression"
    items: tuple["Expression", ...]


@record
class Unary(Node):
    """`-x` or `not x`."""

    operator: str
    operand: "Expression"


def number_of(node: object) -> int | float | None:
    """The number that is written out, None where a node is anything else. No number of the language
    is below zero by itself: `-1` is a `-` before a number.
    """
    match node:
        case Number(value=value):
            return value
        case Unary(operator="-", operand=Number(value=value)):
            return -value
    return None


@record
class Binary(Node):
    """`or and == != < <= > >= + - * / // % **`, left and right."""

    operator: str
    left: "Expression"
    right: "Expression"


@record
class Argument(Node):
    """One argument of a call; `name` is None when it is positional."""

    name: str | None
    value: "Expression"


@record
class Call(Node):
    """`f(args)`, `f(args) { body }` or `f { body }`; `function` is a Name or an Attribute."""

    function: "Expression"
    arguments: tuple[Argument, ...]
    body: "Body | None" = None


@record
class Pipeline(Node):
    """`a -> b -> c`, at least two parts. The first may be a value or, in a fragment, a stage."""

    stages: tuple["Expression", ...]


@record
class Labelled(Node):
    """`label: stage`."""

    label: str
    stage: "Expression"


@record
class Fragment(Node):
    """`{ … }` as a stage: a pipeline without its input, or a body that begins with statements."""

    body: "Body"


@record
class If(Node):
    """`if condition { … } else { … }`. `else if` is an `otherwise` that holds one If."""

    condition: "Expression"
    then: "Body"
    otherwise: "Body | None"


@record
class For(Node):
    """`for v in list { … }`, `for (a, b) in pairs { … }` (then `targets` has two or more names)."""

    targets: tuple[str, ...]
    iterable: "Expression"
    body: "Body"


@record
class Choice(Node):
    """`a | b | c`, with `@ weights` after the whole choice."""

    options: tuple["Expression", ...]
    weights: "Expression | None" = None


@record
class Range(Node):
    """`low..high`, `low..high step n`, `low..high log`."""

    low: "Expression"
    high: "Expression"
    step: "Expression | None" = None
    log: bool = False


@record
class Optional(Node):
    """`stage?`; `weights` as in a Choice of the stage and the identity."""

    stage: "Expression"
    weights: "Expression | None" = None


@record
class Open(Node):
    """A bare `?`: any value of the hyperparameter's domain, or any layer."""


Expression = (
    Number | String | Bool | Name | Wildcard | Ellipsis | List | Tuple | Attribute | Slice | Index
    | Unary | Binary | Call | Pipeline | Labelled | Fragment | If | For | Choice | Range | Optional
    | Open
)  # fmt: skip


# --- Statements --------------------------------------------------------------------------------


@record
class Bind(Node):
    """`x = value`, or `(a, b) = value` (then `targets` has two or more names)."""

    targets: tuple[str, ...]
    value: Expression


@record
class Let(Node):
    """`let name = value`: a hyperparameter or a recipe; also a declaration at the top of a file."""

    name: str
    value: Expression


@record
class Instance(Node):
    """`layer name = stage`: one instance whose weights every use shares."""

    name: str
    stage: Expression


@record
class Next(Node):
    """`next state = value`, in a cell."""

    state: str
    value: Expression


@record
class Require(Node):
    """`require condition` or `require condition: "message"`."""

    condition: Expression
    message: str | None = None


@record
class Limit(Node):
    """`limit recursion = 6`."""

    name: str
    value: Expression


@record
class Result(Node):
    """An expression that stands as a statement: the result of its body, or a branch of a `fork`."""

    value: Expression


@record
class Broken(Node):
    """A statement or declaration that did not parse; a diagnostic tells why. `names` are those it
    would have bound.
    """

    names: tuple[str, ...] = ()


Statement = Bind | Let | Instance | Next | Require | Limit | Result | Broken


@record
class Body(Node):
    """What stands between braces, in order."""

    statements: tuple[Statement, ...]


# --- Declarations ------------------------------------------------------------------------------


@record
class TensorType(Node):
    """`f32[N, C, _]`; `dtype` is None where it was left out. Axes are expressions, Wildcard or
    Ellipsis.
    """

    dtype: str | None
    axes: tuple[Expression, ...]


@record
class Port(Node):
    """An input or output. An output without a name has `name=None`; a block's port may have no
    type.
    """

    name: str | None
    type: TensorType | None


@record
class State(Node):
    """A cell's state after `with`: zero at the start unless `initial` is given."""

    name: str
    type: TensorType
    initial: Expression | None = None


@record
class Hyperparameter(Node):
    """`width: int = 16`. `type` is a Name (`int`, `stage`, …) or an Attribute (`conv.kernel`)."""

    name: str
    type: Expression
    default: Expression | None


@record
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


@record
class Use(Node):
    """`use a.b`, `use a.b as c`, `use a: X, Y`."""

    path: tuple[str, ...]
    alias: str | None = None
    names: tuple[str, ...] = ()


@record
class Setting(Node):
    """`name = value` inside `train` or `search`."""

    name: str
    value: Expression


@record
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


@record
class Vocabulary(Node):
    """`vocabulary Name { … }`; entries are Names, Attributes and Calls. `broken` holds those that
    did not parse.
    """

    name: str
    entries: tuple[Expression, ...]
    broken: tuple[Broken, ...] = ()


Declaration = Use | Let | Function | Settings | Vocabulary | Broken


@record
class Comment:
    """A comment with its `#`; `start` is its offset in the source."""

    start: int
    text: str


@record
class Program(Node):
    """A whole file. `comments` are kept for `fmt` and take no part in comparisons."""

    declarations: tuple[Declaration, ...]
    comments: tuple[Comment, ...] = field(default=(), compare=False, repr=False)
