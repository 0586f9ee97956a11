"""The test of a rate that is suspected because a run ended with a middling accuracy: is another one better at once?

A run that reads 63 % looks as healthy as a hard task. But where the same network, from the same start, reads far more
after a few steps at another rate, then the rate was the fault.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from numink.crew import Crew
from numink.data.digits import Part
from numink.nn.network import Network
from numink.nn.params import Array
from numink.recipe import Train
from numink.training.evidence import Tried
from numink.training.feed import Augment
from numink.training.trainer import Trainer

FACTORS = 0.1, 0.01, 10.0, 100.0
SHARE = 0.1
"""Of the run's steps, each rate gets so many: it must do with them better than the run did with all."""
FEWEST, MOST = 20, 200
"""Fewer steps than that show nothing; more are not needed."""
WORK = 2e9
"""Multiplications forwards that all rates together may take: about two seconds."""
JUDGES = 1000
"""Images that judge."""


def try_other_rates(
    network: Network,
    settings: Train,
    parts: Sequence[Part],
    theta: Array,
    seed: int,
    steps: int,
    augment: Augment | None,
) -> Tried | None:
    """The best of some other rates after a tenth of the `steps` that the run took from theta (length,).

    parts: training and validation images, of which the second judge, or where there are none the first. None where
    the run was too short for that, or the network is so large that it would take long.
    """
    train, judges = parts[0], parts[1] if len(parts[1]) else parts[0]
    count = min(int(SHARE * steps), MOST)
    batch = len(train) if settings.batch_size == "all" else min(int(settings.batch_size), len(train))
    if count < FEWEST or judges.labels is None or len(FACTORS) * count * batch * network.multiplications > WORK:
        return None
    images, labels = judges.images[:JUDGES], judges.labels[:JUDGES]
    none = Part(images[:0], labels[:0])
    found = []
    for factor in FACTORS:
        rate = settings.learning_rate * factor
        plan = replace(settings, learning_rate=rate, schedule="constant", average=0.0, epochs=0, iterations=count)
        with Crew(1) as crew, np.errstate(all="ignore"):  # of a rate that is too large
            trainer = Trainer(network, plan, train, none, theta.copy(), seed, crew, augment=augment)
            if not trainer.run([]).diverged:
                found.append(Tried(rate, count, trainer.judge(images, labels)[1]))
    return max(found, key=lambda tried: tried.accuracy, default=None)
