"""The whole path on the real digits, with the real program."""

import json

import pytest

import numink
from numink.data.sources import read
from numink.recipe import Recipe, load
from numink.run import begin
from numink.training.callbacks import Callback
from program import environment, run_program

pytestmark = pytest.mark.mnist


@pytest.fixture(scope="module")
def trained(mnist_folder, tmp_path_factory):
    """What `numink train` printed, and the folder that it ran in."""
    folder = tmp_path_factory.mktemp("mnist")
    (folder / "data").mkdir()
    (folder / "data" / "mnist").symlink_to(mnist_folder.resolve())
    line = "train small-10 --data mnist --set train.epochs=3 --out run --json"
    ended = run_program(*line.split(), cwd=folder, env=environment(NUMINK_DATA="data"))
    assert ended.status == 0, ended
    return json.loads(ended.out), folder


def test_three_epochs_read_nine_digits_of_ten(trained):
    summary, _ = trained

    assert summary["parameters"] == 7960
    assert summary["epochs"] == 3
    assert 0.91 < summary["validation_accuracy"] < 0.96
    assert 0.91 < summary["test_accuracy"] < 0.96


def test_the_test_set_is_tested(trained):
    summary, folder = trained
    ended = run_program("test", "run", "--json", cwd=folder, env=environment(NUMINK_DATA="data"))
    found = json.loads(ended.out)

    assert (ended.status, ended.err) == (0, "")
    assert found["images"] == 10_000
    assert found["accuracy"] == summary["test_accuracy"]
    assert [row["support"] for row in found["per_class"]] == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_python_on_the_same_digits(trained, mnist_folder):
    """And on as many processors as there are."""
    _, folder = trained
    digits = numink.load(mnist_folder)
    model = numink.train(digits, load("small-10").with_settings(["train.epochs=3"]))

    assert model.theta.tobytes() == numink.load_model(folder / "run").theta.tobytes()


def test_the_tutorials_network_learns_as_they_say(mnist_folder):
    """20 of its 500 iterations: the cost falls at every one of them, if slowly."""
    plan = load("classic-10").with_settings(["train.iterations=20"])
    digits = numink.load(mnist_folder, validation=1000)
    losses = []

    class Watch(Callback):
        def on_epoch_end(self, trainer):
            losses.append(trainer.state.history["loss"][-1])

    begin(plan, digits, callbacks=[Watch()])

    assert len(digits.train) == 59_000
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.8 * losses[0]


def test_drawn_digits_teach_to_read_written_ones(mnist_folder):
    """On MNIST's training part: the test part is for the figures in docs/benchmarks.md."""
    plan = Recipe().with_settings(["train.epochs=5", 'data.augment=["rotate 8", "elastic 30 5"]'])
    model = numink.train(numink.load("strokes 12000", validation=500), plan)

    assert model.test(read(mnist_folder).train).accuracy > 0.88  # 0.907 when this was written
