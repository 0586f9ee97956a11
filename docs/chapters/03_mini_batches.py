# %% [markdown]
# # 3. Why mini-batches?
#
# In chapter 2 the network looked at all 5,000 pictures, found the slopes, and took *one* step. Then it looked at all
# 5,000 again. That is like asking every citizen before each small decision. A pollster asks a thousand and knows nearly
# as much. How many pictures does it take to know which way is downhill?

# %%
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

import numink
from numink.evaluate.look import PALETTE, STYLE
from numink.nn.build import build
from numink.nn.init import initialise
from numink.nn.trace import trace

plt.rcParams.update(STYLE)

digits = numink.load("mnist", validation=1000)
images, labels = digits.train.images[:10_000], digits.train.labels[:10_000]
new, new_labels = digits.validation.images, digits.validation.labels

# %% [markdown]
# The network is that of chapter 2, 784-10-10 with ReLU, now built by numink's engine. It keeps all weights and biases
# in one vector, `theta`. `trace` takes some pictures through the network and back, and hands us the slopes as a vector
# of the same length. A gentler start than chapter 2's (chapter 5 tells which) saves us some waiting.

# %%
network = build(["dense 10", "relu", "dense 10"])
start = initialise(network.layout, "he", deviation=1.0, seed=0, dtype="float32")


def gradient(theta, rows):
    """The slopes of the mean cost of these pictures: one for each of the 7960 parameters."""
    return trace(network, theta, images[rows], labels[rows]).gradient


def accuracy(theta):
    """The share of the pictures set aside that is read right."""
    return np.mean(trace(network, theta, new, new_labels).P.argmax(axis=1) == new_labels)


everyone = gradient(start, slice(None))
print("parameters:", start.size, " slopes:", everyone.shape)

# %% [markdown]
# ## How good is a poll?
#
# Take a few pictures at random, a **mini-batch**, and compare the direction of *their* slopes with that of all
# 10,000. The angle between the two says how good the poll is: 0 degrees is perfect, 90 degrees is useless, and beyond
# 90 it leads uphill.
#
# **Guess:** with 64 pictures of 10,000, what will the angle be?


# %%
def angle(a, b):
    return np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))


sizes = [1, 4, 16, 64, 256, 1024]
rng = np.random.default_rng(0)
angles, distances = [], []
for size in sizes:
    polls = [gradient(start, rng.integers(0, len(images), size)) for _ in range(100)]
    angles.append(np.mean([angle(poll, everyone) for poll in polls]))
    distances.append(np.mean([np.linalg.norm(poll - everyone) for poll in polls]))
    print(f"{size:5} pictures: off by {angles[-1]:4.1f} degrees, a distance of {distances[-1]:6.3f}")

# %%
_, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
ax.loglog(sizes, distances, "o-", color=PALETTE["blue"], label="measured")
ax.loglog(sizes, distances[0] / np.sqrt(sizes), "--", color=PALETTE["red"], label=r"the first, divided by $\sqrt{n}$")
ax.legend()
ax.set(title="How far a poll's slopes are from everyone's", xlabel="pictures n", xticks=sizes, xticklabels=sizes)
ax.minorticks_off()
plt.show()

# %% [markdown]
# 64 pictures point the right way to within some 30 degrees, for less than a hundredth of the price. And there is a
# law in the plot: to *halve* the error, you must ask *four times* as many. It is the law of every poll: a mean of $n$
# draws strays by $1/\sqrt{n}$. The price grows with $n$, the gain only with its root. From some point on, the money
# is better spent on taking another step.
#
# ## Steps or certainty?
#
# So we spend the same budget, 30,000 looks at a picture, in four ways: as 3 very sure steps, as 30, as 300, as 3000
# hasty ones.
#
# Some words first. The pictures of one step are its **batch**; all of them is **full batch**. Once through all
# pictures is an **epoch**. Before each epoch they are shuffled, so that every batch is a fair poll.
#
# → `order = self.order(state.epoch)` in [training/trainer.py](../../src/numink/training/trainer.py)


# %%
def learn(batch, rate, epochs=3, falling=False):
    """Gradient descent by mini-batches: after every thousand pictures, how many it has seen and its accuracy."""
    rng, theta = np.random.default_rng(0), start.copy()
    seen, history = 0, []
    for _ in range(epochs):
        order = rng.permutation(len(images))
        for first in range(0, len(images), batch):
            tau = seen / (epochs * len(images))  # how far we are, from 0 to 1
            now = rate * (1 + np.cos(np.pi * tau)) / 2 if falling else rate
            theta -= now * gradient(theta, order[first : first + batch])
            seen += batch
            if seen % 1000 == 0 or batch > 1000:
                history.append((seen, accuracy(theta)))
    return np.array(history), theta


# %%
batches = [10_000, 1000, 100, 10]
histories = {batch: learn(batch, 0.1)[0] for batch in batches}

_, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for batch, style in zip(batches, (":", "-.", "--", "-"), strict=True):
    seen, right = histories[batch].T
    colour, marker = PALETTE["blue" if batch <= 100 else "red"], "o" if batch == 10_000 else None
    ax.plot(seen, right, style, marker=marker, color=colour, label=f"batches of {batch:,}")
    print(f"{len(images) * 3 // batch:5} steps of {batch:6,} pictures: {right[-1]:.1%}")
ax.set(title="The same number of looks", xlabel="pictures looked at", ylabel="accuracy on new pictures")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
ax.yaxis.set_major_formatter("{x:.0%}")
plt.show()

# %% [markdown]
# Three sure steps lead nowhere; hundreds of hasty ones have arrived. Is that fair? Surer steps could be *longer*. So
# let each choose its rate:

# %%
rates, best = [0.02, 0.1, 0.2, 0.5], {}
print("rate            ", *(f"{rate:7}" for rate in rates))
for batch in batches:
    ends = [learn(batch, rate)[0][-1, 1] for rate in rates]
    best[batch] = max(ends)
    print(f"batches of {batch:6}", *(f"{end:7.1%}" for end in ends))

# %% [markdown]
# None of these rates saves the full batch, and with larger ones it breaks down (try 1). However sure the direction, a
# step can only be as long as the slope is straight, and with three steps there is no walking round a bend. On the other
# side, the smaller the batch, the smaller the rate that it bears: at 0.5, batches of 10 are thrown about by their own
# noise.
#
# ## Then why not one picture at a time?
#
# Because a computer is quicker with many at once. Let us take the time.

# %%
for batch in (1, 10, 100, 1000, 10_000):
    rows = np.arange(batch)
    begun = perf_counter()
    for _ in range(2000 // batch + 1):
        gradient(start, rows)
    each = (perf_counter() - begun) / ((2000 // batch + 1) * batch)
    print(f"batches of {batch:6}: {1e6 * each:6.1f} microseconds a picture")

# %% [markdown]
# For a single picture nearly all of the time goes into getting started: Python calls NumPy, NumPy fetches the weights
# from memory, and then there is hardly anything to do. A hundred pictures share that price, and each costs a small part
# of what a single one does. (Ten thousand at once may no longer fit into the processor's fast memory, and become dearer
# again. The figures are of the machine that made this page, and change from run to run. The engine itself is quicker
# than `trace`, which keeps everything to be looked at.)
#
# So batches of about 32 to 256 are what most people take: pictures that are cheap already, and still many steps.
#
# ## The noise that stays
#
# Look at the curve for batches of 10 again. It was the first to climb, and then it trembles. Why? Measure the poll once
# more, but now after the 300 steps with batches of 100.

# %%
_, end = learn(100, 0.1)

for name, where in (("at the start", start), ("after 300 steps", end)):
    goal = gradient(where, slice(None))
    polls = [gradient(where, rng.integers(0, len(images), 64)) for _ in range(100)]
    off = np.mean([angle(poll, goal) for poll in polls])
    print(f"{name:15}: the slope is {np.linalg.norm(goal):.2f} steep; 64 pictures are off by {off:.0f} degrees")

# %% [markdown]
# At the start all pictures agree: anything is better than this. Later the common slope is small, and what is left is
# pictures that want *different* things. The poll becomes a quarrel, and with a fixed rate the network goes on trembling
# at the height of that quarrel.
#
# **Guess:** what if the rate falls to 0 along the way? [(48)](../backprop.md#schedules)

# %%
trembling, _ = learn(10, 0.1)
settling, _ = learn(10, 0.1, falling=True)

_, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(*trembling.T, "--", color=PALETTE["red"])
ax.plot(*settling.T, color=PALETTE["blue"])
ax.annotate("rate 0.1 to the end", (30_000, 0.80), ha="right", color=PALETTE["red"])
ax.annotate("rate falls to 0", (30_000, 0.93), ha="right", color=PALETTE["blue"])
ax.set(title="Batches of 10", xlabel="pictures looked at", ylabel="accuracy on new pictures", ylim=(0.75, 0.95))
ax.set_yticks([0.75, 0.8, 0.85, 0.9, 0.95])
ax.yaxis.set_major_formatter("{x:.0%}")
plt.show()

# %% [markdown]
# That is what a recipe's `schedule` is for. Begin in haste, end with care.
#
# ## Change it and watch
#
# 1. Do not shuffle, and sort the pictures by digit instead: in `learn`, `order = np.argsort(labels)`, with batches of
#    100. What becomes of the accuracy? *Hint: of whom does each poll ask, and who was asked last?*
# 2. Give the full batch the time it wants: `learn(10_000, 0.1, epochs=300)`. How many looks does it take to
#    reach what batches of 100 reach after 30,000?
# 3. Many people double the rate when they double the batch. Try batches of 20 at 0.1, 40 at 0.2, 80 at 0.4, 160 at
#    0.8. How long does the rule hold? *Hint: the row of 1000 in the table.*
# 4. The same on all of MNIST, by the engine: `numink train small-10 --set train.batch_size=10`, and then with 128 and
#    4096. Compare the curves in the three reports.
#
# ## Checked
#
# What the text says in words is checked here each time this chapter runs.

# %%
at_64 = angles[sizes.index(64)]
assert 20 < at_64 < 40
assert np.allclose(distances, distances[0] / np.sqrt(sizes), rtol=0.2)
assert histories[10_000][-1, 1] < 0.3
assert histories[100][-1, 1] > 0.85
assert best[10_000] < best[1000] < best[100]
assert learn(10_000, 1.0)[0][-1, 1] < best[10_000]
assert off > 60
assert np.std(trembling[-10:, 1]) > 2 * np.std(settling[-10:, 1])
assert settling[-10:, 1].mean() > trembling[-10:, 1].mean() + 0.01
