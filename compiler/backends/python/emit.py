"""The text of a class.

Comes in: a class whose first unit has all its slots filled in. Goes out: its lines.
"""

from typing import Any

from ...dims import Dim
from ...spelling import quoted
from ...types import DType, TensorType
from .access import Access, set_top
from .classes import factor_of
from .layout import WIDTH, fold
from .model import Construct, Made, Path, Unit

_ANNOTATIONS = {"DType": "torch.dtype", "NoneType": "None"}


def class_lines(made: Made) -> list[str]:
    """The class, from its header to its last line."""
    unit = made.units[0]
    lines = [f"class {made.name}(nn.Module):", *_docstring(made), ""]
    if unit.entries or made.parameters:
        lines += [*_constructor(made), ""]
    several = len(unit.outputs) > 1
    outputs = ", ".join(["torch.Tensor"] * len(unit.outputs))
    returned = f"tuple[{outputs}]" if several else outputs
    inputs = ", ".join(["self", *(f"{name}: torch.Tensor" for name in unit.parameters)])
    lines += _header(f"def forward({inputs}) -> {returned}:")
    for line in unit.lines:
        text = "".join(str(piece) for piece in line)
        depth = len(text) - len(text.lstrip())
        lines += fold(text.lstrip(), 8 + depth)
    return lines


def construct_text(construct: Construct) -> str:
    """`nn.Conv2d(3, 64, 3, padding=1)`."""
    target = construct.target
    if isinstance(target, Unit):
        assert target.made is not None
        target = target.made.name
    args = [_argument(item) for item in construct.args]
    args += [f"{name}={_argument(item)}" for name, item in construct.kwargs.items()]
    return f"{target}({', '.join(args)})"


def _argument(item: Any) -> str:
    return construct_text(item) if isinstance(item, Construct) else str(item)


# --- Constructor


def _constructor(made: Made) -> list[str]:
    unit = made.units[0]
    parameters = [f"{item.name}: {_annotation(item.values)}" for item in made.parameters]
    lines = _header(f"def __init__({', '.join(['self', *parameters])}) -> None:")
    body = ["super().__init__()"]
    body += [f"self.{item.name} = {item.name}" for item in made.parameters if item.kept]
    access = Access(unit.entries)
    for name in access.tree:
        body += _holding(unit, access, (name,))
    for statement in [*body, *unit.statements]:
        lines += fold(statement, 8)
    return lines


def _header(line: str) -> list[str]:
    """`def …:`, one parameter on each line where it is long."""
    if len(line) + 4 <= WIDTH:
        return [f"    {line}"]
    head, _, rest = line.partition("(")
    inside, _, tail = rest.rpartition(") ->")
    if len(inside) + 8 <= WIDTH:
        return [f"    {head}(", f"        {inside}", f"    ) ->{tail}"]
    return [f"    {head}(", *(f"        {item}," for item in inside.split(", ")), f"    ) ->{tail}"]


def _annotation(values: tuple[Any, ...]) -> str:
    names = dict.fromkeys(type(value).__name__ for value in values)
    return " | ".join(_ANNOTATIONS.get(name, name) for name in names)


def _holding(unit: Unit, access: Access, path: Path) -> list[str]:
    """The statements that put a module, or a container with what it holds, in its place."""
    (name,) = path
    bare: list[Path] = []
    statements = [set_top(name, _value(unit, access, path, bare))]
    while bare:
        at = bare.pop(0)
        for child in access.at(at):
            value = _value(unit, access, (*at, child), bare)
            statements.append(f"{access.text(at)}._modules[{quoted(child)}] = {value}")
    return statements


def _value(unit: Unit, access: Access, path: Path, bare: list[Path]) -> str:
    """What makes the module at a path. Those whose contents are set later go to `bare`."""
    children = access.at(path)
    if path in unit.entries:
        if children:
            bare.append(path)
        return construct_text(unit.entries[path])
    kind = access.kind(path)
    if kind == "bag":
        bare.append(path)
        return "nn.Module()"
    if kind == "list":
        turns = [_value(unit, access, (*path, str(index)), bare) for index in range(len(children))]
        return _module_list(turns)
    items = [f"{quoted(name)}: {_value(unit, access, (*path, name), bare)}" for name in children]
    return f"nn.ModuleDict({{{', '.join(items)}}})"


def _module_list(turns: list[str]) -> str:
    if len(turns) > 1 and len(set(turns)) == 1:
        return f"nn.ModuleList([{turns[0]} for _ in range({len(turns)})])"
    return f"nn.ModuleList([{', '.join(turns)}])"


# --- Docstring


def _docstring(made: Made) -> list[str]:
    """Shapes of inputs and outputs, over all units of the class."""
    unit = made.units[0]
    types = [other.types for other in made.units]
    inputs = [
        f"{name}: {_type([item[0][at] for item in types], made)}"
        for at, name in enumerate(unit.parameters)
    ]
    outputs = [_type([item[1][at] for item in types], made) for at in range(len(unit.outputs))]
    text = f"{', '.join(inputs)} -> {', '.join(outputs)}"
    if len(text) + 11 <= WIDTH:
        return [f'    """{text}."""']
    return [
        f'    """{made.name}.',
        "",
        *(f"    Takes {item}" for item in inputs),
        *(f"    Gives {item}" for item in outputs),
        '    """',
    ]


def _type(types: list[TensorType], made: Made) -> str:
    """`f32[N, width, H, W]`: a size that differs between units is a parameter's name or `_`."""
    dtypes: dict[DType, None] = dict.fromkeys(item.dtype for item in types)
    sizes = [_size(sizes, made) for sizes in zip(*(item.shape for item in types), strict=True)]
    return f"{'/'.join(map(str, dtypes))}[{', '.join(sizes)}]"


def _size(sizes: tuple[Dim, ...], made: Made) -> str:
    if len(set(sizes)) == 1:
        return str(sizes[0])
    for parameter in made.parameters:
        factor = factor_of(parameter.values, sizes)
        if factor:
            return parameter.name if factor == 1 else f"{factor} * {parameter.name}"
    return "_"
