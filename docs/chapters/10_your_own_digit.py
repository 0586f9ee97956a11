# %% [markdown]
# # 10. Your own digit
#
# You have a network that reads more than 99 of 100 digits of MNIST. Now you write a 7 on a sheet of paper, photograph
# it, shrink the photograph to 28 x 28, give it to the network, and it says: 3. And it is sure of it. This happens to
# *everybody*, and it is the most frequent question about such networks. Nothing is broken. In this chapter we find out
# what went wrong, one step at a time, and at the end you do it with a photograph of your own.
#
# ## A photograph
#
# So that everybody has the same, we let numink's pen write a digit on a sheet: grey paper, light that is not quite
# even, the grain of a cheap camera. (At the end of the chapter stands how to put your own in its place.)

# %%
import tempfile
from dataclasses import replace
from pathlib import Path
from textwrap import wrap

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import numink
from numink.data import strokes
from numink.evaluate.look import PALETTE, STYLE

plt.rcParams.update(STYLE)  # the looks of the figures, nothing else


def photograph(digit, seed):
    """A digit somewhere on a sheet of paper, as grey levels: 0 is black and 255 is white, as in all photographs."""
    rng = np.random.default_rng([digit, seed])
    writer = strokes.draw_writer(rng, strokes.pen_named("felt pen"))
    ink = strokes.draw(writer.form_for(str(digit), rng), writer, 90, rng).coverage  # 0 paper, 1 ink
    sheet = np.zeros((260, 240))
    top, left = (rng.integers(5, room - size - 5) for room, size in zip(sheet.shape, ink.shape, strict=True))
    sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    down, across = np.mgrid[-1 : 1 : 260 * 1j, -1 : 1 : 240 * 1j]
    light = 200 + 12 * across - 8 * down
    return (light * (1 - 0.7 * sheet) + rng.normal(0, 3, sheet.shape)).clip(0, 255).astype(np.uint8)


photo = photograph(7, seed=22)
_, ax = plt.subplots(figsize=(3, 3.2))
ax.imshow(photo, cmap="gray", vmin=0, vmax=255)
ax.set_axis_off()
plt.show()

# %% [markdown]
# ## Just shrink it?
#
# Each step below gets a picture of the 28 x 28 that the network sees, in the network's own terms (0 is paper, 255 is
# ink, drawn dark here), with its answer and the probability that it gives to the 7. **Guess** at each step what it will
# say.

# %%
model = numink.load_model("cnn-tiny")
steps, seen = [], []


def ask(step, image):
    """Remember what the network sees after a step, and what it says."""
    P = model.probabilities(image[np.newaxis])[0]
    steps.append((step, image))
    seen.append(P)
    print(f"{step}: {P.argmax()}, with {P.max():.1%}. To the 7 it gives {P[7]:.1%}")


def shrink(picture):
    return np.asarray(Image.fromarray(picture).resize((28, 28), Image.Resampling.BOX))


ask("shrunk", shrink(photo))

# %% [markdown]
# ## Step 1: paper is 0, ink is 255
#
# In a photograph, white is 255. In MNIST, and so in all that the network has ever seen, *ink* is 255 and paper is 0. To
# the network our sheet is a solid block of ink with a thin hole in it. So turn it round.

# %%
ask("the right way round", shrink(255 - photo))

# %% [markdown]
# ## Step 2: paper is really 0
#
# The paper is grey, so turned round it is not 0 but about 55: a thin layer of ink everywhere. In MNIST paper is exactly
# 0. What is the paper's grey? Most of the border is paper, so we take the border's median. What is a little darker than
# that is noise and shadow; what is much darker is ink.


# %%
def ink_of(photo):
    """The ink alone, 0 to 255, whatever the paper's grey is."""
    border = np.concatenate([photo[0], photo[-1], photo[:, 0], photo[:, -1]])
    darker = np.median(border) - photo.astype(float)
    return (255 * (darker - 30) / (darker.max() - 30)).clip(0, 255).astype(np.uint8)


ink = ink_of(photo)
ask("paper taken away", shrink(ink))

# %% [markdown]
# ## Step 3: only the digit
#
# The digit is a third as high as the sheet, so in 28 x 28 it is tiny and pale. Cut out the smallest box that holds all
# the ink.


# %%
def crop(ink):
    rows, columns = np.flatnonzero(ink.max(axis=1) > 16), np.flatnonzero(ink.max(axis=0) > 16)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


ask("cut out", shrink(crop(ink)))

# %% [markdown]
# ## Step 4: its proportions, and some room
#
# Now the digit was stretched to fill all of 28 x 28; an upright 1 would become a block of ink. MNIST's digits keep
# their proportions, their longer side has 20 pixels, and around them is paper ([LeCun et al.
# 1998](https://doi.org/10.1109/5.726791), section III).


# %%
def fit(digit):
    """The longer side becomes 20 pixels; the box is put into the middle of 28 x 28."""
    height, width = (max(1, round(20 * side / max(digit.shape))) for side in digit.shape)
    image = np.zeros((28, 28), np.uint8)
    top, left = (28 - height) // 2, (28 - width) // 2
    small = Image.fromarray(digit).resize((width, height), Image.Resampling.HAMMING)
    image[top : top + height, left : left + width] = np.asarray(small)
    return image


ask("20 pixels high", fit(crop(ink)))

# %% [markdown]
# ## Step 5: its weight in the middle
#
# One thing is left, and few people know it. MNIST's digits are not centred by their box but by their **centre of
# mass**: a 7 has most of its ink on top, so it sits a little lower than its box would. Steps 3 to 5 together are
# numink's `normalise`. Every digit that its pen draws passes there, and every photograph that you give to
# `numink explain`. What is 28 x 28 already keeps its size and place.

# %%
from numink.data.normalise import normalise

ask("its weight in the middle", normalise(ink))

# %%
_, axes = plt.subplots(1, len(steps), figsize=(12, 2.6), layout="constrained")
for ax, (step, image), P in zip(axes, steps, seen, strict=True):
    ax.imshow(image, cmap="gray_r", vmin=0, vmax=255)
    ax.set(xticks=[], yticks=[], xlabel=f"{P.argmax()}, with {P.max():.0%}")
    ax.set_title(step, fontsize=9)
plt.show()

# %% [markdown]
# ## Was that luck?
#
# One 7 proves nothing. So: 200 photographs, by 200 writers, and three networks. One is dense, 784-128-10, learnt here
# from 10,000 images. Two come with numink: `cnn-tiny` learnt from MNIST alone; `cnn-best` is larger, saw MNIST's digits
# bent as well as moved and turned (chapter 8), and also 60,000 digits of numink's pens, which wrote our photographs.

# %%
digits = numink.load("mnist")
few = replace(digits, train=numink.Part(digits.train.images[:10000], digits.train.labels[:10000]), test=None)
dense = numink.train(few, numink.Recipe().with_settings(["train.epochs=5", "train.batch_size=100"]))
best = numink.load_model("cnn-best")
networks = {"784-128-10": dense, "cnn-tiny": model, "cnn-best": best}
truth = np.repeat(np.arange(10), 20)
photos = [photograph(digit, seed) for seed, digit in enumerate(truth)]
ways = {
    "shrunk": shrink,
    "the right way round": lambda photo: shrink(255 - photo),
    "paper taken away": lambda photo: shrink(ink_of(photo)),
    "cut out": lambda photo: shrink(crop(ink_of(photo))),
    "20 pixels high": lambda photo: fit(crop(ink_of(photo))),
    "its weight in the middle": lambda photo: normalise(ink_of(photo)),
}
images = {step: np.stack([way(photo) for photo in photos]) for step, way in ways.items()}
right = {name: [np.mean(network.predict(images[step]) == truth) for step in ways] for name, network in networks.items()}

# %%
_, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
looks = {"784-128-10": ("red", "--"), "cnn-tiny": ("blue", "--"), "cnn-best": ("blue", "-")}
for name, (colour, dashes) in looks.items():
    ax.plot(list(ways), right[name], dashes, color=PALETTE[colour], marker="o", label=name)
ax.set(title="200 photographs: read right after each step", ylim=(0, 1.02))
ax.set_xticks(range(len(ways)), ["\n".join(wrap(step, 12)) for step in ways])
ax.yaxis.set_major_formatter("{x:.0%}")
ax.legend(loc="upper left")
plt.show()
for name, shares in right.items():
    print(f"{name:11} {shares[-1]:.1%} of the photographs")
print(f"Of MNIST's images that were set aside, {dense.test(digits.validation).accuracy:.1%} by 784-128-10.")
paper_left = dense.predict(np.stack([normalise(255 - photo) for photo in photos]))
print(f"Of the photographs, if step 2 is left out, {np.mean(paper_left == truth):.1%} by 784-128-10.")

# %% [markdown]
# On the left all three guess. The dense network needs every step, to the last pixel. The first three seem to do nothing
# for it, but leave out step 2, and the others are in vain: that is the last line. And step 5, a move by a few
# pixels, is worth many points to it, for it never learnt that a digit may lie elsewhere. The windows forgive more
# (chapter 7). `cnn-best`, which has seen most and is largest, forgives most: the last step is worth next to nothing
# to it.
#
# And still the dense one reads these photographs much worse than MNIST's images: they are of other writers, with
# another pen. They are prepared as well as they can be; what helps now is examples that are like them.
# `numink train --data mnist --data "strokes 60000"` adds some.
#
# ## Now yours
#
# Write a digit on white paper with a pen that is not too thin. Photograph it so that there is nothing else in the
# picture, and no shadow across it. Then put the file's name here. (In Colab: the folder symbol on the left, and drop
# the file there. Until then, we use the photograph from above.)


# %%
def read(file):
    with Image.open(file) as picture:
        grey = picture.convert("L")  # colours become grey
        grey.thumbnail((400, 400))  # a telephone's millions of pixels bring nothing but noise
    image = normalise(ink_of(np.asarray(grey)))
    P = best.probabilities(image[np.newaxis])[0]
    _, (left, right) = plt.subplots(1, 2, figsize=(6, 2.6), layout="constrained", width_ratios=(1, 2))
    left.imshow(image, cmap="gray_r")
    left.set(title=f"a {P.argmax()}, {P.max():.1%}", xticks=[], yticks=[])
    right.bar(range(10), P, color=PALETTE["blue"])
    right.set(xticks=range(10), ylim=(0, 1), title="probabilities")
    plt.show()
    return P.argmax()


folder = Path(tempfile.mkdtemp())
Image.fromarray(photo).save(folder / "seven.png")
answer = read(folder / "seven.png")  # your own: read("seven.jpg")

# %% [markdown]
# If it reads yours wrong, look at the left picture. Is it what MNIST's digits look like? A shadow, a line of squared
# paper or the edge of the sheet are ink to `ink_of`: cut them off, or raise its 30. Is the stroke thinner than three
# pixels? Take another pen. If the picture is good and the answer is wrong, you have found a digit that the network has
# not learnt. Write it down: that is how better training sets begin.
#
# The same in one command, with each layer and with what speaks for the answer:
#
# ```sh
# numink explain cnn-best seven.jpg
# ```
#
# It takes one picture of any size and prepares it itself. For many at once there is
#
# ```sh
# numink predict cnn-best folder
# ```
#
# It prepares nothing: each picture in the folder must have 28 x 28 pixels and look as after step 5. Let `read` save its
# `image` there, by `Image.fromarray(image).save("folder/seven.png")`.
#
# ## Change it and watch
#
# 1. Photographs with a shadow: let `light` be `200 + 60 * across`. Which step breaks, and how could you find the
#    paper's grey *near each pixel*? *Hint: the largest or the median grey in a window of 60 x 60;
#    `Image.filter(ImageFilter.MedianFilter(...))`.*
# 2. A thin pen: `strokes.pen_named("ballpoint")`. What does it look like after step 5, and who suffers most? *Hint:
#    chapter 7.*
# 3. Train `dense` with augmentation (chapter 8). How much of the staircase does it forgive then?
# 4. Write all ten digits of your own, five times each. Which does `cnn-best` read wrong, and would *you* have read them
#    right?
#
# ## Checked
#
# What the text says in words is checked here each time this chapter runs.

# %%
assert [P.argmax() for P in seen] == [3, 8, 1, 2, 7, 7]
assert seen[0].max() > 0.9
assert answer == 7
assert seen[-1][7] > 0.99
assert all(shares[0] < 0.2 for shares in right.values())
assert max(right["784-128-10"][:4]) < 0.2 < right["784-128-10"][4] < right["784-128-10"][5] - 0.1
assert right["cnn-tiny"] == sorted(right["cnn-tiny"])
assert (np.diff(right["cnn-best"][:5]) > 0.05).all()
assert 0 <= right["cnn-best"][5] - right["cnn-best"][4] < 0.03 < right["cnn-tiny"][5] - right["cnn-tiny"][4]
assert np.mean(paper_left == truth) < 0.2
assert right["cnn-best"][-1] > 0.98
assert right["784-128-10"][-1] < dense.test(digits.validation).accuracy - 0.05
for step in range(1, 5):
    assert right["784-128-10"][step] < right["cnn-tiny"][step] + 0.02 < right["cnn-best"][step] + 0.02
