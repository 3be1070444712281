"""E401 to E409: programs that ask for more than is reasonable."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
from .base import LayerDiagnostic


@dataclass(frozen=True, slots=True)
class TooManyNodes(Diagnostic):
    code = "E401"
    title = "too many layers"
    explanation = (
        "Repeats are unrolled, and nested ones multiply: a few lines can ask for more layers than"
        " fit into memory. The count is estimated before anything is expanded. A network that "
        "really needs more raises the limit with `--limit-nodes`."
    )
    span: Span
    limit: int
    asked: int | None

    def message(self) -> str:
        if self.asked is None:
            return f"the network has more than {self.limit:,} layers"
        return f"this asks for at least {self.asked:,} layers; the limit is {self.limit:,}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield f"`--limit-nodes {self.asked or 2 * self.limit}` allows it"


@dataclass(frozen=True, slots=True)
class TooDeep(Diagnostic):
    code = "E402"
    title = "blocks too deep within blocks"
    explanation = (
        "A block may use itself behind a compile-time `if` that ends the recursion at some depth. "
        "This one has gone deeper than the limit, so probably nothing ends it."
    )
    span: Span
    name: str
    limit: int

    def message(self) -> str:
        return f"`{self.name}` is used more than {self.limit} blocks deep"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "used again here")

    def help(self) -> Iterator[str]:
        yield (
            "end the recursion with an `if` on a hyperparameter that shrinks; `--limit-depth` "
            "allows more"
        )


@dataclass(frozen=True, slots=True)
class TooManyParameters(Diagnostic):
    code = "E403"
    title = "too many parameters"
    explanation = (
        "The network's weights together exceed the limit. They are counted exactly, before any is"
        " made. A network that really needs them raises the limit with `--limit-parameters`."
    )
    span: Span
    found: int
    limit: int

    def message(self) -> str:
        return f"the network has {self.found:,} parameters by here; the limit is {self.limit:,}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "the limit is passed here")

    def help(self) -> Iterator[str]:
        yield f"`--limit-parameters {self.found}` allows it"


@dataclass(frozen=True, slots=True)
class WeightTooLarge(LayerDiagnostic):
    code = "E404"
    title = "a weight too large"
    explanation = (
        "One weight has more elements than the limit, which is more than the largest published "
        "networks need. A slip in a number of channels, or a missing pooling layer before a dense"
        " one, is the usual cause."
    )
    name: str
    shape: list[int]
    limit: int

    def message(self) -> str:
        total = 1
        for size in self.shape:
            total *= size
        return (
            f"the {self.name} of {self.site.layer} would have {total:,} elements; the limit is "
            f"{self.limit:,}"
        )

    def asks(self) -> str:
        return f"{self.name} is {self.shape}"

    def help(self) -> Iterator[str]:
        yield "`--limit-weight` allows more"


@dataclass(frozen=True, slots=True)
class TooManyActivations(Diagnostic):
    code = "E405"
    title = "activations too large"
    explanation = (
        "What the layers hand on, for one example, exceeds the limit on the number of elements. "
        "It is counted exactly, before anything is made. A network that really needs it raises "
        "the limit with `--limit-activations`."
    )
    span: Span
    found: int
    limit: int

    def message(self) -> str:
        return (
            f"the activations reach {self.found:,} elements for one example; the limit is "
            f"{self.limit:,}"
        )

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "the limit is passed here")

    def help(self) -> Iterator[str]:
        yield f"`--limit-activations {self.found}` allows it"


@dataclass(frozen=True, slots=True)
class TooMuchWork(Diagnostic):
    code = "E407"
    title = "too much to expand"
    explanation = (
        "Stages that are used by stages that are used twice double with every level, even where "
        "they make no layers: sixty lines can ask for 10^18 steps. The program is given up once "
        "it has taken some millions. `--limit-work` allows more."
    )
    span: Span
    limit: int

    def message(self) -> str:
        return f"expanding this takes more than {self.limit:,} steps"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "the limit is passed here")

    def help(self) -> Iterator[str]:
        yield "look for a recipe that uses another twice, which uses another twice, and so on"
        yield f"`--limit-work {10 * self.limit}` allows more"


@dataclass(frozen=True, slots=True)
class TooManyAxes(LayerDiagnostic):
    code = "E408"
    title = "too many axes"
    explanation = (
        "A tensor has at most 64 axes, which is what PyTorch and NumPy can hold. "
        "A `repeat` around `unsqueeze` or `stack` is the usual cause of more."
    )
    found: int
    limit: int

    def message(self) -> str:
        return (
            f"{self.site.layer} would make a tensor with {self.found} axes; the limit is "
            f"{self.limit}"
        )

    def asks(self) -> str:
        return f"makes {self.found} axes"


@dataclass(frozen=True, slots=True)
class NestedTooDeep(Diagnostic):
    code = "E409"
    title = "a network nested too deep"
    explanation = (
        "Blocks within recipes within repeats, each inside long nested expressions, go deeper than "
        "the compiler follows. No network needs that: give names to parts of it."
    )
    span: Span
    name: str

    def message(self) -> str:
        return f"`{self.name}` is nested too deep to be expanded"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class AxisTooComplex(Diagnostic):
    code = "E406"
    title = "an axis too complex"
    explanation = (
        "The size of an axis has become an expression with more terms than can be reasoned about. "
        "Give some of the axes numbers."
    )
    span: Span

    def message(self) -> str:
        return "the size of an axis has become too complex an expression"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)
