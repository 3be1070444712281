"""Which comment belongs where, told from spans.

Comes in: a program with its comments. Goes out: the comments of a stretch, each handed out once.
What nobody asks for is left for the end, so no comment is ever lost.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field

from . import ast
from .span import Source

_BLANK = re.compile(r"\n[ \t\r\f\v]*\n")
_CLOSE_BY = re.compile(r"[ \t\r\f\v,]*")


@dataclass(slots=True)
class Comments:
    """The comments of one source, and which of them have been printed."""

    source: Source
    comments: tuple[ast.Comment, ...]
    starts: list[int] = field(init=False)
    free: list[bool] = field(init=False)

    def __post_init__(self) -> None:
        self.starts = [comment.start for comment in self.comments]
        self.free = [True] * len(self.comments)

    def knows(self, node: ast.Node) -> bool:
        """Whether the node stands in this source: one that a program made stands nowhere."""
        return node.span.source is self.source and node.span.end > node.span.start

    def take(self, start: int, end: int) -> list[ast.Comment]:
        """The comments that begin in a stretch and were not taken before."""
        found = []
        for index in range(bisect_left(self.starts, start), bisect_left(self.starts, end)):
            if self.free[index]:
                self.free[index] = False
                found.append(self.comments[index])
        return found

    def take_beside(self, offset: int, end: int) -> ast.Comment | None:
        """The comment that stands on the line of an offset with nothing but a comma between."""
        index = bisect_left(self.starts, offset)
        if index == len(self.starts) or self.starts[index] >= end or not self.free[index]:
            return None
        comment = self.comments[index]
        if _CLOSE_BY.fullmatch(self.source.text, offset, comment.start) is None:
            return None
        self.free[index] = False
        return comment

    def has_any(self, start: int, end: int) -> bool:
        """Whether a comment that was not taken begins in a stretch."""
        found = range(bisect_left(self.starts, start), bisect_left(self.starts, end))
        return any(self.free[index] for index in found)

    def blank_between(self, start: int, end: int) -> bool:
        """Whether an empty line stands between two offsets."""
        return _BLANK.search(self.source.text, start, end) is not None

    def breaks_between(self, left: ast.Node, right: ast.Node) -> bool:
        """Whether the author broke the line between two nodes."""
        if not (self.knows(left) and self.knows(right)):
            return False
        return self.source.text.find("\n", left.span.end, right.span.start) >= 0

    def breaks_after(self, offset: int) -> bool:
        """Whether nothing else stands on the line after an offset."""
        after = _CLOSE_BY.match(self.source.text, offset)
        return after is not None and self.source.text.startswith("\n", after.end())
