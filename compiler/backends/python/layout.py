"""Lines of at most a hundred columns, broken as common formatters break them.

Comes in: a statement on one line. Goes out: the lines it takes.
"""

WIDTH = 100
_CLOSE = {"(": ")", "[": "]", "{": "}"}


def fold(line: str, indent: int, tail: str = "") -> list[str]:
    """The statement at an indent; `tail` follows it, a comma in a list."""
    whole = " " * indent + line + tail
    if len(whole) <= WIDTH or line.lstrip().startswith(("#", "raise", "if ")):
        return [whole]
    start = _last_bracket(line)
    if start is None:
        return _in_parentheses(line, indent, tail)
    inside = line[start + 1 : -1]
    head = " " * indent + line[: start + 1]
    foot = " " * indent + line[-1] + tail
    if indent + 4 + len(inside) <= WIDTH and not _is_one_bracket(inside):
        return [head, " " * (indent + 4) + inside, foot]
    items = _split(inside)
    comma = "," if len(items) > 1 else ""
    return [head, *(text for item in items for text in fold(item, indent + 4, comma)), foot]


def _in_parentheses(line: str, indent: int, tail: str) -> list[str]:
    left, equals, right = line.partition(" = ")
    if not equals or tail:
        return [" " * indent + line + tail]
    return [f"{' ' * indent}{left} = (", f"{' ' * (indent + 4)}{right}", f"{' ' * indent})"]


def _last_bracket(line: str) -> int | None:
    """Where the bracket opens that the line's last character closes."""
    open_: list[int] = []
    start = None
    for at, character in _code(line):
        if character in _CLOSE:
            open_.append(at)
        elif character in _CLOSE.values():
            start = open_.pop()
    return start if line and line[-1] in _CLOSE.values() else None


def _is_one_bracket(text: str) -> bool:
    return text[:1] in _CLOSE and _last_bracket(text) == 0


def _split(text: str) -> list[str]:
    """The items between commas at the top level."""
    depth, last, items = 0, 0, []
    for at, character in _code(text):
        if character in _CLOSE:
            depth += 1
        elif character in _CLOSE.values():
            depth -= 1
        elif character == "," and depth == 0:
            items.append(text[last:at].strip())
            last = at + 1
    rest = text[last:].strip()
    return [*items, rest] if rest else items


def _code(text: str) -> list[tuple[int, str]]:
    """The characters outside string literals, with their places."""
    found: list[tuple[int, str]] = []
    quote, skip = "", False
    for at, character in enumerate(text):
        if skip:
            skip = False
        elif quote:
            skip = character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            found.append((at, character))
    return found
