# %% [markdown]
# # 7. Convolution
#
# All networks so far began with a dense layer: an image is 784 numbers in a row, and each has its own weight. Does such
# a network know that two of these numbers are *neighbours*? Here is an experiment that tells. We shuffle the pixels of
# all images, all of them in the same way. No information is lost: somebody who knows the order could put every image
# together again.
#
# **Guess:** how much worse does a dense network read the shuffled images?

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

import numink
from numink.evaluate.look import PALETTE, STYLE

plt.rcParams.update(STYLE)  # the looks of the figures, nothing else


def changed(digits, change):
    """The same digits, with each image changed."""
    parts = {name: getattr(digits, name) for name in ("train", "validation")}
    return replace(digits, **{name: numink.Part(change(part.images), part.labels) for name, part in parts.items()})


def shuffle(images):
    order = np.random.default_rng(0).permutation(784)
    return images.reshape(-1, 784)[:, order].reshape(-1, 28, 28)


digits = numink.load("mnist")
digits = replace(digits, train=numink.Part(digits.train.images[:10000], digits.train.labels[:10000]), test=None)
shuffled = changed(digits, shuffle)

# %%
_, axes = plt.subplots(2, 8, figsize=(9, 2.4))
for row, part in zip(axes, (digits.train, shuffled.train), strict=True):
    for ax, image in zip(row, part.images, strict=False):
        ax.imshow(image, cmap="gray_r")
        ax.set_axis_off()
plt.show()

# %%
plan = numink.Recipe().with_settings(["train.batch_size=100", "train.epochs=3", "train.learning_rate=0.01"])
dense = plan.with_settings(['network.layers=["dense 32", "activation", "dense 10"]'])


def accuracy(recipe, digits):
    return numink.train(digits, recipe).test(digits.validation).accuracy


in_order, in_disorder = accuracy(dense, digits), accuracy(dense, shuffled)
print(f"784-32-10 reads {in_order:.1%} of the images right, and {in_disorder:.1%} of the shuffled ones")

# %% [markdown]
# It does not notice. In a matrix product the order of the columns means nothing, so the network never knew what lies
# beside what. *You* cannot read a single one of the shuffled images. You use something that it does not: strokes,
# edges, corners; things that are made of neighbours, and are the same things wherever they lie.
#
# ## A window and nine weights
#
# So let us build a neuron that looks through a small window, 3 x 3 pixels. It has nine weights and a bias, as in
# chapter 1. And then we move the window over the image, and put down what the neuron says at each place. The nine
# weights are called a **kernel**, the picture that comes out a **map**, and the whole a convolution,
# [(51)](../backprop.md#convolution).


# %%
def convolve(image, kernel, bias=0.0):
    rows, columns = image.shape[0] - 2, image.shape[1] - 2  # so many places has a window of 3 x 3
    map_ = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + 3, column : column + 3]
            map_[row, column] = np.sum(window * kernel) + bias  # one neuron, at one place
    return map_


kernels = {
    "left edges": np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]),
    "upper edges": np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
    "mean": np.full((3, 3), 1 / 9),
    "less than around it": np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]]) / 4,
}

# %% [markdown]
# **Guess:** cover the pictures below the first row. What does each kernel answer to, and where will its map be red
# (positive) and blue (negative)?

# %%
image = digits.train.images[7] / 255
_, axes = plt.subplots(2, 5, figsize=(10, 4.2), layout="constrained")
axes[0, 0].set_axis_off()
axes[1, 0].imshow(image, cmap="gray_r")
axes[1, 0].set(title="the image", xticks=[], yticks=[])
for (above, below), (name, kernel) in zip(axes.T[1:], kernels.items(), strict=True):
    above.imshow(kernel, cmap="RdBu_r", vmin=-3, vmax=3)
    for (row, column), weight in np.ndenumerate(kernel):
        above.text(column, row, f"{weight:.2g}", ha="center", va="center")
    above.set(title=name)
    map_ = convolve(image, kernel)
    below.imshow(map_, cmap="RdBu_r", vmin=-np.abs(map_).max(), vmax=np.abs(map_).max())
    for ax in (above, below):
        ax.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# "Left edges" says yes (red) where there is paper on the left and ink on the right, and no (blue) where it is the other
# way round, *wherever* that is. It is a detector, and it is the same one at all 676 places. Nobody has to choose such
# kernels, by the way: they are weights, and gradient descent finds them, as it found those of chapter 1.
#
# Is this what the engine computes? Its `Conv2d` takes images in a stack, each with any number of maps, and makes any
# number of maps of them. In place of our loop over the *places* it loops over the nine *weights*, each of which meets
# the whole image at once.
#
# → `Z[...] = p.b`, `for i, j in np.ndindex(self.kernel):` in [nn/maps.py](../../src/numink/nn/maps.py)

# %%
from numink.nn.maps import Conv2d
from numink.nn.params import Views
from numink.nn.work import Work

W = np.stack(list(kernels.values()), axis=-1).reshape(3, 3, 1, 4)  # rows, columns, maps in, maps out
Z, _ = Conv2d(channels_in=1, channels_out=4, kernel=(3, 3)).forward(
    image.reshape(1, 28, 28, 1), Views(W=W, b=np.zeros(4)), Work("float64")
)
print("four maps at once:", Z.shape)
for number, kernel in enumerate(kernels.values()):
    assert np.allclose(Z[0, :, :, number], convolve(image, kernel))

# %% [markdown]
# ## What sharing saves, and what it costs
#
# The same nine weights everywhere: that is the first saving. The second is that a place looks at nine pixels and not at
# all 784. Let us count for a layer that makes 8 maps of 26 x 26 numbers, three ways.

# %%
places, maps, window = 26 * 26, 8, 3 * 3
ways = {
    "dense: each number sees all pixels": (784 * places * maps + places * maps, 784 * places * maps),
    "a window, but its own weights at each place": (window * places * maps + places * maps, window * places * maps),
    "convolution: a window, the weights shared": (window * maps + maps, window * places * maps),
}
for name, (parameters, products) in ways.items():
    print(f"{name:45} {parameters:>10,} parameters {products:>10,} multiplications")

# %% [markdown]
# Four million weights become 80. The multiplications do not become fewer by sharing: a window still has to be weighed
# at each place. So a convolution has few weights that work hard. And on the way back each of them hears from all 676
# places of every image, [(52)](../backprop.md#convolution): few images teach it a lot.
#
# ## Pooling
#
# The exact place of an edge matters little. **Max pooling** keeps the largest number of each 2 x 2 window,
# [(55)](../backprop.md#pooling): "was there an edge hereabouts?" It makes the maps four times smaller, and it makes
# them less sensitive to where things are. Move the digit by one pixel, and compare the maps.
#
# → `np.maximum(Z, other, out=Z)` in [nn/pool.py](../../src/numink/nn/pool.py)


# %%
def pool(map_):
    windows = map_.reshape(map_.shape[0] // 2, 2, map_.shape[1] // 2, 2)
    return windows.max(axis=(1, 3))


def likeness(one, other):
    """1 for equal maps, 0 where they have nothing in common."""
    return np.sum(one * other) / np.sqrt(np.sum(one**2) * np.sum(other**2))


kept = {"the pixels": [], "the map": [], "the map, pooled": [], "pooled twice": []}
for image in digits.train.images[:50] / 255:
    moved = np.roll(image, 1, axis=1)  # one pixel to the right
    maps = [np.maximum(convolve(picture, kernels["left edges"]), 0) for picture in (image, moved)]
    stages = [(image, moved), maps, [pool(map_) for map_ in maps]]
    stages.append([pool(map_[:12, :12]) for map_ in stages[-1]])
    for name, stage in zip(kept, stages, strict=True):
        kept[name].append(likeness(*stage))
for name, values in kept.items():
    print(f"{name:16} are {np.mean(values):.0%} alike after a move by one pixel")

# %% [markdown]
# The map alone is thrown off by the move more than the pixels are, for an edge is thinner than a stroke. One pool makes
# up for most of that, and two for more. So pooling belongs to it.
#
# ## A network of windows against a dense one
#
# Now a network: two convolutions, each with ReLU and pooling, and a dense layer at the end that puts together what was
# seen where. The second convolution looks at the *maps* of the first: at edges, and so it can find corners and ends.
# Against it we put a dense network with as many parameters, for which it must make do with seven hidden units, and the
# dense one of the beginning, with nearly five times as many.

# %%
windows = plan.with_settings(
    [
        'network.layers=["conv 8 5x5", "activation", "pool 2x2",'
        ' "conv 16 3x3", "activation", "pool 2x2", "flatten", "dense 10"]'
    ]
)
few = plan.with_settings(['network.layers=["dense 7", "activation", "dense 10"]'])
models = {"784-7-10": few, "784-32-10": dense, "windows": windows}
models = {name: numink.train(digits, recipe) for name, recipe in models.items()}
right = {name: model.test(digits.validation).accuracy for name, model in models.items()}
for name, model in models.items():
    work = model.network.multiplications
    print(f"{name:10} {right[name]:6.1%} right with {model.parameters:6,} parameters, {work:7,} multiplications")

# %% [markdown]
# With as many parameters, it makes about a third of the mistakes. It pays with forty times as many multiplications:
# that is the trade.
#
# Next, two questions that only a network of windows should care about. **Guess both:** how does it read the shuffled
# images? And what if we move the validation images by a few pixels, which it never saw while it learnt?

# %%
windows_in_disorder = accuracy(windows, shuffled)
print(f"windows on shuffled images: {windows_in_disorder:.1%} right, on real ones {right['windows']:.1%}")

pixels = range(5)
moved = {
    name: [
        model.test(changed(digits, lambda images, by=by: np.roll(images, by, axis=2)).validation).accuracy
        for by in pixels
    ]
    for name, model in models.items()
}

# %%
_, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
looks = {"windows": ("blue", "-"), "784-32-10": ("red", "-"), "784-7-10": ("red", "--")}
for name, (colour, dashes) in looks.items():
    ax.plot(pixels, moved[name], dashes, color=PALETTE[colour], marker="o", label=name)
ax.set(title="Right, when the image is moved", xlabel="pixels to the right", xticks=pixels, ylim=(0, 1))
ax.yaxis.set_major_formatter("{x:.0%}")
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# On shuffled images its lead is gone, and 784-32-10 reads more of them: what it is good at, neighbourhood, is not
# there. And a move by two pixels, which costs the dense networks a quarter of the images, costs it less than a tenth.
# (It is not perfect: the dense layer at its end still knows *where* each thing was. Chapter 8 shows the other cure,
# moving the images while it learns.)
#
# ## What has it learnt to look for?
#
# We take the model apart. `trace` keeps what lies between its layers.

# %%
from numink.nn.trace import names, trace

model = models["windows"]
seen = trace(model.network, model.theta, digits.train.images[7:8], digits.train.labels[7:8])
words = names(model.network, model.recipe.network.layers, model.recipe.network.activation)
for word, values in zip(words, seen.values[1:], strict=True):
    print(f"{word:12} {' x '.join(map(str, values.shape[1:]))}")

# %%
learnt = model.network.layout.views(model.theta)[words.index("conv 8 5x5")].W
maps = seen.values[words.index("conv 8 5x5") + 1]
_, axes = plt.subplots(2, 8, figsize=(10, 2.8), layout="constrained")
for number, (above, below) in enumerate(axes.T):
    above.imshow(learnt[:, :, 0, number], cmap="RdBu_r", vmin=-0.8, vmax=0.8)
    below.imshow(maps[0, :, :, number], cmap="RdBu_r", vmin=-3, vmax=3)
    for ax in (above, below):
        ax.set(xticks=[], yticks=[])
axes[0, 0].set_ylabel("kernel")
axes[1, 0].set_ylabel("its map")
plt.show()

# %% [markdown]
# They are not as tidy as ours, but look at the maps. Some kernels answer to ink as such, with yes or with no. In other
# maps one side of the stroke is red and the other blue: cousins of our "left edges", each for a direction of its own.
# Nobody told the network that edges are worth finding. How the slopes find their way back through windows and pools is
# derived in [backprop.md](../backprop.md#maps), with an example by hand.
#
# ## Change it and watch
#
# 1. Blur the image with the kernel "mean", and then look for left edges in the blurred one. Then find the *one* kernel,
#    5 x 5, that does both at once. *Hint: convolve an image that is 1 in its middle and 0 elsewhere.*
# 2. Leave the activation out of the network of windows, and keep the pools. How much worse does it read? *Hint: the
#    largest of four is a bend, too.* Then replace both pools by `stride 2` in the convolutions: what is it now? *Hint:
#    linear after linear.*
# 3. Train `windows` and `784-32-10` on only 1,000 images (`digits.train.images[:1000]`), with 20 epochs. Is the lead
#    larger or smaller than with 10,000? *Hint: how many places does each weight hear from?*
# 4. Draw a digit upside down, `np.flip(image, axis=(0, 1))`. Which network still reads it? *Hint: a kernel is shared
#    over places, and over nothing else.*
#
# ## Checked
#
# What the text says in words is checked here each time this chapter runs.

# %%
assert abs(in_order - in_disorder) < 0.015
assert ways["dense: each number sees all pixels"][0] > 4_000_000
assert ways["convolution: a window, the weights shared"][0] == 80
means = [np.mean(values) for values in kept.values()]
assert means[1] < means[2] < means[0] < means[3]
assert models["windows"].parameters < models["784-7-10"].parameters < models["784-32-10"].parameters / 4
assert 0.25 < (1 - right["windows"]) / (1 - right["784-7-10"]) < 0.4
assert 35 < models["windows"].network.multiplications / models["784-7-10"].network.multiplications < 45
assert windows_in_disorder < in_disorder
assert sum(map_.max() > 1 and map_.min() < -1 for map_ in maps[0].transpose(2, 0, 1)) >= 3  # red and blue
lost = {name: shares[0] - shares[2] for name, shares in moved.items()}
assert lost["windows"] < 0.1 < 0.2 < min(lost["784-7-10"], lost["784-32-10"]) < 0.3
