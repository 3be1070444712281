"""Which dtypes an operator takes: an older opset may lack bf16 where a newer one has it.

Comes in: operators as they are added. Goes out: why one cannot take its inputs. The dtypes of steps
inside a layer follow from the operators' own declarations; where those are silent, nothing is known
and the model's check has the last word.
"""

from collections.abc import Sequence
from functools import cache

import onnx

from ...types import DTYPES, DType

_NAMES = {"f16": "float16", "bf16": "bfloat16", "f32": "float", "f64": "double", "u8": "uint8"} | {
    f"i{bits}": f"int{bits}" for bits in (8, 32, 64)
}
_TYPES = {f"tensor({_NAMES.get(name, name)})": dtype for name, dtype in DTYPES.items()}
_TEXTS = {dtype.name: text for text, dtype in _TYPES.items()}
NEWEST = 23


@cache
def _schema(op_type: str, opset: int) -> onnx.defs.OpSchema:
    return onnx.defs.get_schema(op_type, opset, "")


def _formal(
    declared: Sequence[onnx.defs.OpSchema.FormalParameter], place: int
) -> onnx.defs.OpSchema.FormalParameter | None:
    """What is declared for a place; the last one may stand for many."""
    return declared[min(place, len(declared) - 1)] if declared else None


class Dtypes:
    """The dtypes of the values of one model, as far as they are known."""

    def __init__(self, opset: int) -> None:
        self._opset = opset
        self._known: dict[str, DType] = {}

    def define(self, name: str, dtype: DType) -> None:
        self._known[name] = dtype

    def refusal(self, op_type: str, inputs: Sequence[str]) -> str:
        """Why the operator cannot take its inputs; nothing where it can."""
        for place, name in enumerate(inputs):
            dtype = self._known.get(name)
            if dtype is None or self._takes(op_type, place, dtype, self._opset):
                continue
            newer = range(self._opset + 1, NEWEST + 1)
            found = next((n for n in newer if self._takes(op_type, place, dtype, n)), None)
            advice = "" if found is None else f"; opset {found} can"
            return f"its {op_type} takes no {dtype} in opset {self._opset}{advice}"
        return ""

    def _takes(self, op_type: str, place: int, dtype: DType, opset: int) -> bool:
        formal = _formal(_schema(op_type, opset).inputs, place)
        return formal is None or _TEXTS[dtype.name] in formal.types

    def follow(self, op_type: str, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        """The outputs that share a type with an input, or have but one."""
        schema = _schema(op_type, self._opset)
        bound: dict[str, DType] = {}
        for place, name in enumerate(inputs):
            formal = _formal(schema.inputs, place)
            if formal is not None and name in self._known:
                bound.setdefault(formal.type_str, self._known[name])
        for place, name in enumerate(outputs):
            formal = _formal(schema.outputs, place)
            if formal is None:
                continue
            dtype = bound.get(formal.type_str) or _TYPES.get(formal.type_str)
            if dtype is not None:
                self._known[name] = dtype
