"""What the diagnoses make of figures: each rule finds what it is for, and nothing where all is well."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_digits import images_and_labels
from numink.nn.build import build
from numink.nn.init import initialise
from numink.recipe import Recipe
from numink.training.diagnose import diagnose
from numink.training.evidence import Evidence, Tried
from numink.training.finding import CAUSES, Finding, ordered
from numink.training.probe import Probe, probe
from numink.training.vitals import QUICK, THOROUGH, LayerVitals, Vitals, sample, vitals


def recipe(*settings):
    return Recipe().with_settings(["train.optimizer=gradient-descent", "train.learning_rate=0.1", *settings])


HEALTHY = Evidence(
    recipe=recipe("network.init=uniform"),
    losses=[2.3, 1.4, 0.9, 0.6, 0.61, 0.5],
    accuracy=0.85,
    chance=0.11,
    steps=500,
    all_steps=500,
    now=Vitals(
        0.5,
        0.86,
        0.34,
        (LayerVitals("layer 1 (dense 10)", 0.2, "relu", dead=0.1), LayerVitals("layer 2 (dense 10)", 0.25)),
    ),
    longer=lambda: Probe(1, 0.5, 0.4),
    start=Vitals(
        2.3,
        0.1,
        0.34,
        (LayerVitals("layer 1 (dense 10)", 1.9, "relu", dead=0.0), LayerVitals("layer 2 (dense 10)", 1.6)),
    ),
    learned=0.86,
    best=0.85,
    images=(2000, 1000),
)
POOR = replace(HEALTHY, accuracy=0.3)


def layers(*figures, activation="relu"):
    """Vitals with (gradient, dead or saturated share) of each layer."""
    kind = "dead" if activation == "relu" else "saturated"
    made = [
        LayerVitals(f"layer {number} (dense 10)", gradient, activation, **{kind: share})
        for number, (gradient, share) in enumerate(figures, start=1)
    ]
    return Vitals(2.3, 0.1, 0.34, tuple(made))


def names(evidence):
    return [finding.name for finding in diagnose(evidence)]


def test_a_healthy_training_is_left_in_peace():
    assert diagnose(HEALTHY) == []


TINY_ADAM = replace(POOR, losses=[2.3, 2.299], longer=lambda: Probe(1000, 2.3, 1.9))
FAULTS = {
    "stuck": (replace(POOR, accuracy=0.11), ["accuracy near chance"]),
    "not finite": (replace(HEALTHY, broken="the loss became nan"), ["learning rate too large"]),
    "jumps": (replace(HEALTHY, losses=[2.3, 0.9, 1.8, 0.9, 1.9, 1.0]), ["learning rate too large"]),
    "blown up": (replace(POOR, losses=[2.3, 35.0, 2.3]), ["learning rate too large"]),
    "hardly moves": (TINY_ADAM, ["learning rate too small"]),
    "raw": (replace(POOR, now=replace(HEALTHY.now, input_size=85.0)), ["images not normalised"]),
    "divided twice": (replace(POOR, now=replace(HEALTHY.now, input_size=0.0013)), ["images not normalised"]),
    "dead": (replace(HEALTHY, now=layers((0.2, 0.5), (0.2, 0.0))), ["dead ReLUs"]),
    "saturated sigmoids": (replace(HEALTHY, now=layers((0.2, 0.9), activation="sigmoid")), ["saturated sigmoids"]),
    "saturated tanhs": (replace(HEALTHY, now=layers((0.2, 0.95), activation="tanh")), ["saturated tanhs"]),
    "vanishing": (replace(POOR, start=layers((1e-7, 0), (1e-4, 0), (0.2, 0))), ["vanishing gradients"]),
    "exploding": (replace(POOR, start=layers((2e3, 0), (0.2, 0))), ["exploding gradients"]),
    "exploded": (replace(POOR, start=layers((float("nan"), 0), (0.2, 0))), ["exploding gradients"]),
    "by heart": (replace(HEALTHY, learned=0.99, best=0.93), ["overfitting"]),
    "stopped by itself": (replace(POOR, accuracy=0.1, steps=30, all_steps=9000, ended="why"), ["accuracy near chance"]),
    "a lower rate is better": (replace(HEALTHY, others=lambda: Tried(0.01, 50, 0.97)), ["learning rate too large"]),
    "a higher rate is better": (replace(HEALTHY, others=lambda: Tried(1.0, 50, 0.97)), ["learning rate too small"]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_no_other(fault):
    evidence, expected = FAULTS[fault]

    assert names(evidence) == expected


PEACE = {
    "too early to be judged": replace(HEALTHY, accuracy=0.1, steps=100),
    "too few steps to be judged": replace(HEALTHY, accuracy=0.1, steps=15, all_steps=15),
    "raw pixels that hurt nobody": replace(HEALTHY, now=replace(HEALTHY.now, input_size=85.0)),
    "the noise of batches at a small loss": replace(HEALTHY, losses=[2.3, 0.04, 0.03, 0.033, 0.03, 0.033, 0.03]),
    "a jump that was made good": replace(HEALTHY, losses=[2.3, 8.0, 2.0, 0.9, 0.5]),
    "a small loss that trebles": replace(HEALTHY, losses=[0.01, 0.04, 0.02, 0.01]),
    "saturated, and right": replace(HEALTHY, accuracy=0.97, now=layers((0.2, 0.95), activation="tanh")),
    "a gap by chance": replace(HEALTHY, learned=0.9, best=0.8, images=(60, 60)),
    "a gap of models that learn well": replace(HEALTHY, learned=1.0, best=0.96),
    "a gap of a network that knows nothing by heart": replace(HEALTHY, learned=0.8, best=0.5),
    "dead, and right": replace(HEALTHY, accuracy=0.97, now=layers((0.2, 0.8), (0.2, 0.0))),
    "going on, where the loss cannot fall": replace(HEALTHY, losses=[0.34, 0.15, 0.2, 0.14, 0.2, 0.13, 0.21, 0.2]),
    "one jump of a loss that was next to nothing": replace(HEALTHY, losses=[0.008, 0.27, 0.002, 0.0008]),
    "another rate that is hardly better": replace(HEALTHY, others=lambda: Tried(0.01, 50, 0.93)),
    "another rate, where the accuracy is good": replace(HEALTHY, accuracy=0.91, others=lambda: Tried(0.01, 50, 1.0)),
    "another rate, too early": replace(HEALTHY, steps=100, others=lambda: Tried(0.01, 50, 1.0)),
    "no validation images": replace(HEALTHY, learned=0.99, best=float("nan"), images=(2000, 0)),
    "a good loss that hardly moves": replace(HEALTHY, losses=[0.5, 0.49], longer=lambda: Probe(100, 0.5, 0.4)),
    "a poor one that no longer step would help": replace(POOR, losses=[2.3, 2.299]),
}


@pytest.mark.parametrize("case", PEACE)
def test_what_is_no_fault(case):
    assert diagnose(PEACE[case]) == []


def test_one_cause_comes_first_and_its_consequences_name_it():
    absurd = replace(HEALTHY, accuracy=0.1, losses=[3.1, 35, 2.3, 2.3], now=layers((0, 1.0), (0, 0.0)))
    found = diagnose(absurd)

    assert [(finding.name, finding.after) for finding in found] == [
        ("learning rate too large", ""),
        ("dead ReLUs", "learning rate too large"),
        ("accuracy near chance", "learning rate too large"),
    ]
    assert "from 3.1 up to 35, and ends at 2.3" in found[0].seen
    assert "100% of the ReLUs of layer 1" in found[1].seen


def test_units_that_died_in_training_accuse_the_rate_and_those_dead_at_the_start_do_not():
    """A dead network ends at a finite loss: only its start tells what killed it."""
    dead = replace(HEALTHY, accuracy=0.1, now=layers((0, 1.0), (0, 0.0)))

    assert names(dead)[0] == "learning rate too large"
    assert "died while it trained" in diagnose(dead)[0].seen
    born_dead = replace(dead, start=dead.now)
    assert names(born_dead) == ["dead ReLUs", "accuracy near chance"]
    assert "network.init=he" in diagnose(born_dead)[0].change
    assert names(replace(dead, start=None)) == ["dead ReLUs", "accuracy near chance"]


@pytest.mark.parametrize(
    ("optimizer", "now", "lower"),
    [
        ("gradient-descent", 10.0, "0.1"),
        ("gradient-descent", 0.6, "0.06"),
        ("adam", 1.0, "0.003"),
        ("adamw", 0.01, "0.001"),
    ],
)
def test_the_rate_to_try_is_lower_and_usual(optimizer, now, lower):
    plan = recipe(f"train.optimizer={optimizer}", f"train.learning_rate={now}")
    (found,) = diagnose(replace(HEALTHY, recipe=plan, broken="the loss became nan"))

    assert found.change == f"lower train.learning_rate (now {now:g}), as in --set train.learning_rate={lower}"


def test_the_rate_to_try_is_higher_and_usual():
    (found,) = diagnose(replace(TINY_ADAM, recipe=recipe("train.optimizer=adam", "train.learning_rate=1e-7")))
    assert found.change.endswith("--set train.learning_rate=0.0001")

    (found,) = diagnose(replace(TINY_ADAM, recipe=recipe("train.optimizer=adam", "train.learning_rate=1e-4")))
    assert found.change.endswith("--set train.learning_rate=0.003")


def test_a_rate_that_was_tried_is_the_one_to_take():
    (found,) = diagnose(replace(HEALTHY, others=lambda: Tried(0.01, 50, 0.97)))

    assert found.seen == (
        "trained anew at the rate 0.01, the same network reads 97.0% of the images after 50 steps; "
        "at 0.1 it reads 85.0% after 500"
    )
    assert found.change == "lower train.learning_rate (now 0.1), as in --set train.learning_rate=0.01"


def test_the_loss_is_never_said_to_jump_to_where_it_is():
    """The first loss may be the largest of all."""
    (found,) = diagnose(replace(HEALTHY, losses=[9.0, 1.0, 5.0, 1.0, 6.0, 1.5]))

    assert "from 1 up to 6, and ends at 1.5" in found.seen


NAMED = "network.layers=['dense 9', '{}', 'dropout 0.1', 'dense 10']"
DEAD = replace(HEALTHY, accuracy=0.8, now=layers((0.2, 0.9), (0.2, 0.0)), start=None)
SIGMOIDS = replace(POOR, now=layers((1e-7, 0), (1e-4, 0), (0.2, 0), activation="sigmoid"), start=None)
ADVICE = {
    "activation": (DEAD, recipe(), "--set network.activation=leaky-relu"),
    "relu in the layers": (DEAD, recipe(NAMED.format("relu")), "write leaky-relu in place of relu in network.layers"),
    "dead from the start": (replace(DEAD, start=DEAD.now), recipe("network.init=uniform"), "--set network.init=he"),
    "dead in spite of he": (replace(DEAD, start=DEAD.now), recipe(), "--set network.activation=leaky-relu"),
    "sigmoid": (SIGMOIDS, recipe("network.activation=sigmoid"), "network.activation=relu; or fewer layers"),
    "sigmoid in the layers": (SIGMOIDS, recipe(NAMED.format("sigmoid")), "relu in place of sigmoid in network.layers"),
    "exploding": (FAULTS["exploding"][0], recipe("network.init=normal 9"), "--set network.init=he; or put norm"),
    "no images to make": (FAULTS["by heart"][0], recipe("data.augment=['shift 1']"), "more images; or take a smaller"),
    "images to make": (FAULTS["by heart"][0], recipe(), "scale 10\"]'; or take a smaller network, or dropout"),
    "a rate far from usual": (FAULTS["stuck"][0], recipe("train.learning_rate=9"), "try a usual rate: --set train.lea"),
    "a usual rate": (FAULTS["stuck"][0], recipe(), "try a recipe that is known to learn: small-10"),
}


@pytest.mark.parametrize("case", ADVICE)
def test_the_advice_changes_something(case):
    evidence, plan, says = ADVICE[case]
    change = diagnose(replace(evidence, recipe=plan))[0].change

    assert says in change
    assert f"init={plan.network.init}" not in change
    assert "dropout" not in change or "dropout 0.1" not in plan.network.layers


def test_findings_are_told_in_the_order_of_their_causes():
    made = [Finding(name, "", "", "") for name in reversed(CAUSES)]
    found = ordered(made)

    assert next(finding.name for finding in found if not finding.after) == next(iter(CAUSES))
    assert all(finding.name in CAUSES[finding.after] for finding in found if finding.after)
    order = [bool(finding.after) for finding in found]
    assert order == sorted(order)


def test_no_two_findings_explain_each_other():
    for name, explained in CAUSES.items():
        assert set(explained) <= set(CAUSES)
        assert not [other for other in explained if name in CAUSES[other]], name


def test_the_same_finding_twice_is_told_once():
    (both,) = ordered([Finding("opposite polarity", seen, "", "") for seen in ("the first", "the second")])

    assert both.seen == "the first; the second"


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=30), st.floats(0, 1), st.integers(1, 100))
def test_any_figures_give_findings_that_are_known_and_complete(losses, accuracy, steps):
    for finding in diagnose(replace(HEALTHY, losses=losses, accuracy=accuracy, steps=steps, all_steps=100)):
        assert finding.name in CAUSES
        assert finding.seen
        assert finding.why
        assert finding.change


@given(st.floats(0.5, 0.999), st.integers(2, 40))
def test_a_loss_that_only_falls_never_jumps(factor, epochs):
    losses = [2.3 * factor**epoch for epoch in range(epochs)]

    assert not replace(HEALTHY, losses=losses).jumps


# Measured on one batch ------------------------------------------------------------------------------------------------


def network(*words):
    return build(words, in_shape=(28, 28))


def start(built, scheme="he", deviation=1.0):
    return initialise(built.layout, scheme, deviation, 0, "float32")


def batch(count=100):
    return (*images_and_labels(count, 0), (0, 0))


def test_vitals_by_hand():
    """Two ReLUs, of which a bias kills one, and what their gradient must be."""
    built = network("dense 2", "relu", "dense 10")
    theta = start(built)
    p = built.layout.views(theta)
    p[2].b[:] = 1000, -1000
    images, labels, key = batch()
    found = vitals(built, theta, images, labels, key)
    A = np.maximum(images.reshape(100, 784) / np.float32(255) @ p[2].W + p[2].b, 0)
    Z = A @ p[4].W + p[4].b
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    dZ = (P - np.eye(10)[labels]) / 100

    assert [layer.name for layer in found.layers] == ["layer 1 (dense 2)", "layer 2 (dense 10)"]
    assert [layer.dead for layer in found.layers] == [0.5, None]
    assert found.layers[1].gradient == pytest.approx(np.linalg.norm(A.T @ dZ), rel=1e-4)
    assert found.input_size == pytest.approx(np.sqrt(np.mean((images / 255) ** 2)), rel=1e-4)
    assert found.accuracy == pytest.approx(np.mean(P.argmax(axis=1) == labels))


@pytest.mark.parametrize(("activation", "edge"), [("sigmoid", 4.35), ("tanh", 2.18)])
def test_saturated_is_where_the_slope_is_a_twentieth(activation, edge):
    """Units with a bias alone: one just inside of the flat part, one just outside, one in the middle."""
    built = network("dense 4", activation, "dense 10")
    theta = start(built)
    p = built.layout.views(theta)
    p[2].W[:] = 0
    p[2].b[:] = edge + 0.05, edge - 0.05, 0, -edge - 0.05

    assert vitals(built, theta, *batch()).layers[0].saturated == 0.5


def test_vitals_of_maps_and_branches():
    built = network("conv 4 3x3", "norm", "relu", ["residual", "conv 4 3x3 same"], "pool 2x2", "flatten", "dense 10")
    theta = start(built)
    built.layout.views(theta)[3].beta[0] = -100  # what norm adds to the first map
    found = vitals(built, theta, *batch(16))

    assert [layer.name for layer in found.layers] == [
        "layer 1 (conv 4 3x3)",
        "layer 2 (residual)",
        "layer 3 (dense 10)",
    ]
    assert [layer.dead for layer in found.layers] == [0.25, None, None]
    assert all(layer.gradient > 0 for layer in found.layers)


def test_a_sample_is_spread_evenly_and_smaller_where_there_are_maps():
    images, labels = images_and_labels(600, 0)
    dense, maps = network("dense 10"), network("conv 2 3x3", "flatten", "dense 10")

    assert len(sample(dense, images, labels, THOROUGH, 0)[0]) == 600
    assert len(sample(dense, images, labels, QUICK, 0)[0]) == 64
    assert len(sample(maps, images, labels, QUICK, 0)[0]) == 32
    few, said, _ = sample(dense, np.arange(600), np.arange(600), QUICK, 0)
    assert (few[0], few[-1]) == (0, 599)
    assert (few == said).all()
    assert set(np.diff(few)) <= {9, 10}


def settings(rate, optimizer="gradient-descent"):
    return Recipe().with_settings([f"train.learning_rate={rate}", f"train.optimizer={optimizer}"]).train


@pytest.mark.parametrize("optimizer", ["gradient-descent", "adam"])
def test_a_rate_that_is_far_too_small_is_probed(optimizer):
    built = network("dense 10")
    found = probe(built, start(built), settings(1e-6, optimizer), *batch(400))

    assert found.factor >= 100
    assert found.after < 0.9 * found.before


def test_a_fitting_rate_is_not():
    built = network("dense 10")

    assert probe(built, start(built), settings(0.1), *batch(400)).factor == 1


def test_labels_without_sense_make_no_step_worth_while():
    """From weights that say nothing yet: what they have learned of images must not mislead."""
    built = network("dense 10")
    images, labels, key = batch(400)
    shuffled = np.random.default_rng(0).permutation(labels)

    assert probe(built, built.layout.zeros("float32"), settings(1e-6), images, shuffled, key).factor == 1


def test_the_probe_leaves_the_weights_alone():
    built = network("dense 10")
    theta = start(built)
    before = theta.copy()
    probe(built, theta, settings(1e-6), *batch(40))

    assert theta.tobytes() == before.tobytes()
