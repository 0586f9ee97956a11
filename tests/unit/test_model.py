"""Using a model: what it takes, what it gives, from how many threads."""

import copy
import pickle
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fake_digits import images_and_labels
from numink.data.digits import Part
from numink.errors import DataError, ModelError
from numink.model import Model, network_of
from numink.model_file import load_model
from numink.nn.init import initialise
from numink.nn.layers import Pixels
from numink.recipe import Recipe
from numink.scores import tempered

IMAGES, LABELS = images_and_labels(40, seed=5)


def untrained(*settings, pixels=None, seed=0):
    recipe = Recipe("untrained").with_settings(["network.layers=['dense 12', 'tanh', 'dense 10']", *settings])
    pixels = pixels or Pixels()
    network = network_of(recipe, pixels)
    return Model(recipe, pixels, initialise(network.layout, "he", 1.0, seed, network.dtype))


@pytest.fixture(scope="module")
def model():
    return untrained()


def plain(model, images):
    """The same in four lines of NumPy."""
    W1, b1, W2, b2 = (array for p in model.network.layout.views(model.theta) for array in vars(p).values())
    X = images.reshape(len(images), 784) * np.float32(model.pixels.factor) + np.float32(model.pixels.shift)
    Z = np.tanh(X @ W1 + b1) @ W2 + b2
    return np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("pixels", [Pixels(), Pixels(1 / 80, -0.4)])
def test_probabilities_are_those_of_the_formula(pixels):
    model = untrained(pixels=pixels)
    P = model.probabilities(IMAGES)

    np.testing.assert_allclose(P, plain(model, IMAGES), atol=1e-6)
    assert P.dtype == np.float32
    assert (model.predict(IMAGES) == P.argmax(axis=1)).all()
    assert model.predict(IMAGES).dtype == np.int64


@pytest.mark.parametrize("loss", ["cross-entropy", "logistic", "squared-error"])
def test_rows_add_up_to_one(loss):
    np.testing.assert_allclose(untrained(f"network.loss={loss}").probabilities(IMAGES).sum(axis=1), 1, rtol=1e-5)


def test_rows_of_784_are_images(model):
    assert (model.probabilities(IMAGES) == model.probabilities(IMAGES.reshape(-1, 784))).all()


def test_images_that_lie_anyhow_in_memory_are_images(model):
    wide = np.zeros((40, 28, 56), np.uint8)
    wide[:, :, ::2] = IMAGES

    assert (model.probabilities(wide[:, :, ::2]) == model.probabilities(IMAGES)).all()
    np.testing.assert_allclose(model.probabilities(IMAGES[::-1])[::-1], model.probabilities(IMAGES), atol=1e-6)


def test_many_images_are_worked_through_in_pieces(model):
    many = np.tile(IMAGES, (120, 1, 1))
    assert len(many) > 2 * model.network.piece

    np.testing.assert_allclose(model.probabilities(many), np.tile(model.probabilities(IMAGES), (120, 1)), atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 28, 28), (0, 784)])
def test_no_images_give_no_answers(model, shape):
    assert model.predict(np.zeros(shape, np.uint8)).shape == (0,)
    assert model.probabilities(np.zeros(shape, np.uint8)).shape == (0, 10)


def test_answers_are_the_callers_own(model):
    """Not scratch memory, which the next images write over; and the images stay as they are."""
    before = IMAGES.copy()
    first = model.probabilities(IMAGES[:10])
    kept = first.copy()
    first_classes = model.predict(IMAGES[:10])
    model.probabilities(IMAGES[20:30])

    assert (first == kept).all()
    assert (first_classes == kept.argmax(axis=1)).all()
    assert (before == IMAGES).all()


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (IMAGES / 255, r"expected images as uint8.* but float64 came; numbers in 0\.\.255 become so by images\.astype"),
        (IMAGES.astype(np.int64), "but int64 came"),
        (IMAGES.tolist(), "expected images as a NumPy array .* but list came"),
        (None, "but NoneType came"),
        (IMAGES[0], r"\(28, 28\) came; one image alone is images\[None\]"),
        (IMAGES[0].ravel(), r"but \(784,\) came"),
        (IMAGES[:, :20], r"but \(40, 20, 28\) came"),
        (IMAGES[..., None], r"but \(40, 28, 28, 1\) came"),
        (np.zeros((3, 28, 28, 3), np.uint8), r"expected images \(n, 28, 28\) or \(n, 784\)"),
        (np.uint8(7), r"but uint8 came|but \(\) came"),
    ],
)
def test_anything_else_is_refused_in_one_line(model, images, says):
    for use in (model.predict, model.probabilities):
        with pytest.raises(ModelError, match=says) as error:
            use(images)
        assert len(str(error.value).splitlines()) == 1


def test_scores_need_labels(model):
    assert model.test(Part(IMAGES, LABELS)).images == 40
    with pytest.raises(ModelError, match="no labels to test against; use predict"):
        model.test(Part(IMAGES))
    with pytest.raises(DataError, match="at least one image"):
        model.test(Part(IMAGES[:0], LABELS[:0]))


def test_weights_too_large_for_arithmetic_are_said_without_a_warning():
    model = untrained()
    model.theta[:] *= 1e38
    with pytest.raises(ModelError, match="give no finite numbers"):
        model.probabilities(IMAGES)


def test_any_number_of_threads_may_ask_at_once(model):
    """Each gets the answers to its own images: scratch memory is not shared."""
    parts = [np.roll(IMAGES, turn, axis=1)[: 10 + turn] for turn in range(28)]
    expected = [model.probabilities(part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            for answer, wanted in zip(pool.map(model.probabilities, parts), expected, strict=True):
                assert (answer == wanted).all()


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_answer_the_same(model, again):
    """Other processes, of multiprocessing for example, get a model by pickle; files never do."""
    model.predict(IMAGES)
    other = again(model)

    assert (other.probabilities(IMAGES) == model.probabilities(IMAGES)).all()
    assert other.recipe == model.recipe
    assert repr(other) == "Model('untrained', 9,550 parameters)"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layers", [["dense 10"], ["flatten", "dropout 0.5", "dense 7", "gelu", "dense 10"]])
def test_saved_and_loaded_it_is_the_same(tmp_path, dtype, layers):
    model = untrained(f"network.dtype={dtype}", f"network.layers={layers}", pixels=Pixels(1 / 81, -0.37))
    model.facts["scores"] = {"validation_accuracy": None}
    model.save(tmp_path / "deep" / "er" / "m.safetensors")
    again = load_model(tmp_path / "deep" / "er" / "m.safetensors")

    assert again.theta.tobytes() == model.theta.tobytes()
    assert again.theta.dtype == dtype
    assert (again.recipe, again.pixels) == (model.recipe, model.pixels)
    assert again.facts["scores"] == {"validation_accuracy": None}
    assert (again.probabilities(IMAGES) == model.probabilities(IMAGES)).all()


def test_running_averages_are_kept_with_the_parameters_and_not_counted(tmp_path):
    """The same arrays under the same names, those of a residual's branch among them."""
    words = ["conv 1 3x3 same", ["residual", "conv 1 3x3 same", "norm"], "norm", "flatten", "dense 10"]
    recipe = Recipe("normal").with_settings([f"network.layers={words}"])
    network = network_of(recipe, Pixels())
    theta = np.random.default_rng(3).uniform(0.5, 2, network.layout.length).astype(np.float32)
    model = Model(recipe, Pixels(), theta)
    model.save(tmp_path / "m")
    again = load_model(tmp_path / "m")

    assert network.layout.length - network.layout.size == 4  # a mean and a variance in each of two norms
    assert model.parameters == network.layout.size
    assert again.theta.tobytes() == theta.tobytes()
    assert {name.split(".", 1)[1] for name in model.arrays()} >= {"W", "b", "mean", "variance", "1.mean", "1.variance"}
    assert (again.probabilities(IMAGES) == model.probabilities(IMAGES)).all()


@pytest.mark.parametrize("shifts", [0, 1, 2])
def test_shifts_average_the_probabilities_of_the_moved_images(shifts):
    """Each moved by hand; what leaves the image on one side does not come in on the other, but paper does."""
    plain, averaging = untrained(), untrained(f"use.shifts={shifts}")
    sheet = np.zeros((40, 40, 40), np.uint8)
    sheet[:, 6:34, 6:34] = IMAGES
    moves = range(6 - shifts, 7 + shifts)
    wanted = [plain.probabilities(sheet[:, top : top + 28, left : left + 28]) for top in moves for left in moves]
    P = np.mean(wanted, axis=0)

    assert len(wanted) == (2 * shifts + 1) ** 2
    np.testing.assert_allclose(averaging.probabilities(IMAGES), P, atol=1e-6)
    assert (averaging.predict(IMAGES) == P.argmax(axis=1)).all()
    loss = -np.log(P[np.arange(40), LABELS]).mean()
    assert averaging.test(Part(IMAGES, LABELS)).loss == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("shifts", [0, 1])
def test_a_temperature_tempers_the_probabilities(shifts):
    plain, warm = untrained(f"use.shifts={shifts}"), untrained(f"use.shifts={shifts}", "use.temperature=2")

    np.testing.assert_allclose(
        warm.probabilities(IMAGES), tempered(plain.probabilities(IMAGES).astype(float), 2), rtol=1e-5
    )
    assert warm.probabilities(IMAGES).dtype == np.float32


def test_shifts_are_those_of_the_file(tmp_path):
    model = untrained("use.shifts=2")
    model.save(tmp_path / "m")

    assert load_model(tmp_path / "m").recipe.use.shifts == 2
    assert (load_model(tmp_path / "m").probabilities(IMAGES) == model.probabilities(IMAGES)).all()


@pytest.mark.parametrize("shifts", [0, 1])
def test_memory_does_not_grow_with_the_images(shifts):
    model, many = untrained(f"use.shifts={shifts}"), np.tile(IMAGES, (256, 1, 1))
    model.probabilities(many)  # its scratch memory
    tracemalloc.start()
    try:
        model.probabilities(many)
        assert tracemalloc.get_traced_memory()[1] < many.nbytes / 2
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("shifts", [0, 1])
def test_a_crew_gives_the_same_answers(shifts, monkeypatch):
    model, many = untrained(f"use.shifts={shifts}"), np.random.default_rng(4).permutation(np.tile(IMAGES, (700, 1, 1)))
    alone, threads = model.probabilities(many), threading.active_count()
    monkeypatch.setattr("numink.model.WORTH_A_CREW", 0)
    monkeypatch.setattr("numink.model.processors", lambda: 3)

    for _ in range(2):  # its workers are used again
        np.testing.assert_allclose(model.probabilities(many), alone, atol=1e-6)
    assert model.probabilities(many[:0]).shape == (0, 10)
    assert threading.active_count() == threads

    model.theta[:] = np.finfo(np.float32).max
    with pytest.raises(ModelError, match="no finite numbers"):
        model.probabilities(many)
    assert threading.active_count() == threads


@pytest.mark.parametrize("shape", [(5, 28, 28, 1), (5, 1, 28, 28)])
def test_images_with_an_axis_of_one_channel_are_told_how_to_lose_it(shape):
    images = np.zeros(shape, np.uint8)
    with pytest.raises(ModelError, match=r"images\.reshape\(-1, 28, 28\)") as caught:
        untrained().predict(images)
    assert untrained().predict(images.reshape(-1, 28, 28)).shape == (5,)
    assert "\n" not in str(caught.value)


def test_digits_are_no_part_of_digits():
    with pytest.raises(ModelError, match=r"digits\.test, but str came"):
        untrained().test("mnist")
