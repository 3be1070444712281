"""The contract of a layer: one class in one file of `layers/`, named as the file, holds all that
the language knows of it.

To add a layer, write `layers/<name>.py` with one subclass of `Layer`. Its annotated fields are its
hyperparameters, in the order in which they may be given by position. Grammar, checker, back ends,
docs, vocabulary and conformance tests find it by its file.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, ClassVar, dataclass_transform, get_type_hints

from ..grammar.record import open_record, record
from .checks import Checks
from .dims import Dim
from .hyperparameter import Auto, Hyperparameter, Kind, kind_of, option, required
from .lowering import OnnxBuilder, TorchCode
from .types import F32, DType, TensorType

Types = TensorType | tuple[TensorType, ...]


@record
class WeightType:
    """Shape and dtype of a weight, under its name in PyTorch; buffers are not trained."""

    shape: tuple[int, ...]
    dtype: DType = F32
    trainable: bool = True


@dataclass_transform(frozen_default=True, field_specifiers=(required, option))
class Layer:
    """One kind of layer.

    `arity` is the number of inputs: `(1, 1)` unless said; `(2, None)` is two or more.
    `primary_weight` is the weight that `init=` initialises and `weight=` ties, None for a layer
    without weights. `family` groups the docs, `example` is a line of `.arch`. `stochastic` layers
    differ between runs in training, `training` ones between training and evaluation. A layer that
    is not `differentiable` cuts the gradient. `typical` says what usually flows in, for the
    conformance tests: `"f32[N, 4, T]"`, where a name is any small size, or with the settings too:
    `"f32[N, 4, T] -> glu(axis=1)"`, arguments being Python literals. Of a layer that `exchanges`
    hyperparameters two may be the same though no one of them can be put into the other, as
    `transpose(1, 2)` and `transpose(2, 1)`.
    """

    name: ClassVar[str]
    family: ClassVar[str] = "element-wise"
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    primary_weight: ClassVar[str | None] = None
    stochastic: ClassVar[bool] = False
    training: ClassVar[bool] = False
    example: ClassVar[str] = ""
    differentiable: ClassVar[bool] = True
    typical: ClassVar[tuple[str, ...]] = ()
    exchanges: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if "name" not in cls.__dict__:
            cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
        open_record(cls)

    @classmethod
    @cache
    def hyperparameters(cls) -> tuple[Hyperparameter, ...]:
        """The hyperparameters, positional ones first."""
        hints = get_type_hints(cls, include_extras=True)
        return tuple(
            Hyperparameter(
                item.name,
                kind_of(hints[item.name]),
                MISSING if item.default is MISSING else item.default,
                item.metadata.get("domain"),
            )
            for item in fields(cls)  # type: ignore[arg-type]
        )

    @classmethod
    @cache
    def has_spellings(cls) -> bool:
        """Whether two layers of the kind may be the same though their settings differ."""
        kinds = [item.kind for item in cls.hyperparameters()]
        own = [kind.inner if isinstance(kind, Auto) else kind for kind in kinds]
        return cls.plain is not Layer.plain or any(type(k).plain is not Kind.plain for k in own)

    def plain(self, rank: int) -> dict[str, Any]:
        """The hyperparameters in the one spelling that all which mean the same have, where the
        first input has that rank: axes counted from the front, one number where all are equal.
        """
        items = self.hyperparameters()
        return {item.name: item.kind.plain(getattr(self, item.name), rank) for item in items}

    @classmethod
    @cache
    def plain_defaults(cls, rank: int) -> dict[str, Any]:
        """The default of each hyperparameter in the spelling of its kind, MISSING where it must be
        given.
        """
        return {
            item.name: MISSING if item.required else item.kind.plain(item.default, rank)
            for item in cls.hyperparameters()
        }

    def infer(self, check: Checks, *inputs: TensorType) -> Types:
        """The type or types of the output. Every precondition is put to `check`, which raises when
        one fails.
        """
        raise NotImplementedError

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        """The weights and buffers, by their PyTorch names, for input types that `infer`
        accepted. Of larger inputs they have no fewer elements.
        """
        return {}

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Floating-point operations for these types; a multiply-add counts as two. One per output
        element unless said.
        """
        return sum((output.elements for output in outputs), 0)

    def to_torch(self, *inputs: TensorType) -> TorchCode:
        """What the layer is in PyTorch, for input types that `infer` accepted."""
        raise NotImplementedError

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str | tuple[str, ...]:
        """Adds the layer's ONNX nodes (opset 17 to 23) and returns the names of its outputs."""
        raise NotImplementedError


def weight_dtype(x: TensorType) -> dict[str, DType]:
    """The keyword that gives a PyTorch module weights of the input's dtype; nothing for f32, its
    default.
    """
    return {} if x.dtype == F32 else {"dtype": x.dtype}
