"""What an outcome depends on, as one text: trials of one identity come to the same.

Comes in: a program, what it is trained with. Goes out: a SHA-256. The graph's hash names its own
version, and the evaluator's text that of the training, so that no outcome of another version is
taken over. A change here needs a migration: stores keep identities.
"""

import hashlib
from collections.abc import Mapping

from .candidate import Candidate


def identity_of(
    program: Candidate, fidelity: Mapping[str, float], seed: int, evaluator: str
) -> str:
    """That of a program with its settings; `evaluator` is what the evaluator says of itself, which
    holds the data's checksum.
    """
    return identity(program.hash, program.training, fidelity, seed, evaluator)


def identity(
    graph: str, training: str, fidelity: Mapping[str, float], seed: int, evaluator: str
) -> str:
    """That of a graph's hash, and of the settings of its training as text."""
    facts = (graph, training, str(sorted(fidelity.items())), str(seed), evaluator)
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()
