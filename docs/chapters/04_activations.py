# %% [markdown]
# # 4. Activations compared
#
# Between two layers there must be a bend, or the two are only one (chapter 2). Which bend? For a long time people took
# the sigmoid, which turns anything into something between no and yes. Then tanh. Today most take ReLU, the plainest of
# all. Is it better, and why? We let the three run against each other and then look inside.

# %%
import matplotlib.pyplot as plt
import numpy as np

import numink
from numink import recipe as recipes
from numink import run
from numink.evaluate.look import PALETTE, STYLE
from numink.model import initial_weights
from numink.nn.build import build
from numink.nn.init import initialise
from numink.nn.trace import trace

plt.rcParams.update(STYLE)
LOOKS = {
    "sigmoid": {"color": PALETTE["blue"], "linestyle": "-"},
    "tanh": {"color": PALETTE["red"], "linestyle": (0, (5, 1.5))},
    "relu": {"color": PALETTE["ink"], "linestyle": (0, (1.2, 1.2))},
}

# %% [markdown]
# ## The three, and their slopes
#
# - **Sigmoid** presses everything into 0 to 1. [(3)](../backprop.md#activations)
# - **Tanh** presses everything into -1 to 1, and leaves 0 at 0. [(4)](../backprop.md#activations)
# - **ReLU** cuts off what is negative. [(5)](../backprop.md#activations)
#
# On the way back, each error is multiplied by the *slope* of the bend. [(23)](../backprop.md#activations-1) The
# slopes can be had from the outputs alone: [(24)](../backprop.md#activations-1),
# [(25)](../backprop.md#activations-1), [(26)](../backprop.md#activations-1). Do not believe it: the dots are
# measured, by going a hair to the left and to the right.
#
# → `dA *= np.subtract(1, slope, out=slope)` in [nn/activations.py](../../src/numink/nn/activations.py)

# %%
bends = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}
slopes = {  # in terms of a, what came out
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a**2,
    "relu": lambda a: (a > 0) * 1.0,
}

# %%
z, dots, hair = np.linspace(-5, 5, 401), np.linspace(-4.75, 4.75, 20), 1e-6
_, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
for name, bend in bends.items():
    left.plot(z, bend(z), **LOOKS[name], label=name)
    right.plot(z, slopes[name](bend(z)), **LOOKS[name])
    measured = (bend(dots + hair) - bend(dots - hair)) / (2 * hair)
    right.plot(dots, measured, "o", markersize=4, color=LOOKS[name]["color"])
    assert np.allclose(measured, slopes[name](bend(dots)), atol=1e-6)
left.set(title="What comes out", xlabel="what goes in, z", ylim=(-1.5, 3))
right.set(title="The slope", xlabel="what goes in, z")
left.legend()
plt.show()

# %% [markdown]
# Look at the right side. The sigmoid's slope is at most one quarter: it passes on a quarter of the error, or less. Tanh
# passes on up to all of it. Far from 0 both are flat and pass on next to nothing; one says that they are *saturated*.
# ReLU passes on all or nothing.
#
# **Guess:** who wins, and by how much?
#
# ## The race
#
# The network is 784-15-10, trained for 150 steps over all of 5,000 pictures: numink's recipe `classic-15-relu`, made
# shorter. Only the bend differs. Weights, pictures and rate are the same for all.

# %%
digits = numink.load("mnist", validation=1000)
few = numink.Digits("mnist", numink.Part(digits.train.images[:5000], digits.train.labels[:5000]), digits.validation)
plan = recipes.load("classic-15-relu").with_settings(["train.iterations=150"])


def race(name, *settings):
    """Train with this activation; the trained model, and what happened after each step."""
    result = run.begin(plan.with_settings([f"network.activation={name}", *settings]), few, seed=0)
    return result.model, result.state.history


raced = {name: race(name) for name in bends}

# %% [markdown]
# How shall we compare? By the share that is read right, and by the **error sum**: how far the ten probabilities are
# from the ten that would be right, squared, and added up over all pictures. The first only asks who is in front; the
# second also asks how sure the network is.


# %%
def error_sum(model, part):
    targets = np.eye(10)[part.labels]
    return np.sum((model.probabilities(part.images) - targets) ** 2)


print("          error sum: learnt from  set aside   accuracy: learnt from  set aside")
for name, (model, history) in raced.items():
    sums = [error_sum(model, part) for part in (few.train, few.validation)]
    shares = [history["accuracy"][-1], history["validation_accuracy"][-1]]
    print(f"{name:8}  {sums[0]:22.0f}  {sums[1]:9.0f}  {shares[0]:21.1%}  {shares[1]:9.1%}")

# %%
_, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
for name, (_, history) in raced.items():
    left.plot(history["validation_loss"], **LOOKS[name], label=name)
    right.plot(history["validation_accuracy"], **LOOKS[name])
left.set(title="Cost of the pictures set aside", xlabel="step", ylim=(0, 2.5))
right.set(title="Share of them that is read right", xlabel="step", ylim=(0, 1))
right.yaxis.set_major_formatter("{x:.0%}")
left.legend()
plt.show()

# %% [markdown]
# Tanh and ReLU end close together, the sigmoid is far behind. (ReLU stumbles on its way: this rate is about all that it
# bears. And this is one run of each. Whether the small gap between tanh and ReLU is more than chance, one run cannot
# tell. [The whole experiment](../activations.md) has all of MNIST, 500 steps and five seeds.)
#
# ## Why is the sigmoid slow?
#
# Its slope is at most a quarter. If that is most of it, a rate four times as large should make up for it.

# %%
model, history = race("sigmoid", "train.learning_rate=2.4")
caught_up = history["validation_accuracy"]
for name, right in (("rate 0.6", raced["sigmoid"][1]["validation_accuracy"]), ("rate 2.4", caught_up)):
    print(f"sigmoid, {name}: after 50 steps {right[49]:.1%}, after 150 {right[-1]:.1%}")

# %% [markdown]
# It nearly catches up. So the sigmoid was less *worse* than *slower*, and a comparison at one fixed rate says less than
# it seems. Keep that in mind when you read that something "beats" something else.
#
# ## Look inside
#
# `trace` shows what was between the layers. Here are the outputs of the fifteen neurons, for a thousand pictures:
# before training, and after.

# %%
new, new_labels = few.validation.images, few.validation.labels


def outputs(model, theta):
    """What comes out of the bends, (1000, 15): number 4 of pixels, scaled, flat, before the bend, behind it."""
    return trace(model.network, theta, new, new_labels).values[4]


_, axes = plt.subplots(1, 3, figsize=(10, 2.8), layout="constrained")
starts, ends = {}, {}
for ax, (name, (model, _)) in zip(axes, raced.items(), strict=True):
    starts[name] = outputs(model, initial_weights(model.recipe, model.pixels, seed=0))
    ends[name] = outputs(model, model.theta)
    bins = np.linspace(min(starts[name].min(), ends[name].min()), np.quantile(ends[name], 0.99), 40)
    ax.hist(starts[name].ravel(), bins, color=PALETTE["line"], label="before")
    ax.hist(ends[name].ravel(), bins, histtype="step", color=LOOKS[name]["color"], linewidth=1.8, label="after")
    ax.set(title=name, yticks=[], xlabel="what comes out")
axes[0].legend()
plt.show()

# %% [markdown]
# Training drives them apart, towards yes and no, and there the sigmoid and tanh are flat: look at the towers at the
# ends. We count two things: how much of the error passes on the mean, and how many outputs are **stuck**, where the
# slope is less than a tenth of its best. **Guess:** is the slowest of the three stuck most?

# %%
STEEPEST = {"sigmoid": 0.25, "tanh": 1, "relu": 1}


def passes(name, A):
    """The mean slope of these outputs, and the share of them that is stuck."""
    slope = slopes[name](A)
    return slope.mean(), np.mean(slope < 0.1 * STEEPEST[name])


print("          slope: before  after   stuck: before  after")
for name in bends:
    (early, early_stuck), (late, late_stuck) = passes(name, starts[name]), passes(name, ends[name])
    print(f"{name:8} {early:14.2f} {late:6.2f} {early_stuck:15.0%} {late_stuck:6.0%}")

# %% [markdown]
# No: the sigmoid is stuck *least*. So that is not what makes it slow. Its slope is small where it is not stuck at all:
# before the first step, with every neuron in its steep part, it passes on less than a third of what tanh does, and
# after the last one still so. (There is more to it. At the start a sigmoid gives about 1/2 whatever the picture is, so
# that the second layer sees little to tell pictures by. Tanh is centred on 0, and four times as steep.)
#
# Tanh and ReLU can afford to be stuck. After training it only says that a neuron has made up its mind about a picture.
# And with ReLU stuck means off, which does no harm as long as a neuron is on for *some* pictures: it learns from those,
# at full slope.
#
# When does it hurt, then? When it comes *before* the learning. We start tanh with weights ten times as large.

# %%
model, history = race("tanh", "network.init=normal 0.5")
loud = history["validation_accuracy"][-1]
_, loud_stuck = passes("tanh", outputs(model, initial_weights(model.recipe, model.pixels, seed=0)))
print(f"tanh, weights ten times as large: {loud_stuck:.0%} stuck before the first step, {loud:.1%} right after 150")

# %% [markdown]
# Now tanh is behind the sigmoid. Most of its outputs were sure before anything was learnt, and what flat slopes let
# through talks them out of it only slowly. (The second layer begins ten times as loud as well, and has to unlearn that:
# chapter 5.)
#
# ## In a deep network
#
# One layer of sigmoids costs a factor of four, and a larger rate pays for it. **Guess:** what do ten layers cost?
#
# `trace` keeps the gradients, too. We build ten layers of 30 neurons, do not train at all, and look at how large the
# gradient is that arrives at each layer's weights.

# %%
depth, arrived = 10, {}
for name, scheme in (("sigmoid", "xavier"), ("tanh", "xavier"), ("relu", "he")):
    network = build(["dense 30", name] * depth + ["dense 10"])
    theta = initialise(network.layout, scheme, deviation=1.0, seed=0, dtype="float32")
    g = trace(network, theta, new, new_labels).g
    arrived[name] = [np.linalg.norm(layer.W) for layer in g if vars(layer)][:depth]

_, ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
for name, sizes in arrived.items():
    ax.semilogy(range(1, depth + 1), sizes, **LOOKS[name], marker="o", label=name)
ax.set(title="What arrives of the error", xlabel="layer, from the pixels", ylabel="size of the gradient")
ax.legend()
plt.show()
print(f"from the last sigmoid layer to the second: divided by {arrived['sigmoid'][-1] / arrived['sigmoid'][1]:,.0f}")

# %% [markdown]
# The way back leads from right to left. With tanh and ReLU the error arrives in full at the first layers. With
# sigmoids it is divided by four or more at *every* layer, and no rate can mend that: what is right for the last
# layers is nothing for the first. It is called the **vanishing gradient**, and it kept deep networks from learning
# for many years. (Layer 1 receives more than layer 2, as it has 784 inputs.)
#
# So: no sigmoids in deep networks. Tanh and ReLU both get through, and ReLU costs less to compute. But look at the
# little words `xavier` and `he` in the last cell. Without them tanh and ReLU fail just as badly: that is the next
# chapter.
#
# ## Change it and watch
#
# 1. Give ReLU and tanh the rate 2.4 as well. Is the larger rate better for them, too?
#    *Hint: `race("relu", "train.learning_rate=2.4")`; look at the whole curve.*
# 2. Start the sigmoid ten times as large, too. Why are fewer of its outputs stuck than of tanh's, and why does it lose
#    accuracy all the same? *Hint: at which z does each become flat? And the second layer starts larger as well.*
# 3. numink knows `leaky-relu`, `elu`, `gelu` and `silu`. Let them race. Is one of them better than ReLU by more than
#    tanh is?
# 4. Is it chance? `numink compare classic-15-relu --vary network.activation=sigmoid,tanh,relu --seeds 5` runs it
#    properly: five seeds, a paired test, a page with curves. It takes some minutes.
#
# ## Checked
#
# What the text says in words is checked here each time this chapter runs.

# %%
final = {name: history["validation_accuracy"][-1] for name, (_, history) in raced.items()}
assert final["sigmoid"] < min(final["tanh"], final["relu"]) - 0.04
assert abs(final["tanh"] - final["relu"]) < 0.03
assert error_sum(raced["sigmoid"][0], few.validation) > 1.5 * error_sum(raced["tanh"][0], few.validation)
assert final["sigmoid"] + 0.03 < caught_up[-1] < max(final["tanh"], final["relu"])
late_slope, late_stuck = {}, {}
for name in bends:
    late_slope[name], late_stuck[name] = passes(name, ends[name])
assert late_stuck["sigmoid"] < min(late_stuck["tanh"], late_stuck["relu"])
assert late_slope["sigmoid"] < late_slope["tanh"] / 3
assert passes("sigmoid", starts["sigmoid"])[0] < passes("tanh", starts["tanh"])[0] / 3
assert passes("sigmoid", starts["sigmoid"])[1] == 0
assert starts["sigmoid"].std(axis=0).mean() < 0.1 < starts["tanh"].std(axis=0).mean() / 2
assert (ends["relu"] > 0).any(axis=0).all()  # each neuron is on for some pictures
assert loud_stuck > 0.6
assert loud < final["sigmoid"] - 0.03
falls = np.array(arrived["sigmoid"][2:]) / arrived["sigmoid"][1:-1]
assert (falls > 3.5).all()
assert all(0.4 < size / arrived[name][-1] < 10 for name in ("tanh", "relu") for size in arrived[name])
