# %% [markdown]
# # 9. What the network sees
#
# A network that reads 99 of 100 digits right cannot tell you how. It gives ten probabilities, and behind them are
# thousands of numbers. Can we find out what it looks at? We have something that nobody has with a brain: we can look at
# *every* number in it, cover whatever we like, and ask for every slope.
#
# This chapter puts seven questions to a network. All that is needed to answer them you know: products, maps and
# gradients.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

import numink
from numink.evaluate.look import STYLE
from numink.nn.trace import names, trace

plt.rcParams.update(STYLE)  # the looks of the figures, nothing else

digits = numink.load("mnist")
few = replace(digits, train=numink.Part(digits.train.images[:10000], digits.train.labels[:10000]), test=None)
new = digits.validation


def show(ax, values, largest=None, ink=None):
    """Red is positive, blue negative; `ink` is drawn below it in grey."""
    largest = largest or np.abs(values).max()
    if ink is not None:
        ax.imshow(ink, cmap="gray_r", alpha=0.35)
    ax.imshow(values, cmap="RdBu_r", vmin=-largest, vmax=largest, alpha=1 if ink is None else 0.75)
    ax.set(xticks=[], yticks=[])


# %% [markdown]
# ## What are the weights of a dense network?
#
# In chapter 1 the weights of one neuron were a picture that one could read: an 8 less a 3. Here are ten of the hidden
# units of a 784-16-10. **Guess:** strokes? Loops? Whole digits?

# %%
plan = numink.Recipe().with_settings(
    ['network.layers=["dense 16", "activation", "dense 10"]', "train.epochs=8", "train.batch_size=100"]
)
dense = numink.train(few, plan)
decayed = numink.train(few, plan.with_settings(["train.weight_decay=0.003"]))
_, axes = plt.subplots(2, 10, figsize=(9, 2), layout="constrained")
for row, model in zip(axes, (dense, decayed), strict=True):
    W = model.network.layout.views(model.theta)[2].W  # layers: 0 pixels, 1 flatten, 2 dense 16
    for ax, weights in zip(row, W.T, strict=False):
        show(ax, weights.reshape(28, 28))
axes[0, 0].set_ylabel("as it is")
axes[1, 0].set_ylabel("with L2")
plt.show()
print(f"right: {dense.test(new).accuracy:.1%} as it is, {decayed.test(new).accuracy:.1%} with L2")

# %% [markdown]
# Blots. In the first row even the border is full of noise: those weights began at random and never heard a slope, as
# there is never ink. L2 shrinks what is not needed, and what remains is smoother, but it is no stroke and no digit
# either. Each unit is half of many questions, and only the sixteen together make an answer. So weights are not the
# place to look, except in the first layer of a network of windows. Let us look at what the weights *do* to a digit.
#
# ## What becomes of a digit on its way?
#
# `cnn-tiny` comes with numink: four convolutions of eight maps each, 1,986 parameters in all. `trace` sends a digit
# through and keeps everything.

# %%
model = numink.load_model("cnn-tiny")
four = np.flatnonzero(new.labels == 4)[3]
image, label = new.images[four], new.labels[four]
seen = trace(model.network, model.theta, new.images[four : four + 1], new.labels[four : four + 1])
words = names(model.network, model.recipe.network.layers, model.recipe.network.activation)
for word, values in zip(words, seen.values[1:], strict=True):
    print(f"{word:18} {' x '.join(map(str, values.shape[1:]))}")
print(f"answer: {seen.P.argmax()}, probability {seen.P.max():.1%}")

# %%
activated = [index + 1 for index, word in enumerate(words) if word == "relu"]  # what comes out of each
_, axes = plt.subplots(4, 9, figsize=(9, 4.2), layout="constrained")
for row, index in zip(axes, activated, strict=True):
    maps = seen.values[index][0]
    for ax, map_ in zip(row[1:], maps.transpose(2, 0, 1), strict=True):
        ax.imshow(map_, cmap="viridis", vmin=0, vmax=maps.max())
        ax.set_axis_off()
    row[0].set_axis_off()
axes[0, 0].imshow(image, cmap="gray_r")
plt.show()

# %% [markdown]
# From row to row the maps are smaller and the questions larger. The first maps still look like the digit: edges and
# strokes. In the last ones, four places each, a bright one says "something that I know is hereabouts". Then each map
# becomes *one* number, its mean, and ten weighted sums of eight numbers are the answer.
#
# ## Which part of the ink matters?
#
# Cover it and see. We lay a patch of paper, 5 x 5 pixels, on every place in turn, and ask the network each time. This
# is *occlusion* ([Zeiler and Fergus 2014](https://arxiv.org/abs/1311.2901)). What to measure? Not the probability: it
# is close to 100 % for this digit, as for most, and hardly moves while one covers what matters little. We take the
# **lead**, $\log P_4 / (1 - P_4)$: 0 means "fifty-fifty", and 4.6 means 99 %.


# %%
def lead(images, digit):
    P = model.probabilities(images).astype(float)[:, digit]
    return np.log(P / (1 - P))


covered = np.repeat(image[np.newaxis], 784, axis=0)
for place, picture in enumerate(covered):
    row, column = divmod(place, 28)
    picture[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] = 0
loss = (lead(image[np.newaxis], 4) - lead(covered, 4)).reshape(28, 28)
worst = loss.argmax()

# %%
_, axes = plt.subplots(1, 3, figsize=(8, 2.8), layout="constrained")
axes[0].imshow(image, cmap="gray_r")
show(axes[1], loss, ink=image)
axes[2].imshow(covered[worst], cmap="gray_r")
for ax, title in zip(axes, ("the digit", "what it speaks for", "covered where it hurts"), strict=True):
    ax.set(title=title, xticks=[], yticks=[])
plt.show()
answers = model.probabilities(np.stack([image, covered[worst]]))
for name, P in zip(("as it is", "covered"), answers, strict=True):
    print(f"{name}: {P.argmax()}, with {P.max():.1%}")

# %% [markdown]
# Red ink speaks for a 4: without it, the lead shrinks. Take away the crossing, and it is no longer a 4, to the network
# or to you. Note that covering can tell only of ink that is there. That the *gap* at the top of a 4 matters (close it,
# and it is a 9), it cannot say.
#
# ## Which way would each pixel help?
#
# The gradient can. Backpropagation gives the slope of the cost for each weight; one step further back,
# [(22)](../backprop.md#dense-layer-1) and [(54)](../backprop.md#convolution), it gives the slope for each *pixel*. One
# pass for all 784 ([Simonyan et al. 2014](https://arxiv.org/abs/1312.6034)). numink has both questions ready, for the
# lead of any digit, and here they are for a 4 *and* for a 9.

# %%
from numink.understand.explain.saliency import Probe, gradient, occlusion

probe = Probe(model)
_, axes = plt.subplots(1, 5, figsize=(11, 2.6), layout="constrained")
axes[0].imshow(image, cmap="gray_r")
axes[0].set(title="the digit", xticks=[], yticks=[])
for number, digit in enumerate((4, 9)):
    show(axes[1 + 2 * number], occlusion(probe, image, digit), ink=image)
    show(axes[2 + 2 * number], gradient(probe, image, digit), ink=image)
    axes[1 + 2 * number].set_title(f"covering: for a {digit}")
    axes[2 + 2 * number].set_title(f"slope: for a {digit}")
plt.show()

# %% [markdown]
# Much of what speaks for a 4 (red) speaks against a 9 (blue: cover it, and the 9 gains). The slope is defined on paper
# too: red where ink would help, blue where it would harm. It is ragged, because it tells of an *infinitely small*
# change of a single pixel, and no pen makes such changes. Take it as a hint, not as an explanation.
#
# Is our covering the same as numink's? Nearly: `cnn-tiny` answers for the image moved a little each way as well, and
# `Probe` asks it once. The two pictures should be very much alike.

# %%
both = np.corrcoef(loss.ravel(), occlusion(probe, image, 4).ravel())[0, 1]
print(f"correlation of the two: {both:.2f}")

# %% [markdown]
# ## What misled it?
#
# Here are the first three validation images that it reads wrong. What spoke for its answer, and what for the truth?

# %%
answered = model.predict(new.images[:2000])
wrong = np.flatnonzero(answered != new.labels[:2000])[:3]
_, axes = plt.subplots(3, 3, figsize=(6, 6), layout="constrained")
for row, index in zip(axes, wrong, strict=True):
    row[0].imshow(new.images[index], cmap="gray_r")
    row[0].set(title=f"a {new.labels[index]}", xticks=[], yticks=[])
    for ax, digit in zip(row[1:], (answered[index], new.labels[index]), strict=True):
        show(ax, occlusion(probe, new.images[index], digit), ink=new.images[index])
        ax.set_title(f"covering: for a {digit}")
plt.show()

# %% [markdown]
# Here there is blue in the middle pictures as well: ink that spoke against the wrong answer, and was outvoted. The 7
# tells its story best. The bar on top says 7 and not 1. But the bar at its foot says 1 and not 7, for sevens have no
# foot.
#
# ## Which digits does it take for similar?
#
# In front of the last layer a digit is eight numbers (for `cnn-tiny`). Digits whose eight numbers are close are the
# same thing *to the network*. We look for the nearest of 10,000 digits it has learnt from, once by these numbers, and
# once pixel by pixel.

# %%
from numink.understand.explain.nearest import similar

near = similar(model, image, few.train, say=lambda line: None)
_, axes = plt.subplots(2, 9, figsize=(10, 2.6), layout="constrained")
for row, neighbours in zip(axes, (near.pixels, near.hidden), strict=True):
    row[0].imshow(image, cmap="gray_r")
    for ax, neighbour in zip(row[1:], neighbours, strict=True):
        ax.imshow(neighbour.image, cmap="gray_r")
        ax.set_title(str(neighbour.label), fontsize=9)
    for ax in row:
        ax.set(xticks=[], yticks=[])
axes[0, 0].set_ylabel("pixels")
axes[1, 0].set_ylabel("network")
plt.show()

# %% [markdown]
# By pixels, near means that the ink covers itself. To the network other things count: its neighbours may be thicker,
# thinner or more slanted, and are fours all the same. It has learnt what to overlook.
#
# ## What would please it most?
#
# Last, turn everything round. Leave the weights alone, and change the *image*, uphill, until the network is as sure as
# it can be. One starts from a grey cloud and takes gradient steps, a little blurred. numink's `dream` does so for all
# ten digits.

# %%
from numink.understand.explain.dream import dream

best = numink.load_model("cnn-best")
wishes = {"cnn-tiny": dream(model, say=lambda line: None), "cnn-best": dream(best, say=lambda line: None, seed=1)}
_, axes = plt.subplots(2, 10, figsize=(11, 2.5), layout="constrained")
for row, (name, wish) in zip(axes, wishes.items(), strict=True):
    for digit, ax in enumerate(row):
        ax.imshow(wish.images[digit], cmap="gray_r")
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{wish.probabilities[digit]:.0%}", fontsize=9)
    row[0].set_ylabel(name)
plt.show()
noise = np.random.default_rng(0).integers(0, 256, (1, 28, 28), np.uint8)
of_noise = {name: network.probabilities(noise)[0] for name, network in (("cnn-tiny", model), ("cnn-best", best))}
for name, P in of_noise.items():
    print(f"{name} takes noise for a {P.argmax()}, with {P.max():.1%}")

# %% [markdown]
# The wishes of cnn-best you can read, of cnn-tiny's fewer; and both networks are sure of every one of them. So
# *cnn-tiny does not see what you see*. It was only ever asked to tell ten digits apart, never to say "this is no digit
# at all", and whatever you show it, the ten probabilities add up to one: it is sure even of noise.
#
# cnn-best was asked. Among its training images were letters, scribbles and blots, and its targets for them were a tenth
# for each digit. So it is undecided about noise, and an image has to look like a digit to please it. (Start from
# another cloud, with `seed=0`, and its 1 ends in a blot of which it is not sure itself: uphill need not be to the top.)
# But it knows no more than it was shown: what is no digit in quite another way may still deceive it. Remember that when
# you let a network read something of which you do not know that it is a digit.
#
# ## All of it for one digit, in one command
#
# ```sh
# numink explain cnn-tiny mnist:17
# ```
#
# writes a page with every layer's equation, values and gradients for this digit, the step that one would take, what
# speaks for the answer, and the digits that are most similar.
#
# ## Change it and watch
#
# 1. Ask `cnn-best` about the three digits that misled `cnn-tiny`. What does it answer, and where does it look? *Hint:
#    `Probe(best)`.*
# 2. Cover with a patch of 3 and of 9 pixels: `occlusion(probe, image, 4, patch_px=9)`. *Hint: a stroke is about three
#    pixels wide.*
# 3. Close the gap at the top of the 4 by hand, `image = image.copy(); image[6:8, 11:17] = 255` (find the right place).
#    When does it become a 9?
# 4. Show both networks what is no digit: your initials, drawn with Pillow or cut out of a photograph, or a 4 upside
#    down. What do they answer, and how sure are they?
#
# ## Checked
#
# What the text says in words is checked here each time this chapter runs.

# %%
assert model.parameters == 1986
assert seen.P.argmax() == label == 4
assert answers[0].argmax() == 4
assert answers[1, 4] < answers[0, 4]
assert loss.max() > 1
assert answers[1].argmax() != 4
assert new.labels[wrong].tolist() == [5, 7, 9]
assert answered[wrong].tolist() == [8, 1, 4]
assert both > 0.9
assert np.corrcoef(occlusion(probe, image, 4).ravel(), occlusion(probe, image, 9).ravel())[0, 1] < -0.5
seven = new.images[wrong[1]]
top, foot = (rows[seven[rows].any(axis=1)] for rows in (np.arange(10), np.arange(18, 28)))
for digit, sign in ((1, 1), (7, -1)):
    speaks = sign * occlusion(probe, seven, digit).sum(axis=1)
    assert speaks[top].sum() < 0 < speaks[foot].sum()
assert [neighbour.label for neighbour in near.hidden].count(4) >= 7
assert min(wish.probabilities.min() for wish in wishes.values()) > 0.9
assert of_noise["cnn-best"].max() < 0.2 < 0.9 < of_noise["cnn-tiny"].max()
assert decayed.test(new).accuracy > 0.9
W = {name: abs(m.network.layout.views(m.theta)[2].W[0]).mean() for name, m in (("plain", dense), ("L2", decayed))}
assert W["L2"] < 0.5 * W["plain"]  # the corner's weights: never any ink
