"""Layers from outside while a program is checked: their code may fail in any way.

Comes in: where a layer is applied. Goes out: a Fault that names the package, in place of whatever
the layer raised. What a built-in layer raises is our bug, and stays what it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from ...grammar.diagnostic import Fault
from .. import errors
from ..dims import AxisTooLarge
from ..errors.base import Site
from ..registry import outside_origin


@contextmanager
def guarded(site: Site) -> Iterator[None]:
    """Around what a layer computes."""
    try:
        yield
    except (Fault, AxisTooLarge):
        raise
    except Exception as error:
        origin = outside_origin(site.layer)
        if origin is None:
            raise
        text = f"{type(error).__name__}: {error}".rstrip(": ")
        raise Fault(errors.layers.LayerFailed(site, origin, text.splitlines()[0][:200])) from error
