"""E431 to E443, E445: what a `train` block says, and what cannot be meant by it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
from ...grammar.suggest import closest
from .base import join


def _meant(name: str, known: tuple[str, ...], what: str = "there are") -> Iterator[str]:
    """`did you mean …?` where something is close, and what there is."""
    near = closest(name, known, 1)
    if near:
        yield f"did you mean `{near[0]}`?"
    yield f"{what}: {join(known, 30)}" if known else f"{what} none"


@dataclass(frozen=True, slots=True)
class UnknownSetting(Diagnostic):
    code = "E431"
    title = "no such setting"
    explanation = (
        "A `train` block knows these settings: `data`, `optimizer`, `schedule`, `loss`, `metrics`, "
        "`epochs`, `batch`, `seed` and some more. This is none of them. Everything has a default, "
        "so a block may leave out what it does not care for."
    )
    span: Span
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"`train` has no setting `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "not known")

    def help(self) -> Iterator[str]:
        return _meant(self.name, self.known)


@dataclass(frozen=True, slots=True)
class SettingTwice(Diagnostic):
    code = "E432"
    title = "a setting stands twice"
    explanation = (
        "Within one `train` block a setting is given once: which of two values is meant could only "
        "be guessed. Several losses or metrics stand in one list, `metrics = [accuracy, f1]`."
    )
    span: Span
    earlier: Span
    name: str

    def message(self) -> str:
        return f"`{self.name}` is set twice"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "set again here")
        yield Label(self.earlier, "first set here", secondary=True)

    def help(self) -> Iterator[str]:
        yield "remove one of the two"


@dataclass(frozen=True, slots=True)
class WrongValue(Diagnostic):
    code = "E433"
    title = "a setting's value is of the wrong kind"
    explanation = (
        "Each setting takes values of one kind: `epochs` a whole number of at least 1, `optimizer` "
        "an optimiser such as `adamw(lr=3e-3)`, `metrics` a list. An integer may stand where a "
        "float is wanted, never the reverse, and a bool is not a number."
    )
    span: Span
    name: str
    wanted: str
    found: str

    def message(self) -> str:
        return f"`{self.name}` must be {self.wanted}, not {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"this is {self.found}")


@dataclass(frozen=True, slots=True)
class UnknownPart(Diagnostic):
    code = "E434"
    title = "no such optimiser, schedule, loss, metric, source or augmentation"
    explanation = (
        "The name stands for none of the things that can be written here. Optimisers are `sgd`, "
        "`momentum`, `adam`, `adamw`, `rmsprop`, `adagrad`, `lamb`, `lion`; the message lists what "
        "there is for the setting at hand."
    )
    span: Span
    kind: str
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no {self.kind} `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "not known")

    def help(self) -> Iterator[str]:
        return _meant(self.name, self.known)


@dataclass(frozen=True, slots=True)
class UnknownArgument(Diagnostic):
    code = "E435"
    title = "no such argument"
    explanation = (
        "The optimiser, schedule, loss, metric, data source or augmentation has no argument of "
        "this name. The message lists those that it has."
    )
    span: Span
    owner: str
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"`{self.owner}` has no argument `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "not known")

    def help(self) -> Iterator[str]:
        return _meant(self.name, self.known, "it takes")


@dataclass(frozen=True, slots=True)
class TooManyArguments(Diagnostic):
    code = "E436"
    title = "too many arguments without a name"
    explanation = (
        "Arguments without a name are taken in the order of the declaration, and some things take "
        "few or none of them. Write the name: `digits(test=0.3)`."
    )
    span: Span
    owner: str
    order: tuple[str, ...]

    def message(self) -> str:
        return f"`{self.owner}` takes fewer arguments without a name"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "one too many")

    def help(self) -> Iterator[str]:
        yield f"without a name: {join(self.order)}" if self.order else "write each as name=value"


@dataclass(frozen=True, slots=True)
class MissingArgument(Diagnostic):
    code = "E437"
    title = "an argument is missing"
    explanation = (
        "The argument has no default, because nothing could be assumed: `csv` needs the path of "
        'its file, as in `csv("houses.csv")`.'
    )
    span: Span
    owner: str
    name: str

    def message(self) -> str:
        return f"`{self.owner}` needs `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"without `{self.name}`")

    def help(self) -> Iterator[str]:
        yield f"write {self.owner}({self.name}=…)"


@dataclass(frozen=True, slots=True)
class TrainsNothing(Diagnostic):
    code = "E438"
    title = "settings for a network that is not there"
    explanation = (
        "`train Name { … }` and `train quick: Name { … }` belong to the network `Name` of the same "
        "file, and the file has none of this name. Blocks and cells cannot be trained alone."
    )
    span: Span
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"`train` names `{self.name}`, and the file has no such network"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "for no network")

    def help(self) -> Iterator[str]:
        return _meant(self.name, self.known, "networks here")


@dataclass(frozen=True, slots=True)
class UnknownTensor(Diagnostic):
    code = "E439"
    title = "a loss or metric names nothing that the network gives"
    explanation = (
        "`of=` names an output of the network, `target=` an input of the network or `target`, the "
        "answer in the data. Outputs are named in the signature: "
        "`-> logits: f32[N, 10], features: f32[N, 64]`."
    )
    span: Span
    name: str
    what: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"the network has no {self.what} `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "not known")

    def help(self) -> Iterator[str]:
        return _meant(self.name, self.known)


@dataclass(frozen=True, slots=True)
class WhichTrain(Diagnostic):
    code = "E440"
    title = "which settings?"
    explanation = (
        "A file may hold several `train` blocks for one network, told apart by names: "
        "`train quick: DigitNet { … }`. The one without a name is meant unless another is asked "
        "for; the name that was asked for, or the choice among several, is missing."
    )
    span: Span
    network: str
    wanted: str
    known: tuple[str, ...]

    def message(self) -> str:
        if self.wanted:
            return f"`{self.network}` has no `train` block `{self.wanted}`"
        return f"`{self.network}` has several named `train` blocks, and none without a name"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if self.known:
            yield f"name one of them: {join(self.known)}"


@dataclass(frozen=True, slots=True)
class TrainTwice(Diagnostic):
    code = "E441"
    title = "two `train` blocks of the same name"
    explanation = (
        "A network has at most one `train` block without a name, and one of each name. Name the "
        "other one: `train quick: DigitNet { … }`, or remove it."
    )
    span: Span
    earlier: Span

    def message(self) -> str:
        return "this network has such a `train` block already"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "again here")
        yield Label(self.earlier, "first here", secondary=True)

    def help(self) -> Iterator[str]:
        yield "name one of them: `train quick: … { … }`"


@dataclass(frozen=True, slots=True)
class ArgumentTwice(Diagnostic):
    code = "E442"
    title = "an argument is given twice"
    explanation = (
        "An argument is given once, by its place or by its name: `adamw(3e-3, lr=1e-2)` says two "
        "things about the learning rate."
    )
    span: Span
    owner: str
    name: str

    def message(self) -> str:
        return f"`{self.owner}` is given `{self.name}` twice"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "given again")

    def help(self) -> Iterator[str]:
        yield f"leave one of the two `{self.name}` out"


@dataclass(frozen=True, slots=True)
class Refused(Diagnostic):
    code = "E443"
    title = "an argument's value cannot be used"
    explanation = (
        "The value is of the right kind, but outside of what makes sense: a fraction above 1, a "
        "size below 1. The message says what is possible."
    )
    span: Span
    reason: str
    advice: str = ""

    def message(self) -> str:
        return self.reason

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if self.advice:
            yield self.advice


@dataclass(frozen=True, slots=True)
class UnfitLoss(Diagnostic):
    code = "E445"
    title = "a network that cannot be a loss"
    explanation = (
        "A network of the file may stand as a loss: `loss = Focal(gamma=2.0)`. Inputs that have "
        "the name of an output or input of the trained network are given that; otherwise the first "
        "is the output that it judges (`of=`), the second the answer (`target=`). It gives one "
        "tensor of floats, "
        "of which the mean is taken: a number, or one for each row. It has no weights, because "
        "nothing would train or keep them, and behaves alike in training and in evaluation."
    )
    span: Span
    place: Span
    network: str
    reason: str
    advice: str

    def message(self) -> str:
        return f"`{self.network}` cannot be a loss: {self.reason}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "used as a loss")
        yield Label(self.place, "because of this", secondary=True)

    def help(self) -> Iterator[str]:
        yield self.advice
