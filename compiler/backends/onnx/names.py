"""Names in an ONNX graph: every value and every node has its own, subgraphs included."""

from collections.abc import Iterable


class Names:
    """Hands out each name once; a second `conv` becomes `conv_2`."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._used = set(reserved)
        self._last: dict[str, int] = {}

    def fresh(self, wanted: str) -> str:
        name = wanted
        while name in self._used:
            self._last[wanted] = self._last.get(wanted, 1) + 1
            name = f"{wanted}_{self._last[wanted]}"
        self._used.add(name)
        return name
