"""What longer steps would do: the test of a learning rate that is suspected of being too small."""

from dataclasses import dataclass

import numpy as np

from numink.nn.network import Network
from numink.nn.params import Array
from numink.nn.trace import trace
from numink.optim.update import Updater
from numink.recipe import Train

LONGEST = 7
"""Steps of up to 10^7 times the length are tried."""
WORTH_IT = 0.02
"""A step that lowers the loss by less than this share of it shows nothing."""
FAR_BETTER = 10
"""Steps of the length in question must be so many times worse than the best: a network that learns well would not
mind a longer step either."""


@dataclass(frozen=True)
class Probe:
    """What one step did, on images that it did not learn from."""

    factor: float
    """How many times the rate in question serves far better than it: 1 where none does."""
    before: float
    """The loss before the step."""
    after: float
    """The loss behind the step of `factor` times the length."""


def probe(network: Network, theta: Array, settings: Train, images: Array, labels: Array, key: tuple[int, ...]) -> Probe:
    """Take the optimiser's first step from theta (length,), 1, 10, 100, ... times as long as it would be.

    The first half of images (n, height, width) uint8 and labels (n,) gives the gradient, the other judges: labels that
    have nothing to do with the images make no step worth while. Of the factors that gain at least half of what the
    best gains, the smallest is taken, for a single step bears more than many do.
    """
    half, size = len(images) // 2, network.layout.size
    gradient = trace(network, theta, images[:half], labels[:half], key).gradient[:size]
    losses = []
    for power in range(LONGEST + 1):
        moved = theta.copy()
        updater = Updater(settings.optimizer, 0.0, moved[:size], network.layout.weights)
        with np.errstate(all="ignore"):  # the longest steps lead anywhere
            updater.update(moved[:size], [gradient.copy()], settings.learning_rate * 10**power, 1)
            losses.append(trace(network, moved, images[half:], labels[half:], key).loss)
    before = trace(network, theta, images[half:], labels[half:], key).loss
    gains = [before - loss if np.isfinite(loss) else -np.inf for loss in losses]
    best = max(gains)
    if best < WORTH_IT * before or best < FAR_BETTER * gains[0]:
        return Probe(1, before, losses[0])
    power = next(power for power, gain in enumerate(gains) if gain >= best / 2)
    return Probe(10.0**power, before, losses[power])
