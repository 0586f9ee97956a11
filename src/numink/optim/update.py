"""One update: the shards' gradients are added, L2 is added, and the optimiser takes its step, block by block.

Behind it come the averages: of statistics of the images (the buffers), and of the weights themselves.

A block is short enough that its slices of all the vectors stay in a core's cache while the optimiser passes over
them ten times, and long enough that Python takes no part of the time. Adam on 4,000,000 parameters takes 5.2 ms in
blocks of 32768 numbers and 7.0 in one; on 536,000, all of which a large third-level cache holds, 0.82 ms in blocks of
8192, 0.51 in blocks of 32768 and 0.49 in one. Two threads that share the blocks are slower than one: they meet at
Python's lock before and after each of the short operations.
"""

from collections.abc import Sequence

import numpy as np

from numink.nn.params import Array
from numink.optim.rules import OPTIMIZERS, AdamW, Optimizer, State

BLOCK = 32768

BUFFER_RATE = 0.1  # how far running averages go towards the statistics of a batch: PyTorch's "momentum"


class Updater:
    """An optimiser with its memory, for one flat vector of parameters.

    theta (size,), of which the first `weights` are subject to `weight_decay`.
    """

    def __init__(self, optimizer: str, weight_decay: float, theta: Array, weights: int) -> None:
        self.rule: Optimizer = OPTIMIZERS[optimizer](weight_decay)
        self.l2 = 0.0 if isinstance(self.rule, AdamW) else weight_decay  # lambda of eq. 16
        self.weights = weights
        self.memory = {name: np.zeros_like(theta) for name in self.rule.memory}
        self._scratch = np.empty_like(theta[:BLOCK])

    def update(self, theta: Array, gradients: Sequence[Array], learning_rate: float, step: int) -> None:
        """Step number `step`, from 1. The gradients of the shards are added in order; the sum is left in the first."""
        for start in range(0, theta.size, BLOCK):
            here = slice(start, start + BLOCK)
            part, grad = theta[here], gradients[0][here]
            scratch = self._scratch[: part.size]
            for other in gradients[1:]:
                grad += other[here]
            weights = min(max(self.weights - start, 0), part.size)
            if self.l2 and weights:
                grad[:weights] += np.multiply(part[:weights], self.l2, out=scratch[:weights])  # eq. 32
            memory = {name: vector[here] for name, vector in self.memory.items()}
            self.rule.step(part, grad, learning_rate, State(memory, step, weights), scratch)


class Average:
    """The exponential average of the weights over the steps so far: it is often better than the last of them.

    Each step moves the weights to and fro, and the average holds what the steps have in common (Polyak and Juditsky
    1992). `decay` is how much of it is kept at each step: 0.999 averages over about 1000 steps. `vector` starts as
    theta (length,), which the first steps make forgotten: step t keeps (1 + t) / (10 + t), where that is less.
    """

    def __init__(self, decay: float, theta: Array) -> None:
        self.decay = decay
        self.vector = theta.copy()
        self._scratch = np.empty_like(theta[:BLOCK])

    def update(self, theta: Array, step: int) -> None:
        """Take in the weights after step number `step`, from 1."""
        kept = min(self.decay, step / (step + 9))  # eq. 73, where t counts from 0: step is t + 1
        for start in range(0, theta.size, BLOCK):
            here = slice(start, start + BLOCK)
            average = self.vector[here]
            change = np.subtract(theta[here], average, out=self._scratch[: average.size])
            change *= 1 - kept
            average += change  # eq. 73


def follow(buffers: Array, statistics: Sequence[Array], count: int) -> None:
    """Move running averages (n,) towards the mean of a batch's statistics, (n,) for each shard.

    `count` of the shards have images; of the others, the statistics are 0.
    """
    buffers += BUFFER_RATE * (sum(statistics) / count - buffers)  # eq. 65
