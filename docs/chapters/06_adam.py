# %% [markdown]
# # 6. Adam
#
# So far a step was the slope times a number, the same number for every weight, and nothing was remembered from one step
# to the next. That is gradient descent, [(37)](../backprop.md#the-update). Nearly every network in use today is trained
# by something that adds two ideas to it: *remember where you were going*, and *give each weight a step of its own
# length*. Each idea is two lines. Together they are called Adam.
#
# We first watch them walk through a valley with two weights, where everything can be seen. Then we let them train a
# network, and see what they are really good for. It is not what most people expect.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

import numink
from numink.evaluate.look import PALETTE, STYLE

plt.rcParams.update(STYLE)  # the looks of the figures, nothing else

# %% [markdown]
# ## A narrow valley
#
# Here is a cost with two weights. It is a long valley: across, the walls are 100 times as steep as the floor is along.
# Networks are full of such places, as we shall see. The lowest point is the cross in the middle.

# %%
steepness = np.array([1.0, 100.0])  # along the valley, and across it
start = np.array([-9.0, 1.0])


def cost(theta):
    return 0.5 * np.sum(steepness * theta**2, axis=-1)


def slope(theta):
    return steepness * theta


def walk(rule, rate, steps=100):
    """All places from the start on. A rule may keep two vectors in its memory; t counts the steps from 1."""
    theta, memory, places = start, np.zeros((2, 2)), [start]
    for t in range(1, steps + 1):
        theta = rule(theta, slope(theta), rate, memory, t)
        places.append(theta)
    return np.array(places)


# %%
def draw(ax, places, title, colour):
    x, y = np.meshgrid(np.linspace(-10, 5, 200), np.linspace(-1.4, 1.4, 100))
    ax.contour(x, y, cost(np.stack([x, y], axis=-1)), levels=3.0 ** np.arange(-2, 5), colors="0.85", linewidths=0.8)
    ax.plot(*places.T, ".-", color=colour, linewidth=1)
    ax.plot(0, 0, "+", color="black", markersize=10)
    ax.set(title=title, xlim=(-10, 5), ylim=(-1.4, 1.4), xticks=[], yticks=[])


def arrival(places):
    """After how many steps the cost has come below 0.01 for good."""
    above = np.flatnonzero(cost(places) >= 0.01)
    return above[-1] + 1 if above[-1] + 1 < len(places) else None


# %% [markdown]
# ## Gradient descent
#
# **Guess:** what goes wrong if the rate is too small, and what if it is too large?


# %%
def gradient_descent(theta, g, rate, memory, t):
    return theta - rate * g  # (37)


_, axes = plt.subplots(3, 1, figsize=(7, 5.2), layout="constrained")
for ax, rate in zip(axes, (0.003, 0.018, 0.0202), strict=True):
    places = walk(gradient_descent, rate)
    draw(ax, places, f"gradient descent, rate {rate}: after 100 steps, cost {cost(places[-1]):.1f}", PALETTE["red"])
plt.show()

# %% [markdown]
# With a small rate it slides down the wall, turns, and creeps along the floor. With a larger one it runs from wall to
# wall: across the valley each step multiplies its place by $1 - 100 \eta$. Beyond $\eta = 0.02$ that number is below
# $-1$, each swing is larger than the one before, and the end is "the loss became inf".
#
# So the *steepest* direction decides how large the rate may be, and the *flattest* one has to live with it. That is the
# whole trouble with gradient descent.
#
# ## First idea: a ball that rolls
#
# Across the valley the slopes alternate: left, right, left. Along it they agree. So add them up! What alternates
# cancels, and what agrees gathers speed. The memory is a **velocity** $v$, which loses a tenth of itself at every step.
# This is momentum, [(38)](../backprop.md#the-update) and [(39)](../backprop.md#the-update).
#
# → `v *= self.mu`, `v += grad` in [optim/rules.py](../../src/numink/optim/rules.py)
#
# → `theta -= np.multiply(v, learning_rate, out=scratch)` in [optim/rules.py](../../src/numink/optim/rules.py)


# %%
def momentum(theta, g, rate, memory, t):
    v, _ = memory
    v[:] = 0.9 * v + g  # (38): the old velocity, a little slower, and the new slope
    return theta - rate * v  # (39)


_, axes = plt.subplots(2, 1, figsize=(7, 3.6), layout="constrained")
draw(axes[0], walk(gradient_descent, 0.003), "gradient descent, rate 0.003", PALETTE["red"])
draw(axes[1], walk(momentum, 0.003), "momentum, rate 0.003", PALETTE["blue"])
plt.show()

# %% [markdown]
# The same rate, and it arrives. Where all slopes agree, the velocity grows to $g + 0.9 g + 0.81 g + \ldots = 10 g$: ten
# times the stride. (It pays for that with some overshooting, as a ball does.)
#
# ## Second idea: a stride for each weight
#
# If the slopes across are 100 times as large as those along, divide each weight's step by the *size of its own slopes*.
# The memory is $s$, a running mean of the squares of the slopes, weight by weight. This is RMSprop,
# [(41)](../backprop.md#the-update) and [(42)](../backprop.md#the-update): "root of the mean of the squares".
#
# → `s += square`, `np.divide(grad, size, out=scratch)` in [optim/rules.py](../../src/numink/optim/rules.py)


# %%
def rmsprop(theta, g, rate, memory, t):
    _, s = memory
    s[:] = 0.9 * s + 0.1 * g**2  # (41): the recent size of each slope, squared
    return theta - rate * g / (np.sqrt(s) + 1e-8)  # (42)


places = walk(rmsprop, 0.2, steps=150)
_, axes = plt.subplots(figsize=(7, 1.9), layout="constrained")
draw(axes, places, "RMSprop, rate 0.2", PALETTE["blue"])
plt.show()
print("the longest of its last 50 steps:", np.abs(np.diff(places, axis=0))[-50:].max().round(2))

# %% [markdown]
# It goes for the goal at an even pace, as if the valley were round: a slope divided by its own size is about 1, whether
# the wall is steep or not. For the same reason it does not settle down. However small the slopes become, it divides
# them by their size, and walks on. The rate is now a *length*: how far a weight moves at a step. (That is why
# schedules, which make the rate smaller towards the end, matter so much for it: [(47)](../backprop.md#schedules) to
# [(49)](../backprop.md#schedules).)
#
# ## Both: Adam
#
# Adam takes the mean of the recent slopes, $m$, for the direction, and divides it by the root of the mean of their
# squares, $v$. One thing remains to be mended. Both means start at 0, so at first both are too small: after one step,
# $m$ is a tenth of the slope and $v$ a *thousandth* of its square. Dividing by $1 - 0.9^t$ and $1 - 0.999^t$ puts that
# right.
#
# **Guess:** without this correction, would the first steps be too short or too long? By how much?


# %%
def adam(theta, g, rate, memory, t, corrected=True):
    m, v = memory
    m[:] = 0.9 * m + 0.1 * g  # where to: the mean of the recent slopes
    v[:] = 0.999 * v + 0.001 * g**2  # how far: the mean of their squares, over a longer time
    if corrected:
        m, v = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return theta - rate * m / (np.sqrt(v) + 1e-8)


theta, memory, lengths = np.zeros(2), np.zeros((2, 2)), []
for t in range(1, 101):
    following = adam(theta, np.array([0.02, -5.0]), 1.0, memory, t, corrected=False)  # the slopes never change
    lengths.append(np.abs(following - theta))
    theta = following

# %%
_, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(range(1, 101), np.array(lengths)[:, 0], color=PALETTE["red"])
ax.axhline(1, color=PALETTE["blue"], linestyle="--")
ax.annotate("without the correction", (60, lengths[59][0] + 0.25), color=PALETTE["red"])
ax.annotate("with it: the rate", (60, 0.35), color=PALETTE["blue"])
ax.set(title="How long are Adam's steps on a constant slope?", xlabel="step", ylabel="step, in rates", ylim=0)
plt.show()
print(f"the first step: {lengths[0][0]:.2f} rates, the longest: {np.max(lengths):.2f} rates")

# %% [markdown]
# Too *long*: the root of a thousandth is about 1/32, and a tenth divided by that is 3.2. The steps would grow to more
# than six times the rate, just while the network is still random. (A slope of 0.02 and one of $-5$ give the same curve,
# which is the point of dividing.)
#
# The engine computes the same as these four lines, [(43)](../backprop.md#the-update) to
# [(45)](../backprop.md#the-update), with the constants collected so that it passes over the weights less often. Let us
# check all four rules against it.

# %%
from numink.optim.update import Updater

slopes = np.random.default_rng(0).normal(size=(50, 2))
ours = {"gradient-descent": gradient_descent, "momentum": momentum, "rmsprop": rmsprop, "adam": adam}
for name, rule in ours.items():
    mine, memory = np.zeros(2), np.zeros((2, 2))
    engines = np.zeros(2)
    updater = Updater(name, weight_decay=0.0, theta=engines, weights=2)
    for t, g in enumerate(slopes, start=1):
        mine = rule(mine, g, 0.1, memory, t)
        updater.update(engines, [g.copy()], learning_rate=0.1, step=t)
    assert np.allclose(mine, engines, rtol=1e-12), name
print("after 50 random slopes, all four are where the engine is:", engines.round(4))

# %% [markdown]
# Now all four in the valley, each with a good rate.

# %%
rates = {"gradient-descent": 0.019, "momentum": 0.01, "rmsprop": 0.2, "adam": 0.3}
_, axes = plt.subplots(2, 2, figsize=(10, 4), layout="constrained")
arrivals = {}
for ax, (name, rate) in zip(axes.flat, rates.items(), strict=True):
    places = walk(ours[name], rate, steps=150)
    arrivals[name] = arrival(places)
    when = f"there in {arrivals[name]} steps" if arrivals[name] else "not there in 150 steps"
    draw(ax, places, f"{name}, {rate}: {when}", PALETTE["blue"])
plt.show()

# %% [markdown]
# Do not take this for a race. In so simple a valley anybody can be made to win by choosing the rates. Look at the
# *ways* they take.
#
# ## Are there such valleys in a network?
#
# We take 10,000 images and a network of 784-32-10. One batch after the other, we ask for the slopes of the
# first layer's weights, and look at their size: for each pixel, the root of the mean square over its 32 weights.

# %%
from numink.model import initial_weights, network_of
from numink.nn.layers import Pixels
from numink.nn.trace import trace

digits = numink.load("mnist")
digits = replace(digits, train=numink.Part(digits.train.images[:10000], digits.train.labels[:10000]), test=None)
recipe = numink.Recipe().with_settings(
    [
        'network.layers=["dense 32", "activation", "dense 10"]',
        "train.schedule=constant",
        "train.batch_size=100",
        "train.epochs=1",
    ]
)
network = network_of(recipe, Pixels(1 / 255))
theta = initial_weights(recipe, Pixels(1 / 255), seed=0)
squares = np.zeros(784)
for first in range(0, 5000, 100):
    batch = slice(first, first + 100)
    seen = trace(network, theta, digits.train.images[batch], digits.train.labels[batch])
    squares += (seen.g[2].W ** 2).mean(axis=1) / 50  # layers: 0 pixels, 1 flatten, 2 dense 32
sizes = np.sqrt(squares)

# %%
inked = sizes > 0
_, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
left.imshow(np.log10(np.where(inked, sizes, np.nan)).reshape(28, 28), cmap="viridis")
left.set_title("Size of the slopes, by pixel")
left.set_axis_off()
right.hist(np.log10(sizes[inked]), bins=30, color=PALETTE["blue"])
right.set(title="From pixel to pixel, by powers of ten", xlabel="$\\log_{10}$ of the size", ylabel="pixels")
plt.show()
low, high = np.quantile(sizes[inked], [0.05, 0.95])
print(f"{784 - inked.sum()} pixels are always paper. Of the others, a large slope (95 of 100) is")
print(f"{high / low:.0f} times a small one (5 of 100).")

# %% [markdown]
# Yes. A pixel near the border has ink in one image of a thousand: its weights rarely hear anything, and then softly.
# Gradient descent moves them hardly at all. RMSprop and Adam divide by the size of what they hear, and move them like
# the others.
#
# ## The same network with each
#
# Which rate is fair? There is no fair one: each rule means something else by it. So we try all of them, from 0.0001 to
# 10, in steps of a half power of ten, one epoch each. **Guess:** which of the four reads most validation images right
# at its best rate?


# %%
def accuracy(*settings):
    """The share of validation images that are read right after one epoch."""
    try:
        model = numink.train(digits, recipe.with_settings(settings))
    except numink.NuminkError:  # the loss was no longer finite
        return 0.0
    return model.test(digits.validation).accuracy


all_rates = 10 ** np.arange(-4, 1.01, 0.5)
right = {
    name: [accuracy(f"train.optimizer={name}", f"train.learning_rate={rate:.3g}") for rate in all_rates]
    for name in ours
}
for name, shares in right.items():
    print(f"{name:17} best: {max(shares):.1%} with rate {all_rates[np.argmax(shares)]:.3g}")

# %%
_, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
looks = {"gradient-descent": ("red", "-"), "momentum": ("red", "--"), "rmsprop": ("blue", "--"), "adam": ("blue", "-")}
for name, (colour, dashes) in looks.items():
    ax.plot(all_rates, right[name], dashes, color=PALETTE[colour], marker=".", label=name)
ax.set(title="Right after one epoch, by rate", xscale="log", xlabel="learning rate", ylim=(0, 1))
ax.yaxis.set_major_formatter("{x:.0%}")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# Surprised? All four find about the same network, if only each gets its own rate. The differences at the top are a
# point or two. Not even the width of the hill is very different. What differs is *where* the hill lies: between the
# rate that is best for gradient descent and the one that is best for Adam lies a factor of ten.
#
# ## So what is Adam good for?
#
# You do not know where the hill lies. You would have to climb it anew for each network. Or would you? We take six
# networks that differ in depth, activation and first weights, and try the rates on each, with three of
# the rules.

# %%
deep, sigmoids = '"dense 64", "activation", ' * 4, '"dense 32", "sigmoid", ' * 2
networks = {
    "as above": [],
    "one layer": ['network.layers=["dense 10"]'],
    "five layers": [f'network.layers=[{deep}"dense 10"]'],
    "sigmoid": ["network.activation=sigmoid"],
    "sigmoid twice": [f'network.layers=[{sigmoids}"dense 10"]'],
    "tiny weights": ["network.init=normal 0.01"],
}
some_rates = 10 ** np.arange(-3, 0.01, 0.5)
tables = {
    name: np.array(
        [
            [accuracy(*settings, f"train.optimizer={name}", f"train.learning_rate={rate:.3g}") for rate in some_rates]
            for settings in networks.values()
        ]
    )
    for name in ("gradient-descent", "momentum", "adam")
}

# %%
_, axes = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained", sharey=True)
for ax, (name, table) in zip(axes, tables.items(), strict=True):
    ax.imshow(table, cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
    for (row, column), share in np.ndenumerate(table):
        weight = "bold" if share == table[row].max() else "normal"
        ax.text(column, row, f"{share:.0%}", ha="center", va="center", fontsize=9, weight=weight)
    ax.plot(table.argmax(axis=1), range(len(table)), "s", markersize=22, color=PALETTE["red"], markerfacecolor="none")
    ax.set_xticks(range(len(some_rates)), [f"{rate:.2g}" for rate in some_rates], fontsize=8)
    ax.set_yticks(range(len(networks)), list(networks))
    ax.set(title=name, xlabel="learning rate")
    ax.grid(False)
plt.show()
losses = {name: (table.max(axis=1, keepdims=True) - table).max(axis=0) for name, table in tables.items()}
for name, loss in losses.items():
    print(f"{name:17} the best single rate, {some_rates[loss.argmin()]:.2g}, loses at most {loss.min():.1%}")

# %% [markdown]
# Read the columns. (In each row the best rate has a frame.) For gradient descent there is no column that suits
# everybody: what is just right for the sigmoids is far too much for five layers of ReLU. Momentum's column of 0.1 is
# good for most, but not for all. Adam has one for all of them: 0.01 is within a few points of the best rate, whatever
# the network. That is what dividing by the slope's own size buys. Make all slopes ten times smaller, by another
# activation, another depth, another cost, and Adam's steps stay as long as they were.
#
# Now compare the frames. Adam is ahead of gradient descent everywhere, by most where the layers are many or the first
# weights tiny. But momentum, with a rate that was found for each network, is hardly behind Adam. So this is why Adam is
# the default of numink's recipes, with one-cycle as its schedule: not because it finds better networks than anything
# else, but because it finds a good one *at the first try*.
#
# ## Change it and watch
#
# 1. Turn the valley by 45 degrees: let `slope` be `A @ theta` with `A = np.array([[50.5, 49.5], [49.5, 50.5]])`, and
#    `cost` be `0.5 * np.sum(theta * (theta @ A), axis=-1)`. Who is still fast, and who has lost his advantage? *Hint:
#    RMSprop and Adam divide weight by weight. What does that help where the valley runs across the weights?*
# 2. Set momentum's 0.9 to 0.99 and to 0.5. *Hint: velocity grows to $1 / (1 - \mu)$ slopes. What does the rate have to
#    be?*
# 3. Give the network pixels of 0..255 with `"data.scale=raw"` and try the rates again. Does Adam save you here? *Hint:
#    its steps are as long as before, but each pixel now counts 255 times as much.*
# 4. Ten epochs instead of one, `"train.epochs=10"`, and `"train.schedule=one-cycle"` instead of `constant`: who gains
#    most? *Hint: who does not settle down by himself?*
#
# ## Checked
#
# What the text says in words is checked here each time this chapter runs.

# %%
grew = walk(gradient_descent, 0.0202)
assert cost(grew[-1]) > 0.5 * steepness[1] * start[1] ** 2  # the swings became larger
assert arrival(walk(gradient_descent, 0.003)) is arrival(walk(gradient_descent, 0.018)) is None
assert arrival(walk(momentum, 0.003)) < 100
assert arrivals["gradient-descent"] is arrivals["rmsprop"] is None
assert max(arrivals["momentum"], arrivals["adam"]) < 100
assert np.abs(np.diff(walk(rmsprop, 0.2, steps=150), axis=0))[-50:].max() > 0.1  # it does not settle down
assert 3.1 < lengths[0][0] < 3.2
assert np.max(lengths) > 6
assert np.allclose(np.array(lengths)[:, 0], np.array(lengths)[:, 1], rtol=1e-4)
assert high / low > 30
tops = {name: max(shares) for name, shares in right.items()}
assert max(tops.values()) - min(tops.values()) < 0.03
hills = {name: all_rates[np.argmax(shares)] for name, shares in right.items()}
assert hills["gradient-descent"] / hills["adam"] > 9
widths = [sum(share > 0.8 for share in shares) for shares in right.values()]
assert max(widths) - min(widths) <= 1
assert losses["adam"][some_rates.searchsorted(0.0099)] < 0.04
assert losses["gradient-descent"].min() > 0.1
assert losses["momentum"].min() > 0.05
behind = tables["adam"].max(axis=1) - tables["momentum"].max(axis=1)
assert behind.max() < 0.025
ahead = dict(zip(networks, tables["adam"].max(axis=1) - tables["gradient-descent"].max(axis=1), strict=True))
assert min(ahead.values()) > 0
assert set(sorted(ahead, key=ahead.get)[3:]) == {"five layers", "sigmoid twice", "tiny weights"}
