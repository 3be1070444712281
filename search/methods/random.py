"""Random search: Bergstra and Bengio 2012.

Independent draws by the weights of the space; programs that were drawn before are left out.
"""

from dataclasses import dataclass

from ...compiler.spaces.random import Random
from ..method import ANY_CHOICE, History, Method, Proposal


@dataclass
class RandomSearch(Method):
    """`uniform` makes every program equally likely, whatever its choices weigh."""

    uniform: bool = False

    manipulates = ANY_CHOICE
    mechanism = "independent draws"

    def ask(self, history: History, random: Random) -> Proposal:
        return Proposal(history.space.sample(random.bits(), uniform=self.uniform))
