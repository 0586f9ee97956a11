"""The doctor on real digits: the recipes that come with numink are healthy, and what is not is found."""

import numpy as np
import pytest

from numink.data.digits import Part
from numink.data.sources import read
from numink.recipe import load
from numink.run import begin, load_digits
from numink.training.watch import Watch
from numink.understand.doctor.examine import doctor

pytestmark = pytest.mark.mnist


@pytest.fixture(autouse=True)
def quick_report(monkeypatch):
    monkeypatch.setattr("numink.evaluate.run_report.run_report", lambda *run: "<html></html>")


@pytest.fixture(scope="module")
def mnist(mnist_folder):
    return read(mnist_folder)


@pytest.fixture
def examine(mnist, tmp_path):
    """Trains on some of MNIST's images, as `change` makes them, and examines the run: what it finds, what was said."""

    def train(name, *settings, change=None):
        part, test = Part(mnist.train.images[:6000], mnist.train.labels[:6000]), mnist.test
        judged = Part(test.images[:1000], test.labels[:1000])
        part, judged = change(part, judged) if change else (part, judged)
        place = tmp_path / "digits.npz"
        np.savez(place, x_train=part.images, y_train=part.labels, x_test=judged.images, y_test=judged.labels)
        plan = load(name).with_source(str(place)).with_settings(["data.validation=1000", *settings])
        said = []
        begin(plan, load_digits(plan, 0), out=tmp_path / "run", callbacks=[Watch(said.append, plan)])
        return doctor(tmp_path / "run"), said

    return train


HEALTHY = {
    "small-10": ["train.epochs=8"],
    "small-15": ["train.epochs=8"],
    "small-25-15": ["train.epochs=8"],
    "classic-10": ["train.iterations=150"],
    "classic-15-sigmoid": ["train.iterations=150"],
    "classic-15-tanh": ["train.iterations=150"],
    "classic-15-relu": ["train.iterations=150"],
    "classic-25-15": ["train.iterations=150"],
    "mlp": ["train.epochs=3"],
    "mlp-augmented": ["train.epochs=3"],
    "cnn-fast": [],
}


@pytest.mark.parametrize("name", HEALTHY)
def test_our_recipes_are_healthy(examine, name):
    """On a tenth of the images and with fewer epochs, which makes it harder for them."""
    examination, said = examine(name, *HEALTHY[name])

    assert (examination.findings, examination.unseen, said) == ([], [], [])


def test_it_explains_the_slow_recipe(examine):
    """Published with 85 to 90 %; the mean gradient hardly moves it."""
    examination, said = examine("classic-10-slow", "train.iterations=100")
    cause, consequence = examination.findings

    assert cause.name == "learning rate too small"
    assert "the loss hardly moved, from 3." in cause.seen
    assert cause.change == "raise train.learning_rate (now 0.0001), as in --set train.learning_rate=0.1"
    assert (consequence.name, consequence.after) == ("accuracy near chance", cause.name)
    assert len(said) == 1
    assert said[0].startswith("the loss hardly moved")


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (["train.learning_rate=0.3", "train.epochs=5"], "learning rate too large"),
        (["train.learning_rate=1", "train.epochs=5"], "learning rate too large"),
        (
            ["train.optimizer=gradient-descent", "train.learning_rate=0.003", "train.epochs=15"],
            "learning rate too small",
        ),
    ],
)
def test_rates_that_leave_much_unlearned(examine, settings, fault):
    """They end between 10 and 75 %, and a tenth of the steps at another rate leads beyond that."""
    examination, said = examine("small-10", *settings)

    assert examination.findings[0].name == fault
    seen = examination.findings[0].seen
    assert (
        "trained anew at the rate" in seen or "the loss jumps" in seen
    )  # which it is at rate 1 is the rounding's choice
    assert not any("read right" in line for line in said)  # which would be overfitting


def test_going_on_with_a_model_that_has_learned(examine, mnist, tmp_path):
    """Its loss goes up and down, for it cannot fall much."""
    few = Part(mnist.train.images[:500], mnist.train.labels[:500])
    np.savez(tmp_path / "few.npz", x_train=few.images, y_train=few.labels)
    more = ["data.validation=0", "train.epochs=30", "train.schedule=constant"]
    layers = "network.layers=['dropout 0.2', 'dense 10', 'activation', 'dense 10']"
    plan = load("small-10").with_source(str(tmp_path / "few.npz")).with_settings([*more, layers])
    first, said = begin(plan, load_digits(plan, 0), out=tmp_path / "first"), []
    plan = plan.with_settings(["train.learning_rate=0.003"])
    begin(plan, load_digits(plan, 0), out=tmp_path / "then", start=first.model, callbacks=[Watch(said.append, plan)])

    assert (doctor(tmp_path / "then").findings, said) == ([], [])


def shuffled(part, judged):
    return Part(part.images, np.random.default_rng(0).permutation(part.labels)), judged


def moved(part, judged):
    return Part(part.images, (part.labels + 1) % 10), judged


def neighbours(part, judged):
    return Part(part.images[:-1], part.labels[1:]), judged


def dark(part, judged):
    return Part(255 - part.images, part.labels), judged


def dark_test(part, judged):
    return part, Part(255 - judged.images, judged.labels)


def some_wrong(part, judged):
    rng = np.random.default_rng(0)
    wrong = rng.random(len(part)) < 0.1
    return Part(part.images, np.where(wrong, rng.integers(0, 10, len(part)), part.labels).astype(np.uint8)), judged


def few(part, judged):
    return Part(part.images[:1300], part.labels[:1300]), judged


PLANTED = {
    "labels shuffled": (shuffled, ["train.epochs=3"]),
    "labels moved": (moved, ["train.epochs=3"]),
    "labels of the neighbour": (neighbours, ["train.epochs=3"]),
    "opposite polarity": (dark, ["train.epochs=3"]),
    "opposite polarity of the test part": (dark_test, ["train.epochs=3"]),
    "some labels wrong": (some_wrong, ["train.epochs=5"]),
    "overfitting": (few, ["train.epochs=30"]),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_what_is_wrong_with_digits(examine, fault):
    change, settings = PLANTED[fault]
    examination, _ = examine("small-10", *settings, change=change)
    causes = [finding.name for finding in examination.findings if not finding.after]

    assert causes == [fault.removesuffix(" of the test part")]
    assert ("the test images" in examination.findings[0].seen) == fault.endswith("test part")
