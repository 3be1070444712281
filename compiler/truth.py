"""The three answers to a question about axes. Nothing comes in; `Truth` goes out."""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """PROVED holds for every size the facts allow, REFUTED for none, UNKNOWN is neither shown."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool) -> "Truth":
        return cls.PROVED if value else cls.REFUTED

    def __bool__(self) -> bool:
        raise TypeError("a Truth has three values: compare it with one of them")

    def inverse(self) -> "Truth":
        match self:
            case Truth.PROVED:
                return Truth.REFUTED
            case Truth.REFUTED:
                return Truth.PROVED
            case _:
                return Truth.UNKNOWN

    def both(self, other: "Truth") -> "Truth":
        """The answer to `this and that`."""
        if Truth.REFUTED in (self, other):
            return Truth.REFUTED
        return Truth.UNKNOWN if Truth.UNKNOWN in (self, other) else Truth.PROVED

    def either(self, other: "Truth") -> "Truth":
        """The answer to `this or that`."""
        return self.inverse().both(other.inverse()).inverse()


def every(truths: Iterable[Truth]) -> Truth:
    """Whether all of them hold; true of none."""
    answer = Truth.PROVED
    for truth in truths:
        answer = answer.both(truth)
    return answer


def some(truths: Iterable[Truth]) -> Truth:
    """Whether any of them holds; false of none."""
    return every(truth.inverse() for truth in truths).inverse()
