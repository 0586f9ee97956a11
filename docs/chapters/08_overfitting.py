# %% [markdown]
# # 8. Overfitting and augmentation
#
# You have a thousand labelled digits, and no more. That is how it usually is: labels are work. A network of 784-128-10
# has a hundred thousand weights, a hundred for each image.
#
# **Guess:** trained for long, how many of the thousand images will it read right? And how many of new ones?

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

import numink
from numink.evaluate.look import PALETTE, STYLE
from numink.run import begin

plt.rcParams.update(STYLE)  # the looks of the figures, nothing else


def first(part, count):
    return numink.Part(part.images[:count], part.labels[:count])


everything = numink.load("mnist")
everything = replace(everything, validation=first(everything.validation, 2000), test=None)
few = replace(everything, train=first(everything.train, 1000))

plan = numink.Recipe().with_settings(
    ["train.batch_size=50", "train.epochs=60", "train.learning_rate=0.002", "train.schedule=constant"]
)


def course(digits, *settings):
    """How a training went: for each epoch, cost and accuracy on the images it learns from and on those set aside."""
    return begin(plan.with_settings(settings), digits).state.history


plain = course(few)


# %%
def draw(history, title, dearest=1.0, fewest=0.7):
    _, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
    left.plot(history["epoch"], history["loss"], "--", color=PALETTE["blue"], label="images it learns from")
    left.plot(history["epoch"], history["validation_loss"], color=PALETTE["red"], label="images set aside")
    left.set(title=f"{title}: cost", xlabel="epoch", ylim=(0, dearest))
    right.plot(history["epoch"], history["accuracy"], "--", color=PALETTE["blue"])
    right.plot(history["epoch"], history["validation_accuracy"], color=PALETTE["red"])
    right.set(title="right", xlabel="epoch", ylim=(fewest, 1.005))
    right.yaxis.set_major_formatter("{x:.0%}")
    left.legend()
    plt.show()


draw(plain, "1,000 images")
best = np.argmin(plain["validation_loss"])
own, new = plain["accuracy"][-1], plain["validation_accuracy"][-1]
costs = plain["validation_loss"]
print(f"after 60 epochs: {own:.1%} of its own images right, {new:.1%} of new ones")
print(f"cost of new images: lowest after epoch {best + 1} with {costs[best]:.2f}, at the end {costs[-1]:.2f}")

# %% [markdown]
# All of its own, and about nine in ten of the others. The gap between the two curves is **overfitting**. Look at the
# cost of the images that were set aside: it falls for some epochs, and then it *rises*, while the network goes on
# polishing what it knows already. It makes hardly more mistakes than before, but it is more and more sure of those that
# it makes: cost counts $-\log p$, and being sure and wrong is expensive.
#
# ## Does it understand, or does it learn by heart?
#
# Here is a cruel test, by [Zhang et al. (2017)](https://arxiv.org/abs/1611.03530). We shuffle the *labels*. Now a label
# has nothing to do with its image, and there is nothing to understand. **Guess:** how many of these thousand
# nonsensical labels can the same network learn?

# %%
labels = np.random.default_rng(0).permutation(few.train.labels)
nonsense = course(replace(few, train=numink.Part(few.train.images, labels)))
draw(nonsense, "shuffled labels", dearest=6, fewest=0)
print(f"{nonsense['accuracy'][-1]:.1%} of the nonsense learnt")
print(f"{nonsense['validation_accuracy'][-1]:.1%} of new images right")

# %% [markdown]
# All of them. So "100 % right on the images it learns from" tells us *nothing*: it would be so if it had understood
# nothing. (It takes more epochs, though. What fits together is learnt first, and exceptions are learnt by heart later.
# That is why stopping early helps.) And this is why images are set aside.
#
# ## More images
#
# The best cure is more images. How much does each tenfold buy?

# %%
counts = (100, 300, 1000, 3000, 10000)
gaps = []
for count in counts:
    epochs = min(60, 60000 // count)  # so that all take about as many steps
    history = course(replace(everything, train=first(everything.train, count)), f"train.epochs={epochs}")
    gaps.append((history["accuracy"][-1], history["validation_accuracy"][-1]))

# %%
_, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
own, new = np.transpose(gaps)
ax.plot(counts, own, "--", marker="o", color=PALETTE["blue"], label="images it learns from")
ax.plot(counts, new, marker="o", color=PALETTE["red"], label="images set aside")
ax.fill_between(counts, new, own, color=PALETTE["line"], alpha=0.5)
ax.set(title="Right, by the number of images", xlabel="images to learn from", xscale="log", ylim=(0.6, 1.02))
ax.yaxis.set_major_formatter("{x:.0%}")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# Ten times the images, less than half of the mistakes. But nobody gives us ten times the images. What else can we do
# with a thousand?
#
# ## Make it harder to learn by heart
#
# - **Early stopping:** end when the images set aside get worse. numink always keeps the weights of the epoch that read
#   most of them right, and `early_stop = 10` ends a training that has not come further for ten epochs.
# - **L2**, or weight decay: large weights cost something, [(16)](../backprop.md#l2). To hang on to single images a
#   network needs large weights.
# - **Dropout:** while it learns, each number is silenced by chance, [(10)](../backprop.md#dropout), in each image
#   others. What relies on a single pixel or unit fails, so the network must know things in several ways.
#
# → `A = np.multiply(X, M, out=work.over(X))` in [nn/layers.py](../../src/numink/nn/layers.py)
#
# ## Or make new images
#
# A 3 that is moved by a pixel is still a 3, and so it is when it is a little larger, turned or bent. *You* know that.
# The network does not, unless it is shown. **Augmentation** shows it: each time an image comes up, it is drawn a little
# differently. Labels stay as they are, and nobody has to write anything. This is what each of them does to one image:

# %%
from numink.data import augment

three = few.train.images[[np.flatnonzero(few.train.labels == 3)[2]]]
changes = ["shift 2", "rotate 15", "scale 20", "shear 15", "elastic 34 4"]
_, axes = plt.subplots(len(changes), 10, figsize=(9, 4.8))
for row, change in zip(axes, changes, strict=True):
    made = augment.parse([change])(three.repeat(9, axis=0), np.random.default_rng(1))
    for ax, image in zip(row, [*three, *made], strict=True):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=255)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(change, rotation=0, ha="right", va="center", fontsize=9)
    row[0].patch.set(facecolor="0.9")
axes[0, 0].set_title("as it is", fontsize=9)
axes[0, 1].set_title("nine of many", fontsize=9)
plt.show()

# %% [markdown]
# (Elastic: a random, smooth field pulls at the pixels, like a picture on rubber. [Simard et al.
# 2003](https://doi.org/10.1109/ICDAR.2003.1227801).) What may be done depends on what is to be read. To turn a digit by
# 15 degrees is harmless; by 180, a 6 becomes a 9. To mirror it would be good for cats.
#
# **Guess:** which of the cures helps most?

# %%
soft = 'network.layers=["dropout 0.2", "dense 128", "activation", "dropout 0.5", "dense 10"]'
cures = {
    "early stopping": ["train.early_stop=10"],
    "L2": ["train.weight_decay=0.003"],
    "dropout": [soft],
    "augmentation": ['data.augment=["shift 1", "rotate 10", "scale 10", "shear 8", "elastic 25 4"]'],
}
courses = {"nothing": plain} | {name: course(few, *settings) for name, settings in cures.items()}

# %%
_, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained", width_ratios=(3, 2))
looks = {"nothing": ("muted", "-"), "L2": ("red", "--"), "dropout": ("red", "-"), "augmentation": ("blue", "-")}
for name, (colour, dashes) in looks.items():
    left.plot(courses[name]["epoch"], courses[name]["validation_loss"], dashes, color=PALETTE[colour], label=name)
left.set(title="Cost of the images set aside", xlabel="epoch", ylim=(0, 0.8))
left.legend(loc="upper right")
wrong = {name: 1 - max(history["validation_accuracy"]) for name, history in courses.items()}
bars = right.barh(list(wrong), list(wrong.values()), color=PALETTE["blue"], height=0.6)
right.bar_label(bars, [f"{share:.1%}" for share in wrong.values()], padding=4)
right.set(title="Read wrong at best")
right.xaxis.set_major_formatter("{x:.0%}")
right.invert_yaxis()
right.grid(False)
plt.show()

# %%
for name, history in courses.items():
    ended = {key: history[key][-1] for key in ("epoch", "accuracy", "validation_accuracy", "validation_loss")}
    print(
        f"{name:15} {ended['epoch']:2} epochs: own {ended['accuracy']:6.1%} new {ended['validation_accuracy']:5.1%}"
        f"  cost of new {ended['validation_loss']:.2f}"
    )
draw(courses["augmentation"], "with augmentation")

# %% [markdown]
# Augmentation, and by far: it more than halves the mistakes, and does more than three times as many images do. With it,
# the network never sees the same image twice, so there is nothing to learn by heart: its own images are now the
# *harder* ones, and in the last plot fewer of them are read right than of those set aside. Early stopping and L2 hardly
# change the mistakes, but they mend the cost, that is, how sure the network is; dropout does some of both. (Early
# stopping has no curve of its own: it is that of "nothing", broken off.)
#
# (One caution. We have looked at the images that were set aside many times now, and reported the best epoch. So they
# are no longer strangers to us, and the last digit of each figure is a little too good. For an honest figure there is a
# third part, the test images, opened once.)
#
# ## Change it and watch
#
# 1. Train with augmentation for 200 epochs in place of 60. Does it still get better? And without? *Hint: how many
#    different images does it see?*
# 2. Add dropout to augmentation. Better or worse? *Hint: look at its own images: is there still a gap to close?*
# 3. Use `"rotate 90"` alone. Which digits suffer? *Hint: `begin(...).model.predict(everything.validation.images)`, and
#    count by label. 6 and 9 come to mind. Who else?*
# 4. Only 100 images, ten of each digit: how far do you get with all that you have learnt here? *Hint: `"data.augment"`
#    of all five, and patience.*
#
# ## Checked
#
# What the text says in words is checked here each time this chapter runs.

# %%
assert plain["accuracy"][-1] == 1
assert 0.87 < plain["validation_accuracy"][-1] < 0.92
assert best < 20
assert plain["validation_loss"][-1] > 1.15 * plain["validation_loss"][best]
assert nonsense["accuracy"][-1] > 0.99
assert nonsense["validation_accuracy"][-1] < 0.2
assert 0.3 < (1 - new[4]) / (1 - new[2]) < 0.5
assert 0.3 < (1 - new[2]) / (1 - new[0]) < 0.5
assert (own > new).all()
assert wrong["augmentation"] < 0.5 * wrong["nothing"]
assert 1 - wrong["augmentation"] > new[3]  # better than three times the images
assert wrong["augmentation"] < wrong["dropout"] < wrong["nothing"]
stopped = len(courses["early stopping"]["epoch"])
assert stopped < 60
assert courses["early stopping"]["validation_loss"] == plain["validation_loss"][:stopped]
assert all(abs(wrong[cure] - wrong["nothing"]) < 0.005 for cure in ("early stopping", "L2"))
assert max(nonsense["validation_loss"]) < 6  # it is in the picture
assert courses["augmentation"]["accuracy"][-1] < courses["augmentation"]["validation_accuracy"][-1]
for cure in ("L2", "dropout", "early stopping"):
    assert courses[cure]["validation_loss"][-1] < plain["validation_loss"][-1]
