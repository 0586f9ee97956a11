# %% [markdown]
# # 5. Initialisation
#
# Before it learns anything, a network needs weights to begin with. "Some random numbers" is what most people say. But
# why random? And how large? The second question looks like a detail, and it decides whether a deep network learns at
# all. Let us begin with the simplest start there is.

# %%
import matplotlib.pyplot as plt
import numpy as np

import numink
from numink import recipe as recipes
from numink import run
from numink.evaluate.look import PALETTE, STYLE
from numink.nn.build import build
from numink.nn.init import initialise
from numink.nn.trace import trace

plt.rcParams.update(STYLE)

digits = numink.load("mnist", validation=1000)
images, labels = digits.train.images[:5000], digits.train.labels[:5000]
new, new_labels = digits.validation.images, digits.validation.labels

# %% [markdown]
# ## Everything zero?
#
# The network is 784-30-10 with ReLU. `theta` is all of its parameters in one vector. `trace` takes pictures through the
# network and back and shows us everything.
#
# **Guess:** with all parameters 0, which of the four, `W1`, `b1`, `W2`, `b2`, get a slope that is not 0?

# %%
network = build(["dense 30", "relu", "dense 10"])
zeros = network.layout.zeros("float32")


def slopes(theta):
    """dW1, db1, dW2, db2 for a hundred pictures."""
    first, second = (layer for layer in trace(network, theta, images[:100], labels[:100]).g if vars(layer))
    return {"W1": first.W, "b1": first.b, "W2": second.W, "b2": second.b}


for name, slope in slopes(zeros).items():
    print(f"d{name}: the largest slope is {np.abs(slope).max():.4f}")

# %% [markdown]
# Only the last bias. Follow the equations back: `dW2 = A1.T @ dZ2`, and `A1` is 0.
# [(20)](../backprop.md#dense-layer-1) And what comes back to the first layer is `dZ2 @ W2.T`, and `W2` is 0.
# [(22)](../backprop.md#dense-layer-1) So nothing in front of the last bias will ever move. All that this network can
# learn is how *frequent* each digit is.
#
# ## Everything equal?
#
# So not zero; then 0.05 everywhere? Now all slopes are there. We train both, and beside them one with a random start.


# %%
def train(theta, steps=300, rate=0.2):
    """Gradient descent with batches of 100, as in chapter 3."""
    theta, rng = theta.copy(), np.random.default_rng(0)
    for _ in range(steps):
        rows = rng.integers(0, len(images), 100)
        theta -= rate * trace(network, theta, images[rows], labels[rows]).gradient
    return theta


starts = {"zero": zeros, "equal": zeros + 0.05, "random": initialise(network.layout, "he", 1.0, 0, "float32")}
ends, right = {}, {}
for name, start in starts.items():
    ends[name] = train(start)
    answers = trace(network, ends[name], new, new_labels).P.argmax(axis=1)
    right[name] = np.mean(answers == new_labels)
    print(f"{name:6}: {right[name]:5.1%} right; it knows the answers {np.unique(answers)}")

# %%
_, axes = plt.subplots(2, 8, figsize=(9, 2.9))
for row, name in zip(axes, ("equal", "random"), strict=True):
    W1 = next(layer.W for layer in network.layout.views(ends[name]) if vars(layer))
    for neuron, ax in enumerate(row):
        ax.imshow(W1[:, neuron].reshape(28, 28), cmap="RdBu_r", vmin=-0.3, vmax=0.3)
        ax.set_axis_off()
    row[0].set_title(f"{name} start: what the first eight neurons look for")
    if name == "equal":
        spread = np.ptp(W1, axis=1).max()
plt.show()
print("equal start: the largest difference between any two of the thirty neurons:", spread)

# %% [markdown]
# Thirty neurons, and all look for the same. They started equal, so they gave equal answers, so they got equal blame, so
# they took equal steps: for ever. It is a network with *one* hidden neuron, thirty times over. Randomness is what lets
# them become different. It is called **breaking the symmetry**, and it is the only reason for the dice.
#
# ## How large?
#
# A deep network shows it best. We build ten layers of 100 neurons with ReLU, throw the dice with three different
# **deviations** $\sigma$ (the usual size of a weight), and watch how large the numbers are that come out of each
# layer. Nothing is trained yet.
#
# **Guess:** what does one layer do to the size of the numbers if its weights are about 0.02? And ten?

# %%
depth, width = 10, 100
deep = build([f"dense {width}", "relu"] * depth + ["dense 10"])


def walk(scheme, deviation=1.0):
    """How large the numbers are behind each layer, and how large the error that comes back to them."""
    passed = trace(deep, initialise(deep.layout, scheme, deviation, 0, "float32"), new, new_labels)
    forward = [values.std() for values in passed.values[2:-1:2]]  # the flat pixels, and behind each ReLU
    back = [np.linalg.norm(gradient) for gradient in passed.gradients[2:-1:2]]
    return np.array(forward), np.array(back)


walks = {"0.02": walk("normal", 0.02), "He": walk("he"), "0.3": walk("normal", 0.3)}

# %%
LOOKS = {
    "0.02": {"color": PALETTE["red"], "linestyle": "--"},
    "He": {"color": PALETTE["blue"], "linestyle": "-"},
    "0.3": {"color": PALETTE["ink"], "linestyle": "-."},
}
_, (left, right_plot) = plt.subplots(1, 2, figsize=(10, 3.3), layout="constrained")
for name, (forward, back) in walks.items():
    left.semilogy(forward, **LOOKS[name], marker="o", label=name)
    right_plot.semilogy(back, **LOOKS[name], marker="o")
left.set(title="Forward: the size of the numbers", xlabel="behind layer (0: pixels)")
right_plot.set(title="Backward: the size of the error", xlabel="behind layer (0: pixels)")
left.legend()
plt.show()

# %% [markdown]
# With 0.02 the numbers die out on the way forward, and what is left of the error dies out on the way back. With 0.3
# both explode. And between them there is a start that keeps the sizes, in both directions. It was found by He and
# others in 2015. How?
#
# ## The law of one layer
#
# A neuron adds up $d$ products of an input and a weight. Sums of random terms grow like a random walk: with the root
# of their number. So from layer to layer the size is multiplied by $\sigma \sqrt{d}$. ReLU makes a zero of every
# other number, which takes half of the square: $\sigma \sqrt{d / 2}$. Try it:

# %%
measured, law = [], []
for sigma in (0.02, 0.05, 0.1, 0.2, 0.3):
    forward, _ = walk("normal", sigma)
    measured.append((forward[10] / forward[2]) ** (1 / 8))  # the factor of one of eight layers
    law.append(sigma * np.sqrt(width / 2))
    print(f"deviation {sigma:4}: each layer multiplies by {measured[-1]:.3f}, the law says {law[-1]:.3f}")
print("the factor is 1 where the deviation is", np.sqrt(2 / width).round(4))

# %% [markdown]
# That is He's rule: make the factor 1, $\sigma = \sqrt{2 / d}$, so that a layer neither shrinks nor swells what
# comes. [(35)](../backprop.md#the-start) Ten factors of 0.14 are some billionths; ten factors of 2 are a thousand;
# only 1 can be multiplied by itself for ever.
#
# → `return rng.normal(0, sqrt(2 / fan_in), shape)` in [nn/init.py](../../src/numink/nn/init.py)
#
# Tanh hardly changes small numbers, so nothing is halved, and one asks for $1/d$ in place of $2/d$. The same thought
# for the way back gives the number of outputs in place of the inputs, and **Xavier**'s rule lies between the two.
# [(36)](../backprop.md#the-start)
#
# ## And does it learn?
#
# All this was before the first step. Now six layers of 100, five epochs, once with each start.

# %%
few = numink.Digits("mnist", numink.Part(images, labels), digits.validation)
plan = numink.Recipe().with_settings(
    [
        f"network.layers={['dense 100', 'relu'] * 6 + ['dense 10']}",
        "train.optimizer=gradient-descent",
        "train.schedule=constant",
        "train.learning_rate=0.03",
        "train.batch_size=50",
        "train.epochs=5",
    ]
)
learnt, said = {}, {}
for init in ("normal 0.02", "xavier", "he", "normal 0.3"):
    try:
        result = run.begin(plan.with_settings([f"network.init={init}"]), few, seed=0)
        learnt[init] = result.state.history["validation_accuracy"]
        print(f"{init:11}: {learnt[init][-1]:.1%}")
    except numink.NuminkError as error:
        said[init] = str(error)
        print(f"{init:11}: {error}")

# %%
_, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for init, style in (("he", "-"), ("xavier", "-."), ("normal 0.02", "--")):
    ax.plot(range(1, 6), learnt[init], style, color=PALETTE["red" if init == "normal 0.02" else "blue"], label=init)
ax.set(title="Six layers, the same in all but their start", xlabel="epoch", xticks=range(1, 6), ylim=(0, 1))
ax.yaxis.set_major_formatter("{x:.0%}")
ax.legend()
plt.show()

# %% [markdown]
# Xavier's weights are a little small for ReLU. That costs time in the first epoch; then it nearly catches up. Too
# small: the network sits at about 10 %, as if it were broken. Too large: the cost overflows within a few steps. "Stuck
# at 10 %" and "the loss is nan" are two of the commonest cries for help. A bad start is one of the causes; a wrong
# learning rate and pixels that nobody scaled are others. `numink doctor` tells you which it is. numink itself starts
# with `he` unless a recipe says otherwise.
#
# ## Back to chapter 2
#
# There one layer beat two, and we promised a reason. The tutorials' start is U(-0.5, 0.5): every number between -0.5
# and 0.5 is equally likely. [(33)](../backprop.md#the-start) Its deviation is $1/\sqrt{12} = 0.29$. He's rule asks
# for $\sqrt{2/784} = 0.05$ in the first layer.

# %%
classic = recipes.load("classic-10").with_settings(["train.iterations=150", "train.learning_rate=0.3"])
ways = {}
for init in ("uniform", "he"):
    runs = [run.begin(classic.with_settings([f"network.init={init}"]), few, seed=seed).state for seed in range(3)]
    ways[init] = [state.history["validation_accuracy"][-1] for state in runs]
    first = np.mean([state.history["loss"][0] for state in runs])
    shares = " ".join(f"{share:.1%}" for share in ways[init])
    print(f"{init:8}: cost before learning {first:.2f}, right after 150 steps {shares}")

# %% [markdown]
# Three seeds, three times the same verdict. It is the same network, the same pictures, the same steps; only the dice
# are smaller. And look at the cost before learning: a good start is close to 2.30, which is "I do not know". The
# tutorials' start has to unlearn its loud nonsense first. (With the better dice two layers are about level with the
# one layer of chapter 2. To pass it they need more than ten neurons, or more than 150 steps.)
#
# ## Change it and watch
#
# 1. Take tanh for ReLU in `deep`. With `walk("normal", 0.3)` the numbers do not explode any more. Why, and what does
#    the way back look like? *Hint: tanh never gives more than 1; saturation, chapter 4.*
# 2. Keep `W1` random and make only `W2` zero. Does it learn now? *Hint: which slopes are 0 in the first step, and
#    which in the second?*
# 3. `width = 400`: which deviation keeps the sizes now? *Hint: the law.*
# 4. Give `normal 0.3` a chance: with which learning rate does it survive? How good does it become?
#    *Hint: `plan.with_settings(["network.init=normal 0.3", "train.learning_rate=..."])`; be very careful.*
# 5. `norm` in a recipe (batch normalisation, [(63)](../backprop.md#forward-1)) sets the size of the numbers anew at
#    every layer. Put it between "dense 100" and "relu" and start with `normal 0.02`. What is left of the trouble?
#
# ## Checked
#
# What the text says in words is checked here each time this chapter runs.

# %%
assert [name for name, slope in slopes(zeros).items() if slope.any()] == ["b2"]
assert right["zero"] < 0.15
assert right["equal"] < 0.3 < 0.85 < right["random"]
assert spread < 1e-5
assert walks["0.02"][0][-1] < 1e-6
assert walks["0.02"][1][0] < 1e-6 * walks["0.02"][1][-1]
assert walks["0.3"][0][-1] > 100
assert all(0.5 < ratio < 2 for walked in walks["He"] for ratio in walked[1:] / walked[-1])
assert np.allclose(measured, law, rtol=0.15)
assert learnt["normal 0.02"][-1] < 0.15
assert learnt["he"][-1] > 0.85
assert "the loss became" in said["normal 0.3"]
assert learnt["xavier"][0] < 0.6 < 0.8 < learnt["xavier"][-1]
assert all(he > uniform for he, uniform in zip(ways["he"], ways["uniform"], strict=True))
assert 0.85 < np.mean(ways["he"]) < 0.9
