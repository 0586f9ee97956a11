# %% [markdown]
# # 1. One neuron
#
# Look at a handwritten 3 and a handwritten 8. You tell them apart at a glance, and you could not say how. In this
# chapter we build the smallest thing that can *learn* to tell them apart: one neuron. It is a handful of lines, and
# everything that a large network does is in it already: guess, measure how wrong the guess was, find out which way
# to turn each screw, turn all of them a little, and guess again.
#
# You need to know what a derivative is: how much one number moves when you nudge another. Nothing else.

# %%
import matplotlib.pyplot as plt
import numpy as np

import numink
from numink.evaluate.look import PALETTE, STYLE

plt.rcParams.update(STYLE)  # the looks of the figures, nothing else

# %% [markdown]
# ## The pictures
#
# [MNIST](https://en.wikipedia.org/wiki/MNIST_database) holds 70,000 digits, each 28 x 28 pixels, each with a label
# that says what it is. We keep the threes and the eights, write each picture as one row of 784 numbers from 0 (paper)
# to 1 (ink), and call an 8 "1" and a 3 "0". Some pictures are set aside. The neuron never learns from these
# *validation* images, so they can tell us whether it has understood something or only knows its pictures by heart.

# %%
no, yes = 3, 8
digits = numink.load("mnist")


def pick(part):
    chosen = (part.labels == no) | (part.labels == yes)
    X = part.images[chosen].reshape(-1, 784) / 255  # one row of numbers from 0 to 1 for each picture
    return X, (part.labels[chosen] == yes).astype(float)  # 1 for an 8, 0 for a 3


X, y = pick(digits.train)
X_new, y_new = pick(digits.validation)
print("to learn from:", X.shape, " set aside:", X_new.shape)


# %%
def show(rows, titles, side=1.0):
    """Draw rows of 784 numbers as pictures, side by side: white is 0, red above, blue below."""
    _, axes = plt.subplots(1, len(rows), figsize=(side * len(rows), side * 1.25))
    for ax, row, title in zip(axes, rows, titles, strict=True):
        largest = np.abs(row).max()
        ax.imshow(row.reshape(28, 28), cmap="RdBu_r", vmin=-largest, vmax=largest)
        ax.set_title(title)
        ax.set_axis_off()
    plt.show()


show(X[:10], [yes if label else no for label in y[:10]])

# %% [markdown]
# ## The neuron
#
# A neuron has a **weight** for each pixel. It multiplies each pixel by its weight and adds everything up, together with
# one more number, its **bias**:
#
# $$z = x_1 w_1 + x_2 w_2 + \ldots + x_{784} w_{784} + b$$
#
# A pixel with a positive weight speaks for an 8, one with a negative weight for a 3. The sum $z$ can be any number. To
# read it as a probability we squeeze it into 0 to 1 with the **sigmoid**, $1 / (1 + e^{-z})$: 0 becomes one half, "I
# do not know"; 5 becomes 0.993, "surely an 8"; -5 becomes 0.007, "surely a 3".
#
# These are equations [(2)](../backprop.md#dense-layer) and [(3)](../backprop.md#activations) of the derivation. `@`
# does the sum for all pictures at once: each row of `X` times the column of weights.
#
# → `Z = np.matmul(X, p.W, out=work.array("Z", (len(X), self.d_out)))` in [nn/layers.py](../../src/numink/nn/layers.py)


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def neuron(X, w, b):
    return sigmoid(X @ w + b)  # for each picture, the probability that it is an 8


w, b = np.zeros(784), 0.0
print("before it has learnt anything:", neuron(X, w, b)[:5])

# %% [markdown]
# ## How wrong is it?
#
# To improve we need one number that says how wrong the neuron is: the **cost**. Let $p$ be the probability that it
# gave to what was right. The cost of one picture is $-\log p$: 0 if it was sure and right, 0.69 if it did not know, and
# more and more without end if it was sure and wrong. The cost of all pictures is the mean. (Written as below it breaks
# when $p$ is rounded to 0. The engine uses a form that does not: [(14)](../backprop.md#the-logistic-cost).)


# %%
def cost(w, b):
    p = neuron(X, w, b)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


print(f"a neuron that knows nothing: {cost(w, b):.4f}   log 2: {np.log(2):.4f}")

# %% [markdown]
# ## Which way to turn the screws?
#
# There are 785 screws: 784 weights and the bias. For each we ask: *if I turn it up a little, does the cost rise or
# fall, and how fast?* That is the derivative of the cost, and all 785 of them together are the **gradient**.
#
# Go back from the cost to the weight, one step at a time.
#
# 1. How does the cost of a picture change with $z$? The logarithm and the sigmoid fit together so well that
#    almost everything cancels, and what is left is the error itself: **answer less target**, $p - y$.
#    [(18)](../backprop.md#the-costs)
# 2. How does $z$ change with the weight of a pixel? By that pixel: white paper, no effect; full ink, full effect.
# 3. So the slope for a weight is error times pixel, averaged over all pictures. [(20)](../backprop.md#dense-layer-1)
#    For the bias, it is the mean error. [(21)](../backprop.md#dense-layer-1)
#
# → `np.matmul(X.T, dZ, out=g.W)` in [nn/layers.py](../../src/numink/nn/layers.py)


# %%
def gradient(w, b):
    dz = (neuron(X, w, b) - y) / len(X)  # answer less target; the mean over all pictures
    return X.T @ dz, dz.sum()  # X.T @ dz: each pixel times its picture's error, added up


dw, db = gradient(w, b)
print("slopes:", dw.shape, " the steepest falls:", dw.min().round(4), " rises:", dw.max().round(4))

# %% [markdown]
# **Guess before you look:** the neuron knows nothing yet, so it answers one half for every picture. Its error is $+1/2$
# for each 3 and $-1/2$ for each 8. Error times pixel, averaged. What will the 784 slopes look like as a picture?

# %%
mean_3, mean_8 = X[y == 0].mean(axis=0), X[y == 1].mean(axis=0)
first_step = -dw
show([mean_3, mean_8], [f"the mean {no}", f"the mean {yes}"], side=2.4)
show([first_step, mean_8 - mean_3], ["slopes, turned round", f"mean {yes} less mean {no}"], side=2.4)

# %% [markdown]
# It is the mean 8 less the mean 3: red speaks for an 8, blue for a 3. (The slopes are turned round, for we shall go
# *against* them.) Where both digits have ink, it cancels. What stays, in the darkest red, are the two strokes on the
# left that close the loops of an 8. Nobody told the neuron about loops.
#
# ## Learning
#
# Now turn every screw a little *against* its slope. How much is "a little"? A number that we choose, the **learning
# rate**. This is gradient descent, [(37)](../backprop.md#the-update), and it is all that "learning" means here.
#
# → `theta -= np.multiply(grad, learning_rate, out=scratch)` in [optim/rules.py](../../src/numink/optim/rules.py)


# %%
def accuracy(X, y):
    return np.mean((neuron(X, w, b) > 0.5) == y)


costs, right, right_new = [], [], []
for _ in range(200):
    costs.append(cost(w, b))
    right.append(accuracy(X, y))
    right_new.append(accuracy(X_new, y_new))
    dw, db = gradient(w, b)
    w, b = w - 0.1 * dw, b - 0.1 * db

for step in (0, 1, 10, 199):
    print(
        f"after {step:3} steps: cost {costs[step]:.3f}, right {right[step]:.1%}, of new pictures {right_new[step]:.1%}"
    )

# %%
_, (falling, rising) = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
falling.plot(costs, color=PALETTE["red"])
falling.set(title="The cost falls", xlabel="step", ylim=0)
rising.plot(right, color=PALETTE["blue"])
rising.plot(right_new, color=PALETTE["red"], linestyle="--")
rising.annotate("pictures it learns from", (198, right[-1]), (198, 0.985), ha="right", color=PALETTE["blue"])
rising.annotate("pictures set aside", (198, right_new[-1]), (198, 0.915), ha="right", color=PALETTE["red"])
rising.set(title="More and more are read right", xlabel="step", ylim=(0.8, 1))
rising.yaxis.set_major_formatter("{x:.0%}")
plt.show()

# %% [markdown]
# One single step, and it reads more than 85 % of the pictures right. Then the large errors are gone, the slopes become
# small, and so do the steps: progress is slow, but it does not end. And on pictures that it has *never seen* it does
# nearly as well. It has learnt something about threes and eights, not about these pictures.
#
# ## What is it looking for?
#
# It has one weight for each pixel, so we can look at what it has learnt.

# %%
show([first_step, w], ["after one step", "after 200 steps"], side=2.8)

# %% [markdown]
# The first step took every picture equally. By now the easy ones have fallen silent, for their error $p - y$ is almost
# 0, and the slopes come from the pictures that are still doubtful or wrong. They ask for other things than the mean
# does: the right side of the upper loop, where the mean 8 has more ink, has lost most of its red.
#
# And here are pictures that it reads wrong, with the probability that it gives to "8":

# %%
p_new = neuron(X_new, w, b)
wrong = np.flatnonzero((p_new > 0.5) != y_new)
first = wrong[:10]
show(X_new[first], [f"{p:.0%}" for p in p_new[first]])

# %% [markdown]
# Most of them *you* can read. A neuron lays one mask over the picture and adds up. It cannot say "a loop, wherever it
# may be", or "this stroke, but only if that one is missing". That takes more than one neuron: the next chapter.
#
# ## Is the gradient right?
#
# We derived the slopes with a pencil, and pencils slip. There is a test for every gradient: turn a screw up and down by
# a hair, and see what the cost *really* does, [(50)](../backprop.md#is-it-right). It takes two passes over all pictures
# for a single slope, so nobody learns this way; but it cannot be argued with. `numink check-gradients` does it for
# every layer of the engine.

# %%
dw, db = gradient(w, b)
hair = 1e-5
for pixel in (210, 350, 406, 546):
    up, down = w.copy(), w.copy()
    up[pixel] += hair
    down[pixel] -= hair
    measured = (cost(up, b) - cost(down, b)) / (2 * hair)
    print(f"pixel {pixel}: by pencil {dw[pixel]:+.10f}, measured {measured:+.10f}")
    assert abs(measured - dw[pixel]) < 1e-8

# %% [markdown]
# ## Change it and watch
#
# 1. Raise the learning rate from 0.1 to 0.5, and then to 1. What does the cost do in the first ten steps, and how does
#    it end? *Hint: a step that is too long lands on the other side of the valley.* (If NumPy warns of a `log` of 0, and
#    the cost is "nan": the neuron was so sure, and wrong, that its $p$ was rounded to 0.)
# 2. Take 0 and 1 in place of 3 and 8: `no, yes = 0, 1`. Then 4 and 9. Which pair is easier, and do the weights tell
#    why? *Hint: look at how the two mean pictures overlap.*
# 3. Start with random weights, `w = np.random.default_rng(0).normal(0, 1, 784)`. Does it still learn? Look at the
#    weights after 200 steps: what stays as it began, and why? *Hint: which pixels are paper in every picture?*
# 4. Learn from only 50 pictures, with `X, y = X[:50], y[:50]`. What happens to the gap between the two curves?
#    *Hint: 785 screws, 50 pictures.*
#
# ## Checked
#
# What the text says in words is checked here each time this chapter runs. (If you changed something above, it may well
# fail: then the words are no longer true of *your* neuron.)

# %%
assert np.isclose(costs[0], np.log(2))
assert right[1] > 0.85
assert (np.diff(costs) < 0).all()
assert costs[-1] < 0.15
assert right[-1] > 0.95
assert right[-1] - right_new[-1] < 0.02
assert np.corrcoef(first_step, mean_8 - mean_3)[0, 1] > 0.99
assert np.abs(dw).max() < np.abs(first_step).max() / 5  # by now the slopes are small
