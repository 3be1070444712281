"""What changed between two programs: `compare` gives it as data, `as_text` draws it.

Comes in: two checked graphs. Goes out: layers side by side, costs, and which weights still fit.
"""

from .compare import compare as compare
from .difference import Difference as Difference
from .text import as_text as as_text
