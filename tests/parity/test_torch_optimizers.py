"""Ten steps of each optimiser end where PyTorch's ten steps end, on weights (with weight decay) and biases (without).

PyTorch puts the learning rate into its steps as we do: v <- mu v + grad, theta <- theta - rate v, and adds epsilon to
the root and not under it; its RMSprop forgets with alpha = 0.99 unless told otherwise.
"""

import numpy as np
import pytest

from numink.optim.rules import OPTIMIZERS
from numink.optim.schedules import SCHEDULES
from numink.optim.update import Updater

torch = pytest.importorskip("torch")
optim = torch.optim

THEIRS = {
    "gradient-descent": lambda groups, rate: optim.SGD(groups, rate),
    "momentum": lambda groups, rate: optim.SGD(groups, rate, momentum=0.9),
    "nesterov": lambda groups, rate: optim.SGD(groups, rate, momentum=0.9, nesterov=True),
    "rmsprop": lambda groups, rate: optim.RMSprop(groups, rate, alpha=0.9, eps=1e-8),
    "adam": lambda groups, rate: optim.Adam(groups, rate, eps=1e-8),
    "adamw": lambda groups, rate: optim.AdamW(groups, rate, eps=1e-8),
}
WEIGHTS, BIASES, RATE = 300, 20, 0.01


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_ten_steps(optimizer, weight_decay, dtype, schedule):
    start = np.random.default_rng(0).normal(size=WEIGHTS + BIASES).astype(dtype)
    weights = torch.tensor(start[:WEIGHTS], requires_grad=True)
    biases = torch.tensor(start[WEIGHTS:], requires_grad=True)
    groups = [{"params": [weights], "weight_decay": weight_decay}, {"params": [biases], "weight_decay": 0.0}]
    theirs = THEIRS[optimizer](groups, RATE)
    theta = start.copy()
    updater = Updater(optimizer, weight_decay, theta, WEIGHTS)

    rng = np.random.default_rng(1)
    sizes = 10 ** rng.uniform(-4, 2, theta.size)
    sizes[::11] = 0
    for step in range(10):
        rate = RATE * SCHEDULES[schedule](step / 10)
        gradient = (sizes * rng.normal(0.5, 1, theta.size)).astype(dtype)
        weights.grad, biases.grad = torch.tensor(gradient[:WEIGHTS]), torch.tensor(gradient[WEIGHTS:])
        for group in theirs.param_groups:
            group["lr"] = rate
        theirs.step()
        updater.update(theta, [gradient.copy()], rate, step + 1)

    assert np.abs(theta - start).max() > 0.02  # they did move
    exact = 1e-5 if dtype == "float32" else 1e-10
    np.testing.assert_allclose(theta[:WEIGHTS], weights.detach(), rtol=exact, atol=exact)
    np.testing.assert_allclose(theta[WEIGHTS:], biases.detach(), rtol=exact, atol=exact)
