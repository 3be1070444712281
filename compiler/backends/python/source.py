"""The whole text: what it is, imports, pasted support, classes, and a way to try it.

Comes in: a checked graph. Goes out: Python source.
"""

import builtins
from math import prod

from ...graph import Graph
from ...samples import integer_bound, shape_of, sizes_for
from ...spelling import PREAMBLE
from ...types import TensorType
from .classes import classes_of
from .emit import class_lines
from .layout import fold
from .model import Made
from .paste import Support
from .units import root_of

_MAIN = """

if __name__ == "__main__":
    model = {name}()
    if len(sys.argv) > 1:
        path = sys.argv[1]
        if path.endswith(".safetensors"):
            from safetensors.torch import load_file

            weights = load_file(path)
        else:
            weights = torch.load(path, weights_only=True)
        model.load_state_dict(weights)
    model.eval()
    with torch.no_grad():
{call}
    print({shown})
"""


def source(graph: Graph) -> str:
    """Stand-alone PyTorch source of the graph. Deterministic; loads the graph's `state_dict`."""
    support, made = _plan(graph)
    pasted = [text for text in support.pasted.values() if text]
    classes = ["\n".join(class_lines(item)) for item in made]
    body = "\n\n\n".join([*pasted, *classes])
    gap = "\n\n\n" if body.startswith(("class ", "def ", "@")) else "\n\n"
    head = f'"""{_docstring(graph)}"""\n\n{_imports(support, body)}{gap}'
    return head + body + "\n" + _main(graph, made[-1])


def class_name(graph: Graph) -> str:
    """The name that the source gives to the class of the whole graph."""
    return _plan(graph)[1][-1].name


def _plan(graph: Graph) -> tuple[Support, list[Made]]:
    support = Support()
    root = root_of(graph, support)
    return support, classes_of(root, {*PREAMBLE, *support.names(), *dir(builtins)})


def _docstring(graph: Graph) -> str:
    weights = sum(prod(weight.shape) for weight in graph.weights() if weight.trainable)
    lines = [f"{graph.name or 'A network'}, written by archc from its .arch source.", ""]
    for word, ports in (("Input ", graph.inputs), ("Output", graph.outputs)):
        lines += [f"{word} {port.name}: {graph.values[port.value]}" for port in ports]
    lines += [f"Parameters: {weights:,}", ""]
    # Names are identifiers; this keeps it so that no text of a program can end the docstring.
    return "\n".join(lines).replace("\\", "/").replace('"', "'")


def _imports(support: Support, body: str) -> str:
    needed = dict(support.imports)
    needed["sys"] = "import sys"
    if "math." in body:
        needed["math"] = "import math"
    standard = sorted(set(needed.values()))
    standard.sort(key=lambda line: (line.startswith("from"), line))
    lines = [*standard, "", "import torch", "from torch import nn"]
    if "F." in body:
        lines.append("from torch.nn import functional as F")
    return "\n".join(lines)


def _main(graph: Graph, root: Made) -> str:
    sizes = next(iter(sizes_for(graph, 1)), dict.fromkeys(graph.symbols(), 8))
    inputs = ", ".join(
        _sample(graph.values[port.value], sizes, integer_bound(graph, port.value, sizes))
        for port in graph.inputs
    )
    call = "\n".join(fold(f"result = model({inputs})", 8))
    several = len(graph.outputs) > 1
    shown = "*(tuple(item.shape) for item in result)" if several else "tuple(result.shape)"
    return _MAIN.format(name=root.name, call=call, shown=shown)


def _sample(type_: TensorType, sizes: dict[str, int], bound: int) -> str:
    shape = ", ".join(map(str, shape_of(type_.shape, sizes)))
    if type_.dtype.is_float:
        arguments = [shape] if shape else ["()"]
        dtype = [] if type_.dtype.name == "f32" else [f"dtype={type_.dtype.torch}"]
        return f"torch.randn({', '.join(arguments + dtype)})"
    tuple_ = f"({shape},)" if shape else "()"
    tuple_ = f"({shape})" if ", " in shape else tuple_
    high = 2 if type_.dtype.is_bool else bound
    return f"torch.randint({high}, {tuple_}, dtype={type_.dtype.torch})"
