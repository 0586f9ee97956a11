# %% [markdown]
# # 2. Two layers by hand
#
# One neuron lays one mask over a picture and says yes or no. Ten digits need at least ten of them. And what if ten
# neurons *look*, and ten others *judge* what those have seen? That is a network of two layers, the one that tutorials
# begin with. Here it is in plain NumPy, with all its mathematics: about forty lines.
#
#     pixels          ten neurons look          ten judge             ten probabilities
#     X (n, 784) ->   Z1, ReLU, A1 (n, 10) ->   Z2 (n, 10)     ->     A2 (n, 10)
#
# The functions are those of [examples/two_layer.py](../../examples/two_layer.py), word for word, and a test watches
# over that. `n` is the number of pictures, and each picture is a row.

# %%
import matplotlib.pyplot as plt
import numpy as np

import numink
from numink.evaluate.look import PALETTE, STYLE

plt.rcParams.update(STYLE)

digits = numink.load("mnist", validation=1000)
train, dev = digits.train, digits.validation
X, Y = train.images[:5000].reshape(-1, 784) / 255, train.labels[:5000]  # some will do, and are quicker
X_dev, Y_dev = dev.images.reshape(-1, 784) / 255, dev.labels
print(X.shape, Y.shape, "the first labels:", Y[:8])

# %% [markdown]
# ## The start
#
# Each layer has a table of weights, one column for each of its neurons, and one bias for each. They start at random:
# if they started equal, all ten neurons would learn the same thing for ever (chapter 5 tries it out).
# [(33)](../backprop.md#the-start)


# %%
def init_params(seed=0):
    """Weights and biases, all from U(-0.5, 0.5)."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(-0.5, 0.5, shape) for shape in [(784, 10), 10, (10, 10), 10]]


params = init_params()
W1, b1, W2, b2 = params
print("numbers to learn:", W1.size + b1.size + W2.size + b2.size)

# %% [markdown]
# ## Forward: from pixels to probabilities
#
# - `X @ W1 + b1`: each of ten neurons weighs all pixels, as in chapter 1, for all pictures at once.
#   [(2)](../backprop.md#dense-layer)
# - **ReLU**, `maximum(Z1, 0)`: what is negative becomes 0. A neuron is off, or on by some amount.
#   [(5)](../backprop.md#activations) Without such a bend the second layer would be in vain: a sum of sums is only a
#   sum.
# - The second layer weighs the ten numbers of the first.
# - **Softmax** makes probabilities of its ten sums: each $z$ becomes $e^z$, which is positive, and is divided by the
#   total. [(11)](../backprop.md#softmax-and-cross-entropy) It is the sigmoid for more than two answers.


# %%
def forward(W1, b1, W2, b2, X):
    """From images X (n, 784) to probabilities A2 (n, 10), with all that lies between."""
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)  # ReLU
    Z2 = A1 @ W2 + b2
    A2 = np.exp(Z2 - Z2.max(axis=1, keepdims=True))  # less the row's maximum: exp cannot overflow
    A2 /= A2.sum(axis=1, keepdims=True)  # softmax
    return Z1, A1, Z2, A2


# %%
Z1, A1, Z2, A2 = forward(*params, X)
for name, array in {"X": X, "Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}.items():
    print(f"{name:2} {array.shape!s:11} the first row begins {array[0, :5].round(2)}")
print("ten probabilities add up to", A2[0].sum().round(12))

# %% [markdown]
# If something "does not broadcast" in your own network, print the shapes like this. It is nearly always an array that
# stands the wrong way round.
#
# ## How wrong is it?
#
# To compare ten probabilities with a label, write the label as ten numbers too: a 1 where it belongs, else 0.
# [(13)](../backprop.md#softmax-and-cross-entropy) The cost is again the mean of $-\log p$, where $p$ is what the
# network gave to the right digit. [(12)](../backprop.md#softmax-and-cross-entropy)
#
# **Guess:** what does it cost to know nothing, with ten answers to choose from?


# %%
def one_hot(Y):
    """Labels (n,) to rows of zeros with a one where the label is, (n, 10)."""
    return np.eye(10)[Y]


def cost(A2, Y):
    return -np.mean(np.log(A2[np.arange(len(Y)), Y]))


print("a", Y[0], "is", one_hot(Y)[0])
print(f"before learning: cost {cost(A2, Y):.2f}; one tenth for every digit would cost log 10 = {np.log(10):.2f}")

# %% [markdown]
# It is *worse* than knowing nothing. Random weights do not say "I do not know"; they say nonsense, loudly.
#
# ## Backward: from the cost to every weight
#
# Here the trouble begins for most learners, and it need not. Walk back through `forward`, last line first, and ask at
# each array: *if this changed a little, how would the cost change?* The answer for an array `V` is called `dV`, and
# it **always has the shape of `V`**. That alone tells you most of the formulas.
#
# 1. At the softmax all cancels again, and what is left is **answer less target**, divided by the number of pictures.
#    [(17)](../backprop.md#the-costs)
# 2. The weights `W2` met the inputs `A1` and made the outputs `Z2`. What of `A1` (n, 10) and `dZ2` (n, 10) has one row
#    for each input and one column for each output? `A1.T @ dZ2`: input times error, added up over the pictures, as in
#    chapter 1. [(20)](../backprop.md#dense-layer-1)
# 3. The bias was added to every picture: `dZ2` added up. [(21)](../backprop.md#dense-layer-1)
# 4. New: the error of the first layer. The weights that carried numbers forward carry blame back: `dZ2 @ W2.T`.
#    [(22)](../backprop.md#dense-layer-1) And where a neuron was off, its blame is 0.
#    [(26)](../backprop.md#activations-1)
# 5. Now the first layer is like the second.
#
# → `return np.matmul(dZ, p.W.T, out=work.array("dX", X.shape))` in [nn/layers.py](../../src/numink/nn/layers.py)


# %%
def backward(Z1, A1, A2, W2, X, Y):
    """The derivatives of the mean cross-entropy with regard to W1, b1, W2 and b2."""
    dZ2 = (A2 - one_hot(Y)) / len(X)
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0)
    dZ1 = dZ2 @ W2.T * (Z1 > 0)  # the slope of ReLU is 1 or 0
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    return [dW1, db1, dW2, db2]


# %%
gradients = backward(Z1, A1, A2, W2, X, Y)
for name, param, gradient in zip(["W1", "b1", "W2", "b2"], params, gradients, strict=True):
    print(f"d{name} {gradient.shape!s:9} like {name} {param.shape!s:9} largest {np.abs(gradient).max():.4f}")

# %% [markdown]
# Is it right? Turn one weight of the first layer up and down by a hair, as in chapter 1.

# %%
hair = 1e-6
costs = []
for turned in (+hair, -hair):
    W1_turned = W1.copy()
    W1_turned[300, 7] += turned
    costs.append(cost(forward(W1_turned, b1, W2, b2, X)[-1], Y))
measured = (costs[0] - costs[1]) / (2 * hair)
print(f"by pencil {gradients[0][300, 7]:+.9f}, measured {measured:+.9f}")

# %% [markdown]
# ## Learning
#
# The rest is chapter 1 again: a step against the slopes, many times.


# %%
def update(params, gradients, alpha):
    """One step downhill, of rate alpha."""
    return [param - alpha * gradient for param, gradient in zip(params, gradients, strict=True)]


def accuracy(A2, Y):
    """The share of images whose most probable digit is the right one."""
    return np.mean(A2.argmax(axis=1) == Y)


def gradient_descent(X, Y, alpha, iterations, params):
    """Improve params by so many steps, each over all images; at every tenth, print how well they did before it."""
    for iteration in range(iterations):
        Z1, A1, _, A2 = forward(*params, X)
        params = update(params, backward(Z1, A1, A2, params[2], X, Y), alpha)
        if iteration % 10 == 0:
            print(f"iteration {iteration:3}: accuracy {accuracy(A2, Y):.4f}")
    return params


# %%
params = gradient_descent(X, Y, 0.3, 150, params)
_, A1_dev, _, A2_dev = forward(*params, X_dev)
print(f"on the {len(X_dev)} pictures set aside: accuracy {accuracy(A2_dev, Y_dev):.4f}")

# %% [markdown]
# From 10 % by chance to about 80 %, on pictures that it has never seen, by forty lines. Let it read some:

# %%
_, axes = plt.subplots(2, 10, figsize=(10, 2.6), height_ratios=(1, 0.7))
for column, (picture, bars, label) in enumerate(zip(dev.images, A2_dev, Y_dev, strict=False)):
    if column == 10:
        break
    above, below = axes[:, column]
    above.imshow(picture, cmap="gray_r")
    above.set_title(f"{bars.argmax()}", color=PALETTE["blue" if bars.argmax() == label else "red"])
    below.bar(range(10), bars, color=PALETTE["blue"])
    below.set(ylim=(0, 1), xticks=range(10), xticklabels=[])
    above.set_axis_off()
    below.set_axis_off()
plt.show()

# %% [markdown]
# Above each picture, what the network read (red: wrong); below, its ten probabilities, from 0 on the left to 9 on the
# right.
#
# ## What do the ten lookers see?

# %%
_, axes = plt.subplots(2, 10, figsize=(10, 2.4))
for unit, (above, below) in enumerate(axes.T):
    above.imshow(params[0][:, unit].reshape(28, 28), cmap="RdBu_r", vmin=-0.7, vmax=0.7)
    below.imshow((params[0] - W1)[:, unit].reshape(28, 28), cmap="RdBu_r", vmin=-0.3, vmax=0.3)
    above.set_title(f"looker {unit}", fontsize=9)
    above.set_axis_off()
    below.set_axis_off()
plt.show()

# %% [markdown]
# Above, their weights: red asks for ink, blue for paper. You see hardly more than the noise that they started with.
# Below, what has *changed* since the start: that is what they have learnt. The border is paper in every picture, so
# its weights have slope 0 and never move (error times *pixel*). Looker 2 has learnt next to nothing. Here is why: how
# much each looker is on, for each digit.

# %%
code = np.array([A1_dev[Y_dev == digit].mean(axis=0) for digit in range(10)])
_, ax = plt.subplots(figsize=(4.4, 3.8))
image = ax.imshow(code, cmap="Reds")
ax.set(title="Each digit has its code", xlabel="looker", ylabel="digit", xticks=range(10), yticks=range(10))
ax.grid(False)
plt.colorbar(image, ax=ax, label="mean of A1")
plt.show()

# %% [markdown]
# Only looker 5 has a digit to itself, the 1. Most take part in several, and each digit is a pattern of ten numbers that
# the second layer can tell from the others. Nobody told them to share the work like this. And looker 2 is off for
# nearly every picture, by its bad luck at the start. Who is off gets no blame, and does not learn.
#
# ## Does the second layer pay?
#
# **Guess:** leave the lookers out, let ten neurons judge the pixels directly, and train as long. Better or worse?


# %%
def judges_alone(iterations):
    W, b = np.zeros((784, 10)), np.zeros(10)
    for _ in range(iterations):
        P = np.exp(X @ W + b)  # these sums stay small
        P /= P.sum(axis=1, keepdims=True)
        dZ = (P - one_hot(Y)) / len(X)
        W, b = W - 0.3 * X.T @ dZ, b - 0.3 * dZ.sum(axis=0)
    return accuracy(X_dev @ W + b, Y_dev)


single = judges_alone(150)
print(f"one layer: {single:.4f}   two layers: {accuracy(A2_dev, Y_dev):.4f}")

# %% [markdown]
# Better! An honest surprise: a second layer is not a gift. It *can* do more than one, but it has to be trained well,
# and ours is not, yet: it crawls over all pictures for every single step (chapter 3), and it started badly (exercise
# 2, and chapter 5).
#
# ## The same with numink
#
# numink's recipe `classic-10` is this network. Its engine works differently inside: pictures in pieces that fit the
# processor's cache, all parameters in one vector, memory used again and again. The mathematics is the same, and so are
# the numbers. We start both from the same weights, take 20 steps with each, and compare.

# %%
from numink import recipe as recipes
from numink.model import initial_weights


def by_name(network, theta):
    """The engine's one vector as W1, b1, W2, b2."""
    dense = [layer for layer in network.layout.views(theta) if vars(layer)]
    return [dense[0].W, dense[0].b, dense[1].W, dense[1].b]


# %%
plan = recipes.load("classic-10").with_settings(
    ["train.iterations=20", "train.learning_rate=0.3", "network.dtype=float64"]
)
few = numink.Digits("mnist", numink.Part(train.images[:5000], Y), numink.Part(train.images[:0], Y[:0]))
model = numink.train(few, plan, seed=0)

# %%
ours = by_name(model.network, initial_weights(plan, model.pixels, seed=0))
for _ in range(20):
    Z1, A1, _, A2 = forward(*ours, X)
    ours = update(ours, backward(Z1, A1, A2, ours[2], X, Y), 0.3)

apart = [np.abs(mine - its).max() for mine, its in zip(ours, by_name(model.network, model.theta), strict=True)]
print("the largest difference after 20 steps:", max(apart))

# %% [markdown]
# ## Change it and watch
#
# 1. Train as the tutorials do: rate 0.1 and 500 iterations. It takes a while, and ends at about 80 % with these 5,000
#    pictures. With all of MNIST, numink does it by `numink train classic-10`. *Hint: print less often.*
# 2. Start the lookers smaller: `params[0] *= 0.1` before training. How much better is it now, and does looker 2
#    wake up (and another fall asleep)? *Hint: compare the cost before learning.*
# 3. Forget `axis=0`, as many tutorials do: `db2 = dZ2.sum()`. What is this number, always? *Hint: answer less target,
#    added up over ten answers.* [backprop.md](../backprop.md#if-you-come-from-a-tutorial) tells more.
# 4. Take ReLU away in `forward` (`A1 = Z1`) and in `backward` (no `* (Z1 > 0)`). The "two layers" are one now. Do they
#    learn faster or slower than the single one, and why? *Hint: they still start from noise.*
#
# ## Checked
#
# What the text says in words is checked here each time this chapter runs.

# %%
assert W1.size + b1.size + W2.size + b2.size == 7960
assert cost(forward(*init_params(), X)[-1], Y) > np.log(10)
assert np.isclose(measured, gradients[0][300, 7], atol=1e-8)
assert 0.76 < accuracy(A2_dev, Y_dev) < 0.85
assert single > accuracy(A2_dev, Y_dev) + 0.04
assert code[1, 5] > 4 * np.delete(code[:, 5], 1).max()  # looker 5
assert (A1_dev[:, 2] > 0).mean() < 0.1  # looker 2
assert np.array_equal(params[0][0], init_params()[0][0])  # a pixel of the border
assert max(apart) < 1e-6
