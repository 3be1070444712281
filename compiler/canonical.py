"""The canonical listing of a network: one text for all graphs that are isomorphic, another for any
other.

Comes in: a `Network`, its nodes in an order in which values are made before they are read. Goes
out: lines, one for each node in the order in which the outputs reach it, with inputs and weights
by number. The lines say all there is to say, so different graphs never have the same; what takes
care is that isomorphic ones do. Only the inputs of a sum, whose order means nothing, leave a
choice. They are put in order by colours: numbers worked out from what stands above and below a node
and from what shares its weights. Where inputs look alike and are not simply twins, each is tried as
the first, and the smallest listing counts (individualisation and refinement: McKay 1981);
symmetries that come to light spare the rest of the tries.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_WORK = 400_000
"""How many visits of nodes may go into ties. Beyond, the listing is the smallest found: isomorphic
graphs may then have different ones, which never makes different graphs equal."""

_MASK = (1 << 64) - 1
_ODD = 0x9E3779B97F4A7C15
_FACTOR = 0xBF58476D1CE4E5B9
BITS = 16
SLOTS = 1 << BITS
"""A value is its node's number times this, plus the slot; an input of the network is below zero."""


Owned = tuple[int, str]
"""A weight that a node uses: its owner's number, and its name, empty for all of them."""


@dataclass(slots=True)
class Network:
    """Nodes by number, each fact in a list of its own, for speed: what a node computes as a text
    and as a colour, the values that it reads, its weights; `sums` are the nodes whose inputs have
    no order.
    """

    texts: list[str] = field(default_factory=list)
    colours: list[int] = field(default_factory=list)
    inputs: list[list[int]] = field(default_factory=list)
    owned: list[tuple[Owned, ...]] = field(default_factory=list)
    sums: set[int] = field(default_factory=set)
    outputs: list[int] = field(default_factory=list)


class _Listing(NamedTuple):
    """The lines, and the nodes in their order."""

    lines: list[str]
    order: list[int]


Colours = Sequence[int]


def listing(network: Network) -> list[str]:
    """The lines of a network."""
    if not network.sums:
        return _listed(network, ()).lines
    _chain(network)
    colours = _from_above(network, network.colours)
    ties = _Ties(network)
    if all(ties.told_apart(number, colours) for number in network.sums):
        return _listed(network, colours).lines
    return ties.smallest(colours).lines


# --- the listing ----------------------------------------------------------------------------------


def _listed(network: Network, colours: Colours) -> _Listing:
    """The nodes in the order in which the outputs reach them, each after its inputs."""
    all_inputs, texts, all_owned = network.inputs, network.texts, network.owned
    numbers: dict[int, int] = {}
    owners: dict[int, int] = {}
    lines: list[str] = []
    stack = network.outputs[::-1]
    while stack:
        value = stack[-1]
        number = value >> BITS
        if value < 0 or number in numbers:
            stack.pop()
            continue
        inputs = all_inputs[number]
        waiting = [code for code in inputs if code >= 0 and code >> BITS not in numbers]
        if waiting:
            if len(waiting) > 1 and number in network.sums:
                waiting.sort(key=lambda code: _seen(code, colours))
            stack += waiting[::-1]
            continue
        stack.pop()
        above = [_reference(code, numbers) for code in inputs]
        if len(above) > 1 and number in network.sums:
            above.sort()
        line = f"{texts[number]} on {' '.join(above)}:"
        for owner, name in all_owned[number]:
            line += f" {owners.setdefault(owner, len(owners))}.{name}"
        lines.append(line)
        numbers[number] = len(numbers)
    lines.append(" ".join([_reference(value, numbers) for value in network.outputs]))
    return _Listing(lines, list(numbers))


def _reference(value: int, numbers: dict[int, int]) -> str:
    if value < 0:
        return f"input{-value}"
    slot = value & (SLOTS - 1)
    return f"{numbers[value >> BITS]}.{slot}" if slot else str(numbers[value >> BITS])


# --- colours --------------------------------------------------------------------------------------


def _stirred(value: int) -> int:
    value = (value ^ (value >> 30)) * _FACTOR & _MASK
    return value ^ (value >> 31)


def _seen(value: int, colours: Colours) -> int:
    """The colour of a value: of its node, with the slot."""
    if value < 0:
        return -value
    return colours[value >> BITS] + (value & SLOTS - 1)


def _from_above(network: Network, own: Colours) -> list[int]:
    """Colours that know all that a node is made from."""
    sums = network.sums
    result: list[int] = []
    for number, inputs in enumerate(network.inputs):
        colour = own[number]
        if number in sums:
            for value in inputs:
                colour += _stirred(_seen(value, result))
        else:
            for value in inputs:
                above = -value if value < 0 else result[value >> BITS] + (value & SLOTS - 1)
                colour = colour * _ODD + above
        colour &= _MASK
        colour = (colour ^ (colour >> 30)) * _FACTOR & _MASK
        result.append(colour ^ (colour >> 31))
    return result


def _from_below(network: Network, own: Colours) -> list[int]:
    """Colours that know all that a node is used for."""
    below = [0] * len(own)
    for place, value in enumerate(network.outputs):
        if value >= 0:
            below[value >> BITS] += _stirred(place * _ODD + (value & SLOTS - 1) + 1)
    result = [0] * len(own)
    for number in range(len(own) - 1, -1, -1):
        if not below[number]:  # taken up into a longer sum
            continue
        colour = result[number] = _stirred((own[number] + below[number] * _ODD) & _MASK)
        for place, value in enumerate(network.inputs[number]):
            if value >= 0:
                position = 0 if number in network.sums else place + 1
                use = colour + (position * SLOTS + (value & SLOTS - 1)) * _ODD
                below[value >> BITS] += _stirred(use & _MASK)
    return result


def _from_owners(network: Network, own: Colours) -> list[int]:
    """Colours that know what else uses the same weights."""
    groups: dict[int, int] = {}
    for owned, colour in zip(network.owned, own, strict=True):
        for owner, _ in owned:
            groups[owner] = (groups.get(owner, 0) + _stirred(colour)) & _MASK
    return [
        _stirred((colour + sum([groups[owner] for owner, _ in owned]) * _ODD) & _MASK)
        for owned, colour in zip(network.owned, own, strict=True)
    ]


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
        seen = {value: _seen(value, colours) for value in values}
        if len(set(seen.values())) == len(values):
            return []
        twins = self.twins()
        groups: dict[int, dict[int, int]] = {}
        for value, colour in seen.items():
            groups.setdefault(colour, {}).setdefault(_seen(value, twins), value)
        tied = [colour for colour, kinds in groups.items() if len(kinds) > 1]
        return list(groups[min(tied)].values()) if tied else []

    def twins(self) -> list[int]:
        """Colours by which two parts are equal that may change places: they read the same values
        and nothing else knows of them or their weights.
        """
        if self._twins:
            return self._twins
        network = self.network
        uses = uses_of(network)
        shared: dict[int, int] = {}
        for owned in network.owned:
            for owner, _ in owned:
                shared[owner] = shared.get(owner, 0) + 1
        own = [
            colour
            if uses.get(number, 0) == 1 and all(shared[owner] == 1 for owner, _ in owned)
            else _stirred(number * _ODD + 1)
            for number, (colour, owned) in enumerate(
                zip(network.colours, network.owned, strict=True)
            )
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
            number = value >> BITS
            marked = list(colours)
            marked[number] = _stirred(marked[number] ^ _FACTOR)
            path = [*fixed, number]
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
            value = stack.pop()
            number = value >> BITS
            if value < 0 or number in done:
                continue
            done.add(number)
            inputs = self.network.inputs[number]
            if number in self.network.sums:
                tied = self._alike(number, colours)
                if tied:
                    return tied
                inputs = sorted(inputs, key=lambda code: _seen(code, colours))
            stack += inputs[::-1]
        return []


# --- sums -----------------------------------------------------------------------------------------


def uses_of(network: Network) -> dict[int, int]:
    """How often each node is read."""
    uses: dict[int, int] = {}
    for values in (network.outputs, *network.inputs):
        for value in values:
            if value >= 0:
                uses[value >> BITS] = uses.get(value >> BITS, 0) + 1
    return uses


def _chain(network: Network) -> None:
    """Sums of sums become one: `(a + b) + c` is `a + b + c` where `a + b` is used for nothing
    else.
    """
    inner = {value >> BITS for number in network.sums for value in network.inputs[number]}
    if inner.isdisjoint(network.sums):
        return
    uses = uses_of(network)
    for number in sorted(network.sums):
        parts: list[int] = []
        for value in network.inputs[number]:
            parts += _parts(network, number, value, uses)
        network.inputs[number] = parts


def _parts(network: Network, number: int, value: int, uses: dict[int, int]) -> list[int]:
    """What a sum adds up in the place of one of its inputs."""
    inner = value >> BITS
    same = inner in network.sums and network.texts[inner] == network.texts[number]
    if not same or uses[inner] != 1:
        return [value]
    parts = network.inputs[inner]
    network.inputs[inner] = []
    network.sums.discard(inner)
    return parts
