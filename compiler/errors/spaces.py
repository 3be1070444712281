"""E451 to E465: open choices that cannot be decided."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span


@dataclass(frozen=True, slots=True)
class NoDomain(Diagnostic):
    code = "E451"
    title = "`?` without a domain"
    explanation = (
        "`?` stands for any value that the hyperparameter declares for search. This one declares "
        "none, so the values have to be written: `a | b`, or `1..8`. Among the options of an "
        "argument, `3 | ?`, it stands for nothing."
    )
    span: Span
    what: str = ""  # the layer or block, where it is one of their arguments
    name: str = ""

    def message(self) -> str:
        if not self.name:
            return "`?` stands for a whole stage or a whole argument; here it has no domain"
        return f"`{self.name}` of {self.what} declares no domain for `?`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "write the values to choose from")


@dataclass(frozen=True, slots=True)
class BadRange(Diagnostic):
    code = "E452"
    title = "a range that holds nothing"
    explanation = (
        "A range runs from its lower end to its upper end, both included, so the lower one stands "
        "first. `step` is above zero, and `log` needs ends above zero."
    )
    span: Span
    reason: str

    def message(self) -> str:
        return f"this range cannot be drawn from: {self.reason}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class BadWeights(Diagnostic):
    code = "E453"
    title = "weights that do not fit the options"
    explanation = (
        "`@ [weights]` gives one number for each option of the whole choice, none negative and not "
        "all zero. They need not add up to one."
    )
    span: Span
    count: int

    def message(self) -> str:
        return f"{self.count} weights are wanted, none negative and not all zero"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class TooManyOptions(Diagnostic):
    code = "E454"
    title = "a choice with too many options"
    explanation = (
        "A choice of subsets, or a stepped range of real numbers, is written out option by option, "
        "and of a range of whole numbers each has a weight of its own; here they are too many. "
        "Choose among fewer: with a larger step, or for real numbers with none."
    )
    span: Span
    limit: int

    def message(self) -> str:
        return f"this choice has more than {self.limit:,} options"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class RecursionWithoutLimit(Diagnostic):
    code = "E455"
    title = "a recursion without a limit"
    explanation = (
        "A block that uses itself behind a choice could be drawn for ever. Its body states how "
        "many "
        "uses may be open inside one another, `limit recursion = 6`, or how many layers one use "
        "may "
        "make, `limit nodes = 200`."
    )
    span: Span
    declared: Span
    name: str

    def message(self) -> str:
        return f"`{self.name}` uses itself and states no limit"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "used inside itself")
        yield Label(self.declared, "declared here", secondary=True)

    def help(self) -> Iterator[str]:
        yield "begin its body with `limit recursion = 6`"


@dataclass(frozen=True, slots=True)
class RecursionLimit(Diagnostic):
    code = "E456"
    title = "a limit on recursion is reached"
    explanation = (
        "The block's own limit forbids a deeper use, so an option that leads there is never "
        "offered. "
        "It is an error only where no other option is left."
    )
    span: Span
    name: str
    limit: int

    def message(self) -> str:
        return f"`{self.name}` may be open {self.limit} times at most"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class RecursionTooDeep(Diagnostic):
    code = "W454"
    title = "a limit on recursion beyond how deep blocks may stand"
    severity = "warning"
    explanation = (
        "Blocks stand only so deep within one another, whatever their own limits say. Deeper "
        "programs are not valid, so they are neither drawn nor counted."
    )
    span: Span
    limit: int
    deepest: int

    def message(self) -> str:
        return (
            f"`limit recursion = {self.limit}` allows more than the {self.deepest} blocks that "
            "may stand within one another"
        )

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "programs deeper than that are not in the space")

    def help(self) -> Iterator[str]:
        yield f"write `limit recursion = {self.deepest}` or less"


@dataclass(frozen=True, slots=True)
class NodeLimit(Diagnostic):
    code = "E457"
    title = "a limit on layers is reached"
    explanation = (
        "One use of the block makes more layers than its `limit nodes` allows, so an option that "
        "leads there is never offered. It is an error only where no other option is left."
    )
    span: Span
    limit: int

    def message(self) -> str:
        layers = f"{self.limit} layer{'' if self.limit == 1 else 's'}"
        return f"this body may make {layers} at most"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class RealDecides(Diagnostic):
    code = "E458"
    title = "a real number decides the structure"
    explanation = (
        "A real range has infinitely many values, and which of them are valid could not be told. "
        "So "
        "it decides no structure, shape or requirement; a range with `step` may, and a size or a "
        "number of turns is chosen from whole numbers."
    )
    span: Span
    size: bool = False  # what was to be made of it

    def message(self) -> str:
        return "a number from a real range cannot be asked about or made a size"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if self.size:
            yield "write whole numbers, as in `1..4` or `8..64 step 8`"
        else:
            yield "give the range a `step`, as in `0.0..0.5 step 0.1`"


@dataclass(frozen=True, slots=True)
class RealRefused(Diagnostic):
    code = "E463"
    title = "a real range holds a number that is not allowed"
    explanation = (
        "A range of real numbers holds both its ends, and any number of it may be drawn. So all of "
        "them have to be allowed where the number goes: `0.0..0.9` for the rate of a dropout, "
        "which is below 1."
    )
    span: Span
    number: float
    cause: str

    def message(self) -> str:
        return f"this range holds {self.number}, which is not allowed: {self.cause}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"{self.number} may be drawn")

    def help(self) -> Iterator[str]:
        yield "choose ends that are allowed: a range holds both"


@dataclass(frozen=True, slots=True)
class NotAVocabulary(Diagnostic):
    code = "E460"
    title = "no vocabulary"
    explanation = (
        "`any(Name)` is any layer of a vocabulary, which is declared by `vocabulary Name { … }`. "
        "`?` as a stage is any layer of the built-in one."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"`any` needs a vocabulary, but is given {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class EmptyVocabulary(Diagnostic):
    code = "E464"
    title = "a vocabulary without entries"
    explanation = (
        "`any(Name)` takes one of the layers of a vocabulary, and this one has none. An entry is a "
        "layer or a block, with or without arguments: `vocabulary Name { conv(8 | 16, 3), relu }`."
    )
    span: Span
    declared: Span
    name: str

    def message(self) -> str:
        return f"the vocabulary `{self.name}` has no entries, so there is no layer to take"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "a layer is wanted here")
        yield Label(self.declared, "nothing stands in it", secondary=True)

    def help(self) -> Iterator[str]:
        yield f"write layers into it: `vocabulary {self.name} {{ conv(8 | 16, 3), relu }}`"


@dataclass(frozen=True, slots=True)
class VocabularyOfItself(Diagnostic):
    code = "E465"
    title = "a vocabulary takes its layers from itself"
    explanation = (
        "`any(Other)` among a vocabulary's entries is any layer of another vocabulary. One that "
        "leads back to itself would never end. What shall hold layers of the same vocabulary is a "
        "block, which states how deep it may go: `block Twice on x { limit recursion = 3, "
        "x -> any(Layers) -> any(Layers) }` and `vocabulary Layers { relu, Twice }`."
    )
    span: Span
    name: str

    def message(self) -> str:
        return f"the vocabulary `{self.name}` takes its layers from itself"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"leads back to `{self.name}`")

    def help(self) -> Iterator[str]:
        yield "leave this entry out, or put it into a block with a `limit recursion`"


@dataclass(frozen=True, slots=True)
class BadSubset(Diagnostic):
    code = "E461"
    title = "`some` is called wrongly"
    explanation = (
        "`some([x1, x2, x3], 1..2)` chooses a subset of a list written out, in order: the second "
        "argument says how many, as a whole number or a range of them, none above the number of "
        "items."
    )
    span: Span
    items: int | None = None  # where no subset of them has the size asked for

    def message(self) -> str:
        if self.items is not None:
            count = f"{self.items} item{'' if self.items == 1 else 's'}"
            return f"no subset of {count} has the size that is asked for"
        return "`some` takes a list and the number of items to choose"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "`some([a, b, c], 1..2)`")
