"""Layers of two networks side by side, in the order of both.

Comes in: two lists of layers. Goes out: pairs of positions, one of them missing where a layer was
added or removed. Of all alignments that keep both orders the one with the highest score is taken
(Needleman and Wunsch 1970): two layers pair only if they are of one kind, and the better the more
of label, settings, path and shape they share. A number that the checker gave, `conv_2`, counts
little: it moves when a layer comes in before it.
"""

from collections.abc import Iterator, Sequence

from ...grammar.record import record

MOST_CELLS = 2_000_000
"""Above so many comparisons, layers of one name and kind are paired first."""

Pair = tuple[int | None, int | None]


@record
class Item:
    """A layer as it is compared: the path it stands under, its own name, its kind, its settings and
    the types of its outputs as texts.
    """

    path: str
    name: str
    kind: str
    settings: str
    types: str

    @property
    def is_labelled(self) -> bool:
        """Whether somebody gave it its name."""
        base, _, number = self.name.rpartition("_")
        return self.name != self.kind and not (base == self.kind and number.isdecimal())


def align(before: Sequence[Item], after: Sequence[Item]) -> list[Pair]:
    """The pairs, in order; between two pairs what was removed stands before what was added."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    pairs: list[Pair] = [(place, place) for place in range(head)]
    ends = len(before) - tail, len(after) - tail
    pairs += _middle(before, after, (head, head), ends)
    pairs += [(ends[0] + place, ends[1] + place) for place in range(tail)]
    return pairs


def _common(before: Sequence[Item], after: Sequence[Item]) -> int:
    """How many layers at the beginning are the same."""
    count = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        count += 1
    return count


def _middle(
    before: Sequence[Item], after: Sequence[Item], begin: tuple[int, int], end: tuple[int, int]
) -> Iterator[Pair]:
    (i, j), (n, m) = begin, end
    if (n - i) * (m - j) <= MOST_CELLS:
        yield from _best(before, after, begin, end)
        return
    for anchor in _anchors(before, after, begin, end):
        yield from _small(before, after, (i, j), anchor)
        yield anchor
        i, j = anchor[0] + 1, anchor[1] + 1
    yield from _small(before, after, (i, j), end)


def _small(
    before: Sequence[Item], after: Sequence[Item], begin: tuple[int, int], end: tuple[int, int]
) -> Iterator[Pair]:
    (i, j), (n, m) = begin, end
    if (n - i) * (m - j) <= MOST_CELLS:
        yield from _best(before, after, begin, end)
        return
    yield from ((place, None) for place in range(i, n))
    yield from ((None, place) for place in range(j, m))


def _anchors(
    before: Sequence[Item], after: Sequence[Item], begin: tuple[int, int], end: tuple[int, int]
) -> list[tuple[int, int]]:
    """Layers of one path, name and kind, as far as they come in the same order."""
    known = {(item.path, item.name, item.kind): j for j, item in enumerate(after)}
    found: list[tuple[int, int]] = []
    for i in range(begin[0], end[0]):
        item = before[i]
        j = known.get((item.path, item.name, item.kind))
        if j is not None and begin[1] <= j < end[1] and (not found or j > found[-1][1]):
            found.append((i, j))
    return found


def _best(
    before: Sequence[Item], after: Sequence[Item], begin: tuple[int, int], end: tuple[int, int]
) -> list[Pair]:
    (i0, j0), (n, m) = begin, end
    rows, columns = n - i0 + 1, m - j0 + 1
    scores = [[0] * columns for _ in range(rows)]
    for i in range(rows - 2, -1, -1):
        row, below, item = scores[i], scores[i + 1], before[i0 + i]
        for j in range(columns - 2, -1, -1):
            best = below[j] if below[j] >= row[j + 1] else row[j + 1]
            other = after[j0 + j]
            if item.kind == other.kind:
                best = max(best, below[j + 1] + _score(item, other))
            row[j] = best
    return _trace(before, after, begin, scores)


def _trace(
    before: Sequence[Item],
    after: Sequence[Item],
    begin: tuple[int, int],
    scores: Sequence[Sequence[int]],
) -> list[Pair]:
    i0, j0 = begin
    i = j = 0
    pairs: list[Pair] = []
    while i < len(scores) - 1 and j < len(scores[0]) - 1:
        item, other = before[i0 + i], after[j0 + j]
        here = scores[i][j]
        if item.kind == other.kind and here == scores[i + 1][j + 1] + _score(item, other):
            pairs.append((i0 + i, j0 + j))
            i, j = i + 1, j + 1
        elif here == scores[i + 1][j]:
            pairs.append((i0 + i, None))
            i += 1
        else:
            pairs.append((None, j0 + j))
            j += 1
    pairs += [(i0 + place, None) for place in range(i, len(scores) - 1)]
    pairs += [(None, j0 + place) for place in range(j, len(scores[0]) - 1)]
    return pairs


def _score(one: Item, other: Item) -> int:
    """How much two layers of one kind have in common."""
    score = 4 + 2 * (one.settings == other.settings) + (one.types == other.types)
    if one.name == other.name:
        score += 8 if one.is_labelled else 1
    return score + 2 * (one.path == other.path)
