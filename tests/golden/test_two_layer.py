"""The engine, with all its pieces, shards and flat vectors, is the tutorials' network: examples/two_layer.py."""

import importlib.util
import runpy
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import numink
from numink.crew import Crew
from numink.data.digits import Digits, Part
from numink.nn.build import build
from numink.nn.network import Gradient, Network
from numink.nn.params import Array
from numink.recipe import Train
from numink.training.callbacks import Callback
from numink.training.trainer import Trainer

IMAGES = 900  # more than one piece, and no multiple of the shards' pieces
RATE, STEPS = 0.1, 10
SCRIPT = Path(__file__).parents[2] / "examples" / "two_layer.py"


def load_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("two_layer", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


two_layer = load_example()


@pytest.fixture(scope="module")
def part() -> Part:
    rng = np.random.default_rng(5)
    return Part(rng.integers(0, 256, (IMAGES, 28, 28), np.uint8), rng.integers(0, 10, IMAGES).astype(np.uint8))


@pytest.fixture(scope="module")
def network() -> Network:
    return build(["dense 10", "relu", "dense 10"], dtype="float64")


def flat(network: Network, params: list[Array]) -> Array:
    """W1, b1, W2, b2 as the engine's one vector."""
    vector = network.layout.zeros("float64")
    layers = [views for views in network.layout.views(vector) if vars(views)]
    for views, W, b in zip(layers, params[::2], params[1::2], strict=True):
        views.W[...], views.b[...] = W, b
    return vector


def by_the_tutorial(part: Part, params: list[Array]) -> tuple[list[Array], float]:
    """The example's gradients, and the loss as the textbooks write it."""
    X = part.images.reshape(-1, 784) / 255
    Z1, A1, _, A2 = two_layer.forward(*params, X)
    loss = -np.mean(np.log(A2[np.arange(IMAGES), part.labels]))
    return two_layer.backward(Z1, A1, A2, params[2], X, part.labels), float(loss)


def test_gradients(part: Part, network: Network) -> None:
    params = two_layer.init_params()
    expected, loss = by_the_tutorial(part, params)
    p = network.layout.views(flat(network, params))
    gradient = Gradient(network)
    assert part.labels is not None
    network.worker().gradient(part.images, part.labels, slice(0, IMAGES), IMAGES, p, (0,), gradient)
    np.testing.assert_allclose(gradient.vector, flat(network, expected), rtol=1e-6, atol=1e-12)
    assert gradient.loss == pytest.approx(loss, rel=1e-9)


@pytest.mark.parametrize("shards", [1, 3])
def test_ten_steps(part: Part, network: Network, shards: int) -> None:
    params = two_layer.init_params()
    theta = flat(network, params)
    seen: list[Array] = []

    class Watch(Callback):
        def on_step_end(self, trainer: Trainer) -> None:
            seen.append(trainer.state.theta.copy())

    settings = Train(
        optimizer="gradient-descent",
        learning_rate=RATE,
        schedule="constant",
        batch_size="all",
        epochs=0,
        iterations=STEPS,
        shards=shards,
    )
    nothing = Part.of(part.images[:0], np.zeros(0, np.uint8))
    with Crew(1) as crew:
        Trainer(network, settings, part, nothing, theta, 0, crew).run([Watch()])
    assert len(seen) == STEPS
    for after in seen:
        gradients, _ = by_the_tutorial(part, params)
        params = two_layer.update(params, gradients, RATE)
        np.testing.assert_allclose(after, flat(network, params), rtol=1e-6, atol=1e-12)


def test_columns_as_examples_give_the_same(part: Part) -> None:
    """The last table of docs/backprop.md: the tutorials' lines, column for column, against our rows."""
    W1, b1, W2, b2 = params = two_layer.init_params()
    W1, b1, W2, b2 = W1.T, b1[:, np.newaxis], W2.T, b2[:, np.newaxis]
    m, X, Y = IMAGES, part.images.reshape(-1, 784).T / 255, two_layer.one_hot(part.labels).T
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2 @ A1 + b2
    A2 = np.exp(Z2) / np.exp(Z2).sum(axis=0)
    dZ2 = A2 - Y
    dW2, db2 = 1 / m * dZ2 @ A1.T, 1 / m * dZ2.sum(axis=1)
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    dW1, db1 = 1 / m * dZ1 @ X.T, 1 / m * dZ1.sum(axis=1)
    ours, _ = by_the_tutorial(part, params)
    for theirs, mine in zip([dW1.T, db1, dW2.T, db2], ours, strict=True):
        np.testing.assert_allclose(theirs, mine, rtol=1e-9, atol=1e-14)
    assert abs(dZ2.sum()) < 1e-9  # the copies that sum without an axis never move b2


def test_the_script_runs_as_it_is(
    part: Part, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = Digits("random", part, Part.of(part.images[:500], part.labels[:500]))
    monkeypatch.setattr(numink, "load", lambda source, validation: digits, raising=False)
    runpy.run_path(str(SCRIPT), run_name="__main__")
    *steps, last = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in steps] == [f"iteration {iteration:3}" for iteration in range(0, 100, 10)]
    assert last.startswith("on the 500 images set aside: accuracy ")
    assert float(last.split()[-1]) > float(steps[0].split()[-1])
