"""Layers from outside while a program is checked: their code may fail in any way.

Comes in: where a layer is applied. Goes out: a Fault that names the package, in place of whatever
the layer raised. What a built-in layer raises is our bug, and stays what it is.
"""

from ...grammar.diagnostic import Fault
from .. import errors
from ..errors.base import Site
from ..registry import outside_origin


def refuse(site: Site, error: Exception) -> None:
    """Raises the Fault where the layer that raised an error is from outside."""
    origin = outside_origin(site.layer)
    if origin is not None:
        text = f"{type(error).__name__}: {error}".rstrip(": ")
        raise Fault(errors.layers.LayerFailed(site, origin, text.splitlines()[0][:200])) from error
