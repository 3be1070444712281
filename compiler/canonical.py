"""The canonical form of a network: one for all graphs that are isomorphic, another for any other.

Comes in: a `Network`, its nodes in an order in which values are made before they are read. Goes
out: bytes in which all stands that there is to say, so different graphs never have the same; what
takes care is that isomorphic ones do. Most nodes have a name of their own: their colour, a number
worked out from all that they are made from. Where no two nodes have the same colour, the form names
each by it. Else it is a listing, a line for each node in the order in which the outputs reach it,
with inputs and weights by number. Only the inputs of a sum, whose order means nothing, leave a
choice there. They are put in order by colours, which then know what stands above and below a node
and what shares its weights. Where inputs look alike and are not simply twins, each is tried as the
first, and the smallest listing counts (individualisation and refinement: McKay 1981); symmetries
that come to light spare the rest of the tries.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from struct import pack
from typing import NamedTuple

MOST_WORK = 400_000
"""How many visits of nodes may go into ties. Beyond, the listing is the smallest found: isomorphic
graphs may then have different ones, which never makes different graphs equal."""

MASK = (1 << 64) - 1
ODD = 0x9E3779B97F4A7C15
_FACTOR = 0xBF58476D1CE4E5B9

Owned = tuple[int, str]
"""A weight that a node uses: its owner's number, and its name, empty for all of them."""


@dataclass(slots=True)
class Network:
    """Nodes by number, each fact in a list of its own, for speed: what a node is as a text, its
    colour, the nodes that it reads.

    An input of the network is a node that reads nothing, a second output of a layer one that reads
    the layer. `colours` know all that a node is made from (`joined` says how), and a node with one
    input has its text's colour plus `ODD` times that of its input. `joins` are the nodes that read
    several or none; `sums` those of them whose inputs have no order. `owned` are the weights that
    each node uses, told only where nodes share some.
    """

    texts: list[str] = field(default_factory=list)
    colours: list[int] = field(default_factory=list)
    inputs: list[tuple[int, ...]] = field(default_factory=list)
    joins: list[int] = field(default_factory=list)
    sums: set[int] = field(default_factory=set)
    owned: dict[int, tuple[Owned, ...]] = field(default_factory=dict)
    outputs: list[int] = field(default_factory=list)

    def add(self, text: str, inputs: Sequence[int] = (), *, ordered: bool = True) -> int:
        """Adds a node; goes out: its number."""
        number, own = len(self.texts), colour_of(text)
        if len(inputs) == 1:
            self.texts.append(text)
            self.inputs.append((inputs[0],))
            self.colours.append((own + self.colours[inputs[0]] * ODD) & MASK)
        else:
            self.join(text, own, tuple(inputs), ordered)
        return number

    def join(self, text: str, own: int, inputs: tuple[int, ...], ordered: bool) -> None:
        """Adds a node that reads several or none, from its text and the text's colour."""
        number, colours = len(self.texts), self.colours
        self.texts.append(text)
        self.inputs.append(inputs)
        self.joins.append(number)
        if not ordered:
            self.sums.add(number)
        colours.append(joined(own, [colours[value] for value in inputs], ordered))


@lru_cache(maxsize=65_536)
def colour_of(text: str) -> int:
    """The colour of a text: the same in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


class _Listing(NamedTuple):
    """The lines, and the nodes in their order."""

    lines: list[str]
    order: list[int]


Colours = Sequence[int]


def form(network: Network) -> bytes:
    """The canonical form of a network."""
    colours, told = network.colours, network.joins
    alike = len(set(colours)) < len(colours)
    if alike:
        colours, told = _from_readers(network)
        alike = len(set(colours)) < len(colours)
    if alike or network.owned:
        return b"listed" + SEPARATOR.join(listing(network)).encode()
    return _named(network, colours, told)


SEPARATOR = "\x1f"


def _named(network: Network, colours: Colours, told: list[int]) -> bytes:
    """Each node under the name that its colour is, and what the nodes in `told` read.

    What any other reads needs no mention: its name is its text's colour plus `ODD` times the name
    of its input, and an odd factor can be divided out.
    """
    order = sorted(range(len(colours)), key=colours.__getitem__)
    rest: list[int] = []
    for number in sorted(told, key=colours.__getitem__):
        read = [colours[value] for value in network.inputs[number]]
        if number in network.sums:
            read.sort()
        rest.append(colours[number])
        rest.append(len(read))
        rest += read
    rest += [colours[value] for value in network.outputs]
    counts = len(order), len(told), len(rest)
    names = [colours[number] for number in order]
    numbers = pack(f"<{3 + len(order) + len(rest)}Q", *counts, *names, *rest)
    return b"named" + numbers + SEPARATOR.join([network.texts[number] for number in order]).encode()


def listing(network: Network) -> list[str]:
    """The lines of a network."""
    ties = _Ties(network)
    if all(ties.told_apart(number, network.colours) for number in network.sums):
        return _listed(network, network.colours).lines
    return ties.smallest(network.colours).lines


# --- the listing ----------------------------------------------------------------------------------


def _listed(network: Network, colours: Colours) -> _Listing:
    """The nodes in the order in which the outputs reach them, each after its inputs."""
    all_inputs, texts, sums = network.inputs, network.texts, network.sums
    numbers: dict[int, int] = {}
    owners: dict[int, int] = {}
    lines: list[str] = []
    stack = network.outputs[::-1]
    while stack:
        number = stack[-1]
        if number in numbers:
            stack.pop()
            continue
        inputs = all_inputs[number]
        waiting = [value for value in inputs if value not in numbers]
        if waiting:
            if len(waiting) > 1 and number in sums:
                waiting.sort(key=colours.__getitem__)
            stack += waiting[::-1]
            continue
        stack.pop()
        above = [numbers[value] for value in inputs]
        if len(above) > 1 and number in sums:
            above.sort()
        line = f"{texts[number]} on {' '.join(map(str, above))}:"
        for owner, name in network.owned.get(number, ()):
            line += f" {owners.setdefault(owner, len(owners))}.{name}"
        lines.append(line)
        numbers[number] = len(numbers)
    lines.append(" ".join([str(numbers[value]) for value in network.outputs]))
    return _Listing(lines, list(numbers))


# --- colours --------------------------------------------------------------------------------------


def _stirred(value: int) -> int:
    value = (value ^ (value >> 30)) * _FACTOR & MASK
    return value ^ (value >> 31)


def joined(own: int, inputs: Sequence[int], ordered: bool) -> int:
    """The colour of a node that reads several others or none, from its text's and theirs."""
    if not ordered:
        for above in inputs:
            own += _stirred(above)
        return own & MASK
    for above in inputs:
        own = _stirred((own * ODD + above) & MASK)
    return own


def _from_above(network: Network, own: Colours) -> list[int]:
    """Colours that know all that a node is made from."""
    sums = network.sums
    result: list[int] = []
    for number, inputs in enumerate(network.inputs):
        colour = own[number]
        if len(inputs) == 1:
            result.append((colour + result[inputs[0]] * ODD) & MASK)
        else:
            read = [result[value] for value in inputs]
            result.append(joined(colour, read, number not in sums))
    return result


def _from_below(network: Network, own: Colours) -> list[int]:
    """Colours that know all that a node is used for."""
    below = [0] * len(own)
    for place, value in enumerate(network.outputs):
        below[value] += _stirred(place + 1)
    result = [0] * len(own)
    for number in range(len(own) - 1, -1, -1):
        colour = result[number] = _stirred((own[number] + below[number] * ODD) & MASK)
        for place, value in enumerate(network.inputs[number]):
            position = 0 if number in network.sums else place + 1
            below[value] += _stirred((colour + position * ODD) & MASK)
    return result


def _from_readers(network: Network) -> tuple[list[int], list[int]]:
    """Nodes that are made alike get colours that know what reads them; goes out, too: the nodes
    whose inputs no longer follow from their colours.
    """
    colours = list(network.colours)
    times = Counter(colours)
    below = {number: 0 for number, colour in enumerate(colours) if times[colour] > 1}
    told = {*network.joins, *below}
    for place, value in enumerate(network.outputs):
        if value in below:
            below[value] += _stirred(place + 1)
    for number in range(len(colours) - 1, -1, -1):
        if number in below:
            colours[number] = _stirred((colours[number] + below[number] * ODD) & MASK)
        for place, value in enumerate(network.inputs[number]):
            if value in below:
                position = 0 if number in network.sums else place + 1
                below[value] += _stirred((colours[number] + position * ODD) & MASK)
                told.add(number)
    return colours, sorted(told)


def _from_owners(network: Network, own: Colours) -> list[int]:
    """Colours that know what else uses the same weights."""
    groups: dict[int, int] = {}
    for number, owned in network.owned.items():
        for owner, _ in owned:
            groups[owner] = (groups.get(owner, 0) + _stirred(own[number])) & MASK
    result = list(own)
    for number, owned in network.owned.items():
        shared = sum([groups[owner] for owner, _ in owned])
        result[number] = _stirred((own[number] + shared * ODD) & MASK)
    return result


# --- ties -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Ties:
    """The search for the smallest listing of one network."""

    network: Network
    left: int = field(default_factory=lambda: MOST_WORK)
    _twins: list[int] = field(default_factory=list)

    def told_apart(self, number: int, colours: Colours) -> bool:
        """Whether no two inputs of a sum look alike, twins aside."""
        return not self._alike(number, colours)

    def _alike(self, number: int, colours: Colours) -> list[int]:
        """The inputs of the first colour that several have: one of each kind of twins."""
        values = dict.fromkeys(self.network.inputs[number])
        seen = {value: colours[value] for value in values}
        if len(set(seen.values())) == len(values):
            return []
        twins = self.twins()
        groups: dict[int, dict[int, int]] = {}
        for value, colour in seen.items():
            groups.setdefault(colour, {}).setdefault(twins[value], value)
        tied = [colour for colour, kinds in groups.items() if len(kinds) > 1]
        return list(groups[min(tied)].values()) if tied else []

    def twins(self) -> list[int]:
        """Colours by which two parts are equal that may change places: they read the same values
        and nothing else knows of them or their weights.
        """
        if self._twins:
            return self._twins
        network = self.network
        uses = _uses(network)
        shared: dict[int, int] = {}
        for owned in network.owned.values():
            for owner, _ in owned:
                shared[owner] = shared.get(owner, 0) + 1
        own = [
            colour
            if uses.get(number, 0) == 1
            and all(shared[owner] == 1 for owner, _ in network.owned.get(number, ()))
            else _stirred(number * ODD + 1)
            for number, colour in enumerate(network.colours)
        ]
        self._twins = _from_above(network, own)
        return self._twins

    def refined(self, colours: Colours) -> Colours:
        """The colours, told apart by what stands above, below and beside until that tells nothing
        more.
        """
        count = len(set(colours))
        while self.left > 0:
            self.left -= 3 * len(colours)
            found = _from_owners(self.network, colours)
            found = _from_below(self.network, found)
            found = _from_above(self.network, found)
            after = len(set(found))
            if after <= count:
                return found
            colours, count = found, after
        return colours

    def smallest(self, colours: Colours) -> _Listing:
        """The smallest listing below a colouring."""
        best: _Listing | None = None
        for found in self._leaves(self.refined(colours), []):
            if best is None or found.lines < best.lines:
                best = found
            if self.left <= 0:
                break
        assert best is not None
        return best

    def _leaves(self, colours: Colours, fixed: list[int]) -> Iterator[_Listing]:
        """The listings below a colouring, without those that a symmetry makes of others: for a tied
        value whose first listing is one that another value gave, the symmetry between the two leads
        through all that lies below.
        """
        tied = self._first_tie(colours)
        if not tied or self.left <= 0:
            self.left -= len(colours)
            yield _listed(self.network, colours)
            return
        known: dict[tuple[str, ...], tuple[int, ...]] = {}
        for value in tied:
            marked = list(colours)
            marked[value] = _stirred(marked[value] ^ _FACTOR)
            path = [*fixed, value]
            for place, found in enumerate(self._leaves(self.refined(marked), path)):
                positions = tuple([found.order.index(item) for item in path])
                if place == 0 and known.get(tuple(found.lines)) == positions:
                    break
                known.setdefault(tuple(found.lines), positions)
                yield found
                if self.left <= 0:
                    return

    def _first_tie(self, colours: Colours) -> list[int]:
        """The inputs that look alike of the first sum that the listing comes to, in its order."""
        done: set[int] = set()
        stack = self.network.outputs[::-1]
        while stack:
            number = stack.pop()
            if number in done:
                continue
            done.add(number)
            inputs = list(self.network.inputs[number])
            if number in self.network.sums:
                tied = self._alike(number, colours)
                if tied:
                    return tied
                inputs.sort(key=colours.__getitem__)
            stack += inputs[::-1]
        return []


# --- sums -----------------------------------------------------------------------------------------


def _uses(network: Network) -> dict[int, int]:
    """How often each node is read."""
    uses: dict[int, int] = {}
    for values in (network.outputs, *network.inputs):
        for value in values:
            uses[value] = uses.get(value, 0) + 1
    return uses


def chained(network: Network) -> Network:
    """Sums of sums become one: `(a + b) + c` is `a + b + c` where `a + b` is used for nothing
    else.
    """
    taken = _taken(network)
    if not taken:
        return network
    result = Network()
    numbers: dict[int, int] = {}
    parts: dict[int, list[int]] = {}
    for number, (text, inputs) in enumerate(zip(network.texts, network.inputs, strict=True)):
        above: list[int] = []
        for value in inputs:
            above += parts.pop(value) if value in parts else [numbers[value]]
        if number in taken:
            parts[number] = above
            continue
        numbers[number] = len(result.texts)
        result.add(text, above, ordered=number not in network.sums)
        if number in network.owned:
            result.owned[numbers[number]] = network.owned[number]
    result.outputs = [numbers[value] for value in network.outputs]
    return result


def _taken(network: Network) -> set[int]:
    """The sums that are parts of another."""
    sums, inputs, texts = network.sums, network.inputs, network.texts
    inner = [
        value
        for number in sums
        for value in inputs[number]
        if value in sums and texts[value] == texts[number]
    ]
    uses = _uses(network) if inner else {}
    return {value for value in inner if uses[value] == 1}
