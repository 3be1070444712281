"""E211 to E227: what stands in parentheses, and what can be called."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
from ...grammar.suggest import closest
from .base import join


@dataclass(frozen=True, slots=True)
class UnknownHyperparameter(Diagnostic):
    code = "E211"
    title = "unknown hyperparameter"
    explanation = (
        "The layer or block has no hyperparameter of this name. Hyperparameters stand in "
        "parentheses, data flow through arrows; `archc layers conv` prints what a layer takes, "
        "with defaults."
    )
    span: Span
    what: str
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"{self.what} has no hyperparameter `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"not known to {self.what}")

    def help(self) -> Iterator[str]:
        near = closest(self.name, self.known, 1)
        if near:
            yield f"did you mean `{near[0]}`?"
        yield f"{self.what} takes {join(self.known)}" if self.known else f"{self.what} takes none"


@dataclass(frozen=True, slots=True)
class MissingHyperparameter(Diagnostic):
    code = "E212"
    title = "a hyperparameter is missing"
    explanation = (
        "A hyperparameter without a default must be given at every use, by position or by name. "
        "A network's can also be given on the command line, with `--set name=value`."
    )
    span: Span
    what: str
    name: str
    needed: str

    def message(self) -> str:
        return f"{self.what} needs a value for `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"`{self.name}` is missing")

    def help(self) -> Iterator[str]:
        yield f"{self.what} has to be given {self.needed}"


@dataclass(frozen=True, slots=True)
class TooManyArguments(Diagnostic):
    code = "E213"
    title = "too many arguments"
    explanation = (
        "More values stand in the parentheses than there are hyperparameters. Data do not go "
        "there: write `x -> conv(64, 3)`, not `conv(x, 64, 3)`."
    )
    span: Span
    what: str
    known: tuple[str, ...]

    def message(self) -> str:
        count = len(self.known)
        return f"{self.what} takes {count} hyperparameter{'' if count == 1 else 's'} at most"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "one too many")

    def help(self) -> Iterator[str]:
        if self.known:
            yield f"they are {join(self.known)}"
        yield "data flow in through the arrow: `x -> …`"


@dataclass(frozen=True, slots=True)
class GivenTwice(Diagnostic):
    code = "E214"
    title = "a hyperparameter is given twice"
    explanation = (
        "A value by position and a value by name were given for the same hyperparameter, or two "
        "by name. Positions are filled from the left, in the order that `archc layers` prints."
    )
    span: Span
    what: str
    name: str
    earlier: Span

    def message(self) -> str:
        return f"`{self.name}` of {self.what} is given twice"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "again here")
        yield Label(self.earlier, f"`{self.name}` is given here", secondary=True)


@dataclass(frozen=True, slots=True)
class WrongKind(Diagnostic):
    code = "E215"
    title = "a hyperparameter has a value of the wrong kind"
    explanation = (
        "Each hyperparameter takes values of one kind: integers, numbers, texts, lists, stages. "
        "An integer may become a float, never the reverse, and a bool is not a number."
    )
    span: Span
    what: str
    name: str
    wanted: str
    found: str

    def message(self) -> str:
        return f"`{self.name}` of {self.what} must be {self.wanted}, but is {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"this is {self.found}")

    def help(self) -> Iterator[str]:
        if self.found.startswith("a tensor"):
            yield (
                "data flow in through the arrow: `x -> …`; hyperparameters are known before "
                "anything runs"
            )


@dataclass(frozen=True, slots=True)
class AxisAsHyperparameter(Diagnostic):
    code = "E216"
    title = "a symbolic axis where a number is needed"
    explanation = (
        "The size of a symbolic axis is known only when data arrive, but this hyperparameter "
        "decides how the network is built. Write a number in the network's input type, or fix the"
        " axis on the command line with `--set T=128`."
    )
    span: Span
    what: str
    name: str
    axis: str

    def message(self) -> str:
        return (
            f"`{self.name}` of {self.what} must be a number, but {self.axis} is known only when "
            "data arrive"
        )

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "a symbolic axis")

    def help(self) -> Iterator[str]:
        yield (
            f"write a number for it in the network's input type, or fix it: `--set {self.axis}=128`"
        )


@dataclass(frozen=True, slots=True)
class NotCallable(Diagnostic):
    code = "E217"
    title = "this cannot be called"
    explanation = (
        "Parentheses with hyperparameters follow the name of a layer, a block or a compile-time "
        "function. A tensor, a number or a module cannot be called."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"{self.found} cannot be called"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if self.found.startswith("a tensor"):
            yield "a tensor flows into a stage: `x -> conv(32, 3)`; `x[:, 0]` picks from it"
        if self.found.startswith("the module"):
            yield "a module hides a layer of its name: write `use … as other`, another name for it"


@dataclass(frozen=True, slots=True)
class CalledTwice(Diagnostic):
    code = "E218"
    title = "the hyperparameters are fixed already"
    explanation = (
        "A stage that has its hyperparameters, such as `let act = leaky_relu(0.1)`, cannot be "
        "given more of them. Bind the bare layer (`let act = leaky_relu`) and give them where it "
        "is used."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"{self.found} has its hyperparameters already"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "given again here")


@dataclass(frozen=True, slots=True)
class NoBody(Diagnostic):
    code = "E219"
    title = "braces after something that takes none"
    explanation = (
        "Only `repeat(n)`, `for`, `fork`, `residual` and `share(n)` take a fragment in braces. "
        "A layer or block is applied to the result of the one before, with an arrow."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"{self.found} takes no braces"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "braces follow here")

    def help(self) -> Iterator[str]:
        yield "write `-> { … }` for a fragment after it"


@dataclass(frozen=True, slots=True)
class BodyMissing(Diagnostic):
    code = "E220"
    title = "braces are missing"
    explanation = (
        "`repeat(n)`, `fork`, `residual` and `share(n)` work on a fragment, which stands in "
        "braces after them: `repeat(3) { conv(16, 3) -> relu }`."
    )
    span: Span
    name: str

    def message(self) -> str:
        return f"`{self.name}` needs a fragment in braces"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "no braces follow")

    def help(self) -> Iterator[str]:
        head = self.span.text.split(chr(10))[0]
        yield f"put what it works on in braces: `{head} {{ conv(16, 3) -> relu }}`"


@dataclass(frozen=True, slots=True)
class CountWanted(Diagnostic):
    code = "E221"
    title = "how many turns?"
    explanation = (
        "`repeat` and `share` take exactly one argument, the number of turns: `repeat(3) { … }`. "
        "Zero turns are the identity."
    )
    span: Span
    name: str
    found: int

    def message(self) -> str:
        return (
            f"`{self.name}` takes the number of turns, and only that; here are {self.found} "
            "arguments"
        )

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield f"write `{self.name}(3) {{ … }}`"


@dataclass(frozen=True, slots=True)
class BadCount(Diagnostic):
    code = "E222"
    title = "an impossible number of turns"
    explanation = (
        "The number of turns is a whole number, zero or more, known when the network is compiled. "
        "A symbolic axis is not: a network over a varying length is a `scan`."
    )
    span: Span
    name: str
    found: str

    def message(self) -> str:
        return f"`{self.name}` cannot take {self.found} for its number of turns"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "a whole number, zero or more, is wanted")

    def help(self) -> Iterator[str]:
        if self.found.startswith("the number") and "." in self.found:
            yield "`//` divides and rounds down to a whole number; `/` gives a real one"
        elif not self.found.startswith(("the number", "a tensor")) and "list" in self.found:
            yield "`for v in list { … }` goes through a list"


@dataclass(frozen=True, slots=True)
class NoArguments(Diagnostic):
    code = "E223"
    title = "arguments for something that takes none"
    explanation = (
        "`fork` and `residual` have no hyperparameters: what they do stands in their braces. "
        "How branches are joined is said after a fork, by `-> concat(axis=1)` or `-> add`."
    )
    span: Span
    name: str

    def message(self) -> str:
        return f"`{self.name}` takes no arguments"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "not wanted")

    def help(self) -> Iterator[str]:
        if self.name == "fork":
            yield "how branches are joined is said after it: `fork { … } -> concat(axis=1)`"


@dataclass(frozen=True, slots=True)
class NoKeywords(Diagnostic):
    code = "E224"
    title = "a compile-time function takes no names"
    explanation = (
        "`range`, `zip`, `len`, `least`, `most`, `ceil_div` and `round_to` are called by position. "
        "Leave the name and the equals sign out."
    )
    span: Span
    name: str

    def message(self) -> str:
        return f"this function has no argument called `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "leave the name out")


@dataclass(frozen=True, slots=True)
class BadFunctionCall(Diagnostic):
    code = "E225"
    title = "a compile-time function is called wrongly"
    explanation = (
        "Compile-time functions work on numbers and lists that are known when the network is "
        "compiled. The help shows how this one is called."
    )
    span: Span
    name: str
    usage: str
    found: str
    reason: str

    def message(self) -> str:
        return f"`{self.name}` cannot take {self.found or 'nothing'}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, self.reason)

    def help(self) -> Iterator[str]:
        yield f"it is called as {self.usage}"


@dataclass(frozen=True, slots=True)
class OpenChoice(Diagnostic):
    code = "E226"
    title = "an open choice in a network that must be finished"
    explanation = (
        "`a | b`, `1..4`, `stage?` and `?` leave a decision open, so the file describes a space "
        "of networks and not one. Write the option that is wanted in its place."
    )
    span: Span

    def message(self) -> str:
        return "this choice is open, but one network is wanted"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "decide it: write one of the options")
